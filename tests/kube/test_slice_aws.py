"""The whole way with a cluster on AWS: states and runs in S3, the metadata service behind a gateway of AWS, what else people
open behind tunnels to a cluster that lets in whom AWS says a token is of.

One stack serves all tests that leave it as it was; who removes it has the next one make it again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import eks
from tests.doubles.fixtures import API_KEY, Aws, TfCloud
from tests.doubles.gateway import Gateway, gateway, port_of
from tests.doubles.metadata_service import Program
from tests.doubles.programs import programs
from tests.doubles.testkube.server import TestKube
from tests.programs import Call, end_servers, run_mfinfra

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
RAN = re.compile(r"SmokeFlow/\d+ ran, and its artifacts were read from the bucket of the stack")
#: What AWS removes with a cluster.
WITH_IT = ["aws_eks_cluster", "aws_eks_node_group", "aws_eks_addon", "aws_eks_access_entry",
           "aws_eks_access_policy_association", "aws_eks_pod_identity_association"]  # fmt: skip


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
        return run_mfinfra(args, self.folder, **{**self.environment, **env})

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
        eks.remove(self.aws, self.name)
        eks.make(self.aws, self.name, self.keys)
        self.aws.client("s3").create_bucket(Bucket=self.bucket)
        return self("up", "--yes")

    @contextmanager
    def without_cluster(self) -> Iterator[None]:
        """Somebody has removed the cluster in the console: AWS says so, and nobody answers."""
        eks.remove(self.aws, self.name)
        self.said, self.cloud = {"deleted": WITH_IT}, uuid.uuid4().hex
        try:
            with self.away():
                yield
        finally:
            self.said = {}

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody answers where the cluster is."""
        self.kube.stop()
        try:
            yield
        finally:
            self.kube.start()

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
def new_slice(
    _aws: Aws, _tfcloud: TfCloud, front: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Slice]]:
    """Makes another stack's place: nothing of it is there yet but what tfcloud does not make."""
    with ExitStack() as ends:

        def make() -> Slice:
            folder, name = tmp_path_factory.mktemp("slice"), f"s{uuid.uuid4().hex[:8]}"
            kube = ends.enter_context(running(tmp_path_factory.mktemp("testkube")))
            found = Slice(name, folder, _aws, front, eks.new_user(_aws), kube, _tfcloud)
            furnish(kube)
            kube.knows = found.knows
            ends.callback(end_servers, found.home)
            return found

        yield make


@pytest.fixture(scope="module")
def _slice(new_slice: Callable[[], Slice]) -> Slice:
    found = new_slice()
    (found.folder / "mfinfra.yaml").write_text(STACK.format(name=found.name))
    return found


@pytest.fixture
def cli(_slice: Slice, aws: Aws, tfcloud: TfCloud) -> Slice:
    """mfinfra with the stack that is there, which most tests leave as it was."""
    if not _slice.is_up:
        up = _slice.up()
        assert up.code == 0, up.text
        assert RAN.search(up.err), up.text
    return _slice


def test_from_an_account_to_a_flow_in_its_store(cli: Slice) -> None:
    settings = profile(cli.home, cli.name)
    assert settings["METAFLOW_SERVICE_URL"].endswith(".execute-api.us-east-1.amazonaws.com/api/")
    assert settings["METAFLOW_DATASTORE_SYSROOT_S3"] == f"s3://{cli.bucket}/metaflow"
    assert any("/SmokeFlow/data/" in key for key in cli.objects())
    assert cli("plan").code == 0


