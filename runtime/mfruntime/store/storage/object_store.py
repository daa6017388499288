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
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import StorageError
from .. import layout
from .base import Entry, Item, Loaded, decode_metadata
from .errors import error_codes, is_missing_container, storage_error
from .retries import Retries, is_temporary, obstore_options

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

MAX_PARALLEL = 32
#: Larger objects are uploaded and downloaded in parts of this size, in parallel.
PART = 16 << 20
_CHUNK = 1 << 20
#: S3 and Azure: the upload in parts does not exist (any more).
_ENDED_UPLOAD = {"NoSuchUpload", "InvalidBlockList"}

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


class ObstoreClient:
    """The obstore clients of one bucket, which `connect` creates with the given retries: `requests` has none, because
    retries.py repeats its requests; `uploads` repeats the requests of uploads in parts by itself."""

    def __init__(self, connect: Callable[[dict[str, Any]], Any], limit: int | None):
        self.requests = connect(obstore_options(0))
        self._connect = connect
        self._limit = limit

    @cached_property
    def uploads(self) -> Any:
        return self._connect(obstore_options(self._limit))


class ObjectStorage(BatchedStorage):
    """The Storage protocol over an obstore client.

    `prefix` is the path inside the bucket or container, "" for none; `meta_key` is the user metadata key with the
    metadata of a blob as JSON; `identity` describes the credentials for messages.
    """

    is_local = False

    def __init__(
        self, type: str, root: str, prefix: str, client: ObstoreClient, meta_key: str, identity: str, retries: Retries
    ):
        super().__init__(f"{type}-storage")
        self.type = type
        self.root = root
        self.identity = identity
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = client.requests
        self._clients = client
        self._retries = retries
        self._meta_key = meta_key
        self.requests = 0

    # -- one request each ----------------------------------------------------------------------------------------------

    def _put(self, item: Item, overwrite: bool) -> None:
        import obstore

        size = len(item.data) if not isinstance(item.data, list) else sum(len(part) for part in item.data)
        attributes = {self._meta_key: json.dumps(dict(item.meta))} if item.meta is not None else None
        if size > PART:
            self._put_parts(item, attributes, overwrite)
            return
        data = b"".join(item.data) if isinstance(item.data, list) else item.data
        mode: Any = "overwrite" if overwrite else "create"

        def send(key: str) -> None:
            try:
                obstore.put(self._client, key, data, attributes=attributes, mode=mode, use_multipart=False)
            except obstore.exceptions.AlreadyExistsError as exc:
                if is_temporary(exc):
                    raise
                return  # equal names have equal content, also if an interrupted request of this process created it

        self._send(send, item.path, "write")

    def _put_parts(self, item: Item, attributes: Any, overwrite: bool) -> None:
        """Upload a large object. Multipart uploads cannot be conditional; equal names have equal content."""
        import obstore

        def send(key: str) -> None:
            if not overwrite and self._found(obstore.head, key) is not None:
                return
            put_in_parts(self._clients.uploads, key, _buffers(item.data), attributes)

        self._send(send, item.path, "write")

    def _get(self, path: str) -> Loaded:
        import obstore

        def fetch(key: str) -> tuple[Any, Mapping[str, Any]]:
            result = self._found(obstore.get, key)
            return (None, {}) if result is None else (self._content(result, key, path), result.attributes)

        data, attributes = self._send(fetch, path, "read")
        meta = decoded(attributes.get(self._meta_key), f"{self.root}/{path}")
        return Loaded(path, data, meta)

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
            options = {"range": (start, min(start + PART, size)), **({"if_match": tag} if tag else {})}

            def ask() -> list[Any]:
                self.requests += 1
                return [obstore.get(self._client, key, options=options).bytes()]

            return self._retries.run(ask)

        def first() -> list[Any]:
            try:
                return _beginning(result, PART)
            except Exception as exc:
                if not is_temporary(exc):
                    raise
                return fetch(0)

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as threads:
            parts = threads.map(lambda start: fetch(start) if start else first(), range(0, size, PART))
            return [buffer for part in parts for buffer in part]

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
        """Send one request for `path` until it succeeds or the deadline ends; errors of the store are converted to a
        StorageError with a hint."""
        check_not_forked(self.root)

        def once() -> _R:
            self.requests += 1
            return request(self._prefix + path)

        try:
            return self._retries.run(once)
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
    raise ConnectionError("the response was interrupted")


def put_in_parts(client: Any, key: str, data: Any, attributes: Any) -> None:
    """Upload a large object with a client that repeats its requests."""
    import obstore

    try:
        obstore.put(client, key, data, attributes=attributes, use_multipart=True, chunk_size=PART, max_concurrency=8)
    except Exception as exc:
        if not _ENDED_UPLOAD & error_codes(str(exc)):
            raise
        # The response to the last request was lost, and its repetition found no upload: it can have succeeded.
        raise ConnectionError("the upload in parts was interrupted") from exc


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
