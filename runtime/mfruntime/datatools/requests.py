"""Requests to buckets (containers, in Azure): one object each, told in the same way whatever the store.

Subclasses send the requests; here a bucket's client is made once, and what a store refuses becomes the error of the
data tools that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from .. import registry
from ..errors import CommandException
from ..settings import Settings
from ..store.storage.objects import claim
from ..store.storage.refusals import (
    StorageClash,
    StorageDenied,
    is_missing_container,
    is_missing_range,
    translated,
)
from .addresses import parts
from .errors import DataToolsException, InsufficientDiskSpace
from .provider import Kind

_T = TypeVar("_T")

#: Offset and length of what is wanted of an object; (None, None) for all of it.
Part = tuple[int | None, int | None]


class Facts(NamedTuple):
    """What a store tells of an object; times in seconds since 1970, start and length of what was fetched."""

    size: int
    content_type: str | None
    metadata: Mapping[str, str]
    modified: float
    start: int = 0
    length: int = 0
    etag: str | None = None
    version: str | None = None


class Listed(NamedTuple):
    """What lies below a prefix: an address, and its size, None for a folder."""

    url: str
    size: int | None


class Attributes(NamedTuple):
    """What is kept with an object: its type, the user's metadata as JSON text, and the encryption if it is not that of
    the settings."""

    content_type: str | None = None
    metadata: str | None = None
    encryption: str | None = None


@dataclass(frozen=True)
class Bucket:
    """A bucket's client, and what messages say of it."""

    client: Any
    root: str
    identity: str
    type: str


class Buckets:
    """The buckets that were used, each with one client. Safe to use from several threads."""

    def __init__(self, kind: Kind, settings: Settings):
        self._kind = kind
        self._settings = settings
        self._made: dict[tuple[str, str | None], Bucket] = {}
        self._lock = Lock()

    def head(self, url: str) -> Facts | None:
        """What is known of an object, None where there is none."""
        return self._if_there(self._head, url)

    def fetch(self, url: str, path: str, wanted: Part) -> Facts | None:
        """Write an object, or a part of it, into a file; None where there is no object."""
        return self._if_there(lambda bucket, key: self._fetch(bucket, key, path, wanted), url)

    def put(self, url: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        """Send an object of bytes, or the file at a path; whether it was sent (without `overwrite` only what is not
        there yet is)."""
        encryption = attributes.encryption
        return self._asked(
            lambda bucket, key: self._put(bucket, key, data, attributes, overwrite), url, "write", encryption
        )

    def below(self, url: str, recursive: bool) -> list[Listed]:
        """Objects and, without `recursive`, folders below a prefix that ends where a name ends; files first."""

        def ask(bucket: Bucket, key: str) -> list[Listed]:
            files, folders = self._below(bucket, key, recursive)
            listed = [Listed(f"{bucket.root}/{name}", size) for name, size in files]
            return _without_markers(listed, url) + [Listed(f"{bucket.root}/{name}/", None) for name in folders]

        return self._asked(ask, url, "list")

    def starting_with(self, url: str) -> list[Listed]:
        """Every object whose address starts with a text, wherever a name ends."""
        folder, _, name = url.rpartition("/")
        if name and len(folder) > len(self._kind.scheme):
            return [entry for entry in self.below(folder, recursive=True) if entry.url.startswith(url)]
        return self.below(url, recursive=True)

    # -- the store's own -----------------------------------------------------------------------------------------------

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        """A client for a bucket, and in words whose credentials it uses."""
        raise NotImplementedError

    def _head(self, bucket: Bucket, key: str) -> Facts:
        raise NotImplementedError

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> Facts:
        raise NotImplementedError

    def _put(self, bucket: Bucket, key: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        raise NotImplementedError

    def _below(self, bucket: Bucket, key: str, recursive: bool) -> tuple[list[tuple[str, int]], list[str]]:
        """(name, size) of objects, and names of folders without their slash; an empty key is the bucket itself."""
        raise NotImplementedError

    # -- how -----------------------------------------------------------------------------------------------------------

    def _if_there(self, request: Callable[[Bucket, str], _T], url: str) -> _T | None:
        try:
            return self._asked(request, url, "read")
        except self._kind.errors.not_found:
            return None

    def _asked(self, request: Callable[[Bucket, str], _T], url: str, action: str, encryption: str | None = None) -> _T:
        name, key = parts(self._kind, url)
        key = key.rstrip("/")
        if not key and action != "list":
            raise self._kind.errors.failed(f"{url} is a {self._kind.container}; name an object in it.")
        bucket = self._bucket(name, encryption)
        claim(bucket.root)
        try:
            return request(bucket, key)
        except InsufficientDiskSpace as exc:
            raise self._kind.errors.disk_full(str(exc), hint=exc.hint) from exc
        except DataToolsException:
            raise
        except Exception as exc:  # each client library has classes of its own
            raise self._refused(exc, bucket, key, action) from exc

    def _bucket(self, name: str, encryption: str | None) -> Bucket:
        which = name, encryption
        with self._lock:
            if which not in self._made:
                client, identity = self._connected(name, encryption)
                self._made[which] = Bucket(client, f"{self._kind.scheme}{name}", identity, self._kind.type)
            return self._made[which]

    def _connected(self, name: str, encryption: str | None) -> tuple[Any, str]:
        kind = self._kind
        try:
            return self._connect(name, encryption)
        except CommandException:
            raise
        except ModuleNotFoundError as exc:
            raise registry.missing_extra(f"{kind.tool} needs", exc, kind.extra) from exc
        except Exception as exc:
            raise kind.errors.failed(f"The {kind.container} {name!r} cannot be used: {exc}.") from exc

    def _refused(self, exc: Exception, bucket: Bucket, key: str, action: str) -> Exception:
        kind, text = self._kind, str(exc)
        if is_missing_range(text):
            return kind.errors.invalid_range(f"{bucket.root}/{key} has no such part.")
        if is_missing_container(text) or (self._is_not_found(exc) and action in ("list", "write")):
            return kind.errors.not_found(f"The {kind.container} {bucket.root} does not exist.")
        if self._is_not_found(exc):
            return kind.errors.not_found(f"There is no {bucket.root}/{key}.")
        found = translated(exc, bucket, key, action)
        denied, clash = isinstance(found, StorageDenied), isinstance(found, StorageClash)
        made = kind.errors.denied if denied else kind.errors.name_clash if clash else kind.errors.failed
        return made(str(found), hint=found.hint)

    def _is_not_found(self, exc: Exception) -> bool:
        return isinstance(exc, FileNotFoundError)


def _without_markers(found: list[Listed], url: str) -> list[Listed]:
    """In order of names, without the empty objects that consoles make for folders: their names end in a slash, which
    clients leave out, so that they have the name of the folder."""
    folders = {url.rstrip("/")}
    for entry in found:
        parent = entry.url.rpartition("/")[0]
        while parent not in folders and len(parent) > len(url):
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(entry for entry in found if entry.size or entry.url not in folders)
