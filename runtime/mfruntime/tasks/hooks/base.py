"""TaskHook: what a decorator may do around the code of a step, and what it is shown of the task."""

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
    """Raised by a hook from within the step's code; its traceback, which says where the code was, is shown."""


@dataclass(frozen=True)
class RunningTask:
    """The attempt that a hook takes part in. What a hook changes, it changes on `flow`, `state` and the process."""

    ctx: RunContext
    command: TaskCommand
    node: Node
    options: StepOptions
    state: TaskState
    record: TaskRecord

    @property
    def flow(self) -> FlowSpec:
        """The instance whose step runs: user code's `self`."""
        return self.ctx.flow

    @property
    def is_last_attempt(self) -> bool:
        """Whether the step's code gets no further attempt after this one."""
        return self.command.attempt >= self.command.max_user_code_retries

    def describe(self) -> str:
        """The task as messages name it: flow, step, and where in its foreach it stands."""
        stack = self.state.foreach_stack
        place = "".join(f"[{frame.index}]" for frame in stack)
        value = f" (input: {stack[-1].value})" if stack and stack[-1].value is not None else ""
        return f"<flow {self.flow.name} step {self.node.name}{place}{value}>"


class TaskHook(Protocol):
    """One decorator on one running task, made from that decorator's options. A hook overrides what it needs."""

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        """Call `code`, the step with the hooks further in, at most once; what this raises is the step's failure."""
        code()

    def succeeded(self, task: RunningTask) -> None:
        """The step ended well and said where to go; what this raises still counts as its failure."""

    def failed(self, task: RunningTask, error: BaseException) -> bool:
        """The step raised `error`; True takes the failure over, so that the task counts as done."""
        return False

    def finished(self, task: RunningTask, ok: bool) -> None:
        """The results are in the store, where readers find them; what this raises is printed and changes nothing."""
