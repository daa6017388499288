"""Requests to buckets: one object each, many in flight together, what is refused told as the data tools tell it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from ..errors import CommandException
from ..settings import Settings
from ..store.storage.objects import PART, claim
from ..store.storage.refusals import StorageDenied, is_missing_container, translated
from .addresses import SCHEME, parts
from .errors import (
    MetaflowS3AccessDenied,
    MetaflowS3Exception,
    MetaflowS3InsufficientDiskSpace,
    MetaflowS3InvalidRange,
    MetaflowS3NotFound,
)

_T = TypeVar("_T")


class Facts(NamedTuple):
    """What a store tells of an object; times in seconds since 1970."""

    size: int
    content_type: str | None
    metadata: Mapping[str, str]
    modified: float
    start: int = 0
    length: int = 0


class Listed(NamedTuple):
    """What lies below a prefix: an address, and its size, None for a folder."""

    url: str
    size: int | None


@dataclass(frozen=True)
class _Bucket:
    """A bucket's client, and what messages say of it."""

    client: Any
    root: str
    identity: str
    type: str = "s3"


class Buckets:
    """The buckets that were used, each with one client. Safe to use from several threads."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._made: dict[str, _Bucket] = {}
        self._lock = Lock()

    def head(self, url: str) -> Facts | None:
        """What is known of an object, None where there is none."""
        import obstore

        def ask(bucket: _Bucket, key: str) -> Facts:
            return _facts(obstore.get(bucket.client, key, options={"head": True}))

        return self._if_there(ask, url)

    def fetch(self, url: str, path: str, wanted: tuple[int | None, int | None]) -> Facts | None:
        """Write an object, or a part of it, into a file; None where there is no object."""
        return self._if_there(lambda bucket, key: _fetched(bucket.client, key, path, wanted), url)

    def put(self, url: str, data: Any, content_type: str | None, metadata: str | None, overwrite: bool) -> bool:
        """Send an object of bytes, or of a file that is open; whether it was sent (without `overwrite` only what is
        not there yet is)."""
        import obstore

        from .objects import USER_ATTRIBUTES

        attributes = {**({"Content-Type": content_type} if content_type else {})}
        if metadata is not None:
            attributes[USER_ATTRIBUTES] = metadata
        if not overwrite and self.head(url) is not None:
            return False

        def send(bucket: _Bucket, key: str) -> None:
            obstore.put(bucket.client, key, data, attributes=attributes or None, chunk_size=PART, max_concurrency=8)

        self._asked(send, url, "write")
        return True

    def below(self, url: str, recursive: bool) -> list[Listed]:
        """Objects and, without `recursive`, folders below a prefix that ends where a name ends; files first."""
        import obstore

        def ask(bucket: _Bucket, key: str) -> list[Listed]:
            if recursive:
                pages = obstore.list(bucket.client, key.rstrip("/") or None)
                return _without_markers([_listed(bucket, entry) for page in pages for entry in page], url)
            found = obstore.list_with_delimiter(bucket.client, key.rstrip("/") or None)
            files = _without_markers([_listed(bucket, entry) for entry in found["objects"]], url)
            return files + [Listed(f"{bucket.root}/{name.rstrip('/')}/", None) for name in found["common_prefixes"]]

        return self._asked(ask, url, "list")

    def starting_with(self, url: str) -> list[Listed]:
        """Every object whose address starts with a text, wherever a name ends."""
        folder, _, name = url.rpartition("/")
        if name and len(folder) > len(SCHEME):
            found = self.below(folder, recursive=True)
            return [entry for entry in found if entry.url.startswith(url)]
        return self.below(url, recursive=True)

    def _if_there(self, request: Callable[[_Bucket, str], _T], url: str) -> _T | None:
        try:
            return self._asked(request, url, "read")
        except MetaflowS3NotFound:
            return None

    def _asked(self, request: Callable[[_Bucket, str], _T], url: str, action: str) -> _T:
        name, key = parts(url)
        if not key.strip("/") and action != "list":
            raise MetaflowS3Exception(f"{url} is a bucket; name an object in it.")
        bucket = self._bucket(name)
        claim(bucket.root)
        try:
            return request(bucket, key)
        except FileNotFoundError as exc:
            raise MetaflowS3NotFound(f"There is no {url}.") from exc
        except (MetaflowS3Exception, MetaflowS3InsufficientDiskSpace):
            raise
        except Exception as exc:
            raise _refused(exc, bucket, key, action) from exc

    def _bucket(self, name: str) -> _Bucket:
        from ..store.storage.s3 import make_client

        with self._lock:
            if name not in self._made:
                try:
                    client, identity = make_client(self._settings, name)
                except CommandException:
                    raise
                except Exception as exc:
                    raise MetaflowS3Exception(f"The bucket {name!r} cannot be used: {exc}.") from exc
                self._made[name] = _Bucket(client, f"{SCHEME}{name}", identity)
            return self._made[name]


def _listed(bucket: _Bucket, entry: Mapping[str, Any]) -> Listed:
    return Listed(f"{bucket.root}/{entry['path']}", int(entry["size"]))


def _without_markers(found: list[Listed], url: str) -> list[Listed]:
    """In order of names, without the empty objects that consoles make for folders: their names end in a slash, which
    the client leaves out, so that they have the name of the folder."""
    folders = {url.rstrip("/")}
    for entry in found:
        parent = entry.url.rpartition("/")[0]
        while parent not in folders and len(parent) > len(url):
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(entry for entry in found if entry.size or entry.url not in folders)


def _facts(result: Any) -> Facts:
    attributes = {str(name): str(value) for name, value in dict(result.attributes).items()}
    modified: datetime = result.meta["last_modified"]
    start, end = result.range
    kind = attributes.pop("Content-Type", None)
    return Facts(int(result.meta["size"]), kind, attributes, modified.timestamp(), start, end - start)


def _fetched(client: Any, key: str, path: str, wanted: tuple[int | None, int | None]) -> Facts:
    import obstore

    options: Any = {} if wanted == (None, None) else {"range": _range(*wanted)}
    result = obstore.get(client, key, options=options)
    facts = _facts(result)
    if facts.length > PART and not options:
        _fetch_in_parts(client, key, path, result)
        return facts
    with _writing(path) as file:
        for chunk in result.stream(min_chunk_size=1 << 20) if facts.length > PART else (result.bytes(),):
            file.write(chunk)
    return facts


def _range(offset: int | None, length: int | None) -> Any:
    if offset is not None and offset < 0:
        return {"suffix": -offset}
    if length is None or length < 0:
        return {"offset": offset or 0}
    return (offset or 0, (offset or 0) + length)


def _fetch_in_parts(client: Any, key: str, path: str, result: Any) -> None:
    """The content of a large object, parts of it side by side, all of the same version."""
    import obstore

    size, tag = result.meta["size"], result.meta["e_tag"]
    with _writing(path) as file:
        file.truncate(size)

        def fetch(start: int) -> None:
            options = {"range": (start, min(start + PART, size)), **({"if_match": tag} if tag else {})}
            os.pwrite(file.fileno(), obstore.get(client, key, options=options).bytes(), start)

        with ThreadPoolExecutor(8) as threads:
            for _ in threads.map(fetch, range(0, size, PART)):
                pass


class _writing:
    """A file that is there whole or not at all; a full disk is told as such."""

    def __init__(self, path: str):
        self._path = path

    def __enter__(self) -> Any:
        self._file = open(self._path, "wb")
        return self._file

    def __exit__(self, kind: Any, exc: BaseException | None, _: Any) -> None:
        import errno

        try:
            self._file.close()
        except OSError as closing:
            exc = exc or closing
        if exc is not None:
            os.unlink(self._path)
            if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
                raise MetaflowS3InsufficientDiskSpace(
                    f"{self._path} does not fit on the disk.", hint="Name a folder with more room: S3(tmproot=...)."
                ) from exc


def _refused(exc: Exception, bucket: _Bucket, key: str, action: str) -> Exception:
    text = str(exc)
    if "InvalidRange" in text or "416" in text[:200] or "Range started at" in text or "Requested range" in text:
        return MetaflowS3InvalidRange(f"{bucket.root}/{key} has no such part.")
    if is_missing_container(text):
        return MetaflowS3NotFound(f"The bucket {bucket.root} does not exist.")
    found = translated(exc, bucket, key, action)
    kind = MetaflowS3AccessDenied if isinstance(found, StorageDenied) else MetaflowS3Exception
    return kind(str(found), hint=found.hint)
