"""What @catch does: takes over the failure of a step that has no attempts left, and sends the run on its way."""

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
    """Stands in for the exception of a task that died without raising one."""

    __module__ = __package__  # artifacts name it there
    headline = "Task execution failed, handled by @catch"

    def __init__(self, attempts: int):
        super().__init__(
            f"The task failed {attempts} times without raising an exception: its process was ended from outside, "
            "for example for lack of memory. See the task's logs."
        )


class CatchHook(TaskHook):
    def __init__(self, options: Catch):
        self._options = options

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        """The attempt after the last one does not run the step again: it only handles that all others died."""
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
        _go_on(task)
        return True


def _print(task: RunningTask, caught: MetaflowExceptionWrapper) -> None:
    print(f"@catch caught an exception from {task.describe()}", file=sys.stderr)
    for line in str(caught).rstrip().splitlines():
        print(f">  {line}", file=sys.stderr)


def _go_on(task: RunningTask) -> None:
    """The step may have failed before, in, or after its self.next: the way on is the graph's."""
    task.state.transition = None
    if task.node.out_funcs:
        task.flow.next(*[getattr(task.flow, name) for name in task.node.out_funcs])
