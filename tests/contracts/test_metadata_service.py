"""The Metadata contract over a metadata service, and what its client does when the service is away."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.doubles.metadata_service import Program

from mfruntime.errors import MetaflowException, MetaflowNotFound, MetaflowTaggingError
from mfruntime.metadata_provider import http, outbox
from mfruntime.metadata_provider.base import ArtifactRecord, MetadataEntry, TaskRecord
from mfruntime.metadata_provider.http import Connection, ServiceError, ServiceUnavailable
from mfruntime.metadata_provider.service import ServiceMetadata
from mfruntime.metadata_provider.stack_servers import StackService
from mfruntime.settings import Settings


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("service")
    program = Program(f"sqlite:///{folder}/m.db", folder / "log")
    program.start()
    yield program
    program.stop()


@pytest.fixture
def metadata(service: Program, tmp_path: Path) -> ServiceMetadata:
    return provider(service.url, tmp_path)


def provider(url: str, folder: Path, retries: int = 2) -> ServiceMetadata:
    return ServiceMetadata(Connection(url, {}, retries), str(folder / ".metaflow"), str(folder / "unsent"))


def record(run: str, task: str = "t-1", step: str = "start") -> TaskRecord:
    return TaskRecord("F", run, step, task, "me", ("t",), ("user:me",))


def finish(metadata: ServiceMetadata, run: str, attempt: int, sha: str) -> None:
    metadata.register_task(record(run), [MetadataEntry("attempt", str(attempt), "attempt")], attempt)
    metadata.register_artifacts(record(run), attempt, [ArtifactRecord("v", sha, "p", "m", "s3", ":root:s3://b/m")])
    metadata.register_data(record(run), [MetadataEntry("attempt-done", str(attempt), "attempt-done")], attempt)
    metadata.flush()


def test_a_run_is_known_with_its_tags(metadata: ServiceMetadata) -> None:
    run = metadata.new_run("F", ["b"], ["user:me"], "me")
    found = metadata.get("F", run)
    assert found is not None
    assert (found["tags"], found["system_tags"]) == (["b"], ["user:me"])
    assert metadata.latest_run("F") == run
    assert run in metadata.child_names("F")
    assert [f["flow_id"] for f in metadata.children()] == ["F"]


def test_what_is_not_there_is_none(metadata: ServiceMetadata) -> None:
    run = metadata.new_run("F", [], [], "me")
    assert metadata.get("G") is None
    assert metadata.get("F", run, "start") is None
    assert metadata.get("F", run, "start", "t-9") is None
    assert metadata.children("F", run, "start") == []
    assert metadata.artifacts("F", run, "start", "t-9") == []
    with pytest.raises(MetaflowNotFound, match="F/999999"):
        metadata.mutate_tags("F", "999999", ["a"], [])


def test_the_artifacts_are_those_of_the_last_attempt(metadata: ServiceMetadata) -> None:
    run = metadata.new_run("F", ["x"], [], "me")
    finish(metadata, run, 0, "aaa")
    finish(metadata, run, 1, "bbb")
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "t-1")] == ["bbb"]
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "t-1", attempt=0)] == ["aaa"]
    assert metadata.artifacts("F", run, "start", "t-1")[0]["tags"] == ["x"]
    assert metadata.child_names("F", run, "start") == ["t-1"]
    facts = [(d["field_name"], d["value"]) for d in metadata.data("F", run, "start", "t-1")]
    assert facts == [("attempt", "0"), ("attempt-done", "0"), ("attempt", "1"), ("attempt-done", "1")]


def test_tags_are_the_runs_and_system_tags_stay(metadata: ServiceMetadata) -> None:
    run = metadata.new_run("F", ["a"], ["user:me"], "me")
    finish(metadata, run, 0, "aaa")
    assert metadata.mutate_tags("F", run, ["b"], ["a"]) == ["b"]
    found = metadata.get("F", run, "start", "t-1")
    assert found is not None
    assert found["tags"] == ["b"]
    with pytest.raises(MetaflowTaggingError):
        metadata.mutate_tags("F", run, [], ["user:me"])


@pytest.mark.parametrize("name", ["a b", "ä", "a%2Fb", "a'b;--", "a?b#c"])
def test_names_are_taken_as_they_are(metadata: ServiceMetadata, name: str) -> None:
    run = metadata.new_run("F", [], [], "me")
    odd = record(run, task=f"t-{name}", step="start")
    metadata.register_task(odd, [MetadataEntry("x", "1", "x")], 0)
    metadata.flush()
    assert metadata.child_names("F", run, "start") == [f"t-{name}"]
    assert [d["value"] for d in metadata.data("F", run, "start", f"t-{name}")] == ["1"]


# -- a service of a stack ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
def test_a_program_on_the_port_of_a_stack_gets_no_key_and_is_named(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = bytearray()
    server = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(http, "_PROBE_SECONDS", 0.2)

    def respond() -> None:
        with contextlib.suppress(OSError):
            while True:
                with server.accept()[0] as sock:
                    received.extend(sock.recv(65536))
                    sock.sendall(answer)
                    sock.recv(1)

    threading.Thread(target=respond, daemon=True).start()
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    settings = Settings({"MFINFRA_STACK": "nothere", "METAFLOW_SERVICE_AUTH_KEY": "s3cret"}, {})
    metadata = ServiceMetadata(Connection.from_settings(settings, url), str(tmp_path), str(tmp_path / "unsent"))
    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match=r"program that listens on that port|another program") as caught:
            metadata.get("F")
        assert caught.value.hint == "Run: mfinfra start nothere"
    assert time.monotonic() - began < 20
    assert received and b"s3cret" not in received
    server.close()


def test_records_that_were_not_sent_follow_a_stack_to_its_new_port(
    service: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_DEADLINE_SECONDS", 0.5)
    stack = StackService("demo", has_profile=False)
    monkeypatch.setattr(StackService, "start", lambda *_: None)
    first = ServiceMetadata(Connection("http://127.0.0.1:1", {}, 0, stack), str(tmp_path), str(tmp_path / "unsent"))
    run = provider(service.url, tmp_path).new_run("F", [], [], "me")
    first.register_task(record(run, "t-moved"), [], 0)
    first.flush()
    assert len(list((tmp_path / "unsent").iterdir())) == 1
    second = ServiceMetadata(Connection(service.url, {}, 2, stack), str(tmp_path), str(tmp_path / "unsent"))
    second.new_run("F", [], [], "me")
    assert second.child_names("F", run, "start") == ["t-moved"]
    assert not list((tmp_path / "unsent").iterdir())


@pytest.mark.parametrize(
    "url", ["http://me:s3cret@127.0.0.1:1/x", "me:s3cret@host", "http://me:a/s3cret@host", "http://host:s3cret"]
)
def test_a_password_in_the_url_of_a_service_is_never_printed(url: str, tmp_path: Path) -> None:
    with pytest.raises(MetaflowException) as caught:
        provider(url, tmp_path, retries=0).get("F")
    assert "s3cret" not in str(caught.value) + str(caught.value.hint) + repr(caught.value)


def test_a_body_that_is_too_large_is_sent_in_parts(metadata: ServiceMetadata) -> None:
    run = metadata.new_run("F", [], [], "me")
    metadata.register_task(record(run, "t-many"), [], 0)
    artifacts = [ArtifactRecord(f"v{n}", "a" * 40, "p", "m", "s3", "l" * 200) for n in range(20_000)]
    metadata.register_artifacts(record(run, "t-many"), 0, artifacts)
    metadata.flush()
    assert len(metadata.artifacts("F", run, "start", "t-many")) == 20_000


# -- a service that is away --------------------------------------------------------------------------------------------


def test_writes_arrive_though_the_service_was_killed_in_between(tmp_path: Path) -> None:
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
    program.start()
    metadata = provider(program.url, tmp_path, retries=5)
    run = metadata.new_run("F", [], [], "me")
    for number in range(20):
        metadata.register_task(record(run, f"t-{number}"), [MetadataEntry("x", str(number), "x")], 0)
        if number == 10:
            program.stop(signal.SIGKILL)
    program.start()
    metadata.flush()
    assert sorted(metadata.child_names("F", run, "start")) == sorted(f"t-{n}" for n in range(20))
    facts = [d["value"] for n in range(20) for d in metadata.data("F", run, "start", f"t-{n}")]
    assert sorted(facts, key=int) == [str(n) for n in range(20)]
    program.stop()


def test_what_cannot_be_sent_is_kept_and_goes_out_before_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_DEADLINE_SECONDS", 0.5)
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
    program.start()
    metadata = provider(program.url, tmp_path, retries=0)
    run = metadata.new_run("F", [], [], "me")
    program.stop()
    finish(metadata, run, 0, "aaa")
    assert "The next run sends" in str(metadata.flush())
    (kept,) = (tmp_path / "unsent").glob("*.json")
    assert [path.rsplit("/", 1)[1] for path, _ in json.loads(kept.read_text())["writes"]][:2] == ["step", "task"]
    program.start()
    later = provider(program.url, tmp_path)
    later.new_run("F", [], [], "me")
    assert not kept.exists()
    assert [a["sha"] for a in later.artifacts("F", run, "start", "t-1")] == ["aaa"]
    program.stop()


class _Lossy(BaseHTTPRequestHandler):
    """Passes requests on to a service and loses every other answer."""

    service = ""
    seen = 0

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "content-length")}
        answer = httpx.request(self.command, self.service + self.path, content=body, headers=headers)
        type(self).seen += 1
        if self.seen % 2 and self.command == "POST":
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("METADATA_SERVICE_VERSION", answer.headers["METADATA_SERVICE_VERSION"])
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PATCH = _pass_on

    def log_message(self, *_: Any) -> None:
        return


def test_lost_answers_double_nothing(service: Program, tmp_path: Path) -> None:
    handler = type("Lossy", (_Lossy,), {"service": service.url})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    direct, lossy = (
        provider(service.url, tmp_path),
        provider(f"http://127.0.0.1:{server.server_address[1]}", tmp_path, 6),
    )
    direct.new_run("F", [], [], "me")
    before = len(direct.child_names("F"))
    run = lossy.new_run("F", [], [], "me")
    assert len(direct.child_names("F")) == before + 1
    for attempt in range(3):
        finish(lossy, run, attempt, f"sha{attempt}")
    facts = [(d["field_name"], d["value"]) for d in direct.data("F", run, "start", "t-1")]
    assert facts == [pair for n in "012" for pair in (("attempt", n), ("attempt-done", n))]
    assert [a["sha"] for a in direct.artifacts("F", run, "start", "t-1")] == ["sha2"]
    server.shutdown()
    server.server_close()


class _Page(BaseHTTPRequestHandler):
    """What a balancer or a login page says in place of a service."""

    status = 200

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Sign in</html>")

    do_GET = do_POST = _answer

    def log_message(self, *_: Any) -> None:
        return


@pytest.mark.parametrize(
    ("status", "said"), [(200, "not a metadata service"), (503, "503"), (404, "404"), (403, "403")]
)
def test_what_is_no_service_is_told_in_one_line(tmp_path: Path, status: int, said: str) -> None:
    handler = type("Page", (_Page,), {"status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(ServiceError, match=said) as caught:
        provider(f"http://127.0.0.1:{server.server_address[1]}", tmp_path, retries=0).new_run("F", [], [], "me")
    assert "\n" not in str(caught.value)
    server.shutdown()
    server.server_close()


def test_a_service_that_is_not_there_is_told_with_its_address(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match=r"127\.0\.0\.1:9 cannot be used"):
        provider("http://127.0.0.1:9", tmp_path, retries=0).new_run("F", [], [], "me")
