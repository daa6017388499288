"""A cluster on loopback, and the ways into it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from mfinfra.clouds.base import ClusterToken
from mfinfra.kube.api import Api
from mfinfra.kube.cluster import Cluster
from mfinfra.kube.tokens import Tokens
from tests.infra.conftest import Aws, _aws, _tfcloud, aws, terraform, tfcloud  # noqa: F401 - fixtures
from tests.infra.testkube.server import TestKube


@pytest.fixture
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestKube]:
    found = TestKube(tmp_path_factory.mktemp("testkube"))
    found.start()
    yield found
    found.close()


class Cloud:
    """Gives out tokens that end after an hour, each time the newest."""

    def __init__(self) -> None:
        self.text = "good"
        self.asked = 0

    def cluster_token(self, cluster: str) -> ClusterToken:
        self.asked += 1
        return ClusterToken(self.text, time.time() + 3600)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def api(kube: TestKube, cloud: Cloud) -> Api:
    """As everybody has it, who waits a little for an answer."""
    return Api(Cluster("demo", kube.host, kube.ca), Tokens(lambda: cloud.cluster_token("demo")))


@pytest.fixture
def eager(kube: TestKube, cloud: Cloud) -> Api:
    """As a tunnel has it, which has a patience of its own."""
    return Api(Cluster("demo", kube.host, kube.ca), Tokens(lambda: cloud.cluster_token("demo")), repeats=0)


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Clusters of EKS


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
def eks_cluster(aws: Aws, name: str, owner: Keys) -> Iterator[None]:
    """A cluster that AWS knows, and that its owner may enter. tfcloud makes none there."""
    make_eks_cluster(aws, name, owner)
    yield
    remove_eks_cluster(aws, name)


def make_eks_cluster(aws: Aws, name: str, owner: Keys) -> None:
    eks = aws.client("eks")
    network = {"subnetIds": ["subnet-1", "subnet-2"]}
    role = "arn:aws:iam::123456789012:role/cluster"
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig=network,
                       accessConfig={"bootstrapClusterCreatorAdminPermissions": False})  # fmt: skip
    eks.create_access_entry(clusterName=name, principalArn=owner.arn)


def remove_eks_cluster(aws: Aws, name: str) -> None:
    eks = aws.client("eks")
    if name in eks.list_clusters()["clusters"]:
        eks.delete_cluster(name=name)
