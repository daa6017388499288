"""The Executor contract, over every executor."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contracts import executor_programs
from tests.contracts.executor_programs import PROGRAMS, SCRIPTS

from mfruntime.compute.base import ExecutorLost, Exited, Output, Started, TaskEvent
from mfruntime.compute.local.environments import EnvironmentWorker
from mfruntime.compute.local.executor import LocalExecutor
from mfruntime.compute.local.fork import ForkWorker
from mfruntime.compute.local.spawn import SpawnWorker
from mfruntime.compute.memory import MemoryExecutor
from mfruntime.tasks.command import TaskCommand

# The programs that are forked touch none of the threads that a test runner may have.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
ENTRYPOINT = [sys.executable, str(Path(executor_programs.__file__))]
LOCAL = ("fork", "spawn", "environment")


def make(kind: str) -> Any:
    if kind == "memory":
        return MemoryExecutor(lambda command: SCRIPTS[command.step])
    if kind == "spawn":
        return LocalExecutor(SpawnWorker(ENTRYPOINT))
    forked = ForkWorker(lambda command: PROGRAMS[command.step]())
    if kind == "environment":
        return LocalExecutor(EnvironmentWorker(forked, ENTRYPOINT, {step: {"SET": "1"} for step in PROGRAMS}))
    return LocalExecutor(forked)


@pytest.fixture(params=[*LOCAL, "memory"])
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = make(request.param)
    made.configure({})
    yield made
    made.close()


@pytest.fixture(params=LOCAL)
def local(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = make(request.param)
    yield made
    made.close()


def command(task_id: str, step: str, attempt: int = 0) -> TaskCommand:
    return TaskCommand("1", step, task_id, attempt, ("1/start/1",))


class Told:
    """All that an executor told, by task."""

    def __init__(self, executor: Any):
        self._executor = executor
        self.events: dict[str, list[TaskEvent]] = defaultdict(list)
        self._ended: set[str] = set()

    def until(self, happened: Callable[[], bool], seconds: float = 30.0) -> None:
        """Take events, waiting as the run loop does, until something is so."""
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, dict(self.events)
            self._take(end)

    def for_a_while(self, seconds: float) -> None:
        """Take what comes within some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._take(end)

    def _take(self, end: float) -> None:
        self._wait(max(0.0, end - time.monotonic()))
        for event in self._executor.events():
            self.events[event.task_id].append(event)
            if isinstance(event, Exited):
                self._ended.add(event.task_id)

    def _wait(self, seconds: float) -> None:
        poll, descriptor = self._executor.poll_seconds(), self._executor.fileno()
        # Without a descriptor it must want to be asked; what one with a descriptor does not announce is found too late.
        limit = seconds if poll is None else min(poll, seconds)
        assert poll is not None or descriptor is not None
        select.select([] if descriptor is None else [descriptor], [], [], limit)

    def ended(self, *task_ids: str) -> None:
        self.until(lambda: self._ended.issuperset(task_ids))

    def ready(self, task_id: str) -> None:
        self.until(lambda: self.lines(task_id, "stdout") == [b"ready"])

    def lines(self, task_id: str, stream: str) -> list[bytes]:
        return [line for e in self.events[task_id] if isinstance(e, Output) and e.stream == stream for line in e.lines]

    def exit(self, task_id: str) -> Exited:
        (exited,) = [e for e in self.events[task_id] if isinstance(e, Exited)]
        return exited

    def kinds(self, task_id: str) -> list[str]:
        """The kinds of events in order, without repetition."""
        names = [type(e).__name__ for e in self.events[task_id]]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


def pid(told: Told, task_id: str) -> int:
    (started,) = [e for e in told.events[task_id] if isinstance(e, Started)]
    return int(started.label.removeprefix("pid "))


def is_gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_an_attempt_starts_prints_and_ends_in_this_order(executor: Any) -> None:
    executor.submit([command("1", "speaks")])
    told = Told(executor)
    told.ended("1")
    assert told.kinds("1") == ["Started", "Output", "Exited"]
    assert told.events["1"][0].label
    assert told.lines("1", "stdout") == [b"out 0", b"out 1", b"out 2", b"\xff without a line end"]
    assert told.lines("1", "stderr") == [b"err 0", b"err 1", b"err 2"]
    assert told.exit("1") == Exited("1", 0, "")


def test_what_was_printed_right_before_the_end_is_told_before_it(executor: Any) -> None:
    executor.submit([command("1", "floods")])
    told = Told(executor)
    told.until(lambda: "1" in told.events)
    time.sleep(0.5)
    told.ended("1")
    assert told.lines("1", "stdout") == [b"%05d" % number for number in range(10_000)]
    assert isinstance(told.events["1"][-1], Exited)


