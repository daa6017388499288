"""The events of a CloudFormation stack as progress events, each reported once, and the root cause of a failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ...plans.changes import Event

_ACTIONS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete", "IMPORT": "create"}
#: Reasons of failures that are consequences of another failure.
_FOLLOWS = ("Resource creation cancelled", "Resource update cancelled", "cancelled", "The following resource(s) failed")


class Follower:
    """Reports the new events of a stack."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._seen: set[str] = set()
        self._began: dict[str, datetime] = {}
        self.events: list[dict[str, Any]] = []

    def skip(self, events: list[dict[str, Any]]) -> None:
        """Ignore earlier events."""
        self._seen |= {str(event["EventId"]) for event in events}

    def report(self, events: list[dict[str, Any]]) -> bool:
        """Report the new events, oldest first; returns whether there were any."""
        new = [event for event in events if event["EventId"] not in self._seen]
        for event in new:
            self._seen.add(str(event["EventId"]))
            self.events.append(event)
            self._report(event)
        return bool(new)

    def _report(self, event: dict[str, Any]) -> None:
        if event.get("PhysicalResourceId") == event.get("StackId"):
            return
        status, address = str(event["ResourceStatus"]), str(event["LogicalResourceId"])
        action = next((ours for theirs, ours in _ACTIONS.items() if status.startswith(theirs)), None)
        if action is None:
            return
        when = event["Timestamp"]
        if status.endswith("_IN_PROGRESS"):
            if address not in self._began:
                self._began[address] = when
                self._on_event(Event(address, str(event["ResourceType"]), action, "start"))
            return
        seconds = (when - self._began.pop(address, when)).total_seconds()
        state = "failed" if status.endswith("_FAILED") else "done"
        reason = str(event.get("ResourceStatusReason", ""))
        self._on_event(Event(address, str(event["ResourceType"]), action, state, seconds, reason))


def root_cause(events: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first failure that is not a consequence of another one."""
    failed = [event for event in events if str(event["ResourceStatus"]).endswith("_FAILED")]
    own = [e for e in failed if not any(sign in str(e.get("ResourceStatusReason", "")) for sign in _FOLLOWS)]
    return next(iter(own or failed), None)
