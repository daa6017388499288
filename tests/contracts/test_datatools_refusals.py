"""What a store refuses the data tools is one line that says what to do, whatever the store."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.object_stores import s3_environment
from tests.doubles.web import Web, answered, refusal

from mfruntime import GS, S3, AzureBlob
from mfruntime.datatools.errors import AccessDenied, DataToolsException, NameClash, ObjectNotFound
from mfruntime.datatools.requests import Bucket
from mfruntime.errors import CommandException, MissingExtra
from mfruntime.store.storage.errors import storage_error
from mfruntime.store.storage.retries import Retries

KEY = "c2VjcmV0IHRoYXQgbm9ib2R5IHNlZXM="


def google(status: int, message: str) -> Any:
    """A refusal as Google Cloud Storage writes it."""
    body = json.dumps({"error": {"code": status, "message": message, "errors": [{"reason": "x"}]}}).encode()
    return answered(status, body, Content_Type="application/json")


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)
    with Web() as made:
        for name, value in {
            **s3_environment(made.url), "METAFLOW_S3_RETRY_COUNT": "0", "STORAGE_EMULATOR_HOST": made.url,
            "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT": f"{made.url}/account", "AZURE_STORAGE_KEY": KEY,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield made


def places() -> dict[str, Any]:
    return {
        "s3": S3(s3root="s3://tests/x"),
        "azure": AzureBlob(azureroot="azure://tests/x"),
        "gs": GS(gsroot="gs://tests/x"),
    }


CASES: list[tuple[str, Any, type[DataToolsException], list[str]]] = [
    ("s3", refusal(403, "AccessDenied"), AccessDenied, ["lacks s3:PutObject", "s3://tests/x/a"]),
    ("s3", refusal(404, "NoSuchBucket"), ObjectNotFound, ["bucket s3://tests does not exist"]),
    ("s3", refusal(400, "ExpiredToken"), AccessDenied, ["expired", "aws sso login"]),
    ("s3", refusal(409, "ExistingObjectIsDirectory"), NameClash, ["a directory", "s3://tests/x/a"]),
    ("azure", refusal(403, "AuthorizationPermissionMismatch"), AccessDenied,
     ["the key of the account account lacks Storage Blob Data Contributor", "azure://tests/x/a"]),
    ("azure", refusal(403, "AuthorizationFailure"), AccessDenied, ["Storage Blob Data Contributor"]),
    ("azure", refusal(403, "KeyBasedAuthenticationNotPermitted"), AccessDenied, ["does not allow access keys", "az login"]),
    ("azure", refusal(403, "AuthenticationFailed"), AccessDenied, ["are invalid"]),
    ("azure", refusal(401, "InvalidAuthenticationInfo"), AccessDenied, ["expired", "az login"]),
    ("azure", refusal(404, "ContainerNotFound"), ObjectNotFound, ["container azure://tests does not exist"]),
    ("azure", refusal(400, "InvalidResourceName"), DataToolsException, ["the container name is invalid", "3 to 63"]),
    ("azure", refusal(409, "ResourceTypeMismatch"), NameClash, ["a directory", "azure://tests/x/a"]),
    ("azure", refusal(409, "InvalidBlobType"), NameClash, ["of another type"]),
    ("azure", refusal(503, "ServerBusy"), DataToolsException, ["503"]),
    ("gs", google(403, "x does not have storage.objects.create access"), AccessDenied,
     ["lacks storage.objects.create", "gs://tests/x/a"]),
    ("gs", google(404, "The specified bucket does not exist."), ObjectNotFound, ["bucket gs://tests does not exist"]),
    ("gs", google(400, "Bucket is a requester pays bucket"), DataToolsException, ["rejected the request (400"]),
    ("gs", google(503, "Backend Error"), DataToolsException, ["responded with status 503"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "error", "said"), CASES, ids=[f"{c[0]} {' '.join(c[3])}" for c in CASES])
def test_a_refusal_is_told_in_one_line(
    web: Web, kind: str, answer: Any, error: type[DataToolsException], said: list[str]
) -> None:
    web.answer = answer
    with places()[kind] as place, pytest.raises(error) as caught:
        place.put("a", "v")
    text = f"{caught.value} {caught.value.hint or ''}"
    assert "\n" not in text
    assert len(text) < 500
    for word in said:
        assert word in text
    assert KEY not in text


@pytest.mark.parametrize("kind", ["s3", "azure", "gs"])
def test_reading_what_may_not_be_read_is_no_missing_object(web: Web, kind: str) -> None:
    web.answer = google(403, "no") if kind == "gs" else refusal(403, "AccessDenied")
    with places()[kind] as place:
        for call in (lambda: place.get("a", return_missing=True), lambda: place.info("a"), place.list_recursive):
            with pytest.raises(AccessDenied):
                call()


@pytest.mark.parametrize("key", ["416", "301", "redirect", "169.254 credential metadata"])
@pytest.mark.parametrize("kind", ["s3", "azure", "gs"])
def test_names_that_look_like_answers_are_not_taken_for_them(web: Web, kind: str, key: str) -> None:
    web.answer = google(403, "no") if kind == "gs" else refusal(403, "AccessDenied")
    with places()[kind] as place, pytest.raises(AccessDenied, match="access denied"):
        place.put(key, "v")


def test_a_login_of_google_that_ran_out_says_how_to_get_another() -> None:
    from google.auth.exceptions import RefreshError

    bucket = Bucket(None, "gs://tests", "the account of gcloud", "gs", Retries(0, "gs://tests"))
    found = storage_error(RefreshError("invalid_grant: Token has been expired or revoked."), bucket, "x/a", "read")
    assert str(found) == "Cannot read gs://tests/x/a: the credentials (the account of gcloud) have expired."
    assert found.hint == "Run: gcloud auth application-default login"


def test_azure_without_an_endpoint_says_which_setting(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT")
    with (
        AzureBlob(azureroot="tests") as place,
        pytest.raises(CommandException, match="BLOB_SERVICE_ENDPOINT is not set"),
    ):
        place.get("a")


@pytest.mark.parametrize(("kind", "module", "package"), [
    ("gs", "google.cloud", "google-cloud-storage"), ("s3", "obstore.store", "obstore"), ("azure", "obstore.store", "obstore"),
])  # fmt: skip
def test_a_package_that_is_not_there_is_named(
    web: Web, monkeypatch: pytest.MonkeyPatch, kind: str, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with places()[kind] as place, pytest.raises(MissingExtra) as caught:
        place.get("a")
    assert package in str(caught.value.hint)


@pytest.mark.parametrize("kind", ["s3", "azure", "gs"])
def test_a_run_without_a_place_says_which_setting(web: Web, kind: str) -> None:
    from mfruntime.client.runs import Run

    setting = {
        "s3": "METAFLOW_DATATOOLS_S3ROOT",
        "azure": "METAFLOW_DATATOOLS_AZUREROOT",
        "gs": "METAFLOW_DATATOOLS_GSROOT",
    }
    run: Any = object.__new__(Run)
    with pytest.raises(DataToolsException, match=f"{setting[kind]}, which is not set"):
        type(places()[kind])(run=run)
    with pytest.raises(DataToolsException, match="must be the flow inside a step"):
        type(places()[kind])(run="F/1", **{"azure": {"container": "b"}}.get(kind, {"bucket": "b"}))
