"""The whole way with a cluster on Azure: who we are by a managed identity, states and runs in a storage account without
shared keys, the metadata service as a pod behind a tunnel."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from mfinfra.render import state_location
from tests.doubles import azure, object_stores
from tests.doubles.fixtures import TfCloud
from tests.doubles.server import Answer, Asked, Double
from tests.doubles.state import with_local_state
from tests.doubles.testkube.server import TestKube
from tests.programs import Call, run_mfinfra

from .conftest import authority, furnish, profile, serve_metadata

STATES, DATA = state_location.state_account(azure.SUBSCRIPTION), "flowsdata"
KEY = base64.b64encode(b"a key that nobody uses but to make containers").decode()
AKS = "6dae42f8-4368-4678-94ff-3960e28e3630"
STACK = """\
name: slice
cloud: azure
region: westeurope
engine: terraform
ui: {enabled: true}
runtime:
  examples: false
"""


@dataclass
class Cloud:
    """mfinfra with Azure on loopback, and the addresses of its storage."""

    call: Callable[..., Call]
    blobs: str
    context: ssl.SSLContext
    subscription: azure.Subscription
    authority: str


def identity(asked: Asked) -> Answer:
    """What programs in Azure ask for the tokens of their managed identity."""
    hour = int(time.time()) + 3600
    resource = asked.query.get("resource", "")
    return 200, {
        "access_token": azure.token(resource),
        "expires_on": str(hour),
        "token_type": "Bearer",
        "resource": resource,
    }


@pytest.fixture
def cloud(
    kube: TestKube, tfcloud: TfCloud, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    if shutil.which("npm") is None:
        pytest.skip("azurite needs npm")
    folder, authority = tmp_path_factory.mktemp("azurite"), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    context, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").configure_cert(context)
    subscription = azure.Subscription()
    with object_stores.azurite_with_tokens(folder, {STATES: KEY, DATA: KEY}) as blobs:
        manager = Double(
            azure.manager(
                subscription, lambda name: object_stores.make_azure_container(blobs, STATES, KEY, name, client)
            )
        )
        login = Double(identity)
        ends = [manager.start(context), login.start()]
        settings = {
            **tfcloud.environment,
            "IDENTITY_ENDPOINT": f"{login.url}/identity",
            "IDENTITY_HEADER": "tests",
            "MFINFRA_AZURE_ENDPOINT": manager.url,
            "MFINFRA_AZURE_BLOB_ENDPOINT": f"{blobs}/{{account}}",
            "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
            "SSL_CERT_FILE": str(folder / "ca.pem"),
            "MFINFRA_TERRAFORM": str(with_local_state(tmp_path / "bin")),
            "AZURE_CONFIG_DIR": str(tmp_path / "none"),
        }
        (tmp_path / "mfinfra.yaml").write_text(STACK)

        def call(*args: str, **env: str) -> Call:
            return run_mfinfra(args, tmp_path, **{**settings, **env})

        yield Cloud(call, blobs, client, subscription, str(folder / "ca.pem"))
        for end in ends:
            end()


@pytest.fixture
def cluster(kube: TestKube, cloud: Cloud, tfcloud: TfCloud, tmp_path: Path) -> TestKube:
    """What the stack's modules make in the cluster: here it is there beforehand, as tfcloud makes nothing run."""
    kube.knows = is_for_clusters
    furnish(kube)
    serve_metadata(kube, tmp_path)
    access = {
        "host": kube.host,
        "cluster_ca_certificate": authority(kube),
        "username": "",
        "password": "",
        "client_certificate": "",
        "client_key": "",
    }
    made = {
        "azurerm_kubernetes_cluster": {"kube_config": [access]},
        "azurerm_storage_account": {"primary_blob_endpoint": f"{cloud.blobs}/{DATA}/"},
    }
    tfcloud.say(made=made)
    path = f"/subscriptions/{azure.SUBSCRIPTION}/resourceGroups/slice/providers/Microsoft.ContainerService/managedClusters/slice"
    cloud.subscription.resources[path] = {"id": path}
    return kube


def is_for_clusters(token: str) -> bool:
    """Whether a token is one of Entra ID for AKS."""
    try:
        body = token.split(".")[1]
        return bool(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["aud"] == AKS)
    except (IndexError, ValueError, KeyError):
        return False


def test_from_a_subscription_to_a_flow_in_its_store(cloud: Cloud, cluster: TestKube, home: Path) -> None:
    first = cloud.call("up", "--yes", "--no-smoke")
    assert first.code == 0, first.text
    settings = profile(home)
    name = settings["METAFLOW_DATASTORE_SYSROOT_AZURE"].partition("/")[0]
    object_stores.make_azure_container(cloud.blobs, DATA, KEY, name, cloud.context)  # tfcloud's are in its memory only
    up = cloud.call("up", "--yes")
    assert up.code == 0, up.text
    assert "SmokeFlow/1" in up.text
    assert settings["METAFLOW_SERVICE_URL"].startswith("http://127.0.0.1:1")
    status = json.loads(cloud.call("--json", "status", "slice").out)
    assert status["service"]["ok"], status["service"]
    assert status["cluster"]["problem"] is None
    of_namespace = cloud.call("outputs", "slice", "--namespace", "flows", "--format", "env")
    assert "export METAFLOW_KUBERNETES_NAMESPACE=flows" in of_namespace.out
    refused = cloud.call("outputs", "slice", "--namespace", "other")
    assert refused.code == 4
    assert "no namespace 'other'" in refused.err
    assert "Available namespaces: flows" in refused.err
    ui = cloud.call("open", "ui", "slice", "--no-browser")
    assert ui.code == 0, ui.text
    down = cloud.call("down", "--yes")
    assert down.code == 0, down.text
    assert not (home / "data" / "mfinfra" / "stacks" / "slice").exists()