def test_providers_get_tokens_from_a_command_that_renews_them(cli: Slice) -> None:
    """It runs with the environment of terraform, and before the stack is recorded: its record is not read."""
    assert cli("plan").code == 0
    found = {call["type"]: call["exec"] for call in cli.tfcloud.calls() if call["op"] == "configure"}
    assert found.keys() == {"kubernetes", "helm"}
    assert found["kubernetes"] == found["helm"]
    env = {**os.environ, **cli.environment, "XDG_DATA_HOME": str(cli.folder / "nothing")}
    for _ in range(2):
        done = subprocess.run(found["helm"], cwd=cli.folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        credential = json.loads(done.stdout)
        assert credential["apiVersion"] == "client.authentication.k8s.io/v1"
        ends = datetime.fromisoformat(credential["status"]["expirationTimestamp"].replace("Z", "+00:00"))
        assert 0 < (ends - datetime.now(timezone.utc)).total_seconds() <= 900
        assert cli.aws.who_enters(cli.name, credential["status"]["token"]) == cli.keys.arn


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
    refused = cli("plan", **stranger.environment)
    assert refused.code == 1
    assert f"Error: Cluster '{cli.name}' rejected the credentials." in refused.err


def test_a_cluster_that_is_away_is_one_line(cli: Slice) -> None:
    with cli.away():
        check_away(cli, cli.name)


@pytest.mark.slow
def test_who_may_not_ask_whether_a_cluster_is_there_is_told_so(cli: Slice) -> None:
    cli.aws.say(deny={"eks:DescribeCluster": None})
    with cli.away():
        denied = cli("plan")
    assert denied.code == 1
    assert "eks:DescribeCluster" in denied.err
    assert "does not exist" not in denied.err


@pytest.mark.slow
def test_a_cluster_that_is_gone_is_made_again(cli: Slice) -> None:
    with cli.without_cluster():
        for command in ("plan", "drift"):
            told = cli(command)
            assert told.code == 1
            assert f"Error: Cluster '{cli.name}' of stack '{cli.name}' does not exist." in told.err
            assert f"To create it again, run: mfinfra up --name {cli.name}" in told.err
        up = cli("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    assert "The cluster does not exist. Removed " in up.err
    assert "Created module.eks.aws_eks_cluster.this" in up.err
    assert "Created module.ui.kubernetes_deployment_v1.backend" in up.err
    eks.make(cli.aws, cli.name, cli.keys)
    assert cli("plan").code == 0


@pytest.mark.slow
def test_a_stack_whose_cluster_is_gone_can_be_removed(cli: Slice) -> None:
    with cli.without_cluster():
        refused = cli("down", cli.name)
        assert refused.code == 5
        assert "Confirmation is required, but the terminal is not interactive." in refused.err
        down = cli("down", cli.name, "--yes")
    assert down.code == 0, down.text
    assert "resources of that cluster from the Terraform state" in down.err
    assert not cli.is_up


@pytest.mark.slow
def test_a_cluster_that_never_became_whole_is_no_obstacle(cli: Slice) -> None:
    if cli.is_up:
        assert cli("down", cli.name, "--yes").code == 0
    cli.said = {"fail": {"aws_eks_node_group:create": "creating EKS Node Group: ResourceLimitExceeded: no capacity"}}
    failed = cli("up", "--yes", "--no-smoke")
    cli.said = {}
    assert failed.code == 11
    assert "ResourceLimitExceeded" in failed.err
    assert cli("plan").code in (2, 3)
    down = cli("down", cli.name, "--yes")
    assert down.code == 0, down.text
    assert not cli.is_up


@pytest.mark.slow
def test_the_program_of_aws_itself_gets_us_in(cli: Slice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes the token itself, and where an endpoint is set it makes one that no cluster takes."""
    monkeypatch.setenv("PATH", str(programs("awscli")), prepend=os.pathsep)
    found = {name: value for name, value in cli.credentials.items() if not name.startswith("AWS_ENDPOINT_URL")}
    check_context(cli, cli.name, tmp_path, found, monkeypatch, "--native")


@pytest.mark.slow
def test_what_runs_in_the_cluster_goes_before_it(cli: Slice) -> None:
    check_down(cli, cli.name, cli.kube, cli.home)
    assert cli.objects() == []


@pytest.mark.slow
def test_production_by_its_own_words_lives_its_whole_life(
    new_slice: Callable[[], Slice], aws: Aws, tfcloud: TfCloud
) -> None:
    cli = new_slice()
    said = ["--name", cli.name, "--cloud", "aws", "--region", "us-east-1", "--preset", "production", "--no-examples"]
    assert cli("init", *said).code == 0
    file = cli.folder / "mfinfra.yaml"
    file.write_text(file.read_text() + "engine: terraform\ncompute: kubernetes\n")
    valid = cli("validate")
    assert valid.code == 0, valid.text
    plan = cli("plan", "--format", "json")
    assert plan.code == 2, plan.text
    assert json.loads(plan.out)["counts"]["create"] > 150
    up = cli.up()
    assert up.code == 0, up.text
    assert RAN.search(up.err), up.text
    assert "The metadata service is private and was not tested from this machine." in up.err
    again = cli("plan")
    assert again.code == 0, again.text
    outputs = json.loads(cli("outputs", cli.name, "--format", "metaflow").out)
    assert outputs["METAFLOW_KUBERNETES_NAMESPACE"] == "flows"
    assert outputs["METAFLOW_DATASTORE_SYSROOT_S3"] == f"s3://{cli.bucket}/metaflow"
    status = json.loads(cli("--json", "status", cli.name).out)
    assert not status["service"]["is_public"]
    assert {pool["name"] for pool in status["cluster"]["pools"]} >= {"cpu", "spot", "system"}
    refused = cli("down", cli.name, "--yes")
    assert refused.code == 5
    assert f"Stack '{cli.name}' has deletion protection." in refused.err
    file.write_text(file.read_text() + "deletion_protection: false\n")
    freed = cli("up", "--yes", "--no-smoke")
    assert freed.code == 0, freed.text
    check_down(cli, cli.name, cli.kube, cli.home)
