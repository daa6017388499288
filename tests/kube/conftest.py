"""A cluster on loopback, access to it, and checks of stacks with a cluster that are the same on every cloud."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mfinfra.clouds.base import ClusterToken
from mfinfra.kube.api import Api
from mfinfra.kube.cluster import Cluster
from mfinfra.kube.tokens import Tokens
from tests.doubles.fixtures import _aws, _tfcloud, aws, terraform, tfcloud  # noqa: F401 - fixtures
from tests.doubles.testkube.objects import container, serve, web
from tests.doubles.testkube.server import TestKube
from tests.programs import Call

#: Calls mfinfra: cli("up", "--yes").
Cli = Callable[..., Call]


@contextmanager
def running(folder: Path) -> Iterator[TestKube]:
    """An empty cluster."""
    found = TestKube(folder)
    found.start()
    yield found
    found.close()


@pytest.fixture
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestKube]:
    with running(tmp_path_factory.mktemp("testkube")) as found:
        yield found


class Cloud:
    """Returns the newest of tokens that expire after one hour."""

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
    """A client with the default timeout."""
    return Api(Cluster("demo", kube.host, kube.ca), Tokens(lambda: cloud.cluster_token("demo")))


@pytest.fixture
def eager(kube: TestKube, cloud: Cloud) -> Api:
    """A client with the timeout of a tunnel."""
    return eager_api(kube, cloud)


def eager_api(kube: TestKube, cloud: Cloud) -> Api:
    return Api(Cluster("demo", kube.host, kube.ca), Tokens(lambda: cloud.cluster_token("demo")), repeats=0)


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# A stack in a cluster


def serve_metadata(kube: TestKube, folder: Path) -> None:
    """The metadata service, on clouds where it runs in the cluster."""
    database = f"sqlite:///{folder / 'metadata.db'}"
    service = container(8080, sys.executable, "-m", "mfruntime.service", "--port", "$(PORT_8080)", "--database", database,
                        path="/readyz")  # fmt: skip
    serve(kube, "mfinfra", "metadata", 8080, service)


def furnish(kube: TestKube) -> None:
    """Create the objects of a stack's modules in its cluster in advance, because tfcloud runs nothing. Only principals
    that the cloud authenticates have access."""
    kube.tokens = set()
    kube.store.install("argoproj.io")
    serve(kube, "mfinfra", "ui", 3000, web(3000))
    serve(kube, "argo", "argo-workflows-server", 2746, web(2746))
    for pool in ("cpu", "system"):
        node = {"metadata": {"name": f"node-{pool}", "labels": {"mfinfra.dev/pool": pool}}}
        kube.add("nodes", {**node, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})


def authority(kube: TestKube) -> str:
    """The CA certificate of a cluster in the format of the clouds."""
    return base64.b64encode(kube.ca.encode()).decode()


def profile(home: Path, name: str = "slice") -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "profiles" / f"config_{name}.json").read_text())
    return found


def check_status(cli: Cli, name: str, tunnels: int) -> None:
    status = json.loads(cli("--json", "status", name).out)
    assert status["service"]["ok"], status["service"]
    assert status["cluster"]["problem"] is None
    assert {pool["name"]: pool["ready"] for pool in status["cluster"]["pools"]}["system"] == 1
    whole = {"ready": 1, "wanted": 1, "text": "1 of 1 ready"}
    assert {"name": "mfinfra/ui", **whole} in status["cluster"]["workloads"]
    assert [server["state"] for server in status["servers"]] == ["ready"] * tunnels
    assert status["queues"] == [{"name": "flows", "state": "ENABLED", "status": "VALID", "text": "no pods",
                                 "jobs": {"running": 0, "pending": 0, "failed": 0, "succeeded": 0, "unknown": 0}}]  # fmt: skip
    shown = cli("status", name)
    assert shown.code == 0, shown.text
    assert "mfinfra/ui\t1 of 1 ready" in shown.out


def check_open(cli: Cli, name: str) -> None:
    ui = cli("open", "ui", name, "--no-browser")
    assert ui.code == 0, ui.text
    assert ui.out.startswith("http://127.0.0.1:")
    argo = cli("--json", "open", "argo")
    assert (
        json.loads(argo.out)["how"]
        == f"to print a token valid for one hour, run: mfinfra open argo {name} --show-secret"
    )
    assert "token-of-argo-user" in json.loads(cli("--json", "open", "argo", "--show-secret").out)["secret"]
    refused = cli("open", "airflow")
    assert refused.code == 5
    assert "has no service 'airflow' to open" in refused.err
    assert "Available services: metadata, ui, argo" in refused.err


HELLO = """\
from mfruntime import FlowSpec, step


