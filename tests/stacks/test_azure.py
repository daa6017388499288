"""Azure through mfinfra: who we are, the storage account for states, locks, refusals in one line."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from mfinfra.clouds.azure.errors import explain_text
from mfinfra.render import state_location
from tests.doubles import azure, object_stores
from tests.doubles.configuration import OTHER_PROJECT
from tests.doubles.fixtures import TfCloud
from tests.doubles.server import Double
from tests.doubles.state import with_local_state
from tests.programs import Call, run_mfinfra, run_program

ACCOUNT = state_location.state_account(azure.SUBSCRIPTION)
KEY = base64.b64encode(b"a key that nobody uses but to make containers").decode()


@dataclass
class Blobs:
    """An azurite that takes tokens, with the account for states."""

    url: str
    authority: Path

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path


@pytest.fixture(scope="module")
def blobs(certificates: tuple[trustme.CA, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blobs]:
    if shutil.which("npm") is None:
        pytest.skip("azurite needs npm")
    authority, path = certificates
    folder = tmp_path_factory.mktemp("azurite")
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    with object_stores.azurite_with_tokens(folder, {ACCOUNT: KEY}) as url:
        yield Blobs(url, path)


@dataclass
class Azure:
    """mfinfra with Azure on loopback."""

    subscription: azure.Subscription
    call: Callable[..., Call]
    blobs: Blobs

    def plan(self, *more: str, **env: str) -> Call:
        return self.call("plan", "--cloud", "azure", "--name", "demo", "--region", "westeurope", *more, **env)


@pytest.fixture
def cloud(blobs: Blobs, certificates: tuple[trustme.CA, Path], tfcloud: TfCloud, tmp_path: Path) -> Iterator[Azure]:
    subscription = azure.Subscription()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates[0].issue_cert("127.0.0.1").configure_cert(context)
    entra = Double(azure.tokens(subscription))
    manager = Double(
        azure.manager(
            subscription, lambda name: object_stores.make_azure_container(blobs.url, ACCOUNT, KEY, name, blobs.client())
        )
    )
    ends = [entra.start(context), manager.start(context)]
    settings = {
        **tfcloud.environment,
        **OTHER_PROJECT,
        "AZURE_AUTHORITY_HOST": entra.url,
        "AZURE_TENANT_ID": azure.TENANT,
        "AZURE_CLIENT_ID": "deployer",
        "AZURE_CLIENT_SECRET": "the-secret-of-the-deployer",
        "MFINFRA_AZURE_ENDPOINT": manager.url,
        "MFINFRA_AZURE_BLOB_ENDPOINT": f"{blobs.url}/{{account}}",
        "REQUESTS_CA_BUNDLE": str(blobs.authority),
        "MFINFRA_TERRAFORM": str(with_local_state(tmp_path / "bin")),
        "AZURE_CONFIG_DIR": str(tmp_path / "none"),
    }
    yield Azure(
        subscription,
        lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env}),
        blobs,
    )
    for end in ends:
        end()


def test_the_first_plan_makes_a_place_for_states_and_the_second_finds_it(cloud: Azure) -> None:
    call = cloud.plan()
    assert call.code == 2, call.text
    assert f"Subscription {azure.SUBSCRIPTION}, region westeurope, as deployer" in call.text
    account = next(value for path, value in cloud.subscription.resources.items() if path.endswith(ACCOUNT))
    properties = account["properties"]
    assert not properties["allowSharedKeyAccess"]
    assert not properties["allowBlobPublicAccess"]
    assert properties["minimumTlsVersion"] == "TLS1_2"
    roles = [value for path, value in cloud.subscription.resources.items() if "/roleAssignments/" in path]
    assert len(roles) <= 1
    made = len(cloud.subscription.resources)
    assert cloud.plan().code == 2
    assert len(cloud.subscription.resources) == made
    assert "the-secret-of-the-deployer" not in call.text


def lease(blobs: Blobs, name: str) -> None:
    """Hold a state as Terraform does: a lease on the blob, and who has it in the blob's metadata."""
    held = {"ID": "x", "Who": "ada@laptop", "Created": "2026-11-25T10:00:00Z"}
    info = base64.b64encode(json.dumps(held).encode()).decode()
    headers = {
        "Authorization": f"Bearer {azure.token('https://storage.azure.com/.default')}",
        "x-ms-version": "2024-08-04",
    }

    def send(method: str, query: str, body: bytes = b"", **more: str) -> None:
        command = ["curl", "-sf", "--cacert", str(blobs.authority), "-X", method, "--data-binary", "@-"]
        for key, value in {**headers, **{k.replace("_", "-"): v for k, v in more.items()}}.items():
            command += ["-H", f"{key}: {value}"]
        subprocess.run(
            [*command, f"{blobs.url}/{ACCOUNT}/{state_location.CONTAINER}/{name}{query}"], input=body, check=True
        )

    send("PUT", "", b"{}", x_ms_blob_type="BlockBlob")
    send("PUT", "?comp=metadata", x_ms_meta_terraformlockid=info)
    send("PUT", "?comp=lease", x_ms_lease_action="acquire", x_ms_lease_duration="-1")


