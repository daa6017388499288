"""Our client and runtime against a service that answers as Metaflow's own does.

Metaflow's metadata service itself is in no package index: the packages that bear similar names carry either other
services or scripts that fetch its image. What stands in TRANSCRIPT and in `Other` below is therefore not recorded from it; it
is written down from its documented behaviour of version 2.5.1 (paths, statuses, headers, bodies), and kept to what clients
can see. It differs from our service where that one differs: no idempotency, so a repeated fact is a second fact; heartbeats
are JSON twice encoded; a task that is not known is 400 for facts and artifacts and 404 elsewhere; `status` is in no record.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mfruntime.errors import MetaflowNotFound, MetaflowTaggingError
from mfruntime.metadata_provider.base import ArtifactRecord, MetadataEntry, TaskRecord
from mfruntime.metadata_provider.http import Connection, ServiceError
from mfruntime.metadata_provider.service import ServiceMetadata

from .conftest import Caller

OWN = {"user_name": "me", "tags": ["t"], "system_tags": ["user:me", "metaflow_version:2.19.39"]}
_RUN, _TASK = "/flows/F/runs/1", "/flows/F/runs/1/steps/start/tasks/1"

#: Requests in order, and what is answered: a status, and what the JSON body is or holds. `...` stands for anything.
TRANSCRIPT: list[tuple[str, str, Any, int, Any]] = [
    ("GET", "/flows/F", None, 404, {"message": ...}),
    ("POST", "/flows/F", OWN, 200, {"flow_id": "F", "user_name": "me", "ts_epoch": ..., "tags": ["t"]}),
    ("POST", "/flows/F", OWN, 409, ...),
    ("POST", "/flows/F/run", OWN, 200, {"flow_id": "F", "run_number": 1, "last_heartbeat_ts": ...}),
    ("POST", "/flows/F/run", {**OWN, "run_number": "mine"}, 200, {"run_number": "mine"}),
    ("POST", "/flows/F/run", {**OWN, "run_number": "mine"}, 409, ...),
    ("POST", _RUN + "/steps/start/step", OWN, 200, {"step_name": "start", "run_number": ...}),
    ("POST", _RUN + "/steps/start/step", OWN, 409, ...),
    ("POST", "/flows/F/runs/77/steps/start/step", OWN, 404, ...),
    ("POST", _RUN + "/steps/start/task", OWN, 200, {"task_id": 1, "step_name": "start"}),
    ("POST", _RUN + "/steps/start/task", {**OWN, "task_id": "t-1"}, 200, {"task_id": "t-1"}),
    ("POST", _RUN + "/steps/start/task", {**OWN, "task_id": "t-1"}, 409, ...),
    ("POST", _RUN + "/steps/start/task", {**OWN, "task_id": "7"}, 400, ...),
    ("POST", _TASK + "/metadata", [{"field_name": "a", "value": "1", "type": "a"}], 200, {"metadata_created": 1}),
    ("POST", _TASK + "9/metadata", [{"field_name": "a", "value": "1", "type": "a"}], 400, ...),
    ("POST", _TASK + "/artifact", [{"name": "x", "sha": "s0", "attempt_id": 0}], 200, {"artifacts_created": 1}),
    ("POST", _TASK + "/artifact", [{"name": "x", "sha": "s1", "attempt_id": 1}], 200, {"artifacts_created": 1}),
    ("GET", _TASK + "/artifacts", None, 200, [{"name": "x", "sha": "s1", "attempt_id": 1}]),
    ("GET", _TASK + "/attempt/0/artifacts", None, 200, [{"name": "x", "sha": "s0", "attempt_id": 0}]),
    ("GET", _TASK + "/artifacts/x", None, 200, {"sha": "s1"}),
    ("GET", _TASK + "/artifacts/none", None, 404, ...),
    ("GET", _TASK + "/metadata", None, 200, [{"field_name": "a", "value": "1"}]),
    ("POST", _TASK + "/heartbeat", {}, 200, '{"wait_time_in_seconds": 10}'),
    ("POST", _RUN + "/heartbeat", {}, 200, '{"wait_time_in_seconds": 10}'),
    ("POST", "/flows/F/runs/77/heartbeat", {}, 404, ...),
    ("PATCH", _RUN + "/tag/mutate", {"tags_to_add": ["n"], "tags_to_remove": ["t"]}, 200, {"tags": ["n"]}),
    ("PATCH", _RUN + "/tag/mutate", {"tags_to_add": [], "tags_to_remove": ["user:me"]}, 422, ...),
    ("PATCH", "/flows/F/runs/77/tag/mutate", {"tags_to_add": ["n"]}, 404, ...),
    ("GET", _TASK, None, 200, {"task_id": 1, "tags": ["n"], "system_tags": OWN["system_tags"]}),
    ("GET", _RUN + "/steps/start", None, 200, {"tags": ["n"]}),
    ("GET", _RUN, None, 200, {"run_number": 1, "tags": ["n"]}),
    ("GET", "/flows/F/runs/77", None, 404, ...),
    ("GET", "/flows", None, 200, [{"flow_id": "F"}]),
    ("POST", "/flows/None/run", OWN, 404, ...),
]  # fmt: skip


def holds(found: Any, wanted: Any) -> bool:
    """Whether an answer is, or holds, what the transcript says."""
    if wanted is ...:
        return True
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and holds(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(holds, found, wanted))
    return bool(found == wanted)


def test_our_service_answers_as_the_transcript_says(caller: Caller) -> None:
    for method, path, body, status, wanted in TRANSCRIPT:
        answer = caller.run(caller.client.request(method, path, json=body))
        assert answer.status_code == status, (method, path, answer.text)
        assert holds(answer.json(), wanted), (method, path, answer.text)
        assert answer.headers["METADATA_SERVICE_VERSION"] == "2.5.1"


class Other:
    """What Metaflow's service keeps and answers; `version` is what it says it is."""

    def __init__(self, version: str = "2.5.1"):
        self.version = version
        self.flows: dict[str, Any] = {}
        self.runs: dict[str, Any] = {}
        self.steps: dict[tuple[str, str], Any] = {}
        self.tasks: dict[tuple[str, str, str], Any] = {}
        self.facts: list[Any] = []
        self.artifacts: dict[tuple[str, str, str, str, int], Any] = {}
        self.conflicts = 0  # how often a change of tags is told to come again

    def answer(self, method: str, path: str, body: Any, headers: Any) -> tuple[int, Any]:
        for verb, pattern, handler in _HANDLERS:
            if verb == method and (found := re.fullmatch(pattern, path)):
                return handler(self, found.groups(), body)  # type: ignore[no-any-return]
        return 404, {"message": "not found"}

    def _run(self, name: str) -> Any:
        return next((r for r in self.runs.values() if str(r["run_number"]) == name), None)

    def new_flow(self, ids: Any, body: Any) -> tuple[int, Any]:
        if ids[0] in self.flows:
            return 409, {"message": "duplicate key value violates unique constraint"}
        self.flows[ids[0]] = {"flow_id": ids[0], "ts_epoch": _now(), **_own(body)}
        return 200, self.flows[ids[0]]

    def new_run(self, ids: Any, body: Any) -> tuple[int, Any]:
        name = body.get("run_number")
        if ids[0] not in self.flows:
            return 404, {"message": "not found"}
        if name is not None and self._run(name) is not None:
            return 409, {"message": "duplicate key value violates unique constraint"}
        number = name or len(self.runs) + 1
        self.runs[str(number)] = {
            "flow_id": ids[0], "run_number": number, "ts_epoch": _now(), "last_heartbeat_ts": _now() // 1000, **_own(body)
        }  # fmt: skip
        return 200, self.runs[str(number)]

    def new_step(self, ids: Any, body: Any) -> tuple[int, Any]:
        if self._run(ids[1]) is None:
            return 404, {"message": "not found"}
        if ids[1:] in self.steps:
            return 409, {"message": "duplicate key value violates unique constraint"}
        record = {"flow_id": ids[0], "run_number": ids[1], "step_name": ids[2], "ts_epoch": _now(), **_own(body)}
        self.steps[ids[1:]] = record
        return 200, record

    def new_task(self, ids: Any, body: Any) -> tuple[int, Any]:
        name = body.get("task_id")
        if ids[1:] not in self.steps:
            return 404, {"message": "not found"}
        if name is not None and str(name).isnumeric():
            return 400, {"message": "provided task_name may not be a numeric"}
        task = name or len(self.tasks) + 1
        if (*ids[1:], str(task)) in self.tasks:
            return 409, {"message": "duplicate key value violates unique constraint"}
        record = {**self.steps[ids[1:]], "task_id": task, "ts_epoch": _now(), "last_heartbeat_ts": None, **_own(body)}
        self.tasks[(*ids[1:], str(task))] = record
        return 200, record

    def new_facts(self, ids: Any, body: Any) -> tuple[int, Any]:
        if ids[1:] not in self.tasks:
            return 400, {"message": "need to register run_id and task_id first"}
        for entry in body:
            number = len(self.facts) + 1
            self.facts.append({**_ids(ids), "id": number, "ts_epoch": _now(), **entry})
        return 200, {"metadata_created": len(body)}

    def new_artifacts(self, ids: Any, body: Any) -> tuple[int, Any]:
        if ids[1:] not in self.tasks:
            return 400, {"message": "need to register run_id and task_id first"}
        keys = [(*ids[1:], record["name"], record.get("attempt_id", 0)) for record in body]
        new = [pair for pair in zip(keys, body) if pair[0] not in self.artifacts]
        self.artifacts.update(
            {key: {**_ids(ids), "ts_epoch": _now(), "attempt_id": 0, **record} for key, record in new}
        )
        return 200, {"artifacts_created": len(new)}

    def beat_run(self, ids: Any, body: Any) -> tuple[int, Any]:
        found = self._run(ids[1]) is not None
        return (200, json.dumps({"wait_time_in_seconds": 10})) if found else (404, {"message": "not found"})

    def beat_task(self, ids: Any, body: Any) -> tuple[int, Any]:
        found = ids[1:] in self.tasks
        return (200, json.dumps({"wait_time_in_seconds": 10})) if found else (404, {"message": "not found"})

    def mutate(self, ids: Any, body: Any) -> tuple[int, Any]:
        run = self._run(ids[1])
        if run is None:
            return 404, {"message": "not found"}
        if tuple(map(int, self.version.split("."))) < (2, 3, 0):
            return 404, {"message": "not found"}
        if self.conflicts:
            self.conflicts -= 1
            return 409, {"message": "could not serialize access"}
        if {*body.get("tags_to_remove", [])} & {*run["system_tags"]}:
            return 422, {"message": "Cannot remove tags: system tags"}
        kept = [t for t in run["tags"] if t not in body.get("tags_to_remove", [])]
        run["tags"] = [*kept, *(t for t in body.get("tags_to_add", []) if t not in (*kept, *run["system_tags"]))]
        return 200, {"tags": run["tags"]}

    def shown(self, record: Any) -> tuple[int, Any]:
        """A record, with the tags of its run."""
        if record is None:
            return 404, {"message": "not found"}
        run = self._run(str(record["run_number"])) if "run_number" in record else None
        return 200, {**record, **({"tags": run["tags"], "system_tags": run["system_tags"]} if run else {})}

    def listed(self, records: Any) -> tuple[int, Any]:
        return 200, [self.shown(record)[1] for record in records]

    def artifacts_of(self, ids: Any, attempt: int | None) -> list[Any]:
        found = [record for key, record in self.artifacts.items() if key[:3] == ids[1:4]]
        last = max((record["attempt_id"] for record in found), default=0) if attempt is None else attempt
        return [record for record in found if record["attempt_id"] == last]


