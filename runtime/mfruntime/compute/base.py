"""The seam between the run loop and whatever runs tasks: commands go in, many at once; events come out.

Nothing of one machine passes through it: no process, no pipe, no file descriptor of a task. So one scheduler drives
processes on this machine and thousands of remote tasks in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Union

from ..tasks.command import TaskCommand

#: The names of the two streams a task prints to.
STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Waiting:
    """The attempt does not run yet. `reason` is a sentence for people: what it waits for."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Started:
    """The attempt runs. `label` is how messages name it beside its path, such as "pid 12" or the id of a job."""

    task_id: str
    label: str


@dataclass(frozen=True)
class Output:
    """Whole lines that the attempt printed to `stream`, in order and without line ends."""

    task_id: str
    stream: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True)
class Exited:
    """The attempt is over, and all its output has been told.

    `status` is its exit code, negative where it was ended from outside (the number of the signal where one is known)
    and so could not record anything itself. `reason` is a sentence for people that says why it did not end well; it is
    empty when `status` is 0.
    """

    task_id: str
    status: int
    reason: str = ""


TaskEvent = Union[Waiting, Started, Output, Exited]


class ExecutorLost(Exception):
    """The executor can no longer run tasks, and those that ran are gone. The text says why, without a period."""


class Executor(Protocol):
    """Runs attempts of tasks. An attempt is named by its task's id: a task has at most one attempt at a time.

    The events of an attempt come in this order: any number of Waiting, at most one Started, any number of Output, and
    exactly one Exited, after which the next attempt of the task may be submitted. Exited without Started is an attempt
    that ended before it ran. Events of different attempts may come in any order.
    """

    def configure(self, shared: Any) -> None:
        """Take in what the tasks of the run share, before the first of them is submitted."""
        ...

    def submit(self, commands: Sequence[TaskCommand]) -> None:
        """Start these attempts, or put them into the queue. Returns at once; may raise ExecutorLost."""
        ...

    def events(self) -> list[TaskEvent]:
        """What has happened since the last call, without waiting.

        Raises ExecutorLost when the executor broke down. Called again after that, it tells the end of each attempt.
        """
        ...

    def fileno(self) -> int | None:
        """A descriptor that is readable while events wait, None where there is none."""
        ...

    def poll_seconds(self) -> float | None:
        """How soon to call `events` even though nothing is readable. None, where `fileno` says all there is to say."""
        ...

    def terminate(self, task_ids: Iterable[str]) -> None:
        """Ask attempts to end (SIGTERM), also those that are yet to start. Ids of ended attempts are ignored."""
        ...

    def kill(self, task_ids: Iterable[str]) -> None:
        """End attempts, whether or not they agree. Their Exited events still come."""
        ...

    def close(self) -> None:
        """End every attempt that is left and release everything. May be called twice."""
        ...
