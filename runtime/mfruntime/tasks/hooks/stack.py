"""Combines the hooks of one step into one hook, in the order of `registry.TASK_HOOKS`, not of the decorators."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ... import registry
from ...errors import MetaflowException
from .base import RunningTask, TaskHook

if TYPE_CHECKING:
    from ...flow.options import StepOptions


class HookStack(TaskHook):
    """Hooks, outermost first. Each wraps those after it; results are passed from the innermost to the outermost."""

    def __init__(self, hooks: Sequence[TaskHook]):
        self.hooks = tuple(hooks)

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        for hook in reversed(self.hooks):
            code = partial(hook.around, task, code)
        code()

    def succeeded(self, task: RunningTask) -> None:
        for hook in reversed(self.hooks):
            hook.succeeded(task)

    def failed(self, task: RunningTask, error: BaseException) -> bool:
        answers = [hook.failed(task, error) for hook in reversed(self.hooks)]
        return any(answers)

    def finished(self, task: RunningTask, ok: bool) -> None:
        for hook in reversed(self.hooks):
            try:
                hook.finished(task, ok)
            except Exception:  # the results are already stored and stay valid
                print(f"{type(hook).__name__} failed after the end of {task.describe()}:", file=sys.stderr)
                traceback.print_exc()


def hook_stack(options: StepOptions) -> HookStack:
    """The hooks of a step's decorators: one for each options value whose decorator has a hook."""
    return HookStack([make(value) for name, make in _makers(options) for value in options.named(name)])


def load_hooks(steps: Iterable[StepOptions]) -> None:
    """Import the hooks of these steps, in a process whose children run them."""
    for options in steps:
        with suppress(MetaflowException):  # a missing package is reported by the task itself
            _makers(options)


def _makers(options: StepOptions) -> list[tuple[str, Any]]:
    given = {name for name, _ in options.given}
    table = registry.TASK_HOOKS
    return [(name, registry.lookup("task hook", name, table)) for name in table if name in given]
