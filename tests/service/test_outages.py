"""The service and its database while things break: killed, stopped, started again, told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mfruntime.service.config import Config
from mfruntime.service.database import base
from tests.doubles.metadata_service import Postgres, Program, free_port, own_postgres, run_program

from .conftest import Caller, execute

OWN = {"user_name": "me", "tags": ["t"], "system_tags": []}


@pytest.fixture
def program(address: str, tmp_path: Path) -> Iterator[Program]:
    made = Program(address, tmp_path / "service.log")
    made.start()
    yield made
    made.stop(signal.SIGKILL)


class Writers:
    """Threads that register tasks with facts until the service is gone, and remember what was acknowledged."""

    def __init__(self, url: str, count: int = 8):
        self.url = url
        self.acknowledged: dict[str, int] = {}
        self.statuses: set[int] = set()
        self.stop = threading.Event()
        httpx.post(f"{url}/flows/F", json=OWN)
        self.run = httpx.post(f"{url}/flows/F/run", json=OWN).json()["run_number"]
        self.base = f"/flows/F/runs/{self.run}/steps/start"
        httpx.post(url + self.base + "/step", json=OWN)
        self.threads = [threading.Thread(target=self._work, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def _work(self, number: int) -> None:
        client = httpx.Client(base_url=self.url, timeout=10)
        n = 0
        while not self.stop.is_set():
            name = f"t{number}-{n}"
            n += 1
            try:
                made = client.post(self.base + "/task", json={**OWN, "task_id": name})
                self.statuses.add(made.status_code)
                if made.status_code != 200:
                    continue
                self.acknowledged[name] = 0
                facts = [{"field_name": f"f{m}", "value": "v"} for m in range(3)]
                answer = client.post(f"{self.base}/tasks/{name}/metadata", json=facts)
                self.statuses.add(answer.status_code)
                if answer.status_code == 200:
                    self.acknowledged[name] = answer.json()["metadata_created"]
            except httpx.HTTPError:
                time.sleep(0.05)
        client.close()

    def finish(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(20)

    def check(self) -> None:
        """Everything acknowledged is there, and nothing twice."""
        tasks = [t["task_id"] for t in httpx.get(self.url + self.base + "/tasks", timeout=30).json()]
        assert len(tasks) == len({*tasks})
        assert {*self.acknowledged} <= {*tasks}
        facts = httpx.get(f"{self.url}/flows/F/runs/{self.run}/metadata", timeout=30).json()
        counts: dict[str, int] = {}
        for fact in facts:
            counts[fact["task_id"]] = counts.get(fact["task_id"], 0) + 1
        assert all(counts.get(name, 0) >= count for name, count in self.acknowledged.items())
        assert all(count == 3 for count in counts.values())  # one request is there as a whole or not at all


def test_what_was_acknowledged_is_there_after_kill_9(program: Program) -> None:
    writers = Writers(program.url)
    for _ in range(3):
        time.sleep(0.7)
        program.stop(signal.SIGKILL)
        program.start()
    time.sleep(0.5)
    writers.finish()
    assert len(writers.acknowledged) > 50
    assert writers.statuses == {200}
    writers.check()


def test_told_to_end_it_answers_what_is_under_way(program: Program) -> None:
    writers = Writers(program.url)
    time.sleep(0.7)
    assert program.stop(signal.SIGTERM) == 0
    writers.finish()
    assert writers.statuses == {200}
    assert "Traceback" not in program.log.read_text()
    program.start()
    writers.check()


def test_postgresql_may_be_stopped_and_started(tmp_path: Path) -> None:
    with own_postgres() as server:
        program = Program(server.url, tmp_path / "service.log")
        try:
            program.start()
            writers = Writers(program.url, 4)
            for mode in ("fast", "immediate"):
                time.sleep(0.5)
                server.stop(mode)
                answer = httpx.get(program.url + "/flows", timeout=20)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
                assert httpx.get(program.url + "/readyz", timeout=20).status_code == 503
                assert httpx.get(program.url + "/healthz").status_code == 200
                server.start()
                wait_until_ready(program)
            time.sleep(0.5)
            writers.finish()
            assert writers.statuses <= {200, 503, 409}
            writers.check()
            assert "Traceback" not in program.log.read_text()
        finally:
            program.stop()


def wait_until_ready(program: Program) -> None:
    deadline = time.monotonic() + 20
    while httpx.get(program.url + "/readyz", timeout=20).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_waits_for_postgresql_that_starts_later(tmp_path: Path) -> None:
    with own_postgres() as later:
        later.stop()
        program = Program(later.url, tmp_path / "service.log")
        started = threading.Timer(1.0, later.start)
        started.start()
        try:
            assert program.start() > 0.9
        finally:
            program.stop()
            started.join()


def test_connections_that_are_cut_cost_no_read(program: Program) -> None:
    if program.database.startswith("sqlite"):
        pytest.skip("SQLite has no connections to cut")
    httpx.post(program.url + "/flows/F", json=OWN)
    for _ in range(5):
        execute(
            program.database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mfruntime-service'",
        )
        assert httpx.get(program.url + "/flows/F").status_code == 200


@pytest.fixture
def postgres_caller(new_database: Callable[[], str]) -> Iterator[Caller]:
    made = Caller(Config(database=new_database(), pool_size=4))
    yield made
    made.close()


@contextlib.contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Hold a lock on a table that excludes readers, as some schema changes do."""
    import asyncpg

    has_lock, done = threading.Event(), threading.Event()

    async def hold() -> None:
        db = await asyncpg.connect(url)
        async with db.transaction():
            await db.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            has_lock.set()
            while not done.is_set():
                await asyncio.sleep(0.05)
        await db.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    assert has_lock.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join(10)