@pytest.mark.parametrize(("step", "status"), [("fails", 3), ("dies", -9)])
def test_an_attempt_that_ends_badly_says_why(executor: Any, step: str, status: int) -> None:
    executor.submit([command("1", step)])
    told = Told(executor)
    told.ended("1")
    assert told.exit("1").status == status
    assert told.exit("1").reason.endswith(".")
    assert told.lines("1", "stdout") + told.lines("1", "stderr") in ([b"no"], [b"last words"])


def test_many_attempts_are_submitted_at_once_and_told_apart(executor: Any) -> None:
    steps = ["speaks", "quiet", "fails", "dies"] * 5
    executor.submit([command(str(number), step) for number, step in enumerate(steps)])
    told = Told(executor)
    told.ended(*map(str, range(len(steps))))
    for number, step in enumerate(steps):
        assert told.exit(str(number)).status == {"fails": 3, "dies": -9}.get(step, 0)
        assert len(told.lines(str(number), "stdout")) == {"speaks": 4, "dies": 1}.get(step, 0)
        assert sum(isinstance(e, Started) for e in told.events[str(number)]) == 1


def test_after_the_end_of_an_attempt_the_next_one_may_come(executor: Any) -> None:
    for attempt in range(3):
        executor.submit([command("1", "fails", attempt)])
        told = Told(executor)
        told.ended("1")
        assert told.lines("1", "stderr") == [b"no"]


def test_attempts_end_when_they_are_asked_and_the_others_go_on(executor: Any) -> None:
    executor.submit([command("1", "endless"), command("2", "endless")])
    told = Told(executor)
    told.ready("1")
    told.ready("2")
    executor.terminate(["1", "gone long ago"])
    told.ended("1")
    assert told.exit("1").status == -15
    assert not any(isinstance(e, Exited) for e in told.events["2"])


def test_an_attempt_that_will_not_end_is_killed(executor: Any) -> None:
    executor.submit([command("1", "stubborn")])
    told = Told(executor)
    told.ready("1")
    executor.terminate(["1"])
    told.for_a_while(0.5)
    assert told.kinds("1") == ["Started", "Output"]
    executor.kill(["1"])
    told.ended("1")
    assert told.exit("1").status == -9


def test_an_attempt_that_is_yet_to_start_is_killed_as_well(executor: Any) -> None:
    executor.submit([command("1", "endless")])
    executor.kill(["1"])
    told = Told(executor)
    try:
        told.ended("1")
    finally:
        executor.kill(["1"])
    assert told.exit("1").status == -9


def test_closing_ends_what_runs(local: Any) -> None:
    local.submit([command("1", "endless"), command("2", "stubborn")])
    told = Told(local)
    told.ready("1")
    told.ready("2")
    local.close()
    local.close()
    end = time.monotonic() + 10
    while not (is_gone(pid(told, "1")) and is_gone(pid(told, "2"))):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_closing_ends_what_runs_in_memory() -> None:
    executor = make("memory")
    executor.submit([command("1", "endless")])
    executor.events()
    executor.close()
    assert (executor.running, executor.events()) == (0, [])


def test_a_child_that_keeps_the_output_open_is_not_waited_for(local: Any) -> None:
    local.submit([command("1", "leaves_a_child")])
    told = Told(local)
    began = time.monotonic()
    told.ended("1")
    assert time.monotonic() - began < 20
    assert told.lines("1", "stdout") == [b"left"]


@pytest.mark.parametrize("kind", ["fork", "memory"])
def test_an_executor_that_breaks_down_says_so_and_then_tells_every_end(kind: str) -> None:
    executor = make(kind)
    try:
        executor.submit([command("1", "endless"), command("2", "endless")])
        told = Told(executor)
        told.ready("1")
        told.ready("2")
        if kind == "memory":
            executor.lose()
        else:
            os.kill(executor._worker._worker, signal.SIGKILL)
        with pytest.raises(ExecutorLost):
            told.until(lambda: False)
        told.ended("1", "2")
        assert told.exit("1").status < 0
        assert told.exit("2").status < 0
    finally:
        executor.close()


def test_no_descriptor_is_left_behind(local: Any) -> None:
    told = Told(local)
    local.submit([command("0", "speaks")])
    told.ended("0")
    before = len(os.listdir("/proc/self/fd"))
    local.submit([command(str(number), "speaks") for number in range(1, 6)])
    told.ended(*map(str, range(1, 6)))
    assert len(os.listdir("/proc/self/fd")) == before


def test_one_attempt_of_a_task_at_a_time_is_enforced_in_memory() -> None:
    executor = make("memory")
    executor.submit([command("1", "endless")])
    with pytest.raises(ValueError, match="Task 1"):
        executor.submit([command("1", "endless", 1)])
