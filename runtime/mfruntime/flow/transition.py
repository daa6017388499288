"""The transition at the end of a step: `self.next`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InvalidNextException
from . import foreach as foreach_items
from .task_state import state_of


def set_next(flow: Any, targets: Sequence[Any], foreach: Any = None, condition: Any = None, **other: Any) -> None:
    """Set the next steps of a task. Raises InvalidNextException if the arguments do not select steps."""
    state = state_of(flow)
    step = state.step or "?"
    if state.transition is not None:
        raise InvalidNextException(f"Step {step} calls self.next() twice; only one call per step is allowed.")
    _check_arguments(step, other)
    if condition is not None:
        state.transition = ([_chosen(flow, step, targets, condition)], None)
        return
    names = [_target(flow, step, target) for target in targets]
    if not names:
        raise InvalidNextException(f"Step {step}: self.next() has no step as argument.")
    if foreach is not None:
        foreach_items.split(flow, names, foreach)
    state.transition = (names, foreach)


def _check_arguments(step: str, other: dict[str, Any]) -> None:
    if "num_parallel" in other:
        raise InvalidNextException(f"Step {step}: num_parallel is not supported by this version of mfruntime.")
    if other:
        raise InvalidNextException(f"Step {step}: self.next() has no argument '{next(iter(other))}'.")


def _target(flow: Any, step: str, target: Any) -> str:
    name = getattr(target, "__name__", None)
    if name is None or not getattr(target, "is_step", False) or name not in flow._graph:
        known = ", ".join(node.name for node in flow._graph)
        raise InvalidNextException(f"Step {step}: {name or target!r} in self.next() is not a step. Steps: {known}.")
    return str(name)


def _chosen(flow: Any, step: str, targets: Sequence[Any], condition: Any) -> str:
    if len(targets) != 1 or not isinstance(targets[0], dict) or not targets[0]:
        raise InvalidNextException(f"Step {step}: a condition needs one dict of values to steps.")
    if not isinstance(condition, str) or not hasattr(flow, condition):
        raise InvalidNextException(f"Step {step}: the condition {condition!r} is not an artifact of this step.")
    value, cases = getattr(flow, condition), targets[0]
    if value not in cases:
        known = ", ".join(repr(case) for case in cases)
        raise InvalidNextException(f"Step {step}: '{condition}' is {value!r}, which is not one of the cases {known}.")
    return _target(flow, step, cases[value])
