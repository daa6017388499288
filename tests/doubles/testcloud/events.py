"""Events of a stack as CloudFormation reports them, where ministack differs.

No events of resources that an update does not change, "Resource creation Initiated" before CREATE_COMPLETE, and a
cleanup after an update that deletes replaced and removed resources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

STACK = "AWS::CloudFormation::Stack"
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"

#: (stack, logical id) of resources that the running update leaves as they are.
_untouched: set[tuple[str, str]] = set()


def install() -> None:
    add = stacks._add_event
    stacks._add_event = _telling(add)
    stacks._update_resource = _noticing(stacks._update_resource)
    stacks._delete_resource = _cleaning(stacks._delete_resource)


def forget() -> None:
    """Reset: no update is running."""
    _untouched.clear()


def _noticing(update: Callable[..., Any]) -> Callable[..., Any]:
    """Record the resources that an update does not change, and remove their events."""

    def noticing(kind: str, physical_id: str, old: Any, new: Any, stack: str, logical_id: str = "", *rest: Any) -> Any:
        if old == new:
            _untouched.add((stack, logical_id))
            _take_back(stack, logical_id)
        return update(kind, physical_id, old, new, stack, logical_id, *rest)

    return noticing


def _take_back(stack: str, logical_id: str) -> None:
    record = cloudformation._stacks.get(stack)
    told = cloudformation._stack_events.get(record["StackId"], []) if record else []
    if told and told[-1]["LogicalResourceId"] == logical_id and told[-1]["ResourceStatus"] == "UPDATE_IN_PROGRESS":
        told.pop()


def _telling(add: Callable[..., None]) -> Callable[..., None]:
    def telling(
        stack_id: str, stack: str, logical_id: str, kind: str, status: str, reason: str = "", physical_id: str = "",
        detailed_status: str = "",
    ) -> None:  # fmt: skip
        if status == "UPDATE_COMPLETE" and (stack, logical_id) in _untouched:
            _untouched.discard((stack, logical_id))
            return
        if status == "CREATE_COMPLETE" and kind != STACK:
            add(stack_id, stack, logical_id, kind, "CREATE_IN_PROGRESS", "Resource creation Initiated", physical_id)
        add(stack_id, stack, logical_id, kind, status, reason, physical_id, detailed_status)

    return telling


def _cleaning(delete: Callable[..., Any]) -> Callable[..., Any]:
    def cleaning(kind: str, physical_id: str, props: Any, stack: str = "", logical_id: str = "") -> Any:
        record = cloudformation._stacks.get(stack)
        if not record or record.get("StackStatus") not in ("UPDATE_IN_PROGRESS", CLEANUP):
            return delete(kind, physical_id, props, stack, logical_id)
        _begin_cleanup(record, stack)
        told = (record["StackId"], stack, logical_id, kind)
        stacks._add_event(*told, "DELETE_IN_PROGRESS", "", physical_id)
        done = delete(kind, physical_id, props, stack, logical_id)
        stacks._add_event(*told, "DELETE_COMPLETE", "", physical_id)
        return done

    return cleaning


def _begin_cleanup(record: dict[str, Any], stack: str) -> None:
    if record["StackStatus"] != CLEANUP:
        record["StackStatus"] = CLEANUP
        stacks._add_event(record["StackId"], stack, stack, STACK, CLEANUP, "", record["StackId"])
