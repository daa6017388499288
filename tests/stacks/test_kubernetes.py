"""What runs in a cluster: modules by their own tests, objects against the schemas of Kubernetes, programs by running them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfinfra.stackfile import component_versions as versions
from mfruntime.settings import SETTINGS
from tests.doubles import programs
from tests.doubles.fixtures import TfCloud
from tests.doubles.metadata_service import Postgres, own_postgres

from .kubernetes_modules import EVENTS, MODULES, PRODUCTION, WISHES, planned, releases

RENDER = Path(__file__).parents[1] / "doubles" / "helm" / "render.py"


@pytest.mark.parametrize("noun", sorted(path.name for path in MODULES.iterdir()))
def test_the_tests_that_modules_carry_pass(noun: str, tfcloud: TfCloud, terraform: str, tmp_path: Path) -> None:
    folder = shutil.copytree(MODULES / noun, tmp_path / noun)
    env = {**os.environ, **tfcloud.environment}
    for argv in (["init"], ["fmt", "-check", "-recursive"], ["validate"], ["test"]):
        done = subprocess.run([terraform, *argv, "-no-color"], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout


@pytest.mark.parametrize("noun", sorted(path.name for path in MODULES.iterdir()))
def test_variables_are_typed_described_and_in_order(noun: str) -> None:
    for file, kind in (("variables.tf", "variable"), ("outputs.tf", "output")):
        text = (MODULES / noun / file).read_text()
        blocks = dict(re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.M | re.S))
        assert all("  description = " in block for block in blocks.values())
        assert kind == "output" or all("  type " in block for block in blocks.values())
        if kind == "variable":
            assert list(blocks) == sorted(blocks)


def objects(wish: dict[str, Any], tfcloud: TfCloud, folder: Path, kubernetes: str = "1.35") -> list[dict[str, Any]]:
    """What the chart of events makes in the first namespace."""
    release = next(r for r in releases(planned("argo_events", wish, folder, tfcloud.environment)) if r[0] == "chart")
    said = {"chart": str(folder / "chart"), "name": release[2]["name"], "namespace": release[2]["namespace"]}
    said |= {"values": release[1], "kubernetes": kubernetes}  # type: ignore[dict-item]
    python = programs.programs("helm") / "python"
    done = subprocess.run([str(python), str(RENDER)], input=json.dumps(said), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def by_kind(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["kind"]: item for item in found}


def test_the_account_of_sensors_exists_and_may_start_workflows_where_it_is(tfcloud: TfCloud, tmp_path: Path) -> None:
    found = by_kind(objects(EVENTS, tfcloud, tmp_path / "x"))
    binding, name = found["RoleBinding"], found["ServiceAccount"]["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": "flows"}]
    assert binding["roleRef"]["name"] == found["Role"]["metadata"]["name"]
    assert {"create"} <= set(found["Role"]["rules"][0]["verbs"])
    assert name == "operate-workflow-sa"


def test_events_come_in_where_the_runtime_sends_them(tfcloud: TfCloud, tmp_path: Path) -> None:
    source = by_kind(objects(EVENTS, tfcloud, tmp_path / "x"))["EventSource"]
    assert source["metadata"]["name"] == "argo-events-webhook"
    assert source["spec"]["webhook"] == {
        "metaflow-event": {"port": "12000", "endpoint": "/metaflow-event", "method": "POST"}
    }
    assert source["spec"]["service"]["ports"] == [{"port": 12000, "targetPort": 12000}]


#: Fields of the bus: argo-events, pkg/apis/events/v1alpha1/jetstream_eventbus.go.
BUS = {
    "version", "replicas", "containerTemplate", "reloaderContainerTemplate", "metricsContainerTemplate", "persistence",
    "nodeSelector", "tolerations", "securityContext", "streamConfig",
}  # fmt: skip


def test_a_bus_keeps_events_as_often_as_it_has_servers(tfcloud: TfCloud, tmp_path: Path) -> None:
    for number, (wish, count) in enumerate([(EVENTS, 1), ({**EVENTS, **PRODUCTION, "storage_class": "encrypted"}, 3)]):
        bus = by_kind(objects(wish, tfcloud, tmp_path / str(number)))["EventBus"]["spec"]["jetstream"]
        assert set(bus) <= BUS
        assert bus["replicas"] == count
        assert f"replicas: {count}" in bus["streamConfig"]
        assert ("persistence" in bus) == (count == 3)


@pytest.mark.parametrize("minor", sorted(versions.KUBERNETES_SUPPORT["aws"]))
def test_objects_are_of_each_version_that_is_supported(minor: str, tfcloud: TfCloud, tmp_path: Path) -> None:
    assert len(objects({**EVENTS, **PRODUCTION}, tfcloud, tmp_path / "x", minor)) == 7


def test_there_is_an_autoscaler_for_each_version_of_kubernetes() -> None:
    assert set(versions.AUTOSCALER_IMAGES) == set(versions.KUBERNETES_SUPPORT["aws"])
    assert all(image.startswith(f"v{minor}.") for minor, image in versions.AUTOSCALER_IMAGES.items())


#: Resource -> verbs of the requests of KubernetesPodOperator, which the service account of Airflow sends (provider
#: cncf-kubernetes 10: utils/pod_manager.py and hooks/kubernetes.py). Results are read with exec, by GET or POST.
OPERATOR = {
    "pods": {"create", "get", "list", "watch", "patch", "delete"}, "pods/log": {"get"}, "pods/exec": {"create", "get"},
    "events": {"list"},
}  # fmt: skip


def test_airflow_may_send_the_requests_of_its_operators(tfcloud: TfCloud, tmp_path: Path) -> None:
    plan = planned("airflow", WISHES["airflow"][0], tmp_path / "x", tfcloud.environment)
    roles = [one for one in plan["planned_values"]["root_module"]["resources"] if one["type"] == "kubernetes_role_v1"]
    assert [role["values"]["metadata"][0]["namespace"] for role in roles] == ["flows"]
    for resource, verbs in OPERATOR.items():
        rules = [rule for rule in roles[0]["values"]["rule"] if resource in rule["resources"]]
        assert verbs <= {verb for rule in rules for verb in rule["verbs"]}, resource


@pytest.fixture
def server() -> Iterator[Postgres]:
    with own_postgres() as found:
        yield found


def test_airflow_requires_tls_with_both_of_its_drivers(server: Postgres, tfcloud: TfCloud, tmp_path: Path) -> None:
    """The server has no TLS: who requires it cannot connect. asyncpg knows no `sslmode` as a parameter of a URL."""
    plan = planned("airflow", WISHES["airflow"][0], tmp_path / "x", tfcloud.environment)
    (_, values, _), *_ = releases(plan)
    env = {entry["name"]: entry["value"] for entry in values["env"]}
    assert "?" not in re.findall(r'"(postgresql://.*)"', (MODULES / "airflow" / "main.tf").read_text())[0]
    assert psql(server, "SELECT 1").returncode == 0
    assert "does not support SSL" in psql(server, "SELECT 1", PGSSLMODE=env["PGSSLMODE"]).stderr
    code = "import asyncio, asyncpg; asyncio.run(asyncpg.connect())"
    for mode, expected in ((env["PGSSLMODE"], "rejected SSL upgrade"), ("prefer", "")):
        argv = [sys.executable, "-c", code]
        done = subprocess.run(argv, env=connection(server, PGSSLMODE=mode), capture_output=True, text=True)
        assert expected in done.stderr
        assert (done.returncode == 0) == (mode == "prefer"), done.stderr
    jobs = [values[name] for name in ("migrateDatabaseJob", "createUserJob")]
    assert all(job["applyCustomEnv"] for job in jobs), "a job that does not require TLS"


def psql(server: Postgres, statement: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement]
    return subprocess.run(argv, env=connection(server, **env), capture_output=True, text=True)


def connection(server: Postgres, **env: str) -> dict[str, str]:
    found = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "tester", "PGDATABASE": "postgres"}
    return {**os.environ, **found, **env}


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not on the path")
def test_databases_are_made_once_and_owned_by_their_accounts(server: Postgres, tmp_path: Path) -> None:
    hashes = []
    script = MODULES / "databases" / "databases.sh"
    for password in ("first-password", "second-password"):
        (tmp_path / "argo").write_text(password)
        env = connection(server, ACCOUNTS=str(tmp_path))
        argv = ["setsid", "sh", str(script), "argo"]  # as in a container: without a terminal
        done = subprocess.run(argv, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout == "database argo is there\n"
        assert password not in done.stdout + done.stderr
        hashes.append(psql(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'argo'").stdout)
    owner = psql(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'argo'").stdout.strip()
    assert owner == "argo"
    assert all(hashed.startswith("SCRAM-SHA-256$") for hashed in hashes)
    assert hashes[0] != hashes[1], "another password, and nothing changed"
    made = psql(server, "CREATE TABLE t (i int)", PGUSER="argo", PGDATABASE="argo")
    assert made.returncode == 0, made.stderr


def test_settings_of_kubernetes_are_settings_that_are_read() -> None:
    """By our runtime, or by stock Metaflow."""
    known = {setting.name for setting in SETTINGS} | STOCK
    texts = "".join((MODULES / noun / "outputs.tf").read_text() for noun in os.listdir(MODULES))
    texts += (MODULES / "argo_events" / "main.tf").read_text()
    found = set(re.findall(r"\b(METAFLOW_\w+) +=", texts))
    assert found <= known, found - known


#: Of metaflow 2.19.39, metaflow_config.py; the runtime may not know them yet.
STOCK = {
    f"METAFLOW_{name}"
    for name in (
        "KUBERNETES_NAMESPACE", "KUBERNETES_SERVICE_ACCOUNT", "KUBERNETES_LABELS", "KUBERNETES_NODE_SELECTOR", "KUBERNETES_TOLERATIONS",
        "ARGO_EVENTS_EVENT", "ARGO_EVENTS_EVENT_BUS", "ARGO_EVENTS_EVENT_SOURCE", "ARGO_EVENTS_SERVICE_ACCOUNT", "ARGO_EVENTS_SENSOR_NAMESPACE",
        "ARGO_EVENTS_WEBHOOK_URL", "ARGO_EVENTS_INTERNAL_WEBHOOK_URL", "ARGO_WORKFLOWS_USE_SCHEDULES", "ARGO_WORKFLOWS_UI_URL",
        "AIRFLOW_KUBERNETES_STARTUP_TIMEOUT_SECONDS",
    )
}  # fmt: skip
