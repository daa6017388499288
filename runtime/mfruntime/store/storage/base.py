"""The interface of a storage: five batch operations on relative paths."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...errors import DataCorrupt


class Item(NamedTuple):
    """An object to save: bytes, or a list of consecutive buffers. `meta`, if not None, is stored with it."""

    path: str
    data: bytes | list[Any]
    meta: Mapping[str, Any] | None = None


class Loaded(NamedTuple):
    """A requested object; `data` is None if it does not exist. Large blobs can be memoryviews, or lists of consecutive
    buffers: joining them would cost as much time as the download."""

    path: str
    data: Any
    meta: Mapping[str, Any] | None = None


class Entry(NamedTuple):
    """An object or directory directly below a prefix."""

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
        """Whether it is in memory or on the local disk: checks for existence are cheap, and forked processes can use
        it."""
        ...

    def save(self, items: Iterable[Item], overwrite: bool = False) -> None:
        """Save complete objects; existing ones are not changed, unless `overwrite`."""
        ...

    def load(self, paths: Sequence[str]) -> Iterator[Loaded]:
        """The objects in the order of `paths`."""
        ...

    def exists(self, paths: Sequence[str]) -> list[bool]: ...
    def list(self, prefixes: Sequence[str]) -> list[Entry]:
        """The entries directly below each prefix, sorted by path; none for a prefix that does not exist."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; missing ones are no error."""
        ...


def decode_metadata(text: str | bytes, error: str, delete: str) -> Mapping[str, Any]:
    """The metadata of a blob, which every backend stores as a JSON object.

    Raises DataCorrupt with `error`; `delete` is what its hint says to delete.
    """
    try:
        meta = json.loads(text)
        if isinstance(meta, dict):
            return meta
    except ValueError:
        pass
    raise DataCorrupt(error, hint=f"Delete {delete}, then run the step that created the artifact again (resume STEP).")
