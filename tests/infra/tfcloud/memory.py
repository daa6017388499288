"""What was made in the cloud of memory: data sources find it, and a name that is taken is refused.

A cloud is a test's: the control file names it, so what one test leaves behind another does not see.
"""

from __future__ import annotations

import threading
from typing import Any

from .values import is_known

State = dict[str, Any]


class Memory:
    """The resources of one provider by cloud, type and identity; None stands for one that was deleted."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], State | None] = {}
        self._lock = threading.Lock()

    def keep(self, cloud: str, kind: str, identity: str, state: State | None) -> None:
        with self._lock:
            self._known[cloud, kind, identity] = state

    def get(self, cloud: str, kind: str, identity: str) -> State | None:
        return self._known.get((cloud, kind, identity))

    def was_deleted(self, cloud: str, kind: str, identity: str) -> bool:
        return self._known.get((cloud, kind, identity), {}) is None

    def find(self, cloud: str, kind: str, asked: State) -> State | None:
        """The resource of which all that is asked is true."""
        with self._lock:
            states = [state for key, state in self._known.items() if key[:2] == (cloud, kind) and state]
        return next((state for state in states if agrees(asked, state)), None)


def agrees(asked: Any, found: Any) -> bool:
    """Whether what is asked is there; what is left out agrees with everything."""
    if asked is None or not is_known(asked):
        return True
    if isinstance(asked, dict):
        return isinstance(found, dict) and all(agrees(asked[key], found[key]) for key in asked if key in found)
    if isinstance(asked, list):
        return not asked or (isinstance(found, list) and all(map(agrees, asked, found)))
    return bool(asked == found)


def shaped(block: dict[str, Any], state: State) -> State:
    """What a data source can say of a resource: the attributes that both have, in the data source's types."""
    found = {}
    for name, attribute in (block.get("attributes") or {}).items():
        if state.get(name) is not None and "type" in attribute:
            found[name] = _as(attribute["type"], state[name])
    for name, nested in (block.get("block_types") or {}).items():
        if isinstance(state.get(name), list):
            found[name] = [_inner(nested["block"], item) for item in state[name]]
    return found


def _inner(block: dict[str, Any], state: State) -> State:
    empty: State = dict.fromkeys(block.get("attributes") or {})
    empty |= {name: [] for name in block.get("block_types") or {}}
    return empty | shaped(block, state)


def _as(kind: Any, value: Any) -> Any:
    if value is None or isinstance(kind, str):
        return value
    if kind[0] == "object":
        return {key: _as(inner, value.get(key)) for key, inner in kind[1].items()} if isinstance(value, dict) else None
    if kind[0] == "map":
        return value if isinstance(value, dict) else {}
    return [_as(kind[1], item) for item in value] if isinstance(value, list) else []
