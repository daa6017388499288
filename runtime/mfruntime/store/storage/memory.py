"""An object store in memory, for tests of this package and of its users."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...settings import Settings
from .base import Entry, Item, Loaded


class MemoryStorage:
    """Stores objects in memory; `root` is only a name."""

    type = "memory"
    is_local = True

    def __init__(self, root: str = "memory"):
        self.root = root
        self._objects: dict[str, tuple[bytes, Mapping[str, Any] | None]] = {}

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> MemoryStorage:
        return cls(root or "memory")

    def save(self, items: Iterable[Item], overwrite: bool = False) -> None:
        for item in items:
            if overwrite or item.path not in self._objects:
                data = b"".join(item.data) if isinstance(item.data, list) else bytes(item.data)
                self._objects[item.path] = (data, copy.copy(item.meta))

    def load(self, paths: Sequence[str]) -> Iterator[Loaded]:
        for path in paths:
            yield Loaded(path, *self._objects.get(path, (None, None)))

    def exists(self, paths: Sequence[str]) -> list[bool]:
        return [path in self._objects for path in paths]

    def list(self, prefixes: Sequence[str]) -> list[Entry]:
        found = set()
        for prefix in prefixes:
            start = f"{prefix}/" if prefix else ""
            for path in self._objects:
                if path.startswith(start):
                    name, slash, _ = path[len(start) :].partition("/")
                    found.add(Entry(start + name, bool(slash)))
        return sorted(found)

    def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            self._objects.pop(path, None)
