"""An executor without processes, for tests: ours and our users'. What an attempt does is a script, played step by step.

Nothing in it depends on time: the same scripts and the same `turns` give the same events in the same order.
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
    """What one attempt does: it waits, starts, prints and exits, one thing at a time.

    `prints` are (stream, line) pairs. An `endless` attempt does not exit by itself, a `stubborn` one only when killed.
    """

    waits: tuple[str, ...] = ()
    prints: tuple[tuple[str, bytes], ...] = ()
    status: int = 0
    reason: str = ""
    endless: bool = False
    stubborn: bool = False


class _Attempt:
    """An attempt that is not over."""

    def __init__(self, command: TaskCommand, play: Callable[[TaskCommand], Script]):
        self._id = command.task_id
        self._attempt = command.attempt
        self._script = play(command)
        self._steps = self._played()
        self._signal = 0

    def signal(self, number: int) -> None:
        self._signal = number

    def _played(self) -> Iterator[TaskEvent | None]:
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
        """The next thing that happens; None when nothing does."""
        if self._signal == _KILLED or (self._signal and not self._script.stubborn):
            return Exited(self._id, -self._signal, f"Task was ended by signal {self._signal}.")
        return next(self._steps)


class MemoryExecutor:
    """Plays `play(command)` for every command.

    Each call of `events` takes every attempt one step further; with `turns`, only some that it draws.
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
        """How many attempts are not over."""
        return len(self._attempts)

    def lose(self) -> None:
        """Break down, as an executor does whose machine goes away."""
        self._lost = True

    def configure(self, shared: Any) -> None:
        """Nothing: scripts know what they need."""

    def submit(self, commands: Sequence[TaskCommand]) -> None:
        for command in commands:
            if command.task_id in self._attempts:
                raise ValueError(f"Task {command.task_id} was submitted while an attempt of it runs.")
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
        """The attempts whose turn it is."""
        alive = list(self._attempts)
        if self._turns is None or not alive:
            return alive
        return self._turns.sample(alive, self._turns.randint(1, len(alive)))

    def _all_lost(self) -> list[TaskEvent]:
        if not self._lost_told:
            self._lost_told = True
            raise ExecutorLost("The executor in memory broke down")
        lost, self._attempts = self._attempts, {}
        return [Exited(task_id, -_TERMINATED, "The executor broke down.") for task_id in lost]

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
