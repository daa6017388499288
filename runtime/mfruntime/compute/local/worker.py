"""The two ways of starting a process for an attempt, fork and spawn, as the local executor sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Union

from ...tasks.command import TaskCommand


@dataclass(frozen=True)
class ProcessStarted:
    """The process of an attempt exists."""

    task_id: str
    pid: int


@dataclass(frozen=True)
class ProcessExited:
    """The process of an attempt is gone. A negative `returncode` is a signal; `peak_kib` its largest resident size."""

    task_id: str
    returncode: int
    peak_kib: int | None = None


ProcessEvent = Union[ProcessStarted, ProcessExited]


class Worker(Protocol):
    """Starts one process per attempt, each leading a process group of its own.

    `start` hands over the write ends of the task's output pipes; the caller still closes its own copies.
    `events` never blocks and raises ExecutorLost when the worker died. `fileno` becomes readable when events wait; None
    means that it has to be asked again every few milliseconds. `close` ends the worker and every task left.
    """

    def configure(self, shared: Any) -> None: ...
    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None: ...
    def events(self) -> list[ProcessEvent]: ...
    def fileno(self) -> int | None: ...
    def close(self) -> None: ...
