"""The loop around the scheduler: passes its actions to an executor, and the executor's events to the scheduler.

A task's result is read from the store, never from its process: only stored results are used. The executor decides where
and how attempts run; the loop only gets events.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from ..compute.base import STREAMS, Executor, ExecutorLost, Exited, Output, Started, TaskEvent, Waiting
from ..errors import CommandException, MetaflowException, StorageError, TaskFailed
from ..tasks.command import TaskCommand
from .interrupts import Interrupts
from .log_buffer import TaskLog
from .reporter import Reporter
from .scheduler import (
    Action,
    Clone,
    Delay,
    Failed,
    Finish,
    Interrupt,
    Launch,
    Scheduler,
    SplitTooWide,
    Succeeded,
    Task,
    Tick,
)

_POLL_SECONDS = 0.02
_LOG_SAVE_SECONDS = 5.0
_KILL_SECONDS = 5.0
_MEGABYTE = 1024 * 1024
_KILLED = "[KILLED BY ORCHESTRATOR]"


def duration(seconds: float) -> str:
    """A time span for users, rounded up: "45 seconds", "2 minutes", "1 hour 30 minutes"."""
    total = math.ceil(seconds)
    if total < 90:
        return _counted(total, "second")
    hours, minutes = divmod(math.ceil(total / 60), 60)
    return " ".join(_counted(n, unit) for n, unit in ((hours, "hour"), (minutes, "minute")) if n)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


class Interrupted(MetaflowException):
    """The run was stopped by a signal."""

    headline = "Workflow interrupted"


class Tasks(Protocol):
    """The loop's interface to flows and stores."""

    def command(self, task: Task, attempt: int) -> TaskCommand: ...
    def result(self, task: Task, attempt: int) -> Succeeded | str:
        """The result of an attempt with exit status 0, or why it is invalid."""
        ...

    def lost(self, task: Task, attempt: int) -> None:
        """Record an attempt that was killed and could not record its own failure."""
        ...

    def save_logs(self, task: Task, attempt: int, content: dict[str, bytes]) -> None: ...
    def save_end(self, task: Task, attempt: int, returncode: int, killed: bool, success: bool) -> None: ...
    def clone(self, clones: Sequence[Clone]) -> list[Succeeded]: ...


@dataclass
class _Running:
    """An attempt that was submitted and has not ended."""

    task: Task
    attempt: int
    pathspec: str
    logs: dict[str, TaskLog]
    started: bool = False
    label: str | None = None
    waits_for: str = ""
    killed: bool = False


