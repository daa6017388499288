"""Requests to buckets (containers, in Azure), with the same interface for every object store.

Subclasses send the requests. This module creates one client per bucket, and converts errors of the client libraries
to errors of the data tools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from .. import registry
from ..errors import CommandException
from ..settings import Settings
from ..store.storage.errors import (
    StorageClash,
    StorageDenied,
    is_missing_container,
    is_missing_range,
    storage_error,
)
from ..store.storage.object_store import check_not_forked
from ..store.storage.retries import Retries
from .addresses import parts
from .errors import DataToolsException, InsufficientDiskSpace
from .provider import Provider

_T = TypeVar("_T")

#: Offset and length of the requested part of an object; (None, None) for all of it.
Part = tuple[int | None, int | None]


class ObjectInfo(NamedTuple):
    """The attributes of a stored object. Times are in seconds since 1970; `start` and `length` are of the fetched
    part."""

    size: int
    content_type: str | None
    metadata: Mapping[str, str]
    modified: float
    start: int = 0
    length: int = 0
    etag: str | None = None
    version: str | None = None


class ListEntry(NamedTuple):
    """An entry below a prefix: its URL, and its size, or None for a directory."""

    url: str
    size: int | None


class Attributes(NamedTuple):
    """What is stored with an object: its content type, the user's metadata as JSON, and the encryption if it differs
    from the settings."""

    content_type: str | None = None
    metadata: str | None = None
    encryption: str | None = None


@dataclass(frozen=True)
class Bucket:
    """The client of a bucket, its description for messages, and what repeats its requests."""

    client: Any
    root: str
    identity: str
    type: str
    retries: Retries


class Buckets:
    """The used buckets, each with one client. Thread-safe."""

    def __init__(self, provider: Provider, settings: Settings):
        self._provider = provider
        self._settings = settings
        self._made: dict[tuple[str, str | None], Bucket] = {}
        self._lock = Lock()

    def head(self, url: str) -> ObjectInfo | None:
        """The attributes of an object; None if it does not exist."""
        return self._if_exists(self._head, url)

    def fetch(self, url: str, path: str, wanted: Part) -> ObjectInfo | None:
        """Write an object, or a part of it, to a file; None if the object does not exist."""
        return self._if_exists(lambda bucket, key: self._fetch(bucket, key, path, wanted), url)

    def put(self, url: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        """Upload bytes, or the file at a path; returns whether it was uploaded: without `overwrite`, existing objects
        are not replaced."""
        encryption = attributes.encryption
        return self._request(
            lambda bucket, key: self._put(bucket, key, data, attributes, overwrite), url, "write", encryption
        )

    def below(self, url: str, recursive: bool) -> list[ListEntry]:
        """Objects and, without `recursive`, directories below a prefix that is a complete path; objects first."""

        def ask(bucket: Bucket, key: str) -> list[ListEntry]:
            files, folders = self._below(bucket, key, recursive)
            listed = [ListEntry(f"{bucket.root}/{name}", size) for name, size in files]
            return _without_markers(listed, url) + [ListEntry(f"{bucket.root}/{name}/", None) for name in folders]

        return self._request(ask, url, "list")

    def starting_with(self, url: str) -> list[ListEntry]:
        """Every object whose URL starts with `url`, which can end inside of a name."""
        folder, _, name = url.rpartition("/")
        if name and len(folder) > len(self._provider.scheme):
            return [entry for entry in self.below(folder, recursive=True) if entry.url.startswith(url)]
        return self.below(url, recursive=True)

    # -- implemented by subclasses -------------------------------------------------------------------------------------

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        """A client for a bucket, and a description of its credentials for messages."""
        raise NotImplementedError

    def _head(self, bucket: Bucket, key: str) -> ObjectInfo:
        raise NotImplementedError

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> ObjectInfo:
        raise NotImplementedError

    def _put(self, bucket: Bucket, key: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        raise NotImplementedError

    def _below(self, bucket: Bucket, key: str, recursive: bool) -> tuple[list[tuple[str, int]], list[str]]:
        """(name, size) of objects, and names of directories without slash; an empty key is the bucket itself."""
        raise NotImplementedError

    # -- internal ------------------------------------------------------------------------------------------------------

    def _if_exists(self, request: Callable[[Bucket, str], _T], url: str) -> _T | None:
        try:
            return self._request(request, url, "read")
        except self._provider.errors.not_found:
            return None

    def _request(
        self, request: Callable[[Bucket, str], _T], url: str, action: str, encryption: str | None = None
    ) -> _T:
        name, key = parts(self._provider, url)
        key = key.rstrip("/")
        if not key and action != "list":
            raise self._provider.errors.failed(f"{url} is a {self._provider.container}, not an object.")
        bucket = self._bucket(name, encryption)
        check_not_forked(bucket.root)
        try:
            return bucket.retries.run(lambda: request(bucket, key))
        except InsufficientDiskSpace as exc:
            raise self._provider.errors.disk_full(str(exc), hint=exc.hint) from exc
        except DataToolsException:
            raise
        except Exception as exc:  # each client library has its own classes
            raise self._data_tools_error(exc, bucket, key, action) from exc

    def _bucket(self, name: str, encryption: str | None) -> Bucket:
        which = name, encryption
        with self._lock:
            if which not in self._made:
                client, identity = self._connected(name, encryption)
                root = f"{self._provider.scheme}{name}"
                retries = Retries.from_settings(self._settings, root)
                self._made[which] = Bucket(client, root, identity, self._provider.type, retries)
            return self._made[which]

    def _connected(self, name: str, encryption: str | None) -> tuple[Any, str]:
        provider = self._provider
        try:
            return self._connect(name, encryption)
        except CommandException:
            raise
        except ModuleNotFoundError as exc:
            raise registry.missing_extra(f"{provider.tool} needs", exc, provider.extra) from exc
        except Exception as exc:
            raise provider.errors.failed(f"The {provider.container} {name!r} cannot be used: {exc}.") from exc

    def _data_tools_error(self, exc: Exception, bucket: Bucket, key: str, action: str) -> Exception:
        provider, text = self._provider, str(exc)
        if is_missing_range(text):
            return provider.errors.invalid_range(f"The requested range is outside of {bucket.root}/{key}.")
        if is_missing_container(text) or (self._is_not_found(exc) and action in ("list", "write")):
            return provider.errors.not_found(f"The {provider.container} {bucket.root} does not exist.")
        if self._is_not_found(exc):
            return provider.errors.not_found(f"The object {bucket.root}/{key} does not exist.")
        found = storage_error(exc, bucket, key, action)
        denied, clash = isinstance(found, StorageDenied), isinstance(found, StorageClash)
        made = provider.errors.denied if denied else provider.errors.name_clash if clash else provider.errors.failed
        return made(str(found), hint=found.hint)

    def _is_not_found(self, exc: Exception) -> bool:
        return isinstance(exc, FileNotFoundError)


def _without_markers(found: list[ListEntry], url: str) -> list[ListEntry]:
    """Entries sorted by name, without the empty objects that web consoles create for folders. Their names end with a
    slash, which clients remove, so that they have the name of the folder."""
    folders = {url.rstrip("/")}
    for entry in found:
        parent = entry.url.rpartition("/")[0]
        while parent not in folders and len(parent) > len(url):
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(entry for entry in found if entry.size or entry.url not in folders)
