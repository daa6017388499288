"""Content-addressed blobs: a key is the SHA-1 of the uncompressed content, so equal content is stored once per flow.

Blobs of object stores are also stored in the local cache, so that they are not downloaded again on this machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DataCorrupt, MetaflowDataMissing
from . import cache, gzip, layout
from .storage.base import Item, Storage

if TYPE_CHECKING:
    from concurrent.futures import Future

_PACKED_META = {"cas_raw": False, "cas_version": 1}
_RAW_META = {"cas_raw": True, "cas_version": 1}
_LARGE = 1 << 20
_MAX_PARALLEL = 2


class Saved(NamedTuple):
    """A blob in the store: its key and its URL."""

    key: str
    url: str


class BlobStore:
    """The blobs of one flow. A key that this process has seen is not checked for existence again."""

    def __init__(self, storage: Storage, flow_name: str, local_cache: cache.BlobCache | None = None):
        self._storage = storage
        self._cache = cache.for_storage(storage) if local_cache is None else local_cache
        self._flow = layout.flow(flow_name)
        self._known: set[str] = set()

    def save(self, payloads: Iterable[bytes], raw: bool = False) -> list[Saved]:
        """Save payloads that do not exist yet. Small ones share one existence check; large ones are hashed, compressed
        and written on threads while the caller's iterator produces the next."""
        keys: list[str | Future[str]] = []
        small: dict[str, bytes] = {}
        with _Threads() as threads:
            for payload in payloads:
                if len(payload) >= _LARGE:
                    keys.append(threads.submit(self._save_large, payload, raw))
                else:
                    key = _key(payload)
                    keys.append(key)
                    small[key] = payload
            self._save_batch(small, raw)
        done = [key if isinstance(key, str) else key.result() for key in keys]
        return [Saved(key, f"{self._storage.root}/{layout.blob(self._flow, key)}") for key in done]

    def _save_large(self, payload: bytes, raw: bool) -> str:
        key = _key(payload)
        self._save_batch({key: payload}, raw)
        return key

    def _save_batch(self, payloads: Mapping[str, bytes], raw: bool) -> None:
        unknown = {key: payload for key, payload in payloads.items() if key not in self._known}
        if not unknown:
            return
        there = self._already_there(unknown)
        self._storage.save(self._item(k, p, raw) for k, p in unknown.items() if k not in there)
        self._known.update(unknown)
        self._cache.put(unknown)

    def _already_there(self, payloads: Mapping[str, bytes]) -> set[str]:
        """Keys that need no upload. In object stores, a conditional upload costs as little as an existence check."""
        asked = [key for key, payload in payloads.items() if self._storage.is_local or len(payload) >= _LARGE]
        found = self._storage.exists([layout.blob(self._flow, key) for key in asked]) if asked else []
        return {key for key, exists in zip(asked, found) if exists}

    def _item(self, key: str, payload: bytes, raw: bool) -> Item:
        data = payload if raw else (gzip.compressed_parts if len(payload) >= _LARGE else gzip.compress)(payload)
        return Item(layout.blob(self._flow, key), data, _RAW_META if raw else _PACKED_META)

    def load(
        self, keys: Sequence[str], sizes: Mapping[str, int] | None = None
    ) -> Iterator[tuple[str, bytes | bytearray]]:
        """The verified content of each key, in any order: cached ones first. `sizes` are the recorded sizes by key, at
        which decompression stops. Raises MetaflowDataMissing or DataCorrupt with the file name."""
        far = []
        for key in keys:
            content = self._cache.get(key)
            if content is None:
                far.append(key)
            else:
                yield key, content
        yield from self._fetched(far, sizes or {})

    def _fetched(self, keys: Sequence[str], sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes | bytearray]]:
        paths = [layout.blob(self._flow, key) for key in keys]
        for key, (path, data, meta) in zip(keys, self._storage.load(paths)):
            where = f"{self._storage.root}/{path}"
            if data is None:
                raise MetaflowDataMissing(f"The blob {where} does not exist, but an artifact refers to it.")
            content = _unpacked(key, data, bool(meta and meta.get("cas_raw")), where, sizes.get(key))
            self._cache.put({key: content})
            yield key, content


def _unpacked(key: str, data: bytes | list[Any], raw: bool, where: str, limit: int | None) -> bytes | bytearray:
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        size = None if raw else gzip.inflated_size(data, limit)
        if size is None:
            content: bytes | bytearray = b"".join(_listed(data)) if raw else gzip.decompress(data, limit)
            digest.update(content)
        else:
            content = _gathered(data, size, digest)
    except gzip.TooLarge as exc:
        raise _corrupt(where, "its content does not match its name: it is larger than its recorded size") from exc
    except ValueError as exc:
        raise _corrupt(where, str(exc)) from exc
    if digest.hexdigest() != key:
        raise _corrupt(where, "its content does not match its name")
    return content


def _listed(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [data]


def _gathered(data: bytes | list[Any], size: int, digest: Any) -> bytearray:
    """The pieces of a large blob, copied into one buffer while others are decompressed and hashed on threads."""
    from concurrent.futures import ThreadPoolExecutor

    content, at = bytearray(size), 0
    with ThreadPoolExecutor(1) as hasher:
        for part in gzip.members(data):
            hasher.submit(digest.update, part)
            content[at : at + len(part)] = part
            at += len(part)
    if at != size:
        raise ValueError("its size differs from the size in its header")
    return content


def _corrupt(where: str, why: str) -> DataCorrupt:
    hint = "Delete that file and its _meta file, then run the step that created the artifact again (resume STEP)."
    return DataCorrupt(f"The blob {where} is corrupt: {why}.", hint=hint)


def _key(payload: bytes) -> str:
    return hashlib.sha1(payload, usedforsecurity=False).hexdigest()


class _Threads:
    """A thread pool, created when first used, that processes at most two payloads at a time."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._pending: list[Future[str]] = []

    def __enter__(self) -> _Threads:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def submit(self, work: Callable[[bytes, bool], str], payload: bytes, raw: bool) -> Future[str]:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(_MAX_PARALLEL)
        while len(self._pending) >= _MAX_PARALLEL:
            self._pending.pop(0).exception()  # waits; the reader of the result gets the error
        future: Future[str] = self._pool.submit(work, payload, raw)
        self._pending.append(future)
        return future