class RunLoop:
    """Runs one scheduler to its end. `max_log_size` is in megabytes per stream, `grace` in seconds before SIGKILL."""

    def __init__(
        self,
        scheduler: Scheduler,
        executor: Executor,
        tasks: Tasks,
        reporter: Reporter,
        *,
        run_id: str,
        max_log_size: int = 10,
        grace: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._scheduler = scheduler
        self._executor = executor
        self._tasks = tasks
        self._report = reporter
        self._run_id = run_id
        self._log_limit = max_log_size * _MEGABYTE
        self._grace = grace
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._events: deque[TaskEvent] = deque()
        self._finish: Finish | None = None
        self._interrupts = Interrupts()
        self._saved_at = clock()

    def execute(self) -> None:
        """Run to the end. Raises TaskFailed, Interrupted, or a fatal error; no task is running afterwards."""
        with self._interrupts:
            try:
                self._run()
            except (MetaflowException, ExecutorLost, SplitTooWide) as exc:
                self._stop_all()
                raise self._translated(exc) from exc
            finally:
                self._executor.close()

    def _run(self) -> None:
        fileno = self._executor.fileno()
        if fileno is not None:
            self._interrupts.watch(fileno)
        self._perform(self._scheduler.begin())
        while self._finish is None:
            self._step()
        self._conclude(self._finish)

    def _step(self) -> None:
        self._interrupts.wait(self._timeout())
        if not self._interrupts.count:
            self._events.extend(self._executor.events())
        while self._events and not self._interrupts.count:
            self._handle(self._events.popleft())
        if self._interrupts.count:
            self._perform(self._scheduler.handle(Interrupt("interrupted")))
            return
        wakeup = self._scheduler.next_wakeup
        if wakeup is not None and wakeup <= self._clock():
            self._perform(self._scheduler.handle(Tick(self._clock())))
        self._save_open_logs()

    def _timeout(self) -> float:
        poll = self._executor.poll_seconds()
        limit = _LOG_SAVE_SECONDS if poll is None else min(poll, _LOG_SAVE_SECONDS)
        wakeup = self._scheduler.next_wakeup
        return limit if wakeup is None else min(limit, max(0.0, wakeup - self._clock()))

    def _perform(self, actions: list[Action]) -> None:
        """Perform the scheduler's actions, until no returned action ends immediately."""
        while actions:
            self._launch([action for action in actions if isinstance(action, Launch)])
            for action in actions:
                if isinstance(action, Finish):
                    self._finish = action
                elif isinstance(action, Delay):
                    self._delayed_message(action)
            clones = [action for action in actions if isinstance(action, Clone)]
            actions = []
            if clones and self._finish is None:
                for success in self._tasks.clone(clones):
                    actions += self._scheduler.handle(success)

    def _delayed_message(self, delay: Delay) -> None:
        """Print how long a retry waits: without it, a run that waits looks like one that hangs."""
        task = delay.task
        pathspec = f"{self._run_id}/{task.step}/{task.task_id}"
        self._report.task_message(pathspec, None, f"Task is retried in {duration(delay.seconds)}.")

    def _launch(self, launches: Sequence[Launch]) -> None:
        if not launches:
            return
        for launch in launches:
            task = launch.task
            logs = {stream: TaskLog(self._log_limit) for stream in STREAMS}
            pathspec = f"{self._run_id}/{task.step}/{task.task_id}"
            self._running[task.task_id] = _Running(task, launch.attempt, pathspec, logs)
        self._executor.submit([self._tasks.command(launch.task, launch.attempt) for launch in launches])

    def _handle(self, event: TaskEvent) -> None:
        running = self._running[event.task_id]
        if isinstance(event, Output):
            self._print(running, event)
        elif isinstance(event, Started):
            self._started(running, event.label)
        elif isinstance(event, Exited):
            self._exited(running, event)
        else:
            self._waits(running, event)

    def _print(self, running: _Running, event: Output) -> None:
        running.logs[event.stream].add_lines(event.lines)
        for line in event.lines:
            self._report.task_output(running.pathspec, running.label, event.stream, line.decode("utf-8", "replace"))

    def _waits(self, running: _Running, event: Waiting) -> None:
        if event.reason != running.waits_for:
            running.waits_for = event.reason
            self._report.task_message(running.pathspec, running.label, event.reason)

    def _started(self, running: _Running, label: str) -> None:
        running.started, running.label = True, label
        retry = " (retry)" if running.attempt else ""
        self._report.progress(running.task.step, started=1)
        self._report.task_message(running.pathspec, label, f"Task is starting{retry}.")

    def _exited(self, running: _Running, event: Exited) -> None:
        del self._running[event.task_id]
        outcome = self._outcome(running, event)
        if isinstance(outcome, Succeeded):
            self._succeeded_message(running, outcome)
        else:
            self._note(running, outcome)
        self._save(running, event.status, isinstance(outcome, Succeeded))
        step = running.task.step
        if isinstance(outcome, Succeeded):
            self._report.progress(step, done=1)
            if outcome.num_splits is not None:
                self._report.progress(outcome.next_steps[0], queued=outcome.num_splits)
            self._perform(self._scheduler.handle(outcome))
        else:
            self._report.progress(step, failed=1)
            self._perform(self._scheduler.handle(Failed(event.task_id, self._clock())))

    def _outcome(self, running: _Running, event: Exited) -> Succeeded | str:
        if event.status == 0:
            return self._tasks.result(running.task, running.attempt)
        if event.status < 0:
            self._tasks.lost(running.task, running.attempt)
        return event.reason

    def _succeeded_message(self, running: _Running, outcome: Succeeded) -> None:
        if outcome.num_splits is not None:
            text = f"Foreach yields {outcome.num_splits} child steps."
            self._report.task_message(running.pathspec, running.label, text)
        self._report.task_message(running.pathspec, running.label, "Task finished successfully.")

    def _note(self, running: _Running, text: str) -> None:
        running.logs["stderr"].add(text)
        self._report.task_message(running.pathspec, running.label, text, error=True)

    def _save(self, running: _Running, status: int, success: bool) -> None:
        self._save_logs(running)
        self._tasks.save_end(running.task, running.attempt, status, running.killed, success)

    def _save_logs(self, running: _Running) -> None:
        content = {stream: log.content() for stream, log in running.logs.items()}
        self._tasks.save_logs(running.task, running.attempt, content)

    def _save_open_logs(self) -> None:
        """Periodically save the logs of running tasks, so that others can read them."""
        now = self._clock()
        if now - self._saved_at < _LOG_SAVE_SECONDS:
            return
        self._saved_at = now
        for running in self._running.values():
            if running.started and any(log.dirty and log.size for log in running.logs.values()):
                self._save_logs(running)
                for log in running.logs.values():
                    log.dirty = False

    def _conclude(self, finish: Finish) -> None:
        if finish.failed is None and not finish.reason:
            return
        if finish.reason:
            self._report.message("Workflow interrupted.", error=True)
        else:
            self._report.message("Workflow failed.", error=True)
        self._stop_all()
        if finish.failed is not None:
            raise TaskFailed(f"Step {finish.failed.step} (task-id {finish.failed.task_id}) failed.")
        raise Interrupted(
            f"Run {self._run_id} was stopped. The results of finished tasks are kept.",
            hint=f"Run: python <flow file> resume --origin-run-id {self._run_id}",
        )

    def _stop_all(self) -> None:
        """Stop all running tasks: terminate them, kill them after the grace period, and save their logs."""
        if not self._running:
            return
        self._report.message(f"Terminating {len(self._running)} active tasks...", error=True)
        for running in self._running.values():
            running.killed = True
        self._executor.terminate(list(self._running))
        deadline = self._clock() + self._grace
        while self._running and self._clock() < deadline and self._interrupts.count < 2:
            self._wait_for_exits()
        for running in self._running.values():
            self._report.task_message(running.pathspec, running.label, _KILLED, error=True)
        self._executor.kill(list(self._running))
        deadline = self._clock() + _KILL_SECONDS
        while self._running and self._clock() < deadline:
            self._wait_for_exits()

    def _wait_for_exits(self) -> None:
        """Wait once for events of tasks that were terminated."""
        if not self._events:
            self._interrupts.wait(_POLL_SECONDS)
            with suppress(ExecutorLost):  # the next call returns the attempts that ended with it
                self._events.extend(self._executor.events())
        while self._events:
            event = self._events.popleft()
            running = self._running.get(event.task_id)
            if running is not None:
                self._handle_stopped(running, event)

    def _handle_stopped(self, running: _Running, event: TaskEvent) -> None:
        if isinstance(event, Output):
            self._print(running, event)
        elif isinstance(event, Started):
            running.started, running.label = True, event.label
        elif isinstance(event, Exited):
            del self._running[event.task_id]
            self._close_stopped(running, event.status)

    def _close_stopped(self, running: _Running, status: int) -> None:
        running.logs["stderr"].add(_KILLED)
        self._report.task_message(running.pathspec, running.label, "Task was stopped.", error=True)
        with suppress(StorageError):  # the store can be the cause of the run's failure
            self._tasks.lost(running.task, running.attempt)
            self._save(running, status, False)

    def _translated(self, exc: Exception) -> MetaflowException:
        if isinstance(exc, SplitTooWide):
            return CommandException(
                f"The foreach of step {exc.step} has {exc.asked} tasks; at most {exc.allowed} are allowed.",
                hint=f"Add the option: run --max-num-splits {exc.asked}",
            )
        if isinstance(exc, ExecutorLost):
            return MetaflowException(
                f"{exc}. The results of finished tasks are kept.",
                hint=f"Run: python <flow file> resume --origin-run-id {self._run_id}",
            )
        assert isinstance(exc, MetaflowException)
        return exc
