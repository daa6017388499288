"""Clusters of EKS as AWS knows them: their names, and who may enter them. Their API servers are those of testkube."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.doubles.fixtures import Aws


@dataclass(frozen=True)
class Keys:
    """What a user or a session of AWS signs with."""

    id: str
    secret: str
    arn: str
    session: str = ""

    @property
    def environment(self) -> dict[str, str]:
        found = {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}
        return {**found, "AWS_SESSION_TOKEN": self.session} if self.session else found


def new_user(aws: Aws) -> Keys:
    """A user of the account, with keys that AWS knows the secret of."""
    iam, name = aws.client("iam"), f"u{uuid.uuid4().hex[:8]}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"], arn)


@contextmanager
def cluster(aws: Aws, name: str, owner: Keys) -> Iterator[None]:
    """A cluster that AWS knows, and that its owner may enter. tfcloud makes none there."""
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
