"""What step options do around the user's code: environment, timeout, catch.

Order, outermost first: environment variables are set, then the timer runs, then the step; an exception of either the
step or the timer is offered to @catch last.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import MetaflowException

if TYPE_CHECKING:
    from ..flow.graph import Node
    from ..flow.options import StepOptions
    from ..flow.spec import FlowSpec


class TimeoutException(MetaflowException):
    """Raised inside a step whose @timeout ran out."""

    headline = "@timeout"


class FailureHandledByCatch(MetaflowException):
    """Stands in for the exception of a task that died without raising one."""

    headline = "Task execution failed, handled by @catch"

    def __init__(self, attempts: int):
        super().__init__(
            f"The task failed {attempts} times without raising an exception: its process was ended from outside, "
            "for example for lack of memory. See the task's logs."
        )


def set_environment(options: StepOptions) -> None:
    """Put the variables of @environment in place; children of the task see them too."""
    if options.environment:
        os.environ.update(options.environment.vars)


@contextmanager
def time_limit(options: StepOptions, step: str) -> Iterator[None]:
    """Raise TimeoutException in the step when its @timeout runs out (needs SIGALRM, so not on Windows)."""
    seconds = options.timeout.seconds if options.timeout else 0
    if not seconds or not hasattr(signal, "setitimer"):
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


def caught(flow: FlowSpec, node: Node, options: StepOptions, error: BaseException, describe: Callable[[], str]) -> bool:
    """Let @catch take an exception over: keep it as an artifact, go on to the next step. False without @catch."""
    from ..flow.pickled_names import MetaflowExceptionWrapper

    if options.catch is None:
        return False
    wrapped = MetaflowExceptionWrapper(error)
    flow._catch_exception = wrapped
    if options.catch.var:
        setattr(flow, options.catch.var, wrapped)
    if options.catch.print_exception:
        print(f"@catch caught an exception from {describe()}", file=sys.stderr)
        for line in str(wrapped).rstrip().splitlines():
            print(f">  {line}", file=sys.stderr)
    # The step may have failed before, in, or after its self.next: the way on is the graph's.
    flow._transition = None
    if node.out_funcs:
        flow.next(*[getattr(flow, name) for name in node.out_funcs])
    return True


def not_caught(flow: FlowSpec, options: StepOptions) -> None:
    """A step with @catch that succeeded has its variable set to None."""
    if options.catch is not None and options.catch.var:
        setattr(flow, options.catch.var, None)
