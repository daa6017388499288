"""A cluster on loopback, and the ways into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

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