def test_a_lock_of_somebody_else_is_told_and_taken_after_a_question(cloud: Azure, tmp_path: Path) -> None:
    assert cloud.plan().code == 2
    lease(cloud.blobs, state_location.state_key("demo"))
    call = cloud.plan()
    assert call.code == 1
    assert "is being changed by ada@laptop since 2026-11-25T10:00:00" in call.err
    (tmp_path / "mfinfra.yaml").write_text("{name: demo, cloud: azure, region: westeurope}")
    assert cloud.call("unlock", "demo").code != 0  # nobody is there to confirm
    call = cloud.call("unlock", "demo", "--yes")
    assert call.code == 0, call.text
    assert "ada@laptop held" in call.text
    assert cloud.plan().code == 2


TWO = (azure.SUBSCRIPTION, "22222222-2222-3333-4444-555555555555")
DENIED = {
    "error": {
        "code": "AuthorizationFailed",
        "message": "The client 'ada' with object id '7' does not have authorization to perform action"
        " 'Microsoft.Resources/subscriptions/resourcegroups/write' over scope '/subscriptions/1' or the scope is invalid.",
    }
}


@pytest.mark.parametrize(
    ("change", "words", "hint"),
    [
        ({"ids": TWO}, "No subscription is selected. Available subscriptions: name of 1111", "account in the stack file"),
        ({"ids": ()}, "Available subscriptions: none", "ARM_SUBSCRIPTION_ID"),
        ({"state": "Disabled"}, "is disabled", "az account list"),
        ({"regions": ("westeurope2", "eastus")}, "no region 'westeurope'", "westeurope2"),
        ({"instead": {("PUT", "/resourceGroups/mfinfra-state"): (403, DENIED)}, "resources": {}}, "ada is not allowed to perform Microsoft.Resources/subscriptions/resourcegroups/write on /subscriptions/1", "az role assignment create --assignee 7"),
        ({"token": (401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."})}, "rejected these credentials", "AZURE_CLIENT_SECRET"),
        ({"token": (400, {"error": "invalid_grant", "error_description": "AADSTS700082: The refresh token has expired."})}, "credentials have expired", "az login"),
    ],
)  # fmt: skip
def test_a_subscription_that_cannot_take_a_stack_is_told_in_one_line(
    change: dict[str, Any], words: str, hint: str, cloud: Azure
) -> None:
    for key, value in change.items():
        setattr(cloud.subscription, key, value)
    call = cloud.plan()
    assert call.code == 1
    assert words in call.err, call.text
    assert hint in call.err
    assert "Traceback" not in call.text


def test_half_of_the_credentials_is_one_line(cloud: Azure) -> None:
    call = cloud.plan(AZURE_CLIENT_SECRET="")
    assert call.code == 1
    assert "credentials in the environment variables are incomplete" in call.err
    assert "az login" in call.err


def test_no_credentials_is_one_line(cloud: Azure, tmp_path: Path) -> None:
    unset = ["env", *(word for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET") for word in ("-u", f"AZURE_{name}"))]
    argv = [*unset, sys.executable, "-m", "mfinfra", "plan", "--cloud", "azure", "--region", "westeurope"]
    call = run_program(argv, tmp_path, AZURE_CONFIG_DIR=str(tmp_path / "none"), PATH="/usr/bin")
    assert call.code == 1
    assert "No Azure credentials were found." in call.err
    assert "az login" in call.err
    assert len(call.err.splitlines()) < 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("QuotaExceeded: Message: \"Operation could not be completed as it results in exceeding approved Total Regional Cores quota.\"", "A quota of the subscription is used up: Operation could not"),
        ("performing CreateOrUpdate: unexpected status 409 (409 Conflict) with error: MissingSubscriptionRegistration: The subscription is not registered to use namespace 'Microsoft.ContainerService'.", "not registered in the subscription"),
        ("StorageAccountAlreadyTaken: The storage account named demo is already taken.", "already exists"),
        ("K8sVersionNotSupported: Managed cluster demo is on version 1.20.0 which is not supported in this region.", "version of Kubernetes"),
        ("SkuNotAvailable: The requested VM size Standard_NC4as_T4_v3 is not available in the current region.", "does not currently offer this size"),
        ("ScopeLocked: The scope cannot perform delete operation because following scope(s) are locked", "lock in Azure"),
        ("dial tcp: lookup management.azure.com: no such host", "cannot be reached"),
        ("something that nobody has seen", None),
    ],
)  # fmt: skip
def test_what_azure_says_is_known(text: str, words: str | None) -> None:
    found = explain_text(text)
    assert (found is None) if words is None else (found is not None and words in found.message), found