def _now() -> int:
    return int(time.time() * 1000)


def _own(body: Any) -> dict[str, Any]:
    return {name: body.get(name) for name in ("user_name", "tags", "system_tags")}


def _ids(ids: Any) -> dict[str, Any]:
    return {"flow_id": ids[0], "run_number": ids[1], "step_name": ids[2], "task_id": ids[3]}


_F, _R = r"/flows/([^/]+)", r"/flows/([^/]+)/runs/([^/]+)"
_S, _T = _R + r"/steps/([^/]+)", _R + r"/steps/([^/]+)/tasks/([^/]+)"
_HANDLERS: list[tuple[str, str, Any]] = [
    ("POST", _F, Other.new_flow),
    ("POST", _F + "/run", Other.new_run),
    ("POST", _S + "/step", Other.new_step),
    ("POST", _S + "/task", Other.new_task),
    ("POST", _T + "/metadata", Other.new_facts),
    ("POST", _T + "/artifact", Other.new_artifacts),
    ("POST", _R + "/heartbeat", Other.beat_run),
    ("POST", _T + "/heartbeat", Other.beat_task),
    ("PATCH", _R + "/tag/mutate", Other.mutate),
    ("GET", "/flows", lambda o, ids, _: (200, list(o.flows.values()))),
    ("GET", _F, lambda o, ids, _: o.shown(o.flows.get(ids[0]))),
    ("GET", _F + "/runs", lambda o, ids, _: (200, list(reversed(o.runs.values())))),
    ("GET", _R, lambda o, ids, _: o.shown(o._run(ids[1]))),
    ("GET", _R + "/steps", lambda o, ids, _: o.listed(r for k, r in o.steps.items() if k[0] == ids[1])),
    ("GET", _S, lambda o, ids, _: o.shown(o.steps.get(ids[1:]))),
    ("GET", _S + "/tasks", lambda o, ids, _: o.listed(r for k, r in o.tasks.items() if k[:2] == ids[1:])),
    ("GET", _T, lambda o, ids, _: o.shown(o.tasks.get(ids[1:]))),
    ("GET", _T + "/metadata", lambda o, ids, _: (200, [f for f in o.facts if _ids(ids).items() <= f.items()])),
    ("GET", _T + "/artifacts", lambda o, ids, _: o.listed(o.artifacts_of(ids, None))),
    ("GET", _T + r"/attempt/(\d+)/artifacts", lambda o, ids, _: o.listed(o.artifacts_of(ids, int(ids[4])))),
    (
        "GET",
        _T + r"/artifacts/([^/]+)",
        lambda o, ids, _: o.shown(next((a for a in o.artifacts_of(ids, None) if a["name"] == ids[4]), None)),
    ),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    other: Other

    def _handle(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/ping":
            self._send(200, b"pong", "text/plain")
            return
        status, body = self.other.answer(self.command, self.path, json.loads(content or b"{}"), self.headers)
        self._send(status, json.dumps(body).encode(), "application/json")

    do_GET = do_POST = do_PATCH = _handle

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("METADATA_SERVICE_VERSION", self.other.version)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
def url(other: Other) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"other": other}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_double_keeps_to_the_transcript(other: Other) -> None:
    for method, path, body, status, wanted in TRANSCRIPT:
        answer = json.loads(json.dumps(other.answer(method, path, body or {}, {})))
        assert answer[0] == status, (method, path, answer)
        assert holds(answer[1], wanted), (method, path, answer)


def client(url: str, folder: Path) -> ServiceMetadata:
    return ServiceMetadata(Connection(url, {}, 1), str(folder / ".metaflow"), str(folder / "unsent"))


def test_our_client_registers_and_reads(url: str, other: Other, tmp_path: Path) -> None:
    metadata = client(url, tmp_path)
    run = metadata.new_run("F", ["mine"], ["user:me"], "me")
    record = TaskRecord("F", run, "start", "t-1", "me", ("mine",), ("user:me",))
    for attempt in (0, 1):  # the second finds step and task there: 409
        metadata.register_task(record, [MetadataEntry("attempt", str(attempt), "attempt")], attempt)
        artifact = ArtifactRecord("v", f"sha{attempt}", "p", "m", "s3", ":root:s3://b/m")
        metadata.register_artifacts(record, attempt, [artifact])
        again = client(url, tmp_path)
        again.register_task(record, [], attempt)
        assert again.flush() is None
    metadata._send_heartbeat()
    assert metadata.flush() is None and not metadata._outbox.refused
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "t-1")] == ["sha1"]
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "t-1", 0)] == ["sha0"]
    assert [d["value"] for d in metadata.data("F", run, "start", "t-1")] == ["0", "1"]
    assert metadata.get("F", "77") is None
    assert metadata.new_run("F", [], [], "me", "named") == "named"
    assert metadata.new_run("F", [], [], "me", "named") == "named"


