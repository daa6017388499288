"""The place for states as files: the same on every cloud, and never that of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mfinfra.clouds.aws import state as aws_state
from mfinfra.clouds.azure import state as azure_state
from mfinfra.clouds.azure.blobs import Blobs
from mfinfra.clouds.base import States, Unreadable
from mfinfra.clouds.gcp import state as gcp_state
from mfinfra.clouds.gcp.identity import Project, Rest
from mfinfra.errors import CloudError
from tests.doubles import object_stores
from tests.doubles.fixtures import Aws
from tests.doubles.server import Double

KEY, TEXT = "stacks/demo/stack.json", '{"what": "ä\\n"}\n'


@pytest.fixture
def on_aws(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> States:
    import boto3

    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    aws.client("s3").create_bucket(Bucket="states-as-files")
    return aws_state.States(boto3.Session(region_name="us-east-1"), "states-as-files", "123456789012")


@pytest.fixture
def on_gcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[States]:
    with object_stores.fake_gcs(tmp_path) as server:
        host = server.environment["STORAGE_EMULATOR_HOST"]
        monkeypatch.setenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT", f"{host}/storage/v1/")
        rest = anybody()
        rest.post("storage", "b", {"name": "states-as-files"}, project="demo-project")
        yield gcp_state.States(rest, "states-as-files")


def anybody() -> Rest:
    from google.auth.credentials import AnonymousCredentials

    return Rest(AnonymousCredentials())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("cloud", ["on_aws", "on_gcp"])
def test_a_place_for_states_keeps_files(cloud: str, request: pytest.FixtureRequest) -> None:
    states: States = request.getfixturevalue(cloud)
    assert states.read(KEY) is None
    states.write(KEY, "before")
    states.write(KEY, TEXT)
    assert states.read(KEY) == TEXT
    assert states.read("stacks/demo/other") is None
    states.remove(KEY)
    states.remove(KEY)
    assert states.read(KEY) is None


def test_a_bucket_that_is_not_there_holds_nothing(aws: Aws, on_aws: Any) -> None:
    assert aws_state.States(on_aws._session, "no-such-bucket-anywhere", "123456789012").read(KEY) is None


def test_a_bucket_of_another_project_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of buckets are the world's: somebody may have taken that of a project's states."""
    double = Double(lambda asked: (200, {"name": "mfinfra-state-demo-project", "projectNumber": "666"}))
    end = double.start()
    monkeypatch.setenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT", f"{double.url}/storage/v1/")
    with pytest.raises(CloudError, match="belongs to another project"):
        gcp_state.is_there(anybody(), Project("demo-project", "424242424242"))
    end()
    assert [asked.method for asked in double.asked] == ["GET"]


def test_who_may_not_read_in_google_cloud_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "ada@example.com does not have storage.objects.get access to the Google Cloud Storage object."
    double = Double(lambda asked: (403, {"error": {"code": 403, "message": said}}))
    end = double.start()
    monkeypatch.setenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT", f"{double.url}/storage/v1/")
    with pytest.raises(Unreadable, match=r"storage\.objects\.get"):
        gcp_state.States(anybody(), "states-as-files").read(KEY)
    end()


class Credential:
    """Somebody whom the storage account does not let in."""

    def get_token(self, *_: str, **__: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("a-token", 2**31)


def test_who_may_not_read_in_azure_is_told_the_role() -> None:
    double = Double(lambda asked: (403, {"error": {"code": "AuthorizationPermissionMismatch"}}))
    end = double.start()
    with pytest.raises(Unreadable, match="was denied") as caught:
        azure_state.States(Blobs(double.url, "states", Credential())).read(KEY)
    end()
    assert '"Storage Blob Data Reader"' in str(caught.value.hint)
