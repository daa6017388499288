"""The whole way with a cluster: a stack on Google Cloud whose metadata service is a pod, reached by a tunnel alone."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Call, run_program
from tests.infra.conftest import TfCloud
from tests.infra.doubles import google
from tests.infra.doubles.google import Google
from tests.infra.testkube.objects import container, serve, web
from tests.infra.testkube.server import TestKube

from .conftest import eventually

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
    kube.tokens = set()
    kube.store.install("argoproj.io")
    database = f"sqlite:///{tmp_path / 'metadata.db'}"
    service = container(8080, sys.executable, "-m", "mfruntime.service", "--port", "$(PORT_8080)", "--database", database,
                        path="/readyz")  # fmt: skip
    serve(kube, "mfinfra", "metadata", 8080, service)
    serve(kube, "mfinfra", "ui", 3000, web(3000))
    serve(kube, "argo", "argo-workflows-server", 2746, web(2746))
    for pool in ("cpu", "system"):
        node = {"metadata": {"name": f"node-{pool}", "labels": {"mfinfra.dev/pool": pool}}}
        kube.add("nodes", {**node, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    tfcloud.say(made=shown(kube))
    gcp.project.names.add("slice")
    return kube


def shown(kube: TestKube) -> dict[str, Any]:
    """The cluster as the provider of Google shows it."""
    authority = base64.b64encode(kube.ca.encode()).decode()
    access = [{"client_certificate": "", "client_key": "", "cluster_ca_certificate": authority}]
    return {"google_container_cluster": {"endpoint": kube.host.removeprefix("https://"), "master_auth": access}}


@pytest.fixture
def cli(cluster: TestKube, gcp: Google, tfcloud: TfCloud, tmp_path: Path) -> Callable[..., Call]:
    settings = {**gcp.environment, **tfcloud.environment}
    (tmp_path / "mfinfra.yaml").write_text(STACK)
    return lambda *args, **env: run_program([sys.executable, "-m", "mfinfra", *args], tmp_path, **{**settings, **env})


def bucket(home: Path) -> str:
    settings = json.loads((home / "profiles" / "config_slice.json").read_text())
    return str(settings["METAFLOW_DATASTORE_SYSROOT_GS"].split("/")[2])


def made(cli: Callable[..., Call], gcp: Google, home: Path) -> None:
    """Buckets of tfcloud are in its memory only: the real one is made by hand before the stack is tried."""
    up = cli("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    gcp.make_bucket(bucket(home))


def test_from_a_project_to_a_flow_in_its_store(
    cli: Callable[..., Call], cluster: TestKube, gcp: Google, tmp_path: Path, home: Path
) -> None:
    made(cli, gcp, home)
    up = cli("up", "--yes")
    assert up.code == 0, up.text
    assert "SmokeFlow/1" in up.text
    settings = json.loads((home / "profiles" / "config_slice.json").read_text())
    assert settings["METAFLOW_SERVICE_URL"].startswith("http://127.0.0.1:1")
    assert any("SmokeFlow" in name for name in gcp.objects(bucket(home)))
    check_status(cli)
    check_open(cli, cluster)
    check_waking(cli, gcp, tmp_path, home)
    check_secrets(gcp, home)
    flows = {"metadata": {"name": "late"}, "spec": {"containers": [{"name": "x", "command": ["sleep", "600"]}]}}
    cluster.add("pods", flows, "flows")
    cluster.add("services", {"metadata": {"name": "lb"}, "spec": {"type": "LoadBalancer", "ports": []}}, "flows")
    down = cli("down", "--yes")
    assert down.code == 0, down.text
    assert "Removing 1 load balancers" in down.err
    assert cluster.do(lambda store: store.list("", "pods", "flows")) == []
    assert not (home / "data" / "mfinfra" / "stacks" / "slice").exists()


def check_status(cli: Callable[..., Call]) -> None:
    status = json.loads(cli("--json", "status", "slice").out)
    assert status["service"]["ok"], status["service"]
    assert status["cluster"]["problem"] is None
    assert {pool["name"]: pool["ready"] for pool in status["cluster"]["pools"]}["system"] == 1
    assert {"name": "mfinfra/metadata", "ready": 1, "wanted": 1, "text": "1 of 1 ready"} in status["cluster"][
        "workloads"
    ]
    assert [server["state"] for server in status["servers"]] == ["ready"] * 3
    assert status["queues"] == [{"name": "flows", "state": "ENABLED", "status": "VALID", "text": "no pods",
                                 "jobs": {"running": 0, "pending": 0, "failed": 0, "succeeded": 0, "unknown": 0}}]  # fmt: skip
    shown = cli("status", "slice")
    assert shown.code == 0, shown.text
    assert "mfinfra/metadata\t1 of 1 ready" in shown.out


def check_open(cli: Callable[..., Call], cluster: TestKube) -> None:
    ui = cli("open", "ui", "slice", "--no-browser")
    assert ui.code == 0, ui.text
    assert ui.out.startswith("http://127.0.0.1:")
    argo = cli("--json", "open", "argo")
    assert json.loads(argo.out)["how"] == "a token of an hour: mfinfra open argo slice --show-secret"
    assert "token-of-argo-user" in json.loads(cli("--json", "open", "argo", "--show-secret").out)["secret"]
    refused = cli("open", "airflow")
    assert refused.code == 5
    assert "no airflow that can be opened" in refused.err
    assert "It has: metadata, ui, argo" in refused.err


def check_waking(cli: Callable[..., Call], gcp: Google, folder: Path, home: Path) -> None:
    """Nothing listens, as after a restart of the machine: a flow starts the tunnel again."""
    assert "stopped" in cli("stop", "slice").err
    env = {k: v for k, v in os.environ.items() if not k.startswith("METAFLOW_")}
    env |= {**gcp.environment, "USER": "tester", "METAFLOW_HOME": str(home / "profiles"), "METAFLOW_PROFILE": "slice"}
    (folder / "hello.py").write_text(
        "from mfruntime import FlowSpec, step\nclass Hello(FlowSpec):\n    @step\n    def start(self):\n        self.x = 1\n        self.next(self.end)\n    @step\n    def end(self): pass\nif __name__ == '__main__': Hello()\n"
    )
    done = subprocess.run(
        [sys.executable, "hello.py", "run"], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing of the stack 'slice' listens on this machine; starting it." in done.stderr


def check_secrets(gcp: Google, home: Path) -> None:
    """No token is in a file of ours."""
    for path in (home / "data" / "mfinfra").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(token.encode() in content for token in gcp.project.tokens), path


def test_a_cluster_that_is_away_or_gone(cli: Callable[..., Call], cluster: TestKube, gcp: Google, home: Path) -> None:
    made(cli, gcp, home)
    cluster.stop()
    plan = cli("plan")
    assert plan.code == 1
    assert plan.err.splitlines()[-2].startswith("Error: The cluster slice does not answer: Connection refused.")
    assert "does not answer" in cli("drift").err
    assert cli("up", "--yes", "--no-smoke").code == 11
    status = json.loads(cli("--json", "status").out)
    assert "does not answer" in status["cluster"]["problem"]
    assert status["resources"] > 20
    gcp.project.names.clear()
    assert "is gone" in cli("plan").err
    down = cli("down", "--yes")
    assert down.code == 0, down.text
    assert "resources that were in it are taken out of the state" in down.err


def test_up_goes_on_where_the_cluster_is_gone(
    cli: Callable[..., Call],
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
    assert "The cluster is gone: " in up.err
    assert "Created module.metadata.kubernetes_deployment_v1.this" in up.err
    assert up.code == 0, up.text


def test_a_cluster_that_never_became_whole_is_no_obstacle(
    cli: Callable[..., Call], cluster: TestKube, tfcloud: TfCloud
) -> None:
    tfcloud.say(made=shown(cluster), fail={"google_container_node_pool:create": "Quota 'CPUS' exceeded"})
    assert "exceeded" in cli("up", "--yes", "--no-smoke").err
    assert cli("plan").code in (2, 3)
    assert json.loads(cli("--json", "status").out)["cluster"] == {"name": None, "problem": "there is none yet"}
    assert cli("open", "ui").code == 4
    down = cli("down", "--yes")
    assert down.code == 0, down.text
    assert cluster.requests == []


def test_kubectl_and_the_official_client_use_the_context(
    cli: Callable[..., Call],
    cluster: TestKube,
    gcp: Google,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kubernetes import client, config

    made(cli, gcp, home)
    path = tmp_path / "kubeconfig"
    path.write_text(
        "apiVersion: v1\nkind: Config\n# mine\nclusters:\n- name: other\n  cluster: {server: https://other}\n"
    )
    done = cli("kubeconfig", "slice", "--out", str(path))
    assert done.code == 0, done.text
    assert path.stat().st_mode & 0o077 == 0
    assert "# mine" in path.read_text()
    assert not any(token in path.read_text() for token in gcp.project.tokens)
    for name, value in gcp.environment.items():
        monkeypatch.setenv(name, value)
    api = client.CoreV1Api(config.new_client_from_config(str(path), "mfinfra-slice"))
    assert {node.metadata.name for node in api.list_node().items} == {"node-cpu", "node-system"}
    api.api_client.rest_client.pool_manager.clear()
    assert cli("kubeconfig", "slice", "--out", str(path)).code == 0
    assert path.read_text().count("name: mfinfra-slice") == 3
    assert (
        "gke-gcloud-auth-plugin"
        in (cli("kubeconfig", "--native", "--out", str(tmp_path / "n")), (tmp_path / "n").read_text())[1]
    )


def test_a_killed_tunnel_is_back(cli: Callable[..., Call], cluster: TestKube, gcp: Google, home: Path) -> None:
    made(cli, gcp, home)
    (first, *_) = json.loads(cli("--json", "start", "slice").out)["servers"]
    os.kill(first["pid"], signal.SIGKILL)
    eventually(lambda: json.loads(cli("--json", "status").out)["service"]["ok"], 60)
    again = json.loads(cli("--json", "status").out)["servers"][0]
    assert again["restarts"] == 1
    assert again["address"] == first["address"]
