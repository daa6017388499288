"""Arguments and results of the data tools: objects, parts of objects, and objects to save."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class GetObject(NamedTuple):
    """A part of an object: `length` bytes from `offset` (None: to the end). A negative offset is relative to the end,
    and then the part extends to the end."""

    key: str
    offset: int | None
    length: int | None


class PutObject(NamedTuple):
    """An object to save: its value (put_many) or a file (put_files), and its attributes."""

    key: str
    value: Any = None
    path: str | None = None
    content_type: str | None = None
    encryption: str | None = None
    metadata: dict[str, Any] | None = None


class RangeInfo(NamedTuple):
    """The downloaded part of an object; sizes are in bytes, -1 for all of it."""

    total_size: int
    request_offset: int = 0
    request_length: int = -1


class StoredObject:
    """An object in an object store; after a download `path` is a file; if it does not exist, `exists` is False.

    Attributes that were not requested are None: lists contain only sizes, and `return_info=False` requests no others.
    """

    _STORE = "the store"
    _METADATA_KEY = "metaflow-user-attributes"

    def __init__(
        self,
        prefix: str | None,
        url: str,
        path: str | None,
        size: int | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        range_info: RangeInfo | None = None,
        last_modified: float | None = None,
        encryption: str | None = None,
        etag: str | None = None,
        version: str | None = None,
    ):
        self._url, self._path, self._size = url, path, size
        self._prefix = prefix if prefix is not None and prefix != url else None
        self._key = url if self._prefix is None else _below(url, self._prefix)
        if range_info is not None and range_info.request_length == -1:
            range_info = range_info._replace(request_length=range_info.total_size)
        self._content_type, self._range_info = content_type, range_info
        self._last_modified, self._encryption = last_modified, encryption
        self._etag, self._version = etag, version
        text = (metadata or {}).get(self._METADATA_KEY)
        self._metadata = json.loads(text) if text is not None else None

    @property
    def exists(self) -> bool:
        """Whether the object exists."""
        return self._size is not None

    @property
    def downloaded(self) -> bool:
        """Whether its content is in a local file."""
        return self._path is not None

    @property
    def url(self) -> str:
        """Its complete URL."""
        return self._url

    @property
    def prefix(self) -> str | None:
        """The prefix of the request; None if the key was a complete URL."""
        return self._prefix

    @property
    def key(self) -> str:
        """Its name below the prefix; its URL if there is no prefix."""
        return self._key

    @property
    def path(self) -> str | None:
        """The file with its content, which is deleted when the `S3` (or other) object is closed."""
        return self._path

    @property
    def blob(self) -> bytes | None:
        """Its content; None if it was not downloaded."""
        if self._path is None:
            return None
        with open(self._path, "rb") as file:
            return file.read()

    @property
    def text(self) -> str | None:
        """Its content as UTF-8 text; invalid bytes become the replacement character."""
        content = self.blob
        return None if content is None else content.decode("utf-8", "replace")

    @property
    def size(self) -> int | None:
        """Size of the download in bytes, else of the object; None if it does not exist."""
        return self._size

    @property
    def has_info(self) -> bool:
        """Whether it has attributes other than the size."""
        return self._content_type is not None or self._metadata is not None or self._range_info is not None

    @property
    def content_type(self) -> str | None:
        """The content type that is stored with it."""
        return self._content_type

    @property
    def metadata(self) -> dict[str, Any] | None:
        """The metadata that was saved with it."""
        return self._metadata

    @property
    def range_info(self) -> RangeInfo | None:
        """Which part of it was downloaded."""
        return self._range_info

    @property
    def last_modified(self) -> float | None:
        """When it was saved, in seconds since 1970."""
        return self._last_modified

    @property
    def encryption(self) -> str | None:
        """The server-side encryption; None, because the client library does not return it."""
        return self._encryption

    @property
    def etag(self) -> str | None:
        """The entity tag, which changes when the object changes."""
        return self._etag

    @property
    def version(self) -> str | None:
        """The version, if the bucket has versioning; in Google Cloud Storage the generation, which every object has."""
        return self._version

    def __str__(self) -> str:
        name = type(self).__name__
        if not self.exists:
            return f"<{name} {self._url} (object does not exist)>"
        where = "local" if self.downloaded else f"in {self._STORE}"
        return f"<{name} {self._url} ({self._size} bytes, {where})>"

    __repr__ = __str__


def _below(url: str, prefix: str) -> str:
    """The part of a URL after a prefix, without leading and trailing slashes."""
    rest = url[len(prefix) :] if prefix.endswith("/") else url[len(prefix) + 1 :]
    return rest.rstrip("/") if rest.rstrip("/") else rest
