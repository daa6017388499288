"""TaskHook: the interface for code of a decorator that runs around a step's code, and the task data that it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...errors import MetaflowException

if TYPE_CHECKING:
    from ...flow.graph import Node
    from ...flow.options import StepOptions
    from ...flow.spec import FlowSpec
    from ...flow.task_state import TaskState
    from ...metadata_provider.base import TaskRecord
    from ..command import TaskCommand
    from ..context import RunContext


class StepInterrupted(MetaflowException):
    """Raised by a hook inside the step's code; its traceback is printed, because it shows where the code was."""


@dataclass(frozen=True)
class RunningTask:
    """The running attempt of a hook. A hook can change `flow`, `state` and the process."""

    ctx: RunContext
    command: TaskCommand
    node: Node
    options: StepOptions
    state: TaskState
    record: TaskRecord

    @property
    def flow(self) -> FlowSpec:
        """The flow instance whose step runs: `self` in user code."""
        return self.ctx.flow

    @property
    def is_last_attempt(self) -> bool:
        """Whether there is no later attempt of the step's code."""
        return self.command.attempt >= self.command.max_user_code_retries

    def describe(self) -> str:
        """The task's description in messages: flow, step, and index in its foreach."""
        stack = self.state.foreach_stack
        place = "".join(f"[{frame.index}]" for frame in stack)
        value = f" (input: {stack[-1].value})" if stack and stack[-1].value is not None else ""
        return f"<flow {self.ctx.graph.name} step {self.node.name}{place}{value}>"


class TaskHook(Protocol):
    """One decorator on one running task, created from the decorator's options. A hook overrides the methods it
    needs."""

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        """Call `code`, the step with its inner hooks, at most once. An exception from here is a failure of the step."""
        code()

    def succeeded(self, task: RunningTask) -> None:
        """The step succeeded and called self.next. An exception from here is still a failure of the step."""

    def failed(self, task: RunningTask, error: BaseException) -> bool:
        """The step raised `error`. Return True to handle the failure, so that the task succeeds."""
        return False

    def finished(self, task: RunningTask, ok: bool) -> None:
        """The results are stored and visible to readers. An exception from here is only printed."""
