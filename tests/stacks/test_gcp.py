"""Google Cloud through mfinfra: who we are, the bucket for states with the real backend, locks, refusals in one line."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mfinfra.clouds.gcp.errors import explain_text
from tests.doubles import google, object_stores
from tests.doubles.configuration import OTHER_PROJECT
from tests.doubles.fixtures import TfCloud
from tests.doubles.server import Double
from tests.programs import Call, run_mfinfra


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with object_stores.fake_gcs(tmp_path_factory.mktemp("gcs")) as server:
        yield server.environment["STORAGE_EMULATOR_HOST"]


@pytest.fixture
def project() -> google.Project:
    return google.Project()


@pytest.fixture
def gcp(project: google.Project, storage: str, tfcloud: TfCloud, tmp_path: Path) -> Iterator[Callable[..., Call]]:
    """Call mfinfra with Google Cloud on loopback."""
    double = Double(google.answers(project))
    end = double.start()
    settings = {**tfcloud.environment, **OTHER_PROJECT, **google.environment(double, storage, tmp_path)}
    yield lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env})
    end()
    for name in list_objects(storage):
        url = f"{storage}/storage/v1/b/mfinfra-state-demo-project/o/{urllib.parse.quote(name, safe='')}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()


def list_objects(storage: str) -> list[str]:
    try:
        with urllib.request.urlopen(f"{storage}/storage/v1/b/mfinfra-state-demo-project/o") as answer:
            return [item["name"] for item in json.load(answer).get("items", [])]
    except urllib.error.HTTPError as exc:
        exc.close()
        return []


STACK = ("--cloud", "gcp", "--name", "demo", "--region", "europe-west1")


def test_a_plan_keeps_its_state_in_a_bucket_of_the_project(
    gcp: Callable[..., Call], storage: str, project: google.Project
) -> None:
    call = gcp("plan", *STACK)
    assert call.code == 2, call.text
    assert "Project demo-project, region europe-west1, as deployer@demo-project.iam.gserviceaccount.com" in call.text
    with urllib.request.urlopen(f"{storage}/storage/v1/b/mfinfra-state-demo-project") as answer:
        assert json.load(answer)["versioning"]["enabled"]
    assert gcp("plan", *STACK).code == 2
    assert not any(token in call.text for token in project.tokens)


@pytest.mark.slow
def test_a_lock_of_somebody_else_is_told_and_taken_after_a_question(
    gcp: Callable[..., Call], storage: str, tmp_path: Path
) -> None:
    assert gcp("plan", *STACK).code == 2
    held = {"ID": "x", "Who": "ada@laptop", "Created": "2026-11-25T10:00:00Z", "Operation": "OperationTypeApply"}
    name = urllib.parse.quote("stacks/demo/default.tflock", safe="")
    url = f"{storage}/upload/storage/v1/b/mfinfra-state-demo-project/o?uploadType=media&name={name}"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(held).encode(), method="POST")).close()
    call = gcp("plan", *STACK)
    assert call.code == 1
    assert "is being changed by ada@laptop since 2026-11-25T10:00:00" in call.err
    assert "mfinfra unlock demo" in call.err
    (tmp_path / "mfinfra.yaml").write_text("{name: demo, cloud: gcp, region: europe-west1}")
    assert gcp("unlock", "demo").code != 0  # nobody is there to confirm
    call = gcp("unlock", "demo", "--yes")
    assert call.code == 0, call.text
    assert "ada@laptop held" in call.text
    assert gcp("plan", *STACK).code == 2


@pytest.mark.parametrize(
    ("change", "words", "hint"),
    [
        ({"state": "DELETE_REQUESTED"}, "is scheduled for deletion", "gcloud projects undelete demo-project"),
        ({"billing": False}, "has no active billing account", "gcloud billing projects link demo-project"),
        ({"off": ("serviceusage.googleapis.com",)}, "has not enabled serviceusage.googleapis.com", "gcloud services enable"),
        ({"regions": ("us-central1",)}, "has no region 'europe-west1'", "gcloud compute regions list"),
        ({"id": "another"}, "lack the permission resourcemanager.projects.get", "add-iam-policy-binding"),
        ({"instead": {"/token": (400, {"error": "invalid_grant", "error_description": "x"})}}, "credentials have expired", "gcloud auth application-default login"),
    ],
)  # fmt: skip
def test_a_project_that_cannot_take_a_stack_is_told_in_one_line(
    change: dict[str, object], words: str, hint: str, gcp: Callable[..., Call], project: google.Project
) -> None:
    for key, value in change.items():
        setattr(project, key, value)
    call = gcp("plan", *STACK)
    assert call.code == 1
    assert words in call.err, call.text
    assert hint in call.err
    assert "Traceback" not in call.text


def test_no_credentials_is_one_line(gcp: Callable[..., Call], tmp_path: Path) -> None:
    call = gcp("plan", *STACK, GOOGLE_APPLICATION_CREDENTIALS="", CLOUDSDK_CONFIG=str(tmp_path / "none"))
    assert call.code == 1
    assert "No Google Cloud credentials were found." in call.err
    assert "gcloud auth application-default login" in call.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Error 403: Quota 'CPUS' exceeded. Limit: 24.0 in region europe-west1., quotaExceeded", "A quota of the project is used up"),
        ("Error 403: Kubernetes Engine API has not been used in project 1 before or it is disabled. Enable it by visiting ...", "not enabled in the project"),
        ("googleapi: Error 403: Required 'compute.networks.create' permission for 'projects/p/global/networks/n', forbidden", "lack the permission compute.networks.create on projects/p/global/networks/n"),
        ("Error 403: Permission 'iam.serviceAccounts.create' denied on resource (or it may not exist)., forbidden", "lack the permission iam.serviceAccounts.create"),
        ("Error 409: You already own this bucket. Please select another name., conflict", "already exists"),
        ("Error 400: No valid versions with the prefix \"1.20\" found., badRequest", "version of Kubernetes"),
        ("Error waiting: The zone 'x' does not have enough resources available to fulfill the request. ZONE_RESOURCE_POOL_EXHAUSTED", "no capacity"),
        ("Failed to delete connection; Producer services (e.g. CloudSQL) are still using this connection.", "A resource is still in use"),
        ("dial tcp: lookup container.googleapis.com: no such host", "cannot be reached"),
        ("something that nobody has seen", None),
    ],
)  # fmt: skip
def test_what_google_says_is_known(text: str, words: str | None) -> None:
    found = explain_text(text)
    assert (found is None) if words is None else (found is not None and words in found.message), found
