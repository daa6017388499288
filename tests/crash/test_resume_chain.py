"""A run, its resume and the resume of that, each killed at some durable effect: no finished task runs a second time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

pytestmark = pytest.mark.crash

FLOW = """
import os
from mfruntime import FlowSpec, step

class Chain(FlowSpec):
    @step
    def start(self):
        self.items = list(range(6))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        print("EXEC", "work", self.input)
        self.value = self.input ** 2 + int(os.environ.get("MORE", "0"))
        self.next(self.join)

    @step
    def join(self, inputs):
        print("EXEC", "join", "-")
        self.total = sum(found.value for found in inputs)
        self.next(self.end)

    @step
    def end(self):
        if os.environ.get("FAIL"):
            raise ValueError("end fails")
        print("TOTAL", self.total)

if __name__ == "__main__":
    Chain()
"""
#: Steps and foreach indices of the tasks of all runs whose results are complete.
READ = """
import sys
from mfruntime import Flow, namespace
namespace(None)
for run in Flow("Chain"):
    for step in run:
        for task in step:
            if task.successful and task.id != "0":
                print(step.id, task.index if step.id == "work" else "-")
"""

TOTAL = """
from mfruntime import Flow, namespace
namespace(None)
run = Flow("Chain").latest_run
print(run.successful, run.data.total)
"""


def call(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    where = {**os.environ, "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(folder), **env}
    return subprocess.run(
        [sys.executable, *args], cwd=folder, env=where, capture_output=True, text=True, timeout=120, check=False
    )


def flow(folder: Path, verb: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return call(folder, "chain.py", verb, *args, "--max-workers", "1", **env)


def killed(folder: Path, verb: str, number: int, name: str, role: str = "scheduler") -> int:
    """A run or a resume whose scheduler or task is killed before a durable effect. Returns its exit code."""
    before = finished(folder)
    counter = str(folder / name)
    done = flow(folder, verb, MFINFRA_CRASH_AT=f"{role}:{number}", MFINFRA_CRASH_COUNTER=counter)
    assert done.returncode in (-signal.SIGKILL, 0, 1), done.stdout + done.stderr
    assert not before & set(executed(done))
    return done.returncode


def finished(folder: Path) -> set[str]:
    done = call(folder, "-c", READ)
    assert done.returncode == 0 or "does not exist" in done.stderr, done.stderr
    return set(done.stdout.splitlines())


def executed(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"EXEC (.*)", done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chain.py").write_text(FLOW)
    return tmp_path


def check_resume(folder: Path) -> None:
    before = finished(folder)
    last = flow(folder, "resume")
    assert last.returncode == 0, last.stdout + last.stderr
    assert call(folder, "-c", TOTAL).stdout == "True 55\n"
    assert not before & set(executed(last))


@pytest.mark.parametrize("number", [3, 20, 60, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 80))])
def test_a_resume_that_was_killed_while_it_cloned_is_resumed_from_its_origin(folder: Path, number: int) -> None:
    assert flow(folder, "run", FAIL="1").returncode == 1
    if killed(folder, "resume", number, "count"):
        assert len(finished(folder)) >= 8
        check_resume(folder)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 50))])
def test_no_finished_task_runs_again_in_a_chain_of_killed_resumes(folder: Path, seed: int) -> None:
    dice = Random(seed)
    roles = ["scheduler", "task"]
    code = killed(folder, "run", dice.randrange(60, 260), "count0", dice.choice(roles))
    for number in range(1, dice.randrange(2, 5)):
        if code:
            code = killed(folder, "resume", dice.randrange(1, 130), f"count{number}", dice.choice(roles))
    if code:
        check_resume(folder)


def test_what_a_killed_resume_had_to_run_again_is_not_taken_from_its_origin(folder: Path) -> None:
    """`resume work` after a change of the code: results of the old code must not return with the second resume."""
    assert flow(folder, "run", FAIL="1").returncode == 1
    counter = {"MFINFRA_CRASH_AT": "task:20", "MFINFRA_CRASH_COUNTER": str(folder / "count")}
    cut = flow(folder, "resume", "work", MORE="100", **counter)
    assert cut.returncode == 1, cut.stdout
    assert 0 < len(executed(cut)) < 6
    last = flow(folder, "resume", MORE="100")
    assert last.returncode == 0, last.stdout + last.stderr
    assert "TOTAL 655" in last.stdout
    assert len(executed(last)) < 7
