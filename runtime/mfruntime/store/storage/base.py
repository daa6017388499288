"""The seam to an object store: five batch verbs over relative paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class Item(NamedTuple):
    """An object to save: bytes, or a list of buffers that follow each other. `meta` travels with it where not None."""

    path: str
    data: bytes | list[Any]
    meta: Mapping[str, Any] | None = None


class Loaded(NamedTuple):
    """An object that was asked for; `data` is None where there is none. Large blobs may come as memoryviews, or as a
    list of buffers that follow each other: to put them together costs as much as to fetch them."""

    path: str
    data: Any
    meta: Mapping[str, Any] | None = None


class Entry(NamedTuple):
    """What lies directly below a prefix."""

    path: str
    is_dir: bool


class Storage(Protocol):
    """Paths are relative to `root`, use `/`, and never start with one. All calls take batches."""

    @property
    def type(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def is_local(self) -> bool:
        """Whether it lies in this process or on its disk: looking costs nothing, and a fork may go on using it."""
        ...

    def save(self, items: Iterable[Item], overwrite: bool = False) -> None:
        """Save whole objects; existing ones are kept unless `overwrite`."""
        ...

    def load(self, paths: Sequence[str]) -> Iterator[Loaded]:
        """The objects in the order asked for."""
        ...

    def exists(self, paths: Sequence[str]) -> list[bool]: ...
    def list(self, prefixes: Sequence[str]) -> list[Entry]:
        """What lies directly below each prefix; nothing for one that does not exist. Sorted by path."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove objects; missing ones are no error."""
        ...
