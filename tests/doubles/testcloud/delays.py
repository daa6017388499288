"""Delayed or failing stack operations, by resource type or logical id.

A delayed resource waits in a separate thread, so its events appear one by one while the cloud handles other calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import stacks

from . import control

STEP_SECONDS = 0.02


def install() -> None:
    """Replace the three functions by which ministack's stack operations change resources."""
    stacks._provision_resource = _paced("create", stacks._provision_resource, _names_of_create)
    stacks._update_resource = _paced("update", stacks._update_resource, _names_of_update)
    stacks._delete_resource = _paced("delete", stacks._delete_resource, _names_of_delete)
    blocking = stacks._runs_on_worker_thread

    def runs_on_a_thread(kind: str) -> bool:
        control.look()
        return bool(control.state.delay) or bool(blocking(kind))

    stacks._runs_on_worker_thread = runs_on_a_thread


def _names_of_create(kind: str, logical_id: str, *_: Any) -> tuple[str, str]:
    return kind, logical_id


def _names_of_update(kind: str, _id: str, old: Any, new: Any, _stack: str, logical_id: str = "", *_: Any) -> Any:
    """The names of changed properties; empty if none changed, because CloudFormation skips such a resource."""
    return (kind, logical_id) if old != new else ()


def _names_of_delete(kind: str, _id: str, _props: Any, _stack: str = "", logical_id: str = "", *_: Any) -> Any:
    return kind, logical_id


def _paced(verb: str, change: Callable[..., Any], names_of: Callable[..., tuple[str, ...]]) -> Callable[..., Any]:
    def paced(*args: Any) -> Any:
        control.look()
        names = names_of(*args)
        if names:
            _wait(_seconds(verb, names))
            _fail(verb, names)
        return change(*args)

    return paced


def _seconds(verb: str, names: tuple[str, ...]) -> float:
    for name in (*reversed(names), "*"):
        wanted = control.state.delay.get(name)
        if isinstance(wanted, dict):
            wanted = wanted.get(verb)
        if wanted is not None:
            return float(wanted)
    return 0.0


def _wait(seconds: float) -> None:
    """Sleep, but not past a reset of the cloud."""
    begun, until = control.generation, time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(min(STEP_SECONDS, max(0.0, until - time.monotonic())))
        if control.generation != begun:
            raise ValueError("The cloud was reset")


def _fail(verb: str, names: tuple[str, ...]) -> None:
    for name in names:
        reason = control.state.fail.get(f"{name}:{verb}")
        if reason:
            raise ValueError(reason)
