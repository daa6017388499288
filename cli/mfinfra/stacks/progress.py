"""The progress of an engine, one line for each event."""

from __future__ import annotations

from ..console import Console
from ..plans.changes import Event

_DOING = {"create": "Creating", "update": "Updating", "replace": "Replacing", "delete": "Deleting", "read": "Reading"}
_DONE = {"create": "Created", "update": "Updated", "replace": "Replaced", "delete": "Deleted", "read": "Read"}


def show(event: Event, console: Console) -> None:
    """One line of progress."""
    if event.action == "read":
        return
    if event.state == "start":
        console.step(f"{_DOING.get(event.action, event.action)} {event.address}")
    elif event.state == "done":
        console.done(f"{_DONE.get(event.action, event.action)} {event.address} ({event.seconds:.0f} s)")
    else:
        console.warn(f"{event.address} failed: {event.reason}")
