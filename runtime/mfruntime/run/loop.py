"""The loop around the scheduler: carries out its actions with real processes and feeds back what happened.

A task's result is read from the store, never from the process: what counts is what a worker left behind.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..compute.base import Exited, Started, Worker, WorkerLost
from ..compute.local import processes
from ..compute.local.output import STREAMS, Pipes, StreamLog
from ..errors import CommandException, MetaflowException, StorageError, TaskFailed
from ..tasks.command import TaskCommand
from .reporter import Reporter
from .scheduler import Action, Clone, Failed, Finish, Interrupt, Launch, Scheduler, SplitTooWide, Succeeded, Task, Tick

_POLL_SECONDS = 0.02
_LOG_SAVE_SECONDS = 5.0
_MEGABYTE = 1024 * 1024


class Interrupted(MetaflowException):
    """The run was stopped from outside."""

    headline = "Workflow interrupted"


class Tasks(Protocol):
    """What the loop asks of the layer that knows flows and stores."""

    def command(self, task: Task, attempt: int) -> TaskCommand: ...
    def result(self, task: Task, attempt: int) -> Succeeded | str:
        """The outcome of an attempt that exited well, or why it does not count."""
        ...

    def lost(self, task: Task, attempt: int) -> None:
        """An attempt died: leave a trace of it, where the task itself could not."""
        ...

    def save_logs(self, task: Task, attempt: int, content: dict[str, bytes]) -> None: ...
    def save_end(self, task: Task, attempt: int, returncode: int, killed: bool, success: bool) -> None: ...
    def clone(self, clones: Sequence[Clone]) -> list[Succeeded]: ...


@dataclass
class _Running:
    task: Task
    attempt: int
    pathspec: str
    pipes: Pipes
    logs: dict[str, StreamLog]
    pid: int | None = None
    killed: bool = False
    open_streams: set[str] = field(default_factory=lambda: set(STREAMS))


class RunLoop:
    """Runs one scheduler to its end. `max_log_size` in megabytes per stream, `grace` in seconds before SIGKILL."""

    def __init__(
        self,
        scheduler: Scheduler,
        worker: Worker,
        tasks: Tasks,
        reporter: Reporter,
        *,
        run_id: str,
        max_log_size: int = 10,
        grace: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._scheduler = scheduler
        self._worker = worker
        self._tasks = tasks
        self._report = reporter
        self._run_id = run_id
        self._log_limit = max_log_size * _MEGABYTE
        self._grace = grace
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._finish: Finish | None = None
        self._interrupts = 0
        self._saved_at = clock()

    def execute(self) -> None:
        """Run to the end. Raises TaskFailed, Interrupted, or what made going on impossible; nothing runs afterwards."""
        previous = self._catch_signals()
        wake = self._open_wakeup()
        try:
            fileno = self._worker.fileno()
            if fileno is not None:
                self._selector.register(fileno, selectors.EVENT_READ, None)
            self._carry_out(self._scheduler.begin())
            while self._finish is None:
                self._step()
            self._conclude(self._finish)
        except (MetaflowException, WorkerLost, SplitTooWide) as exc:
            self._stop_all()
            raise self._translated(exc) from exc
        finally:
            self._worker.close()
            self._selector.close()
            signal.set_wakeup_fd(-1)
            for fd in wake:
                os.close(fd)
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _catch_signals(self) -> dict[int, Any]:
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        return {number: signal.signal(number, self._on_signal) for number in numbers}

    def _open_wakeup(self) -> tuple[int, int]:
        """A pipe that a signal makes readable: without it, waiting would go on until the next output."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._selector.register(read, selectors.EVENT_READ, None)
        return read, write

    def _on_signal(self, number: int, _frame: object) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            self._grace = 0.0

    def _step(self) -> None:
        for key, _ in self._selector.select(self._timeout()):
            if key.data is not None:
                self._read(*key.data)
        if self._interrupts:
            self._carry_out(self._scheduler.handle(Interrupt("interrupted")))
            return
        for event in self._worker.events():
            if isinstance(event, Started):
                self._started(event)
            else:
                self._exited(event)
        wakeup = self._scheduler.next_wakeup
        if wakeup is not None and wakeup <= self._clock():
            self._carry_out(self._scheduler.handle(Tick(self._clock())))
        self._save_open_logs()

    def _timeout(self) -> float:
        limit = _LOG_SAVE_SECONDS if self._worker.fileno() is not None else _POLL_SECONDS
        wakeup = self._scheduler.next_wakeup
        return limit if wakeup is None else min(limit, max(0.0, wakeup - self._clock()))

    def _carry_out(self, actions: list[Action]) -> None:
        """Do what the scheduler asks, until it asks for nothing that ends at once."""
        while actions:
            clones = [a for a in actions if isinstance(a, Clone)]
            for action in actions:
                if isinstance(action, Launch):
                    self._launch(action.task, action.attempt)
                elif isinstance(action, Finish):
                    self._finish = action
            actions = []
            if clones and self._finish is None:
                for success in self._tasks.clone(clones):
                    actions += self._scheduler.handle(success)

    def _launch(self, task: Task, attempt: int) -> None:
        pipes = Pipes()
        logs = {stream: StreamLog(self._log_limit) for stream in STREAMS}
        running = _Running(task, attempt, f"{self._run_id}/{task.step}/{task.task_id}", pipes, logs)
        self._running[task.task_id] = running
        for stream, fd in pipes.readers.items():
            self._selector.register(fd, selectors.EVENT_READ, (running, stream))
        try:
            self._worker.start(self._tasks.command(task, attempt), pipes.out_write, pipes.err_write)
        finally:
            pipes.close_inner()

    def _started(self, event: Started) -> None:
        running = self._running[event.task_id]
        running.pid = event.pid
        retry = " (retry)" if running.attempt else ""
        self._report.progress(running.task.step, started=1)
        self._report.task_message(running.pathspec, event.pid, f"Task is starting{retry}.")

    def _read(self, running: _Running, stream: str) -> None:
        data = running.pipes.read(stream)
        if data:
            self._emit(running, stream, running.logs[stream].feed(data))
        elif data == b"":
            self._close_stream(running, stream)

    def _close_stream(self, running: _Running, stream: str) -> None:
        if stream in running.open_streams:
            running.open_streams.remove(stream)
            self._selector.unregister(running.pipes.readers[stream])

    def _emit(self, running: _Running, stream: str, lines: Sequence[bytes]) -> None:
        for line in lines:
            self._report.task_output(running.pathspec, running.pid, stream, line.decode("utf-8", "replace"))

    def _exited(self, event: Exited) -> None:
        running = self._running.pop(event.task_id)
        self._collect(running)
        outcome = self._outcome(running, event)
        if isinstance(outcome, Succeeded):
            self._succeeded_message(running, outcome)
        else:
            self._note(running, str(outcome))
        self._save(running, event.returncode, isinstance(outcome, Succeeded))
        step = running.task.step
        if isinstance(outcome, Succeeded):
            self._report.progress(step, done=1)
            if outcome.num_splits is not None:
                self._report.progress(outcome.next_steps[0], queued=outcome.num_splits)
            self._carry_out(self._scheduler.handle(outcome))
        else:
            self._report.progress(step, failed=1)
            self._carry_out(self._scheduler.handle(Failed(event.task_id, self._clock())))

    def _collect(self, running: _Running) -> None:
        """Take what is left in the pipes. A process that outlives its task can hold them open: it is not waited for."""
        for stream in STREAMS:
            log = running.logs[stream]
            while data := running.pipes.read(stream):
                self._emit(running, stream, log.feed(data))
            self._emit(running, stream, log.finish())
            self._close_stream(running, stream)
        running.pipes.close()

    def _outcome(self, running: _Running, event: Exited) -> Succeeded | str:
        if event.returncode == 0:
            return self._tasks.result(running.task, running.attempt)
        if event.returncode < 0:
            self._tasks.lost(running.task, running.attempt)
        return processes.describe_exit(event.returncode, event.peak_kib)

    def _succeeded_message(self, running: _Running, outcome: Succeeded) -> None:
        if outcome.num_splits is not None:
            text = f"Foreach yields {outcome.num_splits} child steps."
            self._report.task_message(running.pathspec, running.pid, text)
        self._report.task_message(running.pathspec, running.pid, "Task finished successfully.")

    def _note(self, running: _Running, text: str) -> None:
        running.logs["stderr"].add(text)
        self._report.task_message(running.pathspec, running.pid, text, error=True)

    def _save(self, running: _Running, returncode: int, success: bool) -> None:
        content = {stream: log.content() for stream, log in running.logs.items()}
        self._tasks.save_logs(running.task, running.attempt, content)
        self._tasks.save_end(running.task, running.attempt, returncode, running.killed, success)

    def _save_open_logs(self) -> None:
        """Now and then, put the logs of tasks that still run where others can read them."""
        now = self._clock()
        if now - self._saved_at < _LOG_SAVE_SECONDS:
            return
        self._saved_at = now
        for running in self._running.values():
            if running.pid and any(log.dirty and log.size for log in running.logs.values()):
                content = {stream: log.content() for stream, log in running.logs.items()}
                self._tasks.save_logs(running.task, running.attempt, content)
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
            f"Run {self._run_id} was stopped; the tasks that finished are kept.",
            hint=f"Type: python <flow file> resume --origin-run-id {self._run_id}",
        )

    def _stop_all(self) -> None:
        """End what runs: SIGTERM to each task's group, SIGKILL after the grace period; keep their logs."""
        if not self._running:
            return
        self._report.message(f"Terminating {len(self._running)} active tasks...", error=True)
        self._signal_all(signal.SIGTERM)
        deadline = self._clock() + self._grace
        while self._running and self._wait_for_exits(deadline):
            continue
        for running in self._running.values():
            self._report.task_message(running.pathspec, running.pid, "[KILLED BY ORCHESTRATOR]", error=True)
        self._signal_all(getattr(signal, "SIGKILL", signal.SIGTERM))
        deadline = self._clock() + 5.0
        while self._running and self._wait_for_exits(deadline, forced=True):
            continue

    def _signal_all(self, number: int) -> None:
        for running in self._running.values():
            running.killed = True
            if running.pid:
                processes.signal_group(running.pid, number)

    def _wait_for_exits(self, deadline: float, forced: bool = False) -> bool:
        """One turn of waiting; False when the deadline has passed or the user will not wait."""
        if self._clock() >= deadline or (self._interrupts > 1 and not forced):
            return False
        for key, _ in self._selector.select(_POLL_SECONDS):
            if key.data is not None:
                self._read(*key.data)
        try:
            events = self._worker.events()
        except WorkerLost:
            events = [Exited(i, r.pid or 0, -int(signal.SIGTERM)) for i, r in self._running.items()]
        for event in events:
            if isinstance(event, Started):
                running = self._running[event.task_id]
                running.pid = event.pid
                processes.signal_group(event.pid, signal.SIGTERM)
            elif event.task_id in self._running:
                self._close_killed(self._running.pop(event.task_id), event)
        return True

    def _close_killed(self, running: _Running, event: Exited) -> None:
        self._collect(running)
        running.logs["stderr"].add("[KILLED BY ORCHESTRATOR]")
        self._report.task_message(running.pathspec, running.pid, "Task was stopped.", error=True)
        with suppress(StorageError):  # the store may be what ended the run
            self._tasks.lost(running.task, running.attempt)
            self._save(running, event.returncode, False)

    def _translated(self, exc: Exception) -> MetaflowException:
        if isinstance(exc, SplitTooWide):
            return CommandException(
                f"The foreach of step {exc.step} asks for {exc.asked} tasks; at most {exc.allowed} are allowed.",
                hint=f"Type: run --max-num-splits {exc.asked}",
            )
        if isinstance(exc, WorkerLost):
            return MetaflowException(
                "The worker process that starts tasks was killed; the tasks that finished are kept.",
                hint=f"Type: python <flow file> resume --origin-run-id {self._run_id}",
            )
        assert isinstance(exc, MetaflowException)
        return exc
