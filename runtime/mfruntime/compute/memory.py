"""An executor without processes, for tests of this package and of its users. Attempts are scripts, run step by step.

Nothing in it depends on time: the same scripts and the same `turns` result in the same events in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..tasks.command import TaskCommand
from .base import ExecutorLost, Exited, Output, Started, TaskEvent, Waiting

_IDLE_SECONDS = 0.02
_TERMINATED, _KILLED = 15, 9


@dataclass(frozen=True)
class Script:
    """The script of one attempt: it waits, starts, prints and exits, one event at a time.

    `prints` are (stream, line) pairs. An `endless` attempt does not exit by itself; a `stubborn` one ignores SIGTERM.
    """

    waits: tuple[str, ...] = ()
    prints: tuple[tuple[str, bytes], ...] = ()
    status: int = 0
    reason: str = ""
    endless: bool = False
    stubborn: bool = False


class _Attempt:
    """An attempt that has not ended."""

    def __init__(self, command: TaskCommand, play: Callable[[TaskCommand], Script]):
        self._id = command.task_id
        self._attempt = command.attempt
        self._script = play(command)
        self._steps = self._run_script()
        self._signal = 0

    def signal(self, number: int) -> None:
        self._signal = number

    def _run_script(self) -> Iterator[TaskEvent | None]:
        script = self._script
        for reason in script.waits:
            yield Waiting(self._id, reason)
        yield Started(self._id, f"attempt {self._attempt}")
        for stream, line in script.prints:
            yield Output(self._id, stream, (line,))
        while script.endless:
            yield None
        reason = script.reason or f"Task ended with status {script.status}."
        yield Exited(self._id, script.status, reason if script.status else "")

    def next(self) -> TaskEvent | None:
        """The next event; None if the attempt has no event now."""
        if self._signal == _KILLED or (self._signal and not self._script.stubborn):
            return Exited(self._id, -self._signal, f"Task was killed by signal {self._signal}.")
        return next(self._steps)


class MemoryExecutor:
    """Runs the script `play(command)` for every command.

    Each call of `events` runs one step of every attempt; with `turns`, only of randomly selected ones.
    """

    def __init__(self, play: Callable[[TaskCommand], Script], turns: Random | None = None):
        self._play = play
        self._turns = turns
        self._attempts: dict[str, _Attempt] = {}
        self._moving = False
        self._lost = False
        self._lost_told = False

    @property
    def running(self) -> int:
        """The number of attempts that have not ended."""
        return len(self._attempts)

    def lose(self) -> None:
        """Fail, as an executor whose machine was lost."""
        self._lost = True

    def configure(self, shared: Any) -> None:
        """Do nothing: scripts need no shared data."""

    def submit(self, commands: Sequence[TaskCommand]) -> None:
        for command in commands:
            if command.task_id in self._attempts:
                raise ValueError(f"Task {command.task_id} was submitted while another attempt of it is running.")
            self._attempts[command.task_id] = _Attempt(command, self._play)
        self._moving = True

    def events(self) -> list[TaskEvent]:
        if self._lost:
            return self._all_lost()
        happened = [self._attempts[task_id].next() for task_id in self._drawn()]
        events = [event for event in happened if event is not None]
        for event in events:
            if isinstance(event, Exited):
                del self._attempts[event.task_id]
        self._moving = bool(events)
        return events

    def _drawn(self) -> list[str]:
        """The selected attempts."""
        alive = list(self._attempts)
        if self._turns is None or not alive:
            return alive
        return self._turns.sample(alive, self._turns.randint(1, len(alive)))

    def _all_lost(self) -> list[TaskEvent]:
        if not self._lost_told:
            self._lost_told = True
            raise ExecutorLost("The in-memory executor failed")
        lost, self._attempts = self._attempts, {}
        return [Exited(task_id, -_TERMINATED, "The executor failed.") for task_id in lost]

    def fileno(self) -> int | None:
        return None

    def poll_seconds(self) -> float | None:
        return 0.0 if self._moving else _IDLE_SECONDS

    def terminate(self, task_ids: Iterable[str]) -> None:
        self._signal(task_ids, _TERMINATED)

    def kill(self, task_ids: Iterable[str]) -> None:
        self._signal(task_ids, _KILLED)

    def _signal(self, task_ids: Iterable[str], number: int) -> None:
        for task_id in task_ids:
            if task_id in self._attempts:
                self._attempts[task_id].signal(number)
        self._moving = True

    def close(self) -> None:
        self._attempts.clear()