class Hello(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    Hello()
"""


def check_waking(cli: Cli, name: str, folder: Path, home: Path, cloud: Mapping[str, str]) -> None:
    """Stop all tunnels, as after a restart of the machine: a flow starts the tunnel again."""
    assert "stopped" in cli("stop", name).err
    env = {k: v for k, v in os.environ.items() if not k.startswith("METAFLOW_")}
    env |= {**cloud, "USER": "tester", "METAFLOW_HOME": str(home / "profiles"), "METAFLOW_PROFILE": name}
    (folder / "hello.py").write_text(HELLO)
    done = subprocess.run(
        [sys.executable, "hello.py", "run"], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The metadata service of stack '{name}' is not running. Starting it: mfinfra start {name}" in done.stderr


def check_secrets(home: Path, secrets: Iterable[str]) -> None:
    """Check that no file of mfinfra contains a token."""
    tokens = [secret.encode() for secret in secrets]
    assert tokens
    for path in (home / "data" / "mfinfra").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(token in content for token in tokens), path


def check_context(
    cli: Cli, name: str, folder: Path, cloud: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *options: str
) -> str:
    """Connect the official client with the kubeconfig that mfinfra writes, as kubectl does; returns its text."""
    path = folder / "kubeconfig"
    path.write_text(
        "apiVersion: v1\nkind: Config\n# mine\nclusters:\n- name: other\n  cluster: {server: https://other}\n"
    )
    for variable, value in cloud.items():
        monkeypatch.setenv(variable, value)
    for _ in range(2):
        done = cli("kubeconfig", name, "--out", str(path), *options)
        assert done.code == 0, done.text
        assert nodes(path, f"mfinfra-{name}") == {"node-cpu", "node-system"}
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert "# mine" in text
    assert text.count(f"name: mfinfra-{name}") == 3
    return text


def nodes(path: Path, context: str) -> set[str]:
    """The nodes that the official client finds."""
    from kubernetes import client, config

    api = client.CoreV1Api(config.new_client_from_config(str(path), context))
    try:
        return {node.metadata.name for node in api.list_node().items}
    finally:
        api.api_client.rest_client.pool_manager.clear()


def check_down(cli: Cli, name: str, kube: TestKube, home: Path) -> None:
    """Check that tasks and resources of the cluster are deleted before it, and that no local file remains."""
    flows = {"metadata": {"name": "late"}, "spec": {"containers": [{"name": "x", "command": ["sleep", "600"]}]}}
    kube.add("pods", flows, "flows")
    kube.add("services", {"metadata": {"name": "lb"}, "spec": {"type": "LoadBalancer", "ports": []}}, "flows")
    down = cli("down", name, "--yes")
    assert down.code == 0, down.text
    assert "Deleting 1 load balancers" in down.err
    assert kube.do(lambda store: store.list("", "pods", "flows")) == []
    assert not (home / "data" / "mfinfra" / "stacks" / name).exists()


def check_away(cli: Cli, name: str) -> None:
    """Check that every command reports an unreachable cluster in one line, and changes nothing."""
    plan = cli("plan")
    assert plan.code == 1
    assert plan.err.splitlines()[-2].startswith(f"Error: Cluster '{name}' does not respond: Connection refused.")
    assert "does not respond" in cli("drift").err
    assert cli("up", "--yes", "--no-smoke").code == 11
    status: dict[str, Any] = json.loads(cli("--json", "status").out)
    assert "does not respond" in status["cluster"]["problem"]
    assert status["resources"] > 20
