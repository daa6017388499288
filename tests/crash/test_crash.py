"""Kill -9 at every durable effect: what was done stays done, the run can be resumed, nothing is left running.

A run of the flow makes some hundreds of durable effects. The fast tests kill at a spread of them, the slow ones at each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

FLOW = '''
from mfruntime import FlowSpec, catch, current, retry, step

class Twelve(FlowSpec):
    """12 tasks: linear, foreach, branch, joins, retry, catch."""

    @step
    def start(self):
        self.items = [1, 2, 3]
        self.next(self.body, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def body(self):
        if self.input == 2 and current.retry_count == 0:
            raise ValueError("once")
        self.square = self.input ** 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.squares = [i.square for i in inputs]
        self.next(self.left, self.right, self.third)

    @step
    def left(self):
        self.v = sum(self.squares)
        self.next(self.meet)

    @catch(var="problem")
    @step
    def right(self):
        self.v = 1 / 0
        self.next(self.meet)

    @step
    def third(self):
        self.v = max(self.squares)
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.result = [inputs.left.v, inputs.third.v, inputs.right.problem.exception]
        self.next(self.almost)

    @step
    def almost(self):
        self.next(self.end)

    @step
    def end(self):
        self.final = (self.result, "done")

if __name__ == "__main__":
    Twelve()
'''.replace("def join(self, inputs):\n        self.squares = [i.square for i in inputs]\n        self.next(self.left", "def join(self, inputs):\n        self.squares = [i.square for i in inputs]\n        self.next(self.spread)\n\n    @step\n    def spread(self):\n        self.next(self.left")  # fmt: skip
EXPECTED = ([14, 9, "division by zero"], "done")
READ = """
import json, sys
from mfruntime import Flow, namespace
namespace(None)
run = Flow("Twelve").latest_run
print(json.dumps({"ok": run.successful, "final": run.data.final, "tasks": sum(1 for s in run for t in s)}))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(folder), **more}


def call(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(folder / "twelve.py"), *args, "--max-workers", "1"]
    return subprocess.run(argv, cwd=folder, env=environment(folder, **env), capture_output=True, text=True, timeout=120)


def setup(folder: Path) -> None:
    (folder / "twelve.py").write_text(FLOW)


def effects(folder: Path, role: str) -> int:
    """How many durable effects a whole run has."""
    counter = folder / "count"
    setup(folder)
    assert call(folder, "run", MFINFRA_CRASH_AT="count:0", MFINFRA_CRASH_COUNTER=str(counter)).returncode == 0
    return (folder / f"count.{role}").stat().st_size


def done_tasks(folder: Path) -> set[tuple[str, str]]:
    """(step, artifact map) of every task whose result counts and went well, in the only run there is."""
    found = set()
    for marker in folder.glob(".metaflow/Twelve/*/*/*/*.DONE.lock"):
        attempt = marker.name.split(".")[0]
        runtime = marker.with_name(f"{attempt}.task_end")
        content = json.loads(marker.with_name(f"{attempt}.data.json").read_text())
        step = marker.parent.parent.name
        if step != "_parameters" and runtime.exists():
            found.add((step, json.dumps(content["objects"], sort_keys=True)))
    return found


def kill_and_resume(folder: Path, role: str, number: int) -> None:
    setup(folder)
    killed = call(folder, "run", MFINFRA_CRASH_AT=f"{role}:{number}", MFINFRA_CRASH_COUNTER=str(folder / "count"))
    if role == "scheduler":
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    wait_for_nobody(folder)
    before = done_tasks(folder)
    resumed = call(folder, "resume")
    if resumed.returncode and "does not exist, or has no parameters" in resumed.stderr:
        assert not before  # it died before anything ran
        resumed = call(folder, "run")
    if resumed.returncode and "No earlier run" in resumed.stderr:
        resumed = call(folder, "run")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "Traceback" not in resumed.stderr
    read = subprocess.run(
        [sys.executable, "-c", READ], env=environment(folder), capture_output=True, text=True, check=True
    )
    shown = json.loads(read.stdout)
    if role == "task" and "its process was killed" in shown["final"][0][2]:
        shown["final"][0][2] = EXPECTED[0][2]  # the step with @catch was killed, and @catch did its work
    assert (shown["ok"], shown["final"], shown["tasks"]) == (True, [*EXPECTED], 12)
    assert no_attempt_twice(folder)


def no_attempt_twice(folder: Path) -> bool:
    """Each attempt number of each task begins once in the metadata."""
    for task in folder.glob(".metaflow/Twelve/*/*/*"):
        begun = Counter(json.loads(p.read_text())["value"] for p in task.glob("_meta/sysmeta_attempt_1*.json"))
        if any(count > 1 for count in begun.values()):
            return False
    return True


def wait_for_nobody(folder: Path) -> None:
    """No process of the run is left, within a few seconds."""
    end = time.monotonic() + 10
    while processes := running(folder):
        assert time.monotonic() < end, f"left running: {processes}"
        time.sleep(0.02)


def running(folder: Path) -> list[int]:
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                command = (path / "cmdline").read_bytes()
                state = (path / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if str(folder / "twelve.py").encode() in command and state != "Z":
                found.append(int(path.name))
    return found


@pytest.fixture(scope="session")
def totals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = tmp_path_factory.mktemp("count")
    return {"scheduler": effects(folder, "scheduler"), "task": (folder / "count.task").stat().st_size}


@pytest.mark.parametrize("part", range(8))
@pytest.mark.parametrize("role", ["scheduler", "task"])
def test_killed_here_and_there(tmp_path: Path, totals: dict[str, int], role: str, part: int) -> None:
    kill_and_resume(tmp_path, role, 1 + part * (totals[role] - 1) // 7)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(16))
@pytest.mark.parametrize("role", ["scheduler", "task"])
def test_killed_at_every_durable_effect(tmp_path: Path, totals: dict[str, int], role: str, part: int) -> None:
    for number in range(1 + part, totals[role] + 1, 16):
        folder = tmp_path / str(number)
        folder.mkdir()
        kill_and_resume(folder, role, number)


def test_a_killed_worker_ends_the_run_and_its_tasks(tmp_path: Path) -> None:
    script = tmp_path / "twelve.py"
    script.write_text(FLOW.replace("self.square = ", "import time; open('up', 'w'); time.sleep(60); self.square = "))
    argv = [sys.executable, str(script), "run", "--max-workers", "2"]
    run = subprocess.Popen(
        argv, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while not (tmp_path / "up").exists():
        time.sleep(0.02)
    (worker,) = [int(pid) for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    os.kill(worker, signal.SIGKILL)
    out, _ = run.communicate(timeout=30)
    assert run.returncode == 1
    assert "worker process that starts tasks was killed" in out
    wait_for_nobody(tmp_path)
