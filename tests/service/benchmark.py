"""How fast the service is, side by side with a plain one: `python -m tests.service.benchmark [--tasks 1000000]`.

Registers runs, steps, tasks, facts and artifacts from many connections through this service over SQLite and PostgreSQL
and through `baseline.py` on the same PostgreSQL; then asks a database of many tasks for the latest successful run and
for the tasks of one step. MFINFRA_BASELINE_PYTHON names a Python with aiohttp, aiopg and psycopg2.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.doubles.metadata_service import Postgres, Program, free_port, memory, postgres_programs

from .conftest import execute

OWN = {"user_name": "me", "tags": ["t1", "t2"], "system_tags": ["metaflow_version:2.19.39", "user:me", "runtime:dev"]}
FACT = {"type": "x", "value": "some value", "tags": ["attempt_id:0"], "user_name": "me"}
METADATA = [{"field_name": f"field-{n}", **FACT} for n in range(8)]
ARTIFACTS = [
    {
        "name": f"artifact{n}", "location": ":root:s3://bucket/prefix", "ds_type": "s3", "sha": "a" * 40, "attempt_id": 0,
        "type": "metaflow.artifact", "content_type": "pickle-v4", **OWN,
    }
    for n in range(10)
]  # fmt: skip


class Connection:
    """One kept-alive HTTP connection, as thin as can be, so that the service and not the client is measured."""

    async def open(self, port: int) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def post(self, path: str, body: bytes) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        size = int(answer.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        content = await self._reader.readexactly(size)
        assert answer[9:12] == b"200", answer + content
        return content


async def register(port: int, flow: str, seconds: float, connections: int) -> tuple[float, list[float]]:
    """Requests a second, and the time of each, while tasks are registered from many connections."""
    own, facts, artifacts = json.dumps(OWN).encode(), json.dumps(METADATA).encode(), json.dumps(ARTIFACTS).encode()
    times: list[float] = []
    first = await Connection().open(port)
    await first.post(f"/flows/{flow}", own)
    stop = time.perf_counter() + seconds

    async def timed(connection: Connection, path: str, body: bytes) -> Any:
        began = time.perf_counter()
        answer = await connection.post(path, body)
        times.append(time.perf_counter() - began)
        return json.loads(answer)

    async def work() -> None:
        connection = await Connection().open(port)
        while time.perf_counter() < stop:
            run = (await timed(connection, f"/flows/{flow}/run", own))["run_number"]
            base = f"/flows/{flow}/runs/{run}/steps/start"
            await timed(connection, base + "/step", own)
            for _ in range(20):
                task = (await timed(connection, base + "/task", own))["task_id"]
                await timed(connection, f"{base}/tasks/{task}/metadata", facts)
                await timed(connection, f"{base}/tasks/{task}/artifact", artifacts)
                await timed(connection, f"{base}/tasks/{task}/metadata", facts[: facts.index(b"}") + 1] + b"]")
                if time.perf_counter() > stop:
                    break

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return len(times) / (time.perf_counter() - began), sorted(times)


def shown(name: str, rate: float, times: list[float]) -> None:
    p50, p99 = (1000 * times[int(len(times) * q)] for q in (0.5, 0.99))
    print(f"{name:<24} {rate:8.0f} requests/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms", flush=True)


def fill(database: Postgres, tasks: int) -> None:
    """A flow of runs of 100 tasks, every tenth failed; the newest 50 runs all failed; one run with 10,000 tasks."""
    runs = tasks // 100
    sql = f"""
    INSERT INTO flows_v3 VALUES ('Big', 'me', 1, '[]', '[]');
    INSERT INTO runs_v3 (flow_id, run_number, user_name, ts_epoch, tags, system_tags)
        SELECT 'Big', 1000000 + n, 'me', n, '["t"]', '["user:me"]' FROM generate_series(1, {runs} + 1) n;
    INSERT INTO steps_v3 (flow_id, run_number, run_id, step_name, user_name, ts_epoch, tags, system_tags)
        SELECT 'Big', 1000000 + n, 1000000 + n, s, 'me', n, '[]', '[]'
        FROM generate_series(1, {runs} + 1) n, unnest(ARRAY['start', 'end']) s;
    INSERT INTO tasks_v3 (flow_id, run_number, step_name, task_id, user_name, ts_epoch, tags, system_tags)
        SELECT 'Big', 1000000 + n, CASE t WHEN 100 THEN 'end' ELSE 'start' END, 100000000 + n * 100 + t, 'me', n, '[]',
        '[]' FROM generate_series(1, {runs}) n, generate_series(1, 100) t;
    INSERT INTO tasks_v3 (flow_id, run_number, step_name, task_id, user_name, ts_epoch, tags, system_tags)
        SELECT 'Big', 1000001 + {runs}, 'start', 900000000 + t, 'me', t, '[]', '[]' FROM generate_series(1, 10000) t;
    INSERT INTO metadata_v3
        (flow_id, run_number, step_name, task_id, field_name, value, type, user_name, ts_epoch, tags, system_tags)
        SELECT flow_id, run_number, step_name, task_id, f,
            CASE WHEN f = 'attempt' THEN '0' WHEN step_name = 'end'
                AND (run_number % 10 = 0 OR run_number > 1000000 + {runs} - 50) THEN 'False' ELSE 'True' END,
            f, 'me', 1, '["attempt_id:0"]', '[]'
        FROM tasks_v3, unnest(ARRAY['attempt', 'attempt_ok']) f WHERE flow_id = 'Big';
    ANALYZE;
    """
    execute(database.url, sql)


def read(url: str, what: str, path: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/readyz")
        times = []
        for _ in range(10):
            began = time.perf_counter()
            answer = client.get(path)
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, answer.text
        print(
            f"{what:<32} median {sorted(times)[5]:7.1f} ms   worst {max(times):7.1f} ms   {len(answer.content)} bytes"
        )


def measured(program: Program, name: str, seconds: float, connections: int) -> float:
    start = program.start()
    rate, times = asyncio.run(register(program.port, "F", seconds, connections))
    shown(name, rate, times)
    print(f"{'':<24} ready after {start:.2f} s, at most {memory(program.process.pid):.0f} MB", flush=True)
    program.stop()
    return rate


def baseline(database: Postgres, seconds: float, connections: int) -> float:
    port, python = free_port(), os.environ.get("MFINFRA_BASELINE_PYTHON", sys.executable)
    script = str(Path(__file__).with_name("baseline.py"))
    process = subprocess.Popen([python, script, database.url, str(port)])
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/readyz")
                break
            except httpx.HTTPError:
                assert process.poll() is None
                time.sleep(0.05)
        rate, times = asyncio.run(register(port, "Baseline", seconds, connections))
        shown("aiohttp + aiopg", rate, times)
        return rate
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--tasks", type=int, default=0, help="size of the database that is read, 0: none")
    chosen = parser.parse_args()
    programs = postgres_programs()
    assert programs is not None, "PostgreSQL is not installed"
    folder = Path(tempfile.mkdtemp())
    database = Postgres(folder / "postgres", programs)
    database.initialise()
    database.start()
    try:
        sqlite = Program(f"sqlite:///{folder}/m.db", folder / "log")
        measured(sqlite, "this service, SQLite", chosen.seconds, chosen.connections)
        ours = measured(
            Program(database.url, folder / "log"), "this service, PostgreSQL", chosen.seconds, chosen.connections
        )
        print(f"{ours / baseline(database, chosen.seconds, chosen.connections):.1f} times the plain one")
        if chosen.tasks:
            fill(database, chosen.tasks)
            program = Program(database.url, folder / "log")
            program.start()
            read(program.url, f"latest run of {chosen.tasks} tasks", "/flows/Big/latest_run")
            read(program.url, "latest successful run", "/flows/Big/latest_successful_run")
            big = 1000001 + chosen.tasks // 100
            read(program.url, "10,000 tasks of one step", f"/flows/Big/runs/{big}/steps/start/tasks")
            read(program.url, "runs of the flow, one page", "/flows/Big/runs?_limit=50")
            read(program.url, "runs of the flow, all", "/flows/Big/runs")
            print(f"at most {memory(program.process.pid):.0f} MB")
            program.stop()
    finally:
        database.stop("immediate")


if __name__ == "__main__":
    main()
