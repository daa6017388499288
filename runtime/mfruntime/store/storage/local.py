"""The local datastore: a directory tree named `.metaflow`, shared with local metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...settings import Settings
from .. import durable
from .base import Entry, Item, Loaded, Storage, decode_metadata

FOLDER = ".metaflow"
_META_SUFFIX = "_meta"
#: Blobs from this size are memory-mapped: their pages are not copied, and threads load them in parallel.
_MAPPED = 4 << 20


def find_root(settings: Settings, given: str | None, cwd: str | None = None) -> str:
    """The `.metaflow` directory: given root, setting, nearest one in `cwd` and its parents, else a new one in `cwd`."""
    parent = given or settings.get("METAFLOW_DATASTORE_SYSROOT_LOCAL")
    if parent:
        parent = os.path.abspath(os.path.expanduser(parent))
        return parent if os.path.basename(parent) == FOLDER else os.path.join(parent, FOLDER)
    here = folder = os.path.abspath(cwd or os.getcwd())
    while True:
        if os.path.isdir(os.path.join(folder, FOLDER)):
            return os.path.join(folder, FOLDER)
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.join(here, FOLDER)
        folder = above


class LocalStorage:
    """Objects as files below `root`; an object's metadata is in a file next to it, `<name>_meta`."""

    type = "local"
    is_local = True

    def __init__(self, root: str):
        self.root = root

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> LocalStorage:
        return cls(find_root(settings, root))

    def save(self, items: Iterable[Item], overwrite: bool = False) -> None:
        for path, data, meta in items:
            full = f"{self.root}/{path}"
            if not overwrite and os.path.exists(full):
                continue
            if meta is not None:  # first, so that readers never find the object without it
                durable.write_atomic(full + _META_SUFFIX, _encode_meta(meta))
            durable.write_atomic(full, data)

    def load(self, paths: Sequence[str]) -> Iterator[Loaded]:
        for path in paths:
            full = f"{self.root}/{path}"
            is_blob = "/data/" in path
            data = self._read(full, may_map=is_blob)
            meta = self._read(full + _META_SUFFIX) if data is not None and is_blob else None
            yield Loaded(path, data, _decode_meta(meta, full + _META_SUFFIX) if meta else None)

    def _read(self, full: str, may_map: bool = False) -> Any:
        try:
            fd = os.open(full, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as exc:
            raise durable.read_error(exc, full) from exc
        try:
            return _mapped(fd) if may_map and os.fstat(fd).st_size >= _MAPPED else _read_all(fd)
        except IsADirectoryError:
            return None
        except OSError as exc:
            raise durable.read_error(exc, full) from exc
        finally:
            os.close(fd)

    def exists(self, paths: Sequence[str]) -> list[bool]:
        return [os.path.isfile(f"{self.root}/{path}") for path in paths]

    def list(self, prefixes: Sequence[str]) -> list[Entry]:
        entries: list[Entry] = []
        for prefix in prefixes:
            entries += self._list_below(prefix)
        return sorted(entries)

    def _list_below(self, prefix: str) -> Sequence[Entry]:
        folder = f"{self.root}/{prefix}" if prefix else self.root
        start = f"{prefix}/" if prefix else ""
        try:
            with os.scandir(folder) as found:
                return [Entry(start + e.name, e.is_dir()) for e in found if not e.name.startswith(".tmp")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise durable.read_error(exc, folder) from exc

    def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            durable.remove(f"{self.root}/{path}")


def remove_leftovers(storage: Storage, flow_folder: str, *folders: str) -> None:
    """Delete the temporary files of killed processes in folders, and among the blobs of a flow, if they are files."""
    if not isinstance(storage, LocalStorage):
        return
    blobs = f"{flow_folder}/data"
    names = [entry.path for entry in storage.list([blobs])]
    durable.remove_leftovers(f"{storage.root}/{folder}" for folder in [*folders, *names])


def _mapped(fd: int) -> Any:
    import mmap

    return memoryview(mmap.mmap(fd, 0, access=mmap.ACCESS_READ))


def _read_all(fd: int) -> bytes:
    size = os.fstat(fd).st_size
    first = os.read(fd, size + 1)
    if len(first) == size:
        return first
    chunks = [first]
    while chunk := os.read(fd, 1 << 24):
        chunks.append(chunk)
    return b"".join(chunks)


_encoded: dict[tuple[tuple[str, Any], ...], bytes] = {}


def _encode_meta(meta: Mapping[str, Any]) -> bytes:
    key = tuple(meta.items())
    if key not in _encoded:
        _encoded[key] = json.dumps(dict(meta)).encode()
    return _encoded[key]


def _decode_meta(text: bytes, where: str) -> Mapping[str, Any]:
    error = f"The file {where} is corrupt: it does not contain a JSON object."
    return decode_metadata(text, error, "that file and its blob")
