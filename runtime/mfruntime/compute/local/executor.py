"""The local executor: one process per attempt, with pipes for its output, stopped by signals.

Workers (fork.py, spawn.py) start the processes. All other code about processes is here, so that the run loop needs
none.
"""

from __future__ import annotations

import selectors
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...tasks.command import TaskCommand
from ..base import ExecutorLost, Exited, Output, Started, TaskEvent
from . import processes
from .output import Capture
from .worker import ProcessExited, ProcessStarted, Worker

#: The polling interval for a worker without a descriptor for its events.
_POLL_SECONDS = 0.02
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no SIGKILL


@dataclass
class _Attempt:
    """An attempt that has not ended. `signal` is sent to its process as soon as that starts."""

    task_id: str
    capture: Capture | None = None
    watched: set[str] = field(default_factory=set)
    pid: int | None = None
    signal: int | None = None


class LocalExecutor:
    """Runs tasks as processes that `worker` starts, each with two pipes for its output."""

    def __init__(self, worker: Worker):
        self._worker = worker
        self._attempts: dict[str, _Attempt] = {}
        self._lost = False
        self._selector = selectors.DefaultSelector()
        self._worker_fd = worker.fileno()
        if self._worker_fd is not None:
            self._selector.register(self._worker_fd, selectors.EVENT_READ, None)
        # The selector's own descriptor, which epoll and kqueue have, is readable when one of those it watches is.
        fileno = getattr(self._selector, "fileno", None)
        self._fileno: int | None = fileno() if fileno else None
        self._poll = _POLL_SECONDS if self._worker_fd is None or self._fileno is None else None

    def configure(self, shared: Any) -> None:
        self._worker.configure(shared)

    def submit(self, commands: Sequence[TaskCommand]) -> None:
        # All are registered before the first starts, so that each gets an Exited event if a start fails.
        for command in commands:
            self._attempts[command.task_id] = _Attempt(command.task_id)
        for command in commands:
            self._start(self._attempts[command.task_id], command)

    def _start(self, attempt: _Attempt, command: TaskCommand) -> None:
        attempt.capture = Capture(attempt.task_id)
        pipes = attempt.capture.pipes
        try:
            self._worker.start(command, pipes.out_write, pipes.err_write)
        finally:
            pipes.close_inner()

    def fileno(self) -> int | None:
        return self._fileno

    def poll_seconds(self) -> float | None:
        return self._poll

    def events(self) -> list[TaskEvent]:
        ready = [key.data for key, _ in self._selector.select(0)]
        events: list[TaskEvent] = []
        if self._worker_fd is None or None in ready or self._lost:
            events += self._process_events()
        for source in ready:
            if source is not None:
                events += self._read(*source)
        return events

    def _process_events(self) -> list[TaskEvent]:
        try:
            happened = self._worker.events()
        except ExecutorLost:
            if self._lost:
                return self._all_ended()
            self._lost = True
            raise
        events: list[TaskEvent] = []
        for event in happened:
            events += self._started(event) if isinstance(event, ProcessStarted) else self._exited(event)
        return events

    def _all_ended(self) -> list[TaskEvent]:
        """Exited events of all attempts, which ended with the worker."""
        return [
            event
            for task_id in list(self._attempts)
            for event in self._exited(ProcessExited(task_id, -int(signal.SIGTERM)))
        ]

    def _started(self, event: ProcessStarted) -> list[TaskEvent]:
        attempt = self._attempts[event.task_id]
        attempt.pid = event.pid
        if attempt.signal is not None:
            processes.signal_task(event.pid, attempt.signal)
        self._watch(attempt)
        return [Started(event.task_id, f"pid {event.pid}")]

    def _watch(self, attempt: _Attempt) -> None:
        """Start reading the output, so that Output events never precede Started."""
        assert attempt.capture is not None
        for stream, fd in attempt.capture.pipes.readers.items():
            self._selector.register(fd, selectors.EVENT_READ, (attempt, attempt.capture, stream))
            attempt.watched.add(stream)

    def _read(self, attempt: _Attempt, capture: Capture, stream: str) -> Sequence[Output]:
        if stream not in attempt.watched:
            return ()  # the attempt ended after the selector returned
        outputs = capture.read(stream)
        if outputs is None:
            self._unwatch(attempt, capture, stream)
            return ()
        return outputs

    def _unwatch(self, attempt: _Attempt, capture: Capture, stream: str) -> None:
        attempt.watched.discard(stream)
        self._selector.unregister(capture.pipes.readers[stream])

    def _exited(self, event: ProcessExited) -> list[TaskEvent]:
        attempt = self._attempts.pop(event.task_id)
        code = event.returncode
        reason = processes.describe_exit(code, event.peak_kib) if code else ""
        return [*self._last_output(attempt), Exited(event.task_id, code, reason)]

    def _last_output(self, attempt: _Attempt) -> list[Output]:
        """The unread output of the process in its pipes."""
        capture = attempt.capture
        if capture is None:
            return []
        outputs = capture.rest()
        for stream in list(attempt.watched):
            self._unwatch(attempt, capture, stream)
        capture.close()
        return outputs

    def terminate(self, task_ids: Iterable[str]) -> None:
        self._signal(task_ids, signal.SIGTERM)

    def kill(self, task_ids: Iterable[str]) -> None:
        self._signal(task_ids, _KILL)

    def _signal(self, task_ids: Iterable[str], number: int) -> None:
        for task_id in task_ids:
            attempt = self._attempts.get(task_id)
            if attempt is not None:
                attempt.signal = number
                if attempt.pid is not None:
                    processes.signal_task(attempt.pid, number)

    def close(self) -> None:
        self._worker.close()
        for attempt in self._attempts.values():
            if attempt.capture is not None:
                attempt.capture.close()
        self._attempts.clear()
        self._selector.close()
