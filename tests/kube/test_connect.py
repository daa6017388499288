"""Stacks with a cluster, used from a machine that did not make them: through a tunnel of its own, by their names alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mfinfra.clouds.azure.blobs import Blobs
from mfinfra.render import state_location
from tests.doubles import azure
from tests.doubles.fixtures import TfCloud
from tests.doubles.google import Google
from tests.doubles.testkube.server import TestKube
from tests.programs import Call, end_servers

from . import test_slice as on_gcp
from . import test_slice_azure as on_azure
from .test_slice import cli, cluster, gcp  # noqa: F401 - fixtures
from .test_slice_azure import Cloud, cloud  # noqa: F401 - fixtures

Tool = Callable[..., Call]
azure_cluster = on_azure.cluster
STATES = "mfinfra-state-demo-project"


@pytest.fixture
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of another machine."""
    folder = tmp_path_factory.mktemp("there")
    yield folder
    end_servers(folder)


def on(folder: Path, call: Tool) -> Tool:
    """The same program on the other machine, in a folder without a stack file."""
    env = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "METAFLOW_HOME": str(folder / "profiles")}
    return lambda *args: call("-C", str(folder), *args, **env)


def profile(home: Path) -> dict[str, str]:
    """The profile without the URLs of tunnels, whose ports differ between machines."""
    found = json.loads((home / "profiles" / "config_slice.json").read_text())
    for name in ("METAFLOW_SERVICE_URL", "METAFLOW_ARGO_WORKFLOWS_UI_URL"):
        assert found.pop(name).startswith("http://127.0.0.1:1")
    return dict(found)


@pytest.mark.slow
def test_a_colleague_runs_flows_through_a_stack_of_google(
    cli: Tool,  # noqa: F811
    cluster: TestKube,  # noqa: F811
    gcp: Google,  # noqa: F811
    tfcloud: TfCloud,
    home: Path,
    there: Path,
) -> None:
    on_gcp.made(cli, gcp, home)
    states, made, asked = gcp.objects(STATES), tfcloud.calls(), len(gcp.asked)
    elsewhere = on(there, cli)
    wrong = elsewhere("connect", "--name", "slice", "--cloud", "gcp", "--region", "us-central1")
    assert wrong.code == 5
    assert "is in region europe-west1, not in us-central1" in wrong.err
    call = elsewhere("connect", "--name", "slice", "--cloud", "gcp", "--region", "europe-west1")
    assert call.code == 0, call.text
    assert "SmokeFlow/" in call.out
    assert profile(there) == profile(home)
    assert (gcp.objects(STATES), tfcloud.calls()) == (states, made)
    assert {one.path for one in gcp.asked[asked:] if one.method != "GET"} == {"/token"}
    assert elsewhere("open", "ui", "slice", "--no-browser").out.startswith("http://127.0.0.1:")
    assert "slice" in elsewhere("kubeconfig", "slice", "--out", str(there / "kubeconfig")).err
    assert "stopped" in elsewhere("stop", "slice").err
    assert elsewhere("start", "slice").code == 0
    assert elsewhere("disconnect", "slice").code == 0
    assert not (there / "data" / "mfinfra" / "stacks" / "slice").exists()
    assert json.loads(cli("--json", "start", "slice").out)["servers"][0]["state"] == "ready"


def test_what_google_has_not_is_told(cli: Tool, there: Path) -> None:  # noqa: F811
    elsewhere = on(there, cli)
    call = elsewhere("connect", "--name", "other", "--cloud", "gcp", "--region", "europe-west1")
    assert call.code == 4
    assert f"the state gs://{STATES}/stacks/other/default.tfstate does not exist or is empty" in call.err
    assert "in the project demo-project, region europe-west1" in call.err


class Credential:
    """Somebody whom the storage account lets in."""

    def get_token(self, scope: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken(azure.token(scope), 2**31)


@pytest.mark.slow
def test_a_colleague_uses_a_stack_of_azure(
    cloud: Cloud,  # noqa: F811
    azure_cluster: TestKube,
    tfcloud: TfCloud,
    home: Path,
    there: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Terraform's own backend for Azure cannot be sent to loopback: its state is laid into the container by hand."""
    elsewhere = on(there, cloud.call)
    asked = ("connect", "--name", "slice", "--cloud", "azure", "--region", "westeurope", "--no-smoke")
    absent = elsewhere(*asked)
    assert absent.code == 4
    assert "/states/stacks/slice/terraform.tfstate does not exist or is empty" in absent.err
    up = cloud.call("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", cloud.authority)
    states = Blobs(f"{cloud.blobs}/{on_azure.STATES}", state_location.CONTAINER, Credential())
    local = home / "data" / "mfinfra" / "stacks" / "slice" / "workspace" / "terraform.tfstate"
    states.put(state_location.state_key("slice"), local.read_bytes())
    made, resources = tfcloud.calls(), dict(cloud.subscription.resources)
    call = elsewhere(*asked)
    assert call.code == 0, call.text
    assert profile(there) == profile(home)
    assert (tfcloud.calls(), cloud.subscription.resources) == (made, resources)
