"""The whole way with a cluster on AWS: states and runs in S3, the metadata service behind a gateway of AWS, what else people
open behind tunnels to a cluster that lets in whom AWS says a token is of.

One stack serves all tests that leave it as it was; who removes it has the next one make it again.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Call, end_servers, run_program
from tests.infra.conftest import API_KEY, Aws, TfCloud
from tests.infra.doubles import eks
from tests.infra.gateway import Gateway, gateway, port_of
from tests.infra.testkube.server import TestKube
from tests.service.servers import Program

from .conftest import (
    authority,
    check_away,
    check_context,
    check_down,
    check_open,
    check_secrets,
    check_status,
    furnish,
    profile,
    running,
)

STACK = """\
name: {name}
cloud: aws
region: us-east-1
engine: terraform
compute: kubernetes
ui: {{enabled: true}}
runtime:
  examples: false
"""


@dataclass
class Slice:
    """mfinfra with AWS on loopback in a folder and a home of its own, and the cluster of its stack."""

    name: str
    folder: Path
    aws: Aws
    front: Gateway
    keys: eks.Keys
    kube: TestKube
    tfcloud: TfCloud
    #: The tokens that somebody got in with.
    tokens: set[str] = field(default_factory=set)
    said: dict[str, Any] = field(default_factory=dict)
    cloud: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __call__(self, *args: str, **env: str) -> Call:
        self.tfcloud.cloud = self.cloud  # others say other things to the same providers meanwhile
        self.tfcloud.say(made={"aws_eks_cluster": self.shown}, **self.said)
        return run_program([sys.executable, "-m", "mfinfra", *args], self.folder, **{**self.environment, **env})

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def credentials(self) -> dict[str, str]:
        return {**self.aws.environment, **self.keys.environment}

    @property
    def environment(self) -> dict[str, str]:
        """What programs need that are called here."""
        data, profiles = str(self.home / "data"), str(self.home / "profiles")
        home = {"HOME": str(self.home), "XDG_DATA_HOME": data, "METAFLOW_HOME": profiles}
        return {**self.tfcloud.environment, **self.front.environment, **self.credentials, **home}

    @property
    def shown(self) -> dict[str, Any]:
        """The cluster as the provider of AWS shows it."""
        return {"endpoint": self.kube.host, "certificate_authority": [{"data": authority(self.kube)}]}

    @property
    def bucket(self) -> str:
        return f"{self.name}-123456789012-us-east-1"

    @property
    def is_up(self) -> bool:
        return (self.home / "data" / "mfinfra" / "stacks" / self.name).exists()

    def knows(self, token: str) -> bool:
        """Whether the cluster lets a token in: it asks AWS, as API servers of EKS do."""
        is_allowed = self.aws.who_enters(self.name, token) == self.keys.arn
        self.tokens |= {token} if is_allowed else set()
        return is_allowed

    def up(self) -> Call:
        """From nothing to a flow that has run. What tfcloud makes, it makes in its memory only: the bucket and the name of
        the cluster are there beforehand."""
        self.remake_cluster()
        self.aws.client("s3").create_bucket(Bucket=self.bucket)
        return self("up", "--yes")

    def remake_cluster(self) -> None:
        eks.remove(self.aws, self.name)
        eks.make(self.aws, self.name, self.keys)

    def objects(self) -> list[str]:
        found = self.aws.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [one["Key"] for one in found]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway with a metadata service behind it, in place of what tfcloud makes in its memory only."""
    folder = tmp_path_factory.mktemp("service")
    service = Program(f"sqlite:///{folder / 'metadata.db'}", folder / "log")
    service.start()
    with gateway(folder, port_of(service.url)) as found:
        found.known = lambda: {API_KEY}
        yield found
    service.stop()


@pytest.fixture(scope="module")
def _slice(_aws: Aws, _tfcloud: TfCloud, front: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slice]:
    folder, name = tmp_path_factory.mktemp("slice"), f"s{uuid.uuid4().hex[:8]}"
    with running(tmp_path_factory.mktemp("testkube")) as kube:
        found = Slice(name, folder, _aws, front, eks.new_user(_aws), kube, _tfcloud)
        furnish(kube)
        kube.knows = found.knows
        (folder / "mfinfra.yaml").write_text(STACK.format(name=name))
        yield found
        end_servers(found.home)


@pytest.fixture
def cli(_slice: Slice, aws: Aws, tfcloud: TfCloud) -> Slice:
    """mfinfra with the stack that is there, which most tests leave as it was."""
    if not _slice.is_up:
        up = _slice.up()
        assert up.code == 0, up.text
        assert "SmokeFlow/1 ran with its artifacts in the stack's bucket" in up.err
    return _slice


def test_from_an_account_to_a_flow_in_its_store(cli: Slice) -> None:
    settings = profile(cli.home, cli.name)
    assert settings["METAFLOW_SERVICE_URL"].endswith(".execute-api.us-east-1.amazonaws.com/api/")
    assert settings["METAFLOW_DATASTORE_SYSROOT_S3"] == f"s3://{cli.bucket}/metaflow"
    assert any("/SmokeFlow/data/" in key for key in cli.objects())
    assert cli("plan").code == 0


def test_the_stack_is_opened_and_told(cli: Slice) -> None:
    check_open(cli, cli.name)
    check_status(cli, cli.name, tunnels=2)
    check_secrets(cli.home, [*cli.tokens, cli.keys.secret])


def test_the_official_client_uses_the_context(cli: Slice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = check_context(cli, cli.name, tmp_path, cli.credentials, monkeypatch)
    assert not any(token in text for token in cli.tokens)
    native = cli("kubeconfig", cli.name, "--native", "--out", str(tmp_path / "native"))
    assert native.code == 0, native.text
    assert "command: aws" in (tmp_path / "native").read_text()


def test_who_has_no_entry_is_told_so(cli: Slice) -> None:
    stranger = eks.new_user(cli.aws)
    for command in (["plan"], ["up", "--yes"]):
        refused = cli(*command, **stranger.environment)
        assert f"Error: The cluster {cli.name} does not know us." in refused.err


def test_a_cluster_that_is_away_is_one_line(cli: Slice) -> None:
    check_away(cli, cli.name, cli.kube)
    cli.aws.say(deny={"eks:DescribeCluster": None})
    denied = cli("plan")
    cli.aws.say()
    cli.kube.start()
    assert "eks:DescribeCluster" in denied.err
    assert denied.code == 1


def test_what_runs_in_the_cluster_goes_before_it(cli: Slice) -> None:
    check_down(cli, cli.name, cli.kube, cli.home)
    assert cli.objects() == []
