"""The common base class of `S3`, `AzureBlob` and `GS`: a prefix in an object store, and the files downloaded from it.

Names, arguments and results are those of Metaflow's S3 class.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .. import settings as all_settings
from ..store import locate
from ..store.storage.object_store import ParallelWork
from .addresses import address, checked_root
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .payloads import attributes, content, file
from .provider import Provider
from .requests import Attributes, Buckets, ObjectInfo, Part
from .run_prefix import run_names

if TYPE_CHECKING:
    from typing_extensions import Self

_Object = TypeVar("_Object", bound=StoredObject)


class DataTool(Generic[_Object]):
    """A prefix in an object store, and a directory below `tmproot` for downloads, which `close` deletes.

    A subclass defines the object store: its provider, the class of its objects, and the connection.
    """

    PROVIDER: ClassVar[Provider]
    OBJECT: type[_Object]

    def __init__(self, tmproot: str, container: str | None, prefix: str | None, run: Any, root: str | None):
        self._settings = all_settings.load()
        if run is not None:
            self._root: str | None = self._run_root(run, container, prefix)
        else:
            self._root = None if root is None else checked_root(self.PROVIDER, root)
        folder = f"metaflow.{self.PROVIDER.type}."
        self._folder: str | None = tempfile.mkdtemp(prefix=folder, dir=os.path.abspath(tmproot))
        self._buckets = self._connect(self._settings)
        self._flight = ParallelWork(self.PROVIDER.type)
        self._numbers = count()

    def _connect(self, settings: all_settings.Settings) -> Buckets:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the downloaded files."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    # -- one object ----------------------------------------------------------------------------------------------------

    def get(
        self, key: str | GetObject | None = None, return_missing: bool = False, return_info: bool = True
    ) -> _Object:
        """Download an object, or a part of it. Raises the store's error if the object does not exist, unless
        `return_missing`, and if the part is outside of the object."""
        return self.get_many([key], return_missing, return_info)[0]  # type: ignore[list-item]

    def info(self, key: str | None = None, return_missing: bool = False) -> _Object:
        """The attributes of an object, without its content."""
        return self.info_many([key], return_missing)[0]  # type: ignore[list-item]

    def put(
        self,
        key: str | PutObject,
        obj: Any,
        overwrite: bool = True,
        content_type: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Save a string, bytes or a binary stream (from its beginning), and return its URL. Without `overwrite`, an
        existing object is not changed. Raises the store's error for other values."""
        self._check_open()
        name = key.key if isinstance(key, PutObject) else key
        if isinstance(obj, (io.RawIOBase, io.BufferedIOBase)) and obj.seekable():
            obj.seek(0)
        url = self._address(name)
        self._buckets.put(
            url, content(self.PROVIDER, obj), attributes(self.PROVIDER, content_type, metadata), overwrite
        )
        return url

    # -- many objects --------------------------------------------------------------------------------------------------

    def get_many(
        self, keys: Iterable[str | GetObject], return_missing: bool = False, return_info: bool = True
    ) -> list[_Object]:
        """Download objects, or parts, in parallel; results are in the order of `keys`."""
        wanted = [(self._address(_name(key)), self._part(key)) for key in _listed_keys(keys)]
        return self._fetched(wanted, [self._root] * len(wanted), return_missing, return_info)

    def info_many(self, keys: Iterable[str], return_missing: bool = False) -> list[_Object]:
        """The attributes of objects, requested in parallel."""
        self._check_open()
        urls = [self._address(_name(key)) for key in _listed_keys(keys)]
        found = list(self._flight.each(self._buckets.head, urls))
        return [self._listed_object(url, stored, return_missing) for url, stored in zip(urls, found)]

    def put_many(self, key_objs: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save (key, value) pairs or PutObjects in parallel; returns key and URL of each saved object."""
        self._check_open()
        items = [one if isinstance(one, PutObject) else PutObject(*self._pair(one)) for one in key_objs]
        return self._put([(item, content(self.PROVIDER, item.value)) for item in items], overwrite)

    def put_files(self, key_paths: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save files: (key, path) pairs or PutObjects with a path; returns key and URL of each saved object.
        Raises the store's error if a file does not exist."""
        self._check_open()
        items = [self._file_of(one) for one in key_paths]
        return self._put([(item, file(self.PROVIDER, item.path)) for item in items], overwrite)

    def _file_of(self, one: Any) -> PutObject:
        if isinstance(one, PutObject):
            return one
        key, path = self._pair(one)
        return PutObject(key, path=path)

    def _pair(self, one: Any) -> tuple[Any, Any]:
        if isinstance(one, (str, bytes)):  # a single pair instead of a list, whose key and value are text
            raise self.PROVIDER.errors.invalid_object(f"A list of pairs is required, but it contains the text {one!r}.")
        return one[0], one[1]

    # -- trees ---------------------------------------------------------------------------------------------------------

    def list_paths(self, keys: Iterable[str] | None = None) -> list[_Object]:
        """Objects and directories (whose `exists` is False) directly below keys; without keys, below the prefix."""
        return self._listed(keys, recursive=False)

    def list_recursive(self, keys: Iterable[str] | None = None) -> list[_Object]:
        """All objects below keys; without keys, below the prefix."""
        return self._listed(keys, recursive=True)

    def get_recursive(self, keys: Iterable[str], return_info: bool = False) -> list[_Object]:
        """Download every object whose URL starts with one of `keys`."""
        self._check_open()
        roots = [self._address(key) for key in _listed_keys(keys)]
        found = list(self._flight.each(self._buckets.starting_with, roots))
        pairs = [(entry.url, root) for root, entries in zip(roots, found) for entry in entries]
        return self._fetched([(url, (None, None)) for url, _ in pairs], [root for _, root in pairs], False, return_info)

    def get_all(self, return_info: bool = False) -> list[_Object]:
        """Download every object below the prefix. Raises the store's error if there is no prefix."""
        if self._root is None:
            provider = self.PROVIDER
            raise provider.errors.invalid_address(f"get_all needs the argument {provider.root_argument} or run.")
        return self.get_recursive([None], return_info)  # type: ignore[list-item]

    # -- internal ------------------------------------------------------------------------------------------------------

    def _address(self, key: Any) -> str:
        return address(self.PROVIDER, self._root, key)

    def _check_open(self) -> str:
        if self._folder is None:
            raise self.PROVIDER.errors.failed(f"This {self.PROVIDER.tool} object is closed; create a new one.")
        return self._folder

    def _fetched(
        self, wanted: Sequence[tuple[str, Part]], prefixes: Sequence[str | None], missing: bool, info: bool
    ) -> list[_Object]:
        folder = self._check_open()
        paths = [os.path.join(folder, f"{next(self._numbers)}-{_file_name(url)}") for url, _ in wanted]
        work = [(url, path, part) for (url, part), path in zip(wanted, paths)]
        found = list(self._flight.each(lambda item: self._buckets.fetch(*item), work))
        return [
            self._downloaded(prefix, url, path, stored, missing, info)
            for prefix, (url, path, _), stored in zip(prefixes, work, found)
        ]

    def _downloaded(
        self, prefix: str | None, url: str, path: str, found: ObjectInfo | None, missing: bool, info: bool
    ) -> _Object:
        if found is None:
            return self._missing(prefix, url, missing)
        if not info:
            return self.OBJECT(prefix, url, path, found.length)
        return self.OBJECT(
            prefix, url, path, found.length, found.content_type, found.metadata,
            range_info=RangeInfo(found.size, found.start, found.length), last_modified=found.modified,
            etag=found.etag, version=found.version,
        )  # fmt: skip

    def _listed_object(self, url: str, found: ObjectInfo | None, missing: bool) -> _Object:
        if found is None:
            return self._missing(self._root, url, missing)
        return self.OBJECT(
            self._root, url, None, found.size, found.content_type, found.metadata,
            last_modified=found.modified, etag=found.etag, version=found.version,
        )  # fmt: skip

    def _missing(self, prefix: str | None, url: str, allowed: bool) -> _Object:
        if not allowed:
            raise self.PROVIDER.errors.not_found(f"The object {url} does not exist.")
        return self.OBJECT(prefix, url, None)

    def _put(self, ready: Sequence[tuple[PutObject, Any]], overwrite: bool) -> list[tuple[str, str]]:
        work = [(item.key, self._address(item.key), data, self._attributes(item)) for item, data in ready]

        def send(one: tuple[str, str, Any, Attributes]) -> bool:
            _, url, data, kept = one
            return self._buckets.put(url, data, kept, overwrite)

        sent = list(self._flight.each(send, work))
        return [(key, url) for (key, url, *_), was_sent in zip(work, sent) if was_sent]

    def _attributes(self, item: PutObject) -> Attributes:
        return attributes(self.PROVIDER, item.content_type, item.metadata, item.encryption)

    def _listed(self, keys: Iterable[str] | None, recursive: bool) -> list[_Object]:
        self._check_open()
        roots = [self._address(key) for key in ([None] if keys is None else _listed_keys(keys))]
        found = self._flight.each(lambda root: self._buckets.below(root, recursive), roots)
        return [
            self.OBJECT(root if recursive else root.rstrip("/") + "/", entry.url, None, entry.size)
            for root, entries in zip(roots, found)
            for entry in entries
        ]

    def _run_root(self, run: Any, container: str | None, prefix: str | None) -> str:
        """The prefix of a run: the running flow (`self` in a step) or a Run of the client."""
        provider = self.PROVIDER
        base = f"{provider.scheme}{container}" if container else locate.data_root(self._settings, provider.type)
        if not base:
            place = "" if provider.has_bare_roots else provider.scheme
            command = f"export {provider.root_setting}={place}{provider.container.upper()}/data"
            hint = f"Run: {command}, or use the argument {provider.container}"
            raise provider.errors.invalid_address(
                f"{provider.tool}(run=...) needs {provider.root_setting}, which is not set.", hint=hint
            )
        named = (base.rstrip("/"), (prefix or "").strip("/"), *run_names(provider, run))
        return checked_root(provider, "/".join(filter(None, named)))

    def _part(self, key: Any) -> Part:
        """Offset and length of the requested part; (None, None) for all."""
        if not isinstance(key, GetObject):
            return None, None
        offset, length = (_whole_number(value) for value in (key.offset, key.length))
        if length == 0:
            if offset:
                raise self.PROVIDER.errors.invalid_range(f"The requested range of {key.key} has length 0.")
            return None, None
        return (None, None) if not offset and length is None else (offset, length)


def _listed_keys(keys: Any) -> list[Any]:
    """Several keys as a list; a single key can be given as text."""
    return [keys] if isinstance(keys, str) else list(keys)


def _name(key: Any) -> Any:
    return key.key if isinstance(key, GetObject) else key


def _whole_number(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError("Offset and length must be integers.")
    return int(value)


def _file_name(url: str) -> str:
    """The last part of a URL as a file name, so that users recognize the file."""
    name = url.rstrip("/").rpartition("/")[2]
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[-80:]
