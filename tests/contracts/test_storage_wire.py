"""What the settings of object stores make of requests, as a server sees them."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.doubles.object_stores import s3_environment
from tests.doubles.web import Web, answered

from mfruntime import GS, S3, AzureBlob, settings
from mfruntime.datatools.errors import DataToolsException
from mfruntime.datatools.objects import PutObject
from mfruntime.datatools.s3 import S3PutObject
from mfruntime.errors import CommandException
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.s3 import S3Storage

OBJECT = {"ETag": '"1"', "Last_Modified": "Wed, 25 Nov 2026 10:00:00 GMT"}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)
    with Web() as made:
        made.answer = answered(200, b"", **OBJECT)
        yield made


@pytest.fixture
def tls(web: Web, tmp_path: Path) -> Path:
    """The server with TLS; the certificates that vouch for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    web.url = web.url.replace("http:", "https:")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


Sent = Callable[..., list[dict[str, str]]]


@pytest.fixture
def sent(web: Web, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The headers of the requests that saving and reading an object takes with some settings: PUT and GET."""

    def headers(**values: str) -> list[dict[str, str]]:
        for name, value in {**s3_environment(web.url), "METAFLOW_S3_RETRY_COUNT": "0", **values}.items():
            monkeypatch.setenv(name, value)
        storage = S3Storage.from_settings(settings.load(), "s3://tests/x")
        storage.save([Item("a", b"1")])
        list(storage.load(["a"]))
        assert [verb for verb, _ in web.requests] == ["PUT", "GET"]
        return web.headers

    return headers


def encryption(headers: dict[str, str]) -> dict[str, str]:
    start = "x-amz-server-side-encryption"
    return {name[len(start) :]: value for name, value in headers.items() if name.startswith(start)}


def test_without_settings_nothing_is_said_of_encryption_and_payment(sent: Sent) -> None:
    for headers in sent():
        assert encryption(headers) == {}
        assert "x-amz-request-payer" not in headers


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        ("AES256", "", {"": "AES256"}),
        ("aws:kms", "", {"": "aws:kms"}),
        ("aws:kms:dsse", "k", {"": "aws:kms:dsse", "-aws-kms-key-id": "k"}),
        (
            "aws:kms",
            "arn:aws:kms:eu-west-1:1:key/k",
            {"": "aws:kms", "-aws-kms-key-id": "arn:aws:kms:eu-west-1:1:key/k"},
        ),
        ("", "alias/k", {"": "aws:kms", "-aws-kms-key-id": "alias/k"}),
        ("AES256", "alias/k", {"": "AES256"}),
    ],
)
def test_encryption_is_asked_for_with_what_is_written(sent: Sent, kind: str, key: str, said: dict[str, str]) -> None:
    put, get = sent(METAFLOW_S3_SERVER_SIDE_ENCRYPTION=kind, MFINFRA_S3_KMS_KEY=key)
    assert encryption(put) == said
    assert encryption(get) == {}


def test_an_unknown_encryption_is_refused(sent: Sent, web: Web) -> None:
    with pytest.raises(CommandException, match="encryption 'rot13'"):
        sent(METAFLOW_S3_SERVER_SIDE_ENCRYPTION="rot13")
    assert web.requests == []


def test_the_requester_pays_for_all_requests(sent: Sent) -> None:
    assert [headers["x-amz-request-payer"] for headers in sent(MFINFRA_S3_REQUEST_PAYER="true")] == ["requester"] * 2


def scope(headers: dict[str, str]) -> tuple[str, str]:
    """Access key and region of a signature."""
    found = re.search(r"Credential=([^/]+)/\d+/([^/]+)/s3/", headers["authorization"])
    assert found, headers
    return found[1], found[2]


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"METAFLOW_DATATOOLS_CLIENT_PARAMS": '{"region_name": "ap-south-1"}'}, "ap-south-1"),
    ],
)
def test_requests_are_signed_for_the_region(sent: Sent, values: dict[str, str], region: str) -> None:
    assert [scope(headers) for headers in sent(**values)] == [("mfinfratests", region)] * 2


def test_keys_of_the_settings_sign_before_those_of_the_environment(sent: Sent) -> None:
    params = {"aws_access_key_id": "other", "aws_secret_access_key": "s", "aws_session_token": "t"}
    for headers in sent(METAFLOW_DATATOOLS_CLIENT_PARAMS=json.dumps(params)):
        assert scope(headers) == ("other", "us-east-1")
        assert headers["x-amz-security-token"] == "t"


def test_the_token_of_the_environment_is_sent(sent: Sent) -> None:
    assert [headers["x-amz-security-token"] for headers in sent(AWS_SESSION_TOKEN="token")] == ["token"] * 2


@pytest.mark.parametrize("name", ["METAFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "params"])
def test_each_way_to_name_an_endpoint_is_followed(web: Web, sent: Sent, name: str) -> None:
    """Those that come first in precedence are set wrong where they do not name it."""
    order = ["params", "METAFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
    values = (
        dict.fromkeys(order, "http://127.0.0.1:9") | dict.fromkeys(order[: order.index(name)], "") | {name: web.url}
    )
    params = values.pop("params")
    sent(**values, METAFLOW_DATATOOLS_CLIENT_PARAMS=json.dumps({"endpoint_url": params}) if params else "")
    assert [path for _, path in web.requests] == ["/tests/x/a"] * 2


STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>assumed</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>of the role</SessionToken>
<Expiration>2126-11-25T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
WEB_IDENTITY = STS.replace("AssumeRole", "AssumeRoleWithWebIdentity")
ROLE = "arn:aws:iam::123456789012:role/tests"


def sts_or_object(asked: list[str], answer: str) -> Any:
    """Answers as STS to POSTs, and as S3 to the rest."""

    def answered_by(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.command == "POST":
            asked.append(body.decode() or handler.path)
            answered(200, answer.encode(), Content_Type="text/xml")(handler, body)
        else:
            answered(200, b"", **OBJECT)(handler, body)

    return answered_by


def test_a_role_that_was_named_is_assumed(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    web.answer = sts_or_object(asked, STS)
    for name, value in {**s3_environment(web.url), "AWS_ENDPOINT_URL_STS": web.url}.items():
        monkeypatch.setenv(name, value)
    with S3(s3root="s3://tests/x", role=ROLE) as s3:
        s3.put("a", "v")
    assert len(asked) == 1
    assert "tests" in asked[0] and "Action=AssumeRole" in asked[0]
    assert scope(web.headers[-1]) == ("assumed", "us-east-1")
    assert web.headers[-1]["x-amz-security-token"] == "of the role"


def test_the_role_of_a_pod_is_assumed(web: Web, tls: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Over TLS: tokens go nowhere without it."""
    asked: list[str] = []
    web.answer = sts_or_object(asked, WEB_IDENTITY)
    (tmp_path / "token").write_text("token of the pod")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "METAFLOW_S3_ENDPOINT_URL": web.url, "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": web.url,
        "METAFLOW_S3_VERIFY_CERTIFICATE": str(tls),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": ROLE,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    storage = S3Storage.from_settings(settings.load(), "s3://tests/x")
    storage.save([Item("a", b"1")])
    assert scope(web.headers[-1]) == ("assumed", "eu-west-1")
    assert storage.identity == f"the role {ROLE}"


@pytest.mark.parametrize("verify", ["false", "PATH"])
def test_certificates_may_be_named_or_not_looked_at(tls: Path, sent: Sent, verify: str) -> None:
    sent(METAFLOW_S3_VERIFY_CERTIFICATE=verify.replace("PATH", str(tls)))


@pytest.mark.parametrize(
    ("verify", "why"), [("true", "cannot be reached"), ("/no/such/file", "must be true, false or")]
)
def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: Path, web: Web, sent: Sent, verify: str, why: str
) -> None:
    with pytest.raises(Exception, match=why):
        sent(METAFLOW_S3_VERIFY_CERTIFICATE=verify)
    assert web.requests == []