def test_our_client_changes_tags_and_tries_again(
    url: str, other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mfruntime.metadata_provider.service.time.sleep", lambda _: None)
    metadata = client(url, tmp_path)
    run = metadata.new_run("F", ["old"], ["user:me"], "me")
    other.conflicts = 3
    assert metadata.mutate_tags("F", run, ["new"], ["old"]) == ["new"]
    with pytest.raises(MetaflowTaggingError, match="system tags"):
        metadata.mutate_tags("F", run, [], ["user:me"])
    with pytest.raises(MetaflowNotFound):
        metadata.mutate_tags("F", "77", ["x"], [])
    other.conflicts = 100
    with pytest.raises(MetaflowTaggingError, match="concurrent changes"):
        metadata.mutate_tags("F", run, ["x"], [])


@pytest.mark.parametrize("version", ["2.0.0", "2.2.9"])
def test_a_service_that_is_too_old_is_refused_before_anything_is_written(
    url: str, other: Other, tmp_path: Path, version: str
) -> None:
    other.version = version
    with pytest.raises(ServiceError, match=f"version {re.escape(version)}; 2.3.0 or newer is required"):
        client(url, tmp_path).new_run("F", [], [], "me")
    assert not other.flows


def test_a_flow_runs_fails_is_resumed_tagged_and_read(url: str, other: Other, tmp_path: Path) -> None:
    flow = """
from mfruntime import FlowSpec, step, retry, current
class Told(FlowSpec):
    @step
    def start(self):
        print("from start")
        self.items = [1, 2]
        self.next(self.body, foreach="items")
    @retry(times=1, minutes_between_retries=0)
    @step
    def body(self):
        assert current.retry_count or self.input == 1
        self.value = self.input
        self.next(self.join)
    @step
    def join(self, inputs):
        self.total = sum(i.value for i in inputs)
        assert current.origin_run_id
        self.next(self.end)
    @step
    def end(self):
        pass
if __name__ == "__main__":
    Told()
"""
    (tmp_path / "flow.py").write_text(flow)
    read = (
        "import sys; from mfruntime import Run, namespace; namespace(None); r = Run('Told/' + sys.argv[1]);"
        "print(r.successful, r.data.total, sorted(r.user_tags), r['start'].task.stdout.strip())"
    )
    environment = {
        "METAFLOW_DEFAULT_METADATA": "service", "METAFLOW_SERVICE_URL": url, "HOME": str(tmp_path), "USER": "me",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(tmp_path), "METAFLOW_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin",
    }  # fmt: skip

    def call(*argv: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *argv], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    call("flow.py", "run", "--tag", "first", "--run-id-file", "id", code=1)
    origin = (tmp_path / "id").read_text()
    call("flow.py", "resume", "--origin-run-id", origin, "--run-id-file", "id")
    run = (tmp_path / "id").read_text()
    call("flow.py", "tag", "add", "--run-id", run, "late")
    assert call("-c", read, run).split() == ["True", "3", "['late']", "from", "start"]
    assert len([t for t in other.tasks if t[:2] == (run, "body")]) == 2
