"""The hook of @catch: handles the failure of a step without attempts left, so that the run continues."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import MetaflowException
from ...flow.pickled_names import MetaflowExceptionWrapper
from .base import RunningTask, TaskHook

if TYPE_CHECKING:
    from ...decorators.catch import Catch


class FailureHandledByCatch(MetaflowException):
    """Replaces the exception of a task whose process ended without raising one."""

    __module__ = __package__  # artifacts contain this module name
    headline = "Task execution failed, handled by @catch"

    def __init__(self, attempts: int):
        super().__init__(
            f"The task failed {attempts} times without raising an exception: its process was killed, "
            "for example because the machine ran out of memory. See the task's logs."
        )


class CatchHook(TaskHook):
    def __init__(self, options: Catch):
        self._options = options

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        """Run the step. The attempt after the last one does not run it: it only handles the failure of all others."""
        if task.command.attempt > task.command.max_user_code_retries:
            raise FailureHandledByCatch(task.command.attempt)
        code()

    def succeeded(self, task: RunningTask) -> None:
        if self._options.var:
            setattr(task.flow, self._options.var, None)

    def failed(self, task: RunningTask, error: BaseException) -> bool:
        if not task.is_last_attempt:
            return False
        wrapped = MetaflowExceptionWrapper(error)
        task.flow._catch_exception = wrapped
        if self._options.var:
            setattr(task.flow, self._options.var, wrapped)
        if self._options.print_exception:
            _print(task, wrapped)
        _set_next_steps(task)
        return True


def _print(task: RunningTask, caught: MetaflowExceptionWrapper) -> None:
    print(f"@catch caught an exception from {task.describe()}", file=sys.stderr)
    for line in str(caught).rstrip().splitlines():
        print(f">  {line}", file=sys.stderr)


def _set_next_steps(task: RunningTask) -> None:
    """Set the next steps from the graph, because the step can have failed before, in, or after its self.next."""
    task.state.transition = None
    if task.node.out_funcs:
        task.flow.next(*[getattr(task.flow, name) for name in task.node.out_funcs])
