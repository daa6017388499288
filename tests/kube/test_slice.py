"""The whole way with a cluster: a stack on Google Cloud whose metadata service is a pod, reached by a tunnel alone."""

from __future__ import annotations

import json
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import google
from tests.doubles.fixtures import TfCloud
from tests.doubles.google import Google
from tests.doubles.testkube.server import TestKube
from tests.programs import run_mfinfra

from .conftest import (
    Cli,
    authority,
    check_away,
    check_context,
    check_down,
    check_open,
    check_secrets,
    check_status,
    check_waking,
    eventually,
    furnish,
    profile,
    serve_metadata,
)

STACK = """\
name: slice
cloud: gcp
region: europe-west1
engine: terraform
compute: kubernetes
ui: {enabled: true}
runtime:
  examples: false
"""


@pytest.fixture
def gcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google.running(tmp_path_factory.mktemp("google")) as found:
        yield found


@pytest.fixture
def cluster(kube: TestKube, gcp: Google, tfcloud: TfCloud, tmp_path: Path) -> TestKube:
    """What the stack's modules make in the cluster: here it is there beforehand, as tfcloud makes nothing run."""
    kube.knows = lambda token: token in gcp.project.tokens
    furnish(kube)
    serve_metadata(kube, tmp_path)
    tfcloud.say(made=shown(kube))
    gcp.project.names.add("slice")
    return kube


def shown(kube: TestKube) -> dict[str, Any]:
    """The cluster as the provider of Google shows it."""
    access = [{"client_certificate": "", "client_key": "", "cluster_ca_certificate": authority(kube)}]
    return {"google_container_cluster": {"endpoint": kube.host.removeprefix("https://"), "master_auth": access}}


@pytest.fixture
def cli(cluster: TestKube, gcp: Google, tfcloud: TfCloud, tmp_path: Path) -> Cli:
    settings = {**gcp.environment, **tfcloud.environment}
    (tmp_path / "mfinfra.yaml").write_text(STACK)
    return lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env})


def bucket(home: Path) -> str:
    return profile(home)["METAFLOW_DATASTORE_SYSROOT_GS"].split("/")[2]


def made(cli: Cli, gcp: Google, home: Path) -> None:
    """Buckets of tfcloud are in its memory only: the real one is made by hand before the stack is tried."""
    up = cli("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    gcp.make_bucket(bucket(home))


def test_from_a_project_to_a_flow_in_its_store(
    cli: Cli, cluster: TestKube, gcp: Google, tmp_path: Path, home: Path
) -> None:
    made(cli, gcp, home)
    up = cli("up", "--yes")
    assert up.code == 0, up.text
    assert "SmokeFlow/1" in up.text
    assert profile(home)["METAFLOW_SERVICE_URL"].startswith("http://127.0.0.1:1")
    assert any("SmokeFlow" in name for name in gcp.objects(bucket(home)))
    check_status(cli, "slice", tunnels=3)
    check_open(cli, "slice")
    check_waking(cli, "slice", tmp_path, home, gcp.environment)
    check_secrets(home, gcp.project.tokens)
    check_down(cli, "slice", cluster, home)


@pytest.mark.slow
def test_a_cluster_that_is_away_or_gone(cli: Cli, cluster: TestKube, gcp: Google, home: Path) -> None:
    made(cli, gcp, home)
    cluster.stop()
    check_away(cli, "slice")
    gcp.project.names.clear()
    assert "does not exist" in cli("plan").err
    down = cli("down", "--yes")
    assert down.code == 0, down.text
    assert "resources of that cluster from the Terraform state" in down.err


@pytest.mark.slow
def test_up_goes_on_where_the_cluster_is_gone(
    cli: Cli,
    cluster: TestKube,
    gcp: Google,
    tfcloud: TfCloud,
    home: Path,
) -> None:
    made(cli, gcp, home)
    cluster.stop()
    gcp.project.names.clear()
    tfcloud.cloud = uuid.uuid4().hex  # where nothing of it is known
    tfcloud.say(deleted=["google_container_cluster", "google_container_node_pool"], made=shown(cluster))
    up = cli("up", "--yes", "--no-smoke")
    assert "The cluster does not exist. Removed " in up.err
    assert "Created module.metadata.kubernetes_deployment_v1.this" in up.err
    assert up.code == 0, up.text


@pytest.mark.slow
def test_a_cluster_that_never_became_whole_is_no_obstacle(cli: Cli, cluster: TestKube, tfcloud: TfCloud) -> None:
    tfcloud.say(made=shown(cluster), fail={"google_container_node_pool:create": "Quota 'CPUS' exceeded"})
    assert "exceeded" in cli("up", "--yes", "--no-smoke").err
    assert cli("plan").code in (2, 3)
    assert json.loads(cli("--json", "status").out)["cluster"] == {"name": None, "problem": "not created yet"}
    assert cli("open", "ui").code == 4
    down = cli("down", "--yes")
    assert down.code == 0, down.text
    assert cluster.requests == []


def test_kubectl_and_the_official_client_use_the_context(
    cli: Cli,
    cluster: TestKube,
    gcp: Google,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made(cli, gcp, home)
    text = check_context(cli, "slice", tmp_path, gcp.environment, monkeypatch)
    assert not any(token in text for token in gcp.project.tokens)
    assert (
        "gke-gcloud-auth-plugin"
        in (cli("kubeconfig", "--native", "--out", str(tmp_path / "n")), (tmp_path / "n").read_text())[1]
    )


def test_a_killed_tunnel_is_back(cli: Cli, cluster: TestKube, gcp: Google, home: Path) -> None:
    made(cli, gcp, home)
    (first, *_) = json.loads(cli("--json", "start", "slice").out)["servers"]
    os.kill(first["pid"], signal.SIGKILL)
    eventually(lambda: json.loads(cli("--json", "status").out)["service"]["ok"], 60)
    again = json.loads(cli("--json", "status").out)["servers"][0]
    assert again["restarts"] == 1
    assert again["address"] == first["address"]
