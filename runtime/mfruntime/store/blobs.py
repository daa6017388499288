"""Content-addressed blobs: a key is the SHA-1 of the uncompressed content, so equal content is stored once per flow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import DataCorrupt, MetaflowDataMissing
from . import gzip, layout
from .storage.base import Item, Storage

_PACKED_META = {"cas_raw": False, "cas_version": 1}
_RAW_META = {"cas_raw": True, "cas_version": 1}
_PARALLEL = 1 << 20


class Saved(NamedTuple):
    """A blob in the store: its key and where it lies."""

    key: str
    url: str


class BlobStore:
    """The blobs of one flow. Keys seen once in this process are not looked up again."""

    def __init__(self, storage: Storage, flow_name: str):
        self._storage = storage
        self._flow = layout.flow(flow_name)
        self._known: set[str] = set()

    def save(self, payloads: Sequence[bytes], raw: bool = False) -> list[Saved]:
        """Save what is not there yet; one existence check for the whole batch. `raw` stores without compression."""
        keys = _keys(payloads)
        unknown = {key: payload for key, payload in zip(keys, payloads) if key not in self._known}
        if unknown:
            paths = [layout.blob(self._flow, key) for key in unknown]
            there = dict(zip(unknown, self._storage.exists(paths)))
            self._storage.save(self._item(k, p, raw) for k, p in unknown.items() if not there[k])
            self._known.update(unknown)
        return [Saved(key, f"{self._storage.root}/{layout.blob(self._flow, key)}") for key in keys]

    def _item(self, key: str, payload: bytes, raw: bool) -> Item:
        data = payload if raw else gzip.compress(payload)
        return Item(layout.blob(self._flow, key), data, _RAW_META if raw else _PACKED_META)

    def load(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The content of each key, verified. Raises MetaflowDataMissing or DataCorrupt naming the file."""
        paths = [layout.blob(self._flow, key) for key in keys]
        for key, (path, data, meta) in zip(keys, self._storage.load(paths)):
            where = f"{self._storage.root}/{path}"
            if data is None:
                raise MetaflowDataMissing(f"The blob {where} is not there; an artifact refers to it.")
            yield key, _unpacked(key, data, bool(meta and meta.get("cas_raw")), where)


def _unpacked(key: str, data: bytes, raw: bool, where: str) -> bytes:
    try:
        content = data if raw else gzip.decompress(data)
    except ValueError as exc:
        raise _corrupt(where, str(exc)) from exc
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != key:
        raise _corrupt(where, "its content does not match its name")
    return content


def _corrupt(where: str, why: str) -> DataCorrupt:
    hint = "Delete that file and its _meta file, then re-run the step that made the artifact (resume STEP)."
    return DataCorrupt(f"The blob {where} is damaged: {why}.", hint=hint)


def _keys(payloads: Sequence[bytes]) -> list[str]:
    if len(payloads) > 1 and sum(len(p) >= _PARALLEL for p in payloads) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(_key, payloads))
    return [_key(payload) for payload in payloads]


def _key(payload: bytes) -> str:
    return hashlib.sha1(payload, usedforsecurity=False).hexdigest()
