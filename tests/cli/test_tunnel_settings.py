"""What tunnels add to the settings of a stack: addresses on this machine, each under the name that clients look for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mfinfra.kube import services, tunnels
from mfinfra.machine import record
from mfinfra.machine.record import Record
from mfinfra.machine.supervisor import spec
from mfinfra.machine.supervisor.spec import Server
from mfinfra.stackfile.schema import StackConfig

ADDRESS = "http://127.0.0.1"


def stack(**said: object) -> Record:
    values = {"name": "demo", "cloud": "gcp", "region": "europe-west1", "compute": {"backend": "kubernetes"}, **said}
    config = StackConfig.model_validate(values)
    return Record("demo", config.cloud, "ready", record.now(), "", "", config=config.model_dump_json())


def listening(one: Record) -> dict[str, int]:
    """The tunnels of a stack, as `up` leaves them."""
    found = {word: 40000 + number for number, word in enumerate(tunnels.words(one))}
    argv = (sys.executable, "-m", "mfinfra.kube", one.name, *(f"{word}={port}" for word, port in found.items()))
    spec.save(tunnels.folder_of(one), [Server(tunnels.NAME, (*argv, "fingerprint"), next(iter(found.values())))])
    return found


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_flows_are_told_where_the_service_and_argo_are() -> None:
    one = stack(orchestrator={"argo_workflows": True, "airflow": True}, ui={"enabled": True})
    ports = listening(one)
    assert set(ports) == set(services.ALL)
    assert tunnels.settings(one) == {
        "METAFLOW_SERVICE_URL": f"{ADDRESS}:{ports['metadata']}/",
        "METAFLOW_ARGO_WORKFLOWS_UI_URL": f"{ADDRESS}:{ports['argo']}/",
    }


def test_a_stack_without_argo_says_nothing_of_it() -> None:
    one = stack(orchestrator={"argo_workflows": False})
    ports = listening(one)
    assert tunnels.settings(one) == {"METAFLOW_SERVICE_URL": f"{ADDRESS}:{ports['metadata']}/"}


def test_on_aws_the_service_has_an_address_of_its_own_and_argo_a_tunnel() -> None:
    one = stack(cloud="aws", region="eu-west-1", orchestrator={"argo_workflows": True})
    ports = listening(one)
    assert tunnels.settings(one) == {"METAFLOW_ARGO_WORKFLOWS_UI_URL": f"{ADDRESS}:{ports['argo']}/"}


def test_tunnels_that_were_never_started_add_nothing() -> None:
    assert tunnels.settings(stack(orchestrator={"argo_workflows": True})) == {}
