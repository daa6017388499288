"""The run loop's promises, with the executor in memory: random flows of up to 10,000 tasks, without a process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.runtime.run.graphs import Flow, build, expected_counts, flows

from mfruntime.compute.memory import MemoryExecutor, Script
from mfruntime.errors import CommandException, MetaflowException, TaskFailed
from mfruntime.run.interrupts import Interrupts
from mfruntime.run.loop import Interrupted, RunLoop
from mfruntime.run.scheduler import Clone, RetryPolicy, Scheduler, Succeeded, Task
from mfruntime.store import log_lines
from mfruntime.tasks.command import TaskCommand

STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Plan:
    """What goes wrong in a run: how often attempts fail, which task never succeeds, when Ctrl-C comes (in starts)."""

    seed: int = 0
    retries: int = 0
    delay: float = 0.0
    doomed: int | None = None
    interrupt_at: int | None = None
    #: Where it is given: the scripts of some tasks; the others do nothing.
    fixed: dict[str, Script] | None = None

    def failures(self, task_id: str) -> int:
        """How many attempts of the task fail."""
        if task_id == str(self.doomed):
            return self.retries + 1
        return Random(f"{self.seed}/{task_id}").choice((0, 0, 0, min(1, self.retries), self.retries))

    def script(self, command: TaskCommand) -> Script:
        if self.fixed is not None:
            return self.fixed.get(command.task_id, Script())
        draw = Random(f"{self.seed}/{command.task_id}/{command.attempt}")
        prints = tuple(
            (draw.choice(STREAMS), f"{command.task_id}.{command.attempt}.{number}".encode())
            for number in range(draw.randint(0, 3))
        )
        waits = tuple(f"Waits for {thing}." for thing in ("a machine", "an image")[: draw.choice((0, 0, 1, 2))])
        status = draw.choice((1, 3, -9)) if command.attempt < self.failures(command.task_id) else 0
        return Script(waits, prints, status, stubborn=draw.random() < 0.1)


@dataclass
class World:
    """The parts around the loop: they keep what a run does, and check it while it goes."""

    flow: Flow
    widths: dict[str, int]
    plan: Plan
    max_workers: int
    launched: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    starts: int = 0
    scripts: dict[tuple[str, int], Script] = field(default_factory=dict)
    succeeded: dict[str, str] = field(default_factory=dict)
    said: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    printed: dict[tuple[str, str], list[bytes]] = field(default_factory=lambda: defaultdict(list))
    stored: dict[tuple[str, int], dict[str, bytes]] = field(default_factory=dict)
    ends: dict[tuple[str, int], list[tuple[int, bool, bool]]] = field(default_factory=lambda: defaultdict(list))
    losses: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        turns = Random(self.plan.seed) if self.plan.fixed is None else None
        self.executor = MemoryExecutor(self.play, turns)

    def run(self) -> MetaflowException | None:
        """Run the flow; what the loop raised."""
        policies = {step: RetryPolicy(self.plan.retries, 0, self.plan.delay) for step in self.flow}
        scheduler = Scheduler(self.flow, "1", max_workers=self.max_workers, max_num_splits=10_000, policies=policies)
        try:
            RunLoop(scheduler, self.executor, self, self, run_id="1", grace=0.05).execute()
        except MetaflowException as exc:
            return exc
        return None

    def play(self, command: TaskCommand) -> Script:
        """What the executor does with a command."""
        assert self.executor.running < self.max_workers
        assert all(
            path == "1/_parameters/0" or path.rsplit("/", 1)[1] in self.succeeded for path in command.input_paths
        )
        self.launched[command.task_id].append(command.attempt)
        self.starts += 1
        if self.starts == self.plan.interrupt_at:
            signal.raise_signal(signal.SIGINT)
        self.scripts[command.task_id, command.attempt] = self.plan.script(command)
        return self.scripts[command.task_id, command.attempt]

    # What the loop asks of flows and stores.

    def command(self, task: Task, attempt: int) -> TaskCommand:
        assert self.plan.interrupt_at is None or self.starts < self.plan.interrupt_at  # nothing starts afterwards
        return TaskCommand("1", task.step, task.task_id, attempt, task.inputs, task.split_index)

    def result(self, task: Task, attempt: int) -> Succeeded | str:
        assert task.task_id not in self.succeeded
        self.succeeded[task.task_id] = task.step
        return Succeeded(task.task_id, self.flow[task.step].out_funcs, self.widths.get(task.step))

    def lost(self, task: Task, attempt: int) -> None:
        self.losses.add((task.task_id, attempt))

    def save_logs(self, task: Task, attempt: int, content: dict[str, bytes]) -> None:
        self.stored[task.task_id, attempt] = content

    def save_end(self, task: Task, attempt: int, returncode: int, killed: bool, success: bool) -> None:
        self.ends[task.task_id, attempt].append((returncode, killed, success))

    def clone(self, clones: Sequence[Clone]) -> list[Succeeded]:
        raise AssertionError("nothing is resumed here")

    # What the loop tells the person who watches.

    def message(self, text: str, *, error: bool = False) -> None: ...

    def task_message(self, pathspec: str, label: str | None, text: str, *, error: bool = False) -> None:
        self.said[pathspec.rsplit("/", 1)[1], text.split()[0]].append(text)

    def task_output(self, pathspec: str, label: str | None, stream: str, line: str) -> None:
        task_id = pathspec.rsplit("/", 1)[1]
        assert label == f"attempt {self.launched[task_id][-1]}"
        self.printed[task_id, stream].append(line.encode())

    def progress(self, step: str, *, queued: int = 0, started: int = 0, done: int = 0, failed: int = 0) -> None: ...


def check(world: World, error: MetaflowException | None) -> None:
    """What holds after every run, however it ended."""
    assert world.executor.running == 0
    for task_id, attempts in world.launched.items():
        assert attempts == list(range(len(attempts)))
        if task_id in world.succeeded:
            assert len(attempts) == world.plan.failures(task_id) + 1
        for attempt in attempts:
            check_end(world, task_id, attempt)
        check_output(world, task_id, stopped=was_stopped(world, task_id, attempts[-1]))
    if error is None:
        assert world.succeeded.keys() == world.launched.keys()
        assert Counter(world.succeeded.values()) == expected_counts(world.flow, world.widths)


def was_stopped(world: World, task_id: str, attempt: int) -> bool:
    ((_, killed, _),) = world.ends[task_id, attempt]
    return killed


def check_end(world: World, task_id: str, attempt: int) -> None:
    """Every attempt that was launched has one end, and a log with what it printed."""
    ((status, killed, success),) = world.ends[task_id, attempt]
    script = world.scripts[task_id, attempt]
    stored = {
        name: [line.text for line in log_lines.merge([text])] for name, text in world.stored[task_id, attempt].items()
    }
    if killed:
        assert not success
        assert stored["stderr"].pop() == b"[KILLED BY ORCHESTRATOR]"
    else:
        assert (status, success) == (script.status, script.status == 0)
        if status:
            assert stored["stderr"].pop() == f"Task ended with status {status}.".encode()
    assert ((task_id, attempt) in world.losses) == (status < 0 or killed)
    for stream in STREAMS:
        lines = [line for name, line in script.prints if name == stream]
        assert stored[stream] == (lines[: len(stored[stream])] if killed else lines)


def check_output(world: World, task_id: str, stopped: bool) -> None:
    """Every line was shown once and in order, every start and every reason for waiting too."""
    scripts = [world.scripts[task_id, attempt] for attempt in world.launched[task_id]]
    for stream in STREAMS:
        lines = [line for script in scripts for name, line in script.prints if name == stream]
        shown = world.printed[task_id, stream]
        assert shown == (lines[: len(shown)] if stopped else lines)
    waits = [reason for script in scripts for reason in script.waits]
    shown_waits = world.said[task_id, "Waits"]
    assert shown_waits == (waits[: len(shown_waits)] if stopped else waits)
    starts = sum("is starting" in text for text in world.said[task_id, "Task"])
    assert starts == len(scripts) or (stopped and starts == len(scripts) - 1)


plans = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    retries=st.integers(0, 2),
    delay=st.sampled_from([0.0, 0.001]),
    doomed=st.none() | st.integers(1, 40),
    interrupt_at=st.none() | st.integers(1, 60),
)
wide = st.tuples(st.just("foreach"), st.sampled_from([30, 100, 300]), st.just(["step"])).map(lambda block: [block])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example([("foreach", 4_997, ["step"]), "step"], Plan(seed=1, retries=2), 10_000)
@example([("foreach", 9_990, [])], Plan(seed=2, interrupt_at=6_000), 5_000)
@given(flows | wide, plans, st.sampled_from([1, 2, 16, 10_000]))
def test_a_run_keeps_its_promises_however_it_ends(blocks: list, plan: Plan, max_workers: int) -> None:  # type: ignore[type-arg]
    flow, widths = build(blocks)
    world = World(flow, widths, plan, max_workers)
    error = world.run()
    check(world, error)
    if plan.interrupt_at is not None and world.starts >= plan.interrupt_at:
        assert isinstance(error, Interrupted)
    elif str(plan.doomed) in world.launched:
        assert isinstance(error, TaskFailed)
        assert f"(task-id {plan.doomed})" in str(error)
    else:
        assert error is None


def lockstep(*blocks: object, **scripts: Script) -> World:
    """A run whose attempts advance together; the tasks with these ids (as in t3) play these scripts."""
    flow, widths = build(list(blocks))
    return World(flow, widths, Plan(fixed={name[1:]: script for name, script in scripts.items()}), 16)


def ends(world: World) -> dict[str, tuple[int, bool, bool]]:
    """Exit status, killed, success of the attempt of each task, which ended once."""
    return {task_id: end for (task_id, _), (end,) in world.ends.items()}


def test_an_attempt_that_ended_beside_the_one_that_stops_the_run_is_not_waited_for() -> None:
    # Tasks 7, which opens the foreach, and 8 end in one turn.
    world = lockstep(("branch", [["step", ("foreach", 10_001, ["step"])], ["step", "step", "step"]]))
    began = time.monotonic()
    assert isinstance(world.run(), CommandException)
    assert time.monotonic() - began < 2
    assert list(ends(world)) == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_a_task_that_does_not_end_when_asked_is_killed() -> None:
    stubborn = Script(prints=(("stdout", b"no"),), endless=True, stubborn=True)
    world = lockstep(("branch", [["step"], ["step"]]), t3=Script(status=1), t4=stubborn)
    assert isinstance(world.run(), TaskFailed)
    assert ends(world) == {
        "1": (0, False, True),
        "2": (0, False, True),
        "3": (1, False, False),
        "4": (-9, True, False),
    }
    assert world.losses == {("4", 0)}
    assert world.said["4", "[KILLED"] == ["[KILLED BY ORCHESTRATOR]"]
    assert world.executor.running == 0


def test_an_executor_that_breaks_down_ends_the_run_and_every_attempt() -> None:
    endless = Script(prints=(("stdout", b"x"),), endless=True)
    world = lockstep(("foreach", 3, ["step"]), t3=endless, t4=endless, t5=endless)
    world.task_output = lambda *_: world.executor.lose()  # type: ignore[method-assign]
    began = time.monotonic()
    error = world.run()
    assert time.monotonic() - began < 2
    assert "The in-memory executor failed. The results of finished tasks are kept." in str(error)
    assert {task_id: ends(world)[task_id] for task_id in "345"} == dict.fromkeys("345", (-15, True, False))


def test_waiting_is_told_once_for_each_reason() -> None:
    queued, pulled = "The queue is full.", "The image is being pulled."
    world = lockstep("step", t2=Script(waits=(queued, queued, pulled, pulled, queued)))
    assert world.run() is None
    assert world.said["2", "The"] == [queued, pulled, queued]


def test_a_signal_ends_a_wait_at_once_and_only_that_one() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        began = time.monotonic()
        interrupts.wait(30.0)
        assert time.monotonic() - began < 20
        assert interrupts.count == 1
        began = time.monotonic()
        interrupts.wait(0.2)
        assert time.monotonic() - began > 0.15
        timer.join()
    assert signal.getsignal(signal.SIGTERM) is before
