"""EKS clusters in AWS: their names and their access entries. testkube provides their API servers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.doubles.fixtures import Aws


@dataclass(frozen=True)
class Keys:
    """The credentials of an AWS user or session."""

    id: str
    secret: str
    arn: str
    session: str = ""

    @property
    def environment(self) -> dict[str, str]:
        found = {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}
        return {**found, "AWS_SESSION_TOKEN": self.session} if self.session else found


def new_user(aws: Aws) -> Keys:
    """A user of the account, with access keys that the AWS double can verify."""
    iam, name = aws.client("iam"), f"u{uuid.uuid4().hex[:8]}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"], arn)


@contextmanager
def cluster(aws: Aws, name: str, owner: Keys) -> Iterator[None]:
    """A cluster in the AWS double that its owner can access. tfcloud creates none there."""
    make(aws, name, owner)
    yield
    remove(aws, name)


def make(aws: Aws, name: str, owner: Keys) -> None:
    eks = aws.client("eks")
    network = {"subnetIds": ["subnet-1", "subnet-2"]}
    role = "arn:aws:iam::123456789012:role/cluster"
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig=network,
                       accessConfig={"bootstrapClusterCreatorAdminPermissions": False})  # fmt: skip
    eks.create_access_entry(clusterName=name, principalArn=owner.arn)


def remove(aws: Aws, name: str) -> None:
    eks = aws.client("eks")
    if name in eks.list_clusters()["clusters"]:
        eks.delete_cluster(name=name)
