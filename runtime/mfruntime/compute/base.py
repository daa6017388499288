"""The interface between the run loop and executors: batches of commands as input, events as output.

It contains nothing that is specific to one machine: no process, pipe or file descriptor of a task. So one scheduler can
run local processes and thousands of remote tasks in the same way.
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
    """The attempt is not running yet. `reason` is a sentence for users that contains what it waits for."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Started:
    """The attempt is running. `label` identifies it in messages, for example "pid 12" or a job id."""

    task_id: str
    label: str


@dataclass(frozen=True)
class Output:
    """Complete lines that the attempt printed to `stream`, in order and without line ends."""

    task_id: str
    stream: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True)
class Exited:
    """The attempt has ended, and all its output was returned before.

    `status` is its exit code. It is negative if the attempt was killed (the number of the signal, if known), and so
    could not record anything itself. `reason` is a sentence for users with the cause of the failure; it is empty if
    `status` is 0.
    """

    task_id: str
    status: int
    reason: str = ""


TaskEvent = Union[Waiting, Started, Output, Exited]


class ExecutorLost(Exception):
    """The executor cannot run tasks any more, and all running ones are lost. The message is the cause, without
    period."""


class Executor(Protocol):
    """Runs attempts of tasks. An attempt is identified by its task's id: a task has at most one attempt at a time.

    The events of an attempt have this order: any number of Waiting, at most one Started, any number of Output, and
    exactly one Exited, after which the next attempt of the task can be submitted. Exited without Started is an attempt
    that ended before it ran. Events of different attempts can have any order.
    """

    def configure(self, shared: Any) -> None:
        """Set the data that the tasks of the run share, before the first task is submitted."""
        ...

    def submit(self, commands: Sequence[TaskCommand]) -> None:
        """Start or queue these attempts. Returns immediately; can raise ExecutorLost."""
        ...

    def events(self) -> list[TaskEvent]:
        """The events since the last call, without waiting.

        Raises ExecutorLost if the executor failed. The call after that returns the Exited event of each attempt.
        """
        ...

    def fileno(self) -> int | None:
        """A descriptor that is readable while there are events; None if there is no such descriptor."""
        ...

    def poll_seconds(self) -> float | None:
        """How soon to call `events` even though nothing is readable. None where `fileno` reports every event."""
        ...

    def terminate(self, task_ids: Iterable[str]) -> None:
        """Terminate attempts (SIGTERM), also those that have not started. Ids of ended attempts are ignored."""
        ...

    def kill(self, task_ids: Iterable[str]) -> None:
        """Kill attempts (SIGKILL). Their Exited events still follow."""
        ...

    def close(self) -> None:
        """Kill all remaining attempts and release all resources. Can be called twice."""
        ...
