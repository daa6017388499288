"""The interface of workers, which start processes for the local executor by fork or spawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Union

from ...tasks.command import TaskCommand


@dataclass(frozen=True)
class ProcessStarted:
    """The process of an attempt has started."""

    task_id: str
    pid: int


@dataclass(frozen=True)
class ProcessExited:
    """The process of an attempt has ended. A negative `returncode` is a signal; `peak_kib` is its peak memory (RSS)."""

    task_id: str
    returncode: int
    peak_kib: int | None = None


ProcessEvent = Union[ProcessStarted, ProcessExited]


class Worker(Protocol):
    """Starts one process per attempt, each in its own process group.

    `start` passes the write ends of the task's output pipes; the caller still closes its own copies.
    `events` never blocks, and raises ExecutorLost if the worker died. `fileno` is readable while there are events; None
    means that `events` must be called every few milliseconds. `close` ends the worker and all remaining tasks.
    """

    def configure(self, shared: Any) -> None: ...
    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None: ...
    def events(self) -> list[ProcessEvent]: ...
    def fileno(self) -> int | None: ...
    def close(self) -> None: ...