@pytest.mark.parametrize("kind", ["artifacts", "metadata"])
def test_a_locked_table_leaves_the_others_readable(
    postgres_caller: Caller, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mfruntime.service.database import postgres

    monkeypatch.setattr(postgres, "_ACQUIRE_SECONDS", 2.0)
    caller = postgres_caller
    for path in ("/flows/F", "/flows/F/run", "/flows/F/runs/1/steps/start/step", "/flows/F/runs/1/steps/start/task"):
        assert caller.post(path, OWN).status_code == 200
    url = f"/flows/F/runs/1/steps/start/tasks/1/{kind}"
    answers: list[httpx.Response] = []
    table = "artifact_v3" if kind == "artifacts" else "metadata_v3"
    with locked(caller.app.state.dispatcher._service.config.database, table):
        asked = [threading.Thread(target=lambda: answers.append(caller.get(url))) for _ in range(12)]
        body = [{"field_name": "f", "name": "n", "value": "v"}]
        asked.append(threading.Thread(target=lambda: answers.append(caller.post(url.removesuffix("s"), body))))
        for thread in asked:
            thread.start()
        time.sleep(0.3)
        began = time.monotonic()
        for path in ("/flows", "/flows/F", "/flows/F/runs/1/steps"):
            assert caller.get(path).status_code == 200
        assert time.monotonic() - began < 3
        for thread in asked:
            thread.join(30)
    assert {answer.status_code for answer in answers} <= {503, 404 if kind == "metadata" else 503}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
    assert caller.get(url).status_code == 200


def test_only_cut_connections_are_tried_again(postgres_caller: Caller) -> None:
    """A read that took too long takes no second time, and waits for a connection no longer than it is told to."""
    store = postgres_caller.app.state.dispatcher._service.database
    postgres_caller.run(store.read("SELECT set_config('statement_timeout', '500', false)"))  # of the only connection
    began = time.monotonic()
    with pytest.raises(base.Unavailable):
        postgres_caller.run(store.read("SELECT pg_sleep(20)"))
    assert time.monotonic() - began < 0.95


def test_a_connection_is_not_waited_for_without_end(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mfruntime.service.database import postgres

    monkeypatch.setattr(postgres, "_ACQUIRE_SECONDS", 0.3)
    caller = Caller(Config(database=new_database(), pool_size=1))
    try:
        store = caller.app.state.dispatcher._service.database
        slow = threading.Thread(target=lambda: caller.run(store.read("SELECT pg_sleep(2)")))
        slow.start()
        time.sleep(0.2)
        for path, body in (("/flows", None), ("/flows/F", OWN)):
            began = time.monotonic()
            answer = caller.get(path) if body is None else caller.post(path, body)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert time.monotonic() - began < 1
        slow.join()
        assert caller.get("/flows").status_code == 200
    finally:
        caller.close()


def test_a_client_that_goes_away_in_the_middle_hurts_nobody(program: Program) -> None:
    for head in (
        b"POST /flows/F HTTP/1.1\r\nContent-Length: 1000\r\nHost: x\r\n\r\n{",
        b"GARBAGE\r\n\r\n",
        b"\x00" * 100,
    ):
        with socket.create_connection(("127.0.0.1", program.port)) as sock:
            sock.sendall(head)
    assert httpx.get(program.url + "/ping").text == "pong"
    assert httpx.get(program.url + "/flows").json() == []
    assert "Traceback" not in program.log.read_text()


def test_the_log_is_json_and_holds_no_secrets(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("k-s3cret\n")
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "service.log")
    program.start("--api-key-file", str(tmp_path / "keys"), "--access-log")
    httpx.get(program.url + "/flows?user_name=q-s3cret", headers={"x-api-key": "k-s3cret"})
    httpx.get(program.url + "/flows", headers={"authorization": "Bearer b-s3cret"})
    assert program.stop() == 0
    entries = [json.loads(line) for line in program.log.read_text().splitlines()]
    requests = [e for e in entries if e["message"] == "request" and e["path"] == "/flows"]
    assert [(r["status"], r["principal"]) for r in requests] == [(200, "key-1"), (401, None)]
    assert "s3cret" not in program.log.read_text()
    assert entries[-1]["message"].startswith("Finished")


def test_it_is_ready_soon_and_small(tmp_path: Path) -> None:
    fresh = Program(f"sqlite:///{tmp_path}/fresh.db", tmp_path / "fresh.log")
    try:
        assert fresh.start() < 3  # on a machine that does other things too; alone it takes 0.3 s
        status = Path(f"/proc/{fresh.process.pid}/status")
        if status.exists():
            assert int(status.read_text().split("VmHWM:")[1].split()[0]) < 120 * 1024
    finally:
        fresh.stop()


@pytest.mark.parametrize(
    ("args", "environment", "code", "expected"),
    [
        (["--database", "mysql://x"], {}, 1, "mysql"),
        (["--database", "sqlite://"], {}, 1, "has no path"),
        (["--database", "sqlite:////no/such/folder/m.db"], {}, 1, "cannot be used"),
        (["--api-key-file", "/no/such/file"], {}, 1, "cannot be read"),
        (["--oidc-issuer", "https://id.example"], {}, 1, "audience"),
        (["--tls-certificate", "/no/such/file"], {}, 1, "--tls-certificate"),
        (["--port", "many"], {}, 2, "invalid int"),
        ([], {"MF_SERVICE_PORT": "many"}, 1, "MF_SERVICE_PORT"),
        ([], {"MF_METADATA_DB_HOST": "127.0.0.1", "MF_METADATA_DB_PORT": "x"}, 1, "MF_METADATA_DB_PORT"),
        (
            ["--database", "postgresql://u:s3cret@127.0.0.1:1/x", "--database-patience", "0"],
            {},
            1,
            "PostgreSQL did not respond",
        ),
    ],
)
def test_what_keeps_it_from_starting_is_told_in_one_line(
    args: list[str], environment: dict[str, str], code: int, expected: str
) -> None:
    done = run_program(*args, **environment)
    assert (done.returncode, expected in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr and "s3cret" not in done.stderr


def test_a_port_that_is_taken_is_told(program: Program, tmp_path: Path) -> None:
    done = run_program("--port", str(program.port), "--database", f"sqlite:///{tmp_path}/other.db")
    assert done.returncode == 1
    assert "address already in use" in done.stderr.lower()


def test_the_variables_of_metaflows_service_are_understood(postgres: Postgres, tmp_path: Path) -> None:
    port = free_port()
    variables = {
        "MF_METADATA_DB_HOST": "127.0.0.1", "MF_METADATA_DB_PORT": str(postgres.port), "MF_METADATA_DB_USER": "tester",
        "MF_METADATA_DB_PSWD": "any", "MF_METADATA_DB_NAME": "postgres", "MF_METADATA_DB_SSL_MODE": "prefer",
        "MF_METADATA_PORT": str(port),
    }  # fmt: skip
    env = {**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parents[2] / "runtime")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "mfruntime.service"], env=env, stderr=log, cwd=tmp_path)
    try:
        answer: Any = None
        for _ in range(200):
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/readyz").json()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        assert answer == {"status": "ready", "database": "postgresql"}
        assert not list(tmp_path.glob("*.db"))
    finally:
        process.terminate()
        assert process.wait(20) == 0
