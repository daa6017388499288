"""Stock Metaflow with `--metadata service` works with this service as with its own.

Needs a Python with metaflow==2.19.39, named by MFINFRA_STOCK_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.metadata_service import Program

STOCK = os.environ.get("MFINFRA_STOCK_PYTHON", "")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not STOCK, reason="MFINFRA_STOCK_PYTHON names no Python with stock metaflow==2.19.39"),
]

FLOW = """
from metaflow import FlowSpec, step, retry, Parameter, current


class ServedFlow(FlowSpec):
    fail = Parameter("fail", default="")

    @step
    def start(self):
        self.items = [1, 2, 3]
        self.next(self.body, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def body(self):
        if self.input == 2 and current.retry_count == 0:
            raise ValueError("the first attempt of one")
        self.value = self.input * 10
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.value for i in inputs)
        if self.fail == "yes" and current.origin_run_id is None:
            raise ValueError("as asked")
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ServedFlow()
"""

READ = """
import json, sys
from metaflow import Flow, Run, Task, namespace
namespace(None)
flow = Flow("ServedFlow")
run = Run("ServedFlow/" + sys.argv[1])
body = sorted(run["body"], key=lambda t: t.data.value)
print(json.dumps({
    "latest": flow.latest_run.id,
    "latest_successful": flow.latest_successful_run.id if flow.latest_successful_run else None,
    "runs": [r.id for r in flow],
    "successful": run.successful, "finished": run.finished,
    "steps": sorted(s.id for s in run),
    "values": [t.data.value for t in body],
    "attempts": [t.current_attempt for t in body],
    "failed_attempt": Task(body[1].pathspec, attempt=0).successful,
    "total": run["join"].task.data.total if run.successful else None,
    "tags": sorted(run.user_tags),
    "task_tags": sorted(body[0].user_tags),
    "metadata": sorted(run["start"].task.metadata_dict),
    "parents": sorted(t.id for t in run["join"].task.parent_tasks) == sorted(t.id for t in body),
    "origin": run["start"].task.metadata_dict["origin-run-id"],
    "artifact": run["start"].task["items"].data,
}))
"""


class Stock:
    """Stock Metaflow in a folder, with its service at `url`."""

    def __init__(self, folder: Path, url: str):
        self.folder, self.url = folder, url
        (folder / "flow.py").write_text(FLOW)
        (folder / "read.py").write_text(READ)

    def call(self, *args: str, expect: int = 0, **more: str) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "MFINFRA_"))}
        env.update(USER="tester", METAFLOW_HOME=str(self.folder / "home"), METAFLOW_SERVICE_URL=self.url, **more)
        env.update(METAFLOW_DATASTORE_SYSROOT_LOCAL=str(self.folder), METAFLOW_DEFAULT_METADATA="service")
        done = subprocess.run([STOCK, *args], cwd=self.folder, env=env, capture_output=True, text=True, timeout=240)
        assert done.returncode == expect, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def flow(self, *args: str, expect: int = 0, **more: str) -> str:
        """Run a command of the flow that writes a run id, and give the id."""
        top = ("flow.py", "--no-pylint", "--metadata", "service", "--datastore", "local")
        self.call(*top, *args, "--run-id-file", "run_id", expect=expect, **more)
        return (self.folder / "run_id").read_text()

    def read(self, run: str) -> Any:
        return json.loads(self.call("read.py", run).splitlines()[-1])


#: Stock takes seconds for each command: the life of its runs is followed in PostgreSQL by day.
DATABASES = [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"]


@pytest.fixture
def service(address: str, tmp_path: Path) -> Iterator[Program]:
    program = Program(address, tmp_path / "service.log")
    program.start()
    yield program
    program.stop()


@pytest.mark.parametrize("address", DATABASES, indirect=True)
def test_stock_runs_fails_resumes_tags_and_reads(service: Program, tmp_path: Path) -> None:
    stock = Stock(tmp_path, service.url)
    first = stock.flow("run", "--tag", "mine")
    seen = stock.read(first)
    assert seen["latest"] == seen["latest_successful"] == first
    assert (seen["successful"], seen["finished"], seen["parents"], seen["failed_attempt"]) == (True, True, True, False)
    assert seen["steps"] == ["body", "end", "join", "start"]
    assert (seen["values"], seen["attempts"], seen["total"]) == ([10, 20, 30], [0, 1, 0], 60)
    assert seen["tags"] == seen["task_tags"] == ["mine"]
    assert {"attempt", "attempt-done", "attempt_ok", "ds-type", "metaflow_version"} <= {*seen["metadata"]}
    assert seen["artifact"] == [1, 2, 3]

    failed = stock.flow("run", "--fail", "yes", expect=1)
    seen = stock.read(failed)
    assert (seen["latest"], seen["latest_successful"], seen["successful"]) == (failed, first, False)
    resumed = stock.flow("resume", "--origin-run-id", failed)
    seen = stock.read(resumed)
    assert (seen["latest_successful"], seen["successful"], seen["total"], seen["origin"]) == (resumed, True, 60, failed)
    assert seen["runs"] == [resumed, failed, first]

    tag = ("flow.py", "--no-pylint", "--metadata", "service", "tag")
    stock.call(*tag, "add", "--run-id", first, "new", "newer")
    stock.call(*tag, "remove", "--run-id", first, "mine")
    assert stock.read(first)["task_tags"] == ["new", "newer"]
    check_records(service, first, failed)


def test_stock_shows_the_output_of_tasks_that_our_resume_took_over(service: Program, tmp_path: Path) -> None:
    stock = Stock(tmp_path, service.url)
    (tmp_path / "ours.py").write_text(
        FLOW.replace("from metaflow", "from mfruntime").replace("self.items =", "print('here'); self.items =")
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "MFINFRA_"))}
    env.update(USER="tester", METAFLOW_HOME=str(tmp_path / "home"), METAFLOW_SERVICE_URL=service.url)
    env.update(METAFLOW_DATASTORE_SYSROOT_LOCAL=str(tmp_path), METAFLOW_DEFAULT_METADATA="service")

    def ours(*argv: str) -> str:
        subprocess.run(
            [sys.executable, "ours.py", *argv, "--run-id-file", "id"], cwd=tmp_path, env=env, capture_output=True
        )
        return (tmp_path / "id").read_text()

    origin = ours("run", "--fail", "yes")
    first = ours("resume", "--origin-run-id", origin)
    second = ours("resume", "--origin-run-id", first)
    assert len({origin, first, second}) == 3
    code = "import sys, metaflow; metaflow.namespace(None); print(metaflow.Task(sys.argv[1]).stdout, end='')"
    for run in (first, second):  # the second takes over what was taken over before
        assert stock.call("-c", code, f"ServedFlow/{run}/start/t-1") == "here\n"


def check_records(service: Program, first: str, failed: str) -> None:
    """What the service itself says of those runs."""
    run = httpx.get(f"{service.url}/flows/ServedFlow/runs/{first}").json()
    assert run["last_heartbeat_ts"] is not None
    assert run["status"] == "completed"
    tasks = httpx.get(f"{service.url}/flows/ServedFlow/runs/{first}/steps/body/tasks").json()
    assert [t["status"] for t in tasks] == ["completed"] * 3
    assert all(t["last_heartbeat_ts"] for t in tasks)
    latest = httpx.get(f"{service.url}/flows/ServedFlow/latest_successful_run").json()["run_number"]
    assert str(latest) not in (first, failed)


def test_stock_comes_in_with_its_key_only(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("team:s3cret\n")
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "service.log")
    program.start("--api-key-file", str(tmp_path / "keys"))
    try:
        stock = Stock(tmp_path, program.url)
        stock.flow("run", METAFLOW_SERVICE_AUTH_KEY="s3cret")
        with pytest.raises(AssertionError, match="401"):
            stock.flow("run", METAFLOW_SERVICE_AUTH_KEY="wrong")
        assert "s3cret" not in program.log.read_text()
    finally:
        program.stop()