# -- the S3 class ------------------------------------------------------------------------------------------------------


def test_the_class_encrypts_as_it_is_told(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_environment(web.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", "aws:kms:dsse")
    with S3(s3root="s3://tests/x") as s3:
        s3.put("a", "v")
        s3.put_many([S3PutObject("b", "v", encryption="AES256")])
        s3.put("c", "v")
    with S3(s3root="s3://tests/x", encryption="aws:kms") as s3:
        s3.put("d", "v")
    assert [encryption(headers)[""] for headers in web.headers] == ["aws:kms:dsse", "AES256", "aws:kms:dsse", "aws:kms"]


def test_the_class_takes_arguments_of_the_client(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAFLOW_DATATOOLS_CLIENT_PARAMS", '{"region_name": "nowhere"}')
    params = {"endpoint_url": web.url, "region_name": "r", "aws_access_key_id": "k", "aws_secret_access_key": "s"}
    with S3(s3root="s3://tests/x", client_params=params) as s3:
        s3.put("a", "v")
    assert scope(web.headers[0]) == ("k", "r")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"session_vars": {"profile": "x"}}, "session_vars"),
        ({"client_params": {"use_ssl": True}}, "does not support use_ssl"),
    ],
)
def test_arguments_that_would_be_left_out_are_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(DataToolsException, match=re.escape(why)):
        S3(s3root="s3://tests/x", **more)


def test_other_stores_say_that_they_take_no_encryption(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT", web.url)
    for place in (AzureBlob(azureroot="tests"), GS(gsroot="gs://tests")):
        with place, pytest.raises(DataToolsException, match="does not support encryption settings"):
            place.put_many([PutObject("a", "v", encryption="AES256")])
    assert web.requests == []
