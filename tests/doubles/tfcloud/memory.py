"""The resources of the in-memory cloud: data sources find them, and duplicate names are rejected.

The control file names the cloud, so each test has its own.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from .values import fitted, is_known

State = dict[str, Any]


class Memory:
    """The resources of one provider by cloud, type and identity; None stands for one that was deleted.

    If a duplicate name is allowed (create before destroy), it is stored as often as it was created.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], State | None] = {}
        self._count: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()

    def keep(self, cloud: str, kind: str, identity: str, state: State, new: bool) -> None:
        with self._lock:
            self._known[cloud, kind, identity] = state
            self._count[cloud, kind, identity] += new

    def drop(self, cloud: str, kind: str, identity: str) -> None:
        with self._lock:
            self._count[cloud, kind, identity] = max(0, self._count[cloud, kind, identity] - 1)
            if not self._count[cloud, kind, identity]:
                self._known[cloud, kind, identity] = None

    def get(self, cloud: str, kind: str, identity: str) -> State | None:
        return self._known.get((cloud, kind, identity))

    def was_deleted(self, cloud: str, kind: str, identity: str) -> bool:
        return self._known.get((cloud, kind, identity), {}) is None

    def find(self, cloud: str, kind: str, asked: State) -> State | None:
        """The resource that matches all requested values; None if no value is requested."""
        if all(value in (None, [], {}) for value in asked.values()):
            return None
        with self._lock:
            states = [state for key, state in self._known.items() if key[:2] == (cloud, kind) and state]
        return next((state for state in states if agrees(asked, state)), None)


def agrees(asked: Any, found: Any) -> bool:
    """Whether the requested values match; omitted values match everything."""
    if asked is None or not is_known(asked):
        return True
    if isinstance(asked, dict):
        return isinstance(found, dict) and all(agrees(asked[key], found.get(key)) for key in asked)
    if isinstance(asked, list):
        return not asked or (isinstance(found, list) and all(map(agrees, asked, found)))
    return bool(asked == found)


def shaped(block: dict[str, Any], state: State) -> State:
    """The attributes of a resource that its data source also has, in the data source's types."""
    found = {}
    for name, attribute in (block.get("attributes") or {}).items():
        if state.get(name) is not None and "type" in attribute:
            found[name] = fitted(attribute["type"], state[name])
    for name, nested in (block.get("block_types") or {}).items():
        if isinstance(state.get(name), list):
            found[name] = [_inner(nested["block"], item) for item in state[name]]
    return found


def _inner(block: dict[str, Any], state: State) -> State:
    empty: State = dict.fromkeys(block.get("attributes") or {})
    empty |= {name: [] for name in block.get("block_types") or {}}
    return empty | shaped(block, state)
