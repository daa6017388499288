"""Common code of the cloud object stores: parallel batches of requests over one obstore client.

Requests of a batch run on threads; obstore releases the GIL while it waits, so that a thread needs a tenth of the CPU
time that the same request needs in boto3. A forked process cannot use a client that its parent process has used (the
network threads do not survive the fork): this raises an error instead of hanging.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import StorageError
from .. import layout
from .base import Entry, Item, Loaded, decode_metadata
from .errors import is_missing_container, storage_error

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

MAX_PARALLEL = 32
#: Larger objects are uploaded and downloaded in parts of this size, in parallel.
PART = 16 << 20
_CHUNK = 1 << 20

_T = TypeVar("_T")
_R = TypeVar("_R")
_used_by: int | None = None


class ParallelWork:
    """Processes the items of a batch in parallel, at most MAX_PARALLEL at a time, with results in order."""

    def __init__(self, name: str):
        self._name = name
        self._threads: ThreadPoolExecutor | None = None

    def each(self, work: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
        if isinstance(items, Sequence) and len(items) == 1:
            yield work(items[0])
            return
        pending: deque[Any] = deque()
        for item in items:
            if len(pending) >= MAX_PARALLEL:
                yield pending.popleft().result()
            pending.append(self._pool().submit(work, item))
        while pending:
            yield pending.popleft().result()

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix=self._name)
        return self._threads


def decoded(text: str | None, where: str) -> Mapping[str, Any] | None:
    """The metadata of a blob, which is stored as JSON. Raises DataCorrupt with the object's name."""
    if text is None:
        return None
    return decode_metadata(text, f"The metadata of the object {where} is not a JSON object.", "that object")


class BatchedStorage:
    """The Storage protocol over requests for single objects, which subclasses implement; batches run in parallel."""

    def __init__(self, name: str):
        self._flight = ParallelWork(name)

    def save(self, items: Iterable[Item], overwrite: bool = False) -> None:
        for _ in self._flight.each(lambda item: self._put(item, overwrite), items):
            pass

    def load(self, paths: Sequence[str]) -> Iterator[Loaded]:
        return self._flight.each(self._get, paths)

    def exists(self, paths: Sequence[str]) -> list[bool]:
        return list(self._flight.each(self._exists, paths))

    def list(self, prefixes: Sequence[str]) -> list[Entry]:
        return sorted(entry for found in self._flight.each(self._list_below, prefixes) for entry in found)

    def delete(self, paths: Sequence[str]) -> None:
        for _ in self._flight.each(self._remove, paths):
            pass

    def _put(self, item: Item, overwrite: bool) -> None:
        raise NotImplementedError

    def _get(self, path: str) -> Loaded:
        raise NotImplementedError

    def _exists(self, path: str) -> bool:
        raise NotImplementedError

    def _list_below(self, prefix: str) -> Sequence[Entry]:
        raise NotImplementedError

    def _remove(self, path: str) -> None:
        raise NotImplementedError


