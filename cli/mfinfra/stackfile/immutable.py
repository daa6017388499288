"""Which options of a stack cannot be changed once it exists, and why."""

from __future__ import annotations

from typing import Any

from ..errors import StackFileError
from . import messages
from .schema import StackConfig

#: What cannot be changed once a stack exists, and why.
IMMUTABLE: dict[tuple[str, ...], str] = {
    ("cloud",): "a stack cannot move to another cloud",
    ("engine",): "what one engine made, the other does not know",
    ("region",): "its data lies there",
    ("account",): "a stack cannot move to another account",
    ("network", "vpc"): "machines and database would have to move, with what they hold",
    ("network", "cidr"): "the network, and everything in it, would be made anew",
    ("datastore", "bucket"): "runs and artifacts lie there",
    ("metadata", "database"): "the metadata of all runs lies there",
    ("compute", "backend"): "what runs tasks would be made anew, and what runs flows in production with it",
}
#: What a stack file may leave open: it is found out when the stack is deployed.
_FOUND = (("engine",), ("account",))


def check_unmoved(before: dict[str, Any], config: StackConfig) -> None:
    """Raise StackFileError for a change of what cannot be changed; `before` is an earlier config as plain values."""
    after = config.model_dump()
    for place, why in IMMUTABLE.items():
        was, now = _at_place(before, place), _at_place(after, place)
        is_open = place in _FOUND and None in (was, now)
        if was != now and not is_open:
            raise StackFileError(
                f"{messages.key(place)} of the stack '{config.name}' is {messages.shown(was)} and cannot become"
                f" {messages.shown(now)}: {why}.",
                hint="Set it back, or make a second stack with another name.",
            )


def _at_place(values: dict[str, Any], place: tuple[str, ...]) -> Any:
    node: Any = values
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    return node
