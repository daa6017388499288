"""The seam between the run loop and whatever starts task processes on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Union

from ..tasks.command import TaskCommand


@dataclass(frozen=True)
class Started:
    """The process of an attempt exists."""

    task_id: str
    pid: int


@dataclass(frozen=True)
class Exited:
    """The process of an attempt is gone. A negative `returncode` is a signal; `peak_kib` its largest resident size."""

    task_id: str
    pid: int
    returncode: int
    peak_kib: int | None = None


WorkerEvent = Union[Started, Exited]


class WorkerLost(Exception):
    """The worker itself died; running tasks are gone with it."""


class Worker(Protocol):
    """Starts one process per attempt, each leading a process group of its own.

    `start` hands over the write ends of the task's output pipes; the caller still closes its own copies.
    `events` never blocks and raises WorkerLost when the worker died. `fileno` becomes readable when events wait; None
    means that the loop has to ask again every few milliseconds. `close` ends the worker and every task left.
    """

    @property
    def isolation(self) -> str: ...
    def configure(self, shared: Any) -> None:
        """Hand over what the tasks of the run share, before the first of them starts."""
        ...

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None: ...
    def events(self) -> list[WorkerEvent]: ...
    def fileno(self) -> int | None: ...
    def close(self) -> None: ...
