"""@step: the decorator that makes a method of a flow a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from ..ids import check_component

F = TypeVar("F", bound=Callable[..., Any])


@overload
def step(function: F) -> F: ...
@overload
def step(*, start: bool = False, end: bool = False) -> Callable[[F], F]: ...
def step(function: Any = None, *, start: bool = False, end: bool = False) -> Any:
    """Mark a method as a step of its flow; `start` and `end` mark the first and last step if they have other names."""
    if function is None:
        return lambda f: _as_step(f, start, end)
    return _as_step(function, start, end)


def _as_step(function: Any, start: bool, end: bool) -> Any:
    check_component("step name", function.__name__)
    function.is_step, function.is_start, function.is_end = True, start, end
    function.decorators = []
    function.name = function.__name__
    return function
