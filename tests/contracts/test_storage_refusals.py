"""What a store refuses is told in one line with what to do; what fails in passing is sent again until it is there."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.doubles.object_stores import Server, ministack, s3_environment
from tests.doubles.web import Web, answered, refusal

from mfruntime import settings
from mfruntime.errors import CommandException, StorageError
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.s3 import S3Storage


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ministack(tmp_path_factory.mktemp("s3")) as server:
        yield server


def storage(url: str, monkeypatch: pytest.MonkeyPatch, root: str = "s3://tests/x", **more: str) -> S3Storage:
    defaults = {"METAFLOW_S3_RETRY_COUNT": "1", "MFINFRA_CACHE_BYTES": "0"}  # what is read comes from the server
    for name, value in {**s3_environment(url), **defaults, **more}.items():
        monkeypatch.setenv(name, value)
    return S3Storage.from_settings(settings.load(), root)


CASES = [
    (403, "AccessDenied", "", ["s3:GetObject", "access key ...ests", "s3://tests/x/F/a"]),
    (404, "NoSuchBucket", "", ["bucket does not exist", "METAFLOW_DATASTORE_SYSROOT_S3"]),
    (403, "RequestTimeTooSkewed", "", ["clock"]),
    (403, "InvalidAccessKeyId", "", ["invalid"]),
    (403, "SignatureDoesNotMatch", "", ["invalid"]),
    (400, "ExpiredToken", "", ["expired", "aws sso login"]),
    (301, "PermanentRedirect", "<Region>eu-west-1</Region>", ["another region"]),
    (400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", ["AWS_REGION=eu-west-1"]),
    (503, "SlowDown", "", ["responded with status 503 to all retries"]),
]


@pytest.mark.parametrize(("status", "code", "more", "said"), CASES, ids=[case[1] for case in CASES])
def test_a_refusal_is_told_in_one_line(
    web: Web, monkeypatch: pytest.MonkeyPatch, status: int, code: str, more: str, said: list[str]
) -> None:
    web.answer = refusal(status, code, more)
    with pytest.raises(StorageError) as caught:
        list(storage(web.url, monkeypatch).load(["F/a"]))
    text = f"{caught.value} {caught.value.hint}"
    assert "\n" not in text
    assert len(text) < 500
    for word in said:
        assert word in text
    assert "mfinfratests" not in text


def test_no_permission_to_write_names_the_action(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.answer = refusal(403, "AccessDenied")
    with pytest.raises(StorageError, match="lacks s3:PutObject"):
        storage(web.url, monkeypatch).save([Item("F/a", b"1")])
    with pytest.raises(StorageError, match="lacks s3:ListBucket"):
        storage(web.url, monkeypatch).list(["F"])


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="cannot be reached"):
        list(storage("http://127.0.0.1:9", monkeypatch).load(["F/a"]))


@pytest.mark.parametrize("root", ["", "bucket/x", "http://b/x", "s3://", "s3:///x"])
def test_a_root_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    with pytest.raises(CommandException, match="s3"):
        storage("http://127.0.0.1:9", monkeypatch, root)


def test_without_credentials_the_hint_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(CommandException, match="No AWS credentials") as caught:
        S3Storage.from_settings(settings.load(), "s3://tests/x")
    assert "aws sso login" in str(caught.value.hint)


def test_a_fork_of_a_process_that_used_the_store_is_refused_and_does_not_hang(s3: Server) -> None:
    code = (
        "import os, sys\nfrom mfruntime import settings\nfrom mfruntime.store.storage.s3 import S3Storage\n"
        f"s = S3Storage.from_settings(settings.load(), '{s3.fresh_root()}')\nlist(s.load(['a']))\n"
        "pid = os.fork()\nif pid == 0:\n    try:\n        list(s.load(['a']))\n    except Exception as e:\n"
        "        print(e, flush=True)\n    os._exit(0)\nos.waitpid(pid, 0)\n"
    )
    env = {**os.environ, **s3.environment}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert "was forked from a process that had already used it" in done.stdout, done.stderr


# -- chaos -------------------------------------------------------------------------------------------------------------


def passed_on(web: Web, upstream: int, dice: Random, trouble: float) -> Any:
    """Requests go on to a real server, but for some that are refused, cut off, or answered and cut off."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        kind = dice.choice(["500", "503", "429", "reset", "lost"]) if dice.random() < trouble else "fine"
        if kind.isdigit():
            refusal(int(kind), "InternalError")(handler, body)
            return
        if kind == "reset":
            handler.close_connection = True
            return
        connection = http.client.HTTPConnection("127.0.0.1", upstream)
        headers = {k: v for k, v in handler.headers.items() if k.lower() != "connection"}
        connection.request(handler.command, handler.path, body or None, headers)
        found = connection.getresponse()
        content = found.read()
        connection.close()
        if kind == "lost":
            handler.close_connection = True
            return
        handler.send_response(found.status)
        for name, value in found.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                handler.send_header(name, value)
        length = found.getheader("Content-Length") if handler.command == "HEAD" else str(len(content))
        handler.send_header("Content-Length", length or "0")
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_pauses_between_repetitions_grow(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in trouble is left in peace for longer each time: the fourth pause is a multiple of the first."""
    asked: dict[str, list[float]] = {}
    refuse = answered(503, b"<Error><Code>SlowDown</Code></Error>")

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked.setdefault(handler.path, []).append(time.monotonic())
        refuse(handler, body)

    web.answer = answer
    store = storage(web.url, monkeypatch, METAFLOW_S3_RETRY_COUNT="4")

    def ask(number: int) -> None:
        with pytest.raises(StorageError):
            store.exists([f"F/{number}"])

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(ask, range(30)))
    whole = [[later - sooner for sooner, later in pairwise(times)] for times in asked.values()]
    assert [len(found) for found in whole] == [4] * 30
    assert sum(found[3] for found in whole) > 3 * sum(found[0] for found in whole)


@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(0, 5_000), min_size=1, max_size=30))
def test_in_trouble_nothing_is_lost_and_nothing_changed(
    s3: Server, web: Web, monkeypatch: pytest.MonkeyPatch, seed: int, sizes: list[int]
) -> None:
    dice = Random(seed)
    upstream = urlsplit(s3.environment["METAFLOW_S3_ENDPOINT_URL"]).port or 0
    web.answer = passed_on(web, upstream, dice, 0.15)
    root = s3.fresh_root()
    troubled = storage(web.url, monkeypatch, root, METAFLOW_S3_RETRY_COUNT="8")
    values = {f"v{number}": dice.randbytes(size) for number, size in enumerate(sizes)}
    store = FlowStore(troubled, "F")
    writer = store.writer("1", "start", "1", 0)
    writer.begin()
    writer.save(values)
    writer.commit()
    read = FlowStore(troubled, "F").task("1", "start", "1")
    assert read.load_many(list(values)) == values
    direct = storage(s3.environment["METAFLOW_S3_ENDPOINT_URL"], monkeypatch, root)
    assert FlowStore(direct, "F").task("1", "start", "1").load_many(list(values)) == values
    assert len(direct.list(["F/1/start/1"])) == 4
