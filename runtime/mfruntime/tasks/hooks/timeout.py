"""The hook of @timeout: interrupts the step's code after its time limit."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .base import RunningTask, StepInterrupted, TaskHook

if TYPE_CHECKING:
    from ...decorators.timeout import Timeout


class TimeoutException(StepInterrupted):
    """Raised inside a step that exceeded its @timeout."""

    __module__ = __package__  # artifacts contain this module name
    headline = "@timeout"


class TimeoutHook(TaskHook):
    def __init__(self, options: Timeout):
        self._seconds = options.seconds

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        with _time_limit(self._seconds, task.node.name):
            code()


@contextmanager
def _time_limit(seconds: float, step: str) -> Iterator[None]:
    """Raise TimeoutException inside the `with` block after the time limit (needs SIGALRM, so not on Windows)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def expired(_number: int, _frame: object) -> None:
        raise TimeoutException(f"Step {step} timed out after {_spell(seconds)}")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _spell(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} hours, {minutes} minutes, {left} seconds"