class ObjectStorage(BatchedStorage):
    """The Storage protocol over an obstore client.

    `prefix` is the path inside the bucket or container, "" for none; `meta_key` is the user metadata key with the
    metadata of a blob as JSON; `identity` describes the credentials for messages.
    """

    is_local = False

    def __init__(self, type: str, root: str, prefix: str, client: Any, meta_key: str, identity: str):
        super().__init__(f"{type}-storage")
        self.type = type
        self.root = root
        self.identity = identity
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = client
        self._meta_key = meta_key
        self.requests = 0

    # -- one request each ----------------------------------------------------------------------------------------------

    def _put(self, item: Item, overwrite: bool) -> None:
        import obstore

        size = len(item.data) if not isinstance(item.data, list) else sum(len(part) for part in item.data)
        attributes = {self._meta_key: json.dumps(dict(item.meta))} if item.meta is not None else None
        in_parts = size > PART
        if in_parts and not overwrite and self._exists(item.path):
            return  # multipart uploads cannot be conditional; equal names have equal content
        data = item.data if in_parts or not isinstance(item.data, list) else b"".join(item.data)
        mode: Any = "overwrite" if overwrite or in_parts else "create"

        def send(key: str) -> None:
            try:
                obstore.put(
                    self._client, key, _buffers(data), attributes=attributes, mode=mode,
                    use_multipart=in_parts, chunk_size=PART, max_concurrency=8,
                )  # fmt: skip
            except obstore.exceptions.AlreadyExistsError:
                return

        self._send(send, item.path, "write")

    def _get(self, path: str) -> Loaded:
        import obstore

        result = self._send(lambda key: self._found(obstore.get, key), path, "read")
        if result is None:
            return Loaded(path, None)
        data = self._send(lambda key: self._content(result, key, path), path, "read")
        return Loaded(path, data, decoded(result.attributes.get(self._meta_key), f"{self.root}/{path}"))

    def _found(self, ask: Callable[..., _R], key: str) -> _R | None:
        """The response, or None if the object does not exist; a missing bucket is an error."""
        try:
            return ask(self._client, key)
        except FileNotFoundError as exc:
            if is_missing_container(str(exc)):
                raise
            return None

    def _content(self, result: Any, key: str, path: str) -> Any:
        size = result.meta["size"]
        if size <= PART:
            return bytes(result.bytes())
        parts = self._parts(result, key, size)
        return parts if layout.is_blob(path) else b"".join(parts)

    def _parts(self, result: Any, key: str, size: int) -> list[Any]:
        """A large object in buffers: the first part from the open response, the others in parallel."""
        import obstore

        tag = result.meta["e_tag"]

        def fetch(start: int) -> list[Any]:
            if start == 0:
                return _beginning(result, PART)
            self.requests += 1
            options = {"range": (start, min(start + PART, size)), **({"if_match": tag} if tag else {})}
            return [obstore.get(self._client, key, options=options).bytes()]

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as threads:
            return [buffer for part in threads.map(fetch, range(0, size, PART)) for buffer in part]

    def _exists(self, path: str) -> bool:
        import obstore

        return self._send(lambda key: self._found(obstore.head, key), path, "check") is not None

    def _list_below(self, prefix: str) -> Sequence[Entry]:
        import obstore

        found = self._send(lambda key: obstore.list_with_delimiter(self._client, key.rstrip("/")), prefix, "list")
        start = len(self._prefix)
        folders = [Entry(name[start:].rstrip("/"), True) for name in found["common_prefixes"]]
        files = [Entry(entry["path"][start:], False) for entry in found["objects"]]
        return [entry for entry in folders + files if entry.path]

    def _remove(self, path: str) -> None:
        import obstore

        try:
            self._send(lambda key: obstore.delete(self._client, key), path, "delete")
        except FileNotFoundError:
            return

    # -- requests ------------------------------------------------------------------------------------------------------

    def _send(self, request: Callable[[str], _R], path: str, action: str) -> _R:
        """Send one request for `path`; errors of the store are converted to a StorageError with a hint."""
        check_not_forked(self.root)
        self.requests += 1
        try:
            return request(self._prefix + path)
        except StorageError:
            raise
        except Exception as exc:  # classes of obstore, and OSErrors from its Python code
            if isinstance(exc, FileNotFoundError) and not is_missing_container(str(exc)):
                raise
            raise storage_error(exc, self, path, action) from exc


def _beginning(result: Any, size: int) -> list[Any]:
    """The first `size` bytes of a longer response, without waiting for the rest."""
    found: list[Any] = []
    left = size
    for chunk in result.stream(min_chunk_size=_CHUNK):
        found.append(memoryview(chunk)[:left])
        left -= len(found[-1])
        if not left:
            return found
    raise OSError("the response ended too early")


def _buffers(data: Any) -> Any:
    return iter(data) if isinstance(data, list) else data


def check_not_forked(root: str) -> None:
    """Record which process uses the network. Raises in a fork of that process, where every request would hang."""
    global _used_by
    me = os.getpid()
    if _used_by is None:
        _used_by = me
    elif _used_by != me:
        raise StorageError(
            f"This process cannot use {root}: it was forked from a process that had already used it.",
            hint="Start the process with the 'spawn' method, or fork before the first use of the datastore.",
        )


def retry_options(count: int, deadline: float) -> dict[str, Any]:
    """obstore's retry configuration: `count` retries with jitter and backoff, `deadline` seconds in all.

    Each delay is random between the first delay and `base` times the previous one: with base 2 delays hardly grow, and
    seven take less than two seconds; with 4 they double.
    """
    from datetime import timedelta

    backoff = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=15), "base": 4}
    return {"max_retries": count, "backoff": backoff, "retry_timeout": timedelta(seconds=deadline)}
