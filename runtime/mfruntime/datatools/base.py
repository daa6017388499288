"""A place in a store and the files that were fetched from it: what `S3`, `AzureBlob` and `GS` have in common.

Names, arguments and answers are those of Metaflow's S3 class.
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
from ..store.storage.objects import Flight
from .addresses import address, checked_root
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .payloads import attributes, content, file
from .provider import Kind
from .requests import Attributes, Buckets, Facts, Part
from .run_prefix import run_names

if TYPE_CHECKING:
    from typing_extensions import Self

_Object = TypeVar("_Object", bound=StoredObject)


class Place(Generic[_Object]):
    """A place in a store, and a folder below `tmproot` for the files that are fetched, which goes with `close`.

    A subclass says which store: its kind, the class of its objects, and how requests reach it.
    """

    KIND: ClassVar[Kind]
    OBJECT: type[_Object]

    def __init__(self, tmproot: str, container: str | None, prefix: str | None, run: Any, root: str | None):
        self._settings = all_settings.load()
        if run is not None:
            self._root: str | None = self._run_root(run, container, prefix)
        else:
            self._root = None if root is None else checked_root(self.KIND, root)
        folder = f"metaflow.{self.KIND.type}."
        self._folder: str | None = tempfile.mkdtemp(prefix=folder, dir=os.path.abspath(tmproot))
        self._buckets = self._connect(self._settings)
        self._flight = Flight(self.KIND.type)
        self._numbers = count()

    def _connect(self, settings: all_settings.Settings) -> Buckets:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the files that were fetched."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None

    # -- one object ----------------------------------------------------------------------------------------------------

    def get(
        self, key: str | GetObject | None = None, return_missing: bool = False, return_info: bool = True
    ) -> _Object:
        """Fetch an object, or a part of one. Raises the store's error where there is none, unless `return_missing`, and
        for a part that it does not have."""
        return self.get_many([key], return_missing, return_info)[0]  # type: ignore[list-item]

    def info(self, key: str | None = None, return_missing: bool = False) -> _Object:
        """What the store knows of an object, without its content."""
        return self.info_many([key], return_missing)[0]  # type: ignore[list-item]

    def put(
        self,
        key: str | PutObject,
        obj: Any,
        overwrite: bool = True,
        content_type: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Save text, bytes or a binary stream (from its beginning); its address. What is there stays where not
        `overwrite`. Raises the store's error for other values."""
        self._check_open()
        name = key.key if isinstance(key, PutObject) else key
        if isinstance(obj, (io.RawIOBase, io.BufferedIOBase)) and obj.seekable():
            obj.seek(0)
        url = self._address(name)
        self._buckets.put(url, content(self.KIND, obj), attributes(self.KIND, content_type, metadata), overwrite)
        return url

    # -- many objects --------------------------------------------------------------------------------------------------

    def get_many(
        self, keys: Iterable[str | GetObject], return_missing: bool = False, return_info: bool = True
    ) -> list[_Object]:
        """Fetch objects, or parts, together; answers in the order of `keys`."""
        wanted = [(self._address(_name(key)), self._part(key)) for key in keys]
        return self._fetched(wanted, [self._root] * len(wanted), return_missing, return_info)

    def info_many(self, keys: Iterable[str], return_missing: bool = False) -> list[_Object]:
        """What the store knows of objects, asked for together."""
        self._check_open()
        urls = [self._address(_name(key)) for key in keys]
        found = list(self._flight.each(self._buckets.head, urls))
        return [self._described(url, facts, return_missing) for url, facts in zip(urls, found)]

    def put_many(self, key_objs: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save (key, value) pairs or PutObjects together; key and address of each that was saved."""
        self._check_open()
        items = [one if isinstance(one, PutObject) else PutObject(one[0], one[1]) for one in key_objs]
        return self._put([(item, content(self.KIND, item.value)) for item in items], overwrite)

    def put_files(self, key_paths: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save files: (key, path) pairs or PutObjects with a path; key and address of each that was saved.
        Raises the store's error for a file that is not there."""
        self._check_open()
        items = [one if isinstance(one, PutObject) else PutObject(one[0], path=one[1]) for one in key_paths]
        return self._put([(item, file(self.KIND, item.path)) for item in items], overwrite)

    # -- trees ---------------------------------------------------------------------------------------------------------

    def list_paths(self, keys: Iterable[str] | None = None) -> list[_Object]:
        """What lies directly below keys, folders too (their `exists` is False); of the place itself without keys."""
        return self._listed(keys, recursive=False)

    def list_recursive(self, keys: Iterable[str] | None = None) -> list[_Object]:
        """All objects below keys, or below the place itself."""
        return self._listed(keys, recursive=True)

    def get_recursive(self, keys: Iterable[str], return_info: bool = False) -> list[_Object]:
        """Fetch every object whose address starts with one of `keys`."""
        self._check_open()
        roots = [self._address(key) for key in keys]
        found = list(self._flight.each(self._buckets.starting_with, roots))
        pairs = [(entry.url, root) for root, entries in zip(roots, found) for entry in entries]
        return self._fetched([(url, (None, None)) for url, _ in pairs], [root for _, root in pairs], False, return_info)

    def get_all(self, return_info: bool = False) -> list[_Object]:
        """Fetch every object below the place. Raises the store's error where there is no place."""
        if self._root is None:
            kind = self.KIND
            raise kind.errors.invalid_address(f"get_all needs a place: name {kind.root_argument} or run.")
        return self.get_recursive([None], return_info)  # type: ignore[list-item]

    # -- how -----------------------------------------------------------------------------------------------------------

    def _address(self, key: Any) -> str:
        return address(self.KIND, self._root, key)

    def _check_open(self) -> str:
        if self._folder is None:
            raise self.KIND.errors.failed(f"This {self.KIND.tool} object is closed; make a new one.")
        return self._folder

    def _fetched(
        self, wanted: Sequence[tuple[str, Part]], prefixes: Sequence[str | None], missing: bool, info: bool
    ) -> list[_Object]:
        folder = self._check_open()
        paths = [os.path.join(folder, f"{next(self._numbers)}-{_file_name(url)}") for url, _ in wanted]
        work = [(url, path, part) for (url, part), path in zip(wanted, paths)]
        found = list(self._flight.each(lambda item: self._buckets.fetch(*item), work))
        return [
            self._here(prefix, url, path, facts, missing, info)
            for prefix, (url, path, _), facts in zip(prefixes, work, found)
        ]

    def _here(self, prefix: str | None, url: str, path: str, facts: Facts | None, missing: bool, info: bool) -> _Object:
        if facts is None:
            return self._missing(prefix, url, missing)
        if not info:
            return self.OBJECT(prefix, url, path, facts.length)
        return self.OBJECT(
            prefix, url, path, facts.length, facts.content_type, facts.metadata,
            range_info=RangeInfo(facts.size, facts.start, facts.length), last_modified=facts.modified,
            etag=facts.etag, version=facts.version,
        )  # fmt: skip

    def _described(self, url: str, facts: Facts | None, missing: bool) -> _Object:
        if facts is None:
            return self._missing(self._root, url, missing)
        return self.OBJECT(
            self._root, url, None, facts.size, facts.content_type, facts.metadata,
            last_modified=facts.modified, etag=facts.etag, version=facts.version,
        )  # fmt: skip

    def _missing(self, prefix: str | None, url: str, allowed: bool) -> _Object:
        if not allowed:
            raise self.KIND.errors.not_found(f"There is no {url}.")
        return self.OBJECT(prefix, url, None)

    def _put(self, ready: Sequence[tuple[PutObject, Any]], overwrite: bool) -> list[tuple[str, str]]:
        work = [(item.key, self._address(item.key), data, self._attributes(item)) for item, data in ready]

        def send(one: tuple[str, str, Any, Attributes]) -> bool:
            _, url, data, kept = one
            return self._buckets.put(url, data, kept, overwrite)

        sent = list(self._flight.each(send, work))
        return [(key, url) for (key, url, *_), was_sent in zip(work, sent) if was_sent]

    def _attributes(self, item: PutObject) -> Attributes:
        return attributes(self.KIND, item.content_type, item.metadata, item.encryption)

    def _listed(self, keys: Iterable[str] | None, recursive: bool) -> list[_Object]:
        self._check_open()
        roots = [self._address(key) for key in ([None] if keys is None else keys)]
        found = self._flight.each(lambda root: self._buckets.below(root, recursive), roots)
        return [
            self.OBJECT(root if recursive else root.rstrip("/") + "/", entry.url, None, entry.size)
            for root, entries in zip(roots, found)
            for entry in entries
        ]

    def _run_root(self, run: Any, container: str | None, prefix: str | None) -> str:
        """The folder of a run: of the flow whose step this is, or of a Run of the client."""
        kind = self.KIND
        base = f"{kind.scheme}{container}" if container else locate.data_root(self._settings, kind.type)
        if not base:
            place = "" if kind.has_bare_roots else kind.scheme
            hint = f"Type: export {kind.root_setting}={place}{kind.container.upper()}/data, or name {kind.container}."
            raise kind.errors.invalid_address(
                f"{kind.tool}(run=...) needs {kind.root_setting}, which is not set.", hint=hint
            )
        named = (base.rstrip("/"), (prefix or "").strip("/"), *run_names(kind, run))
        return checked_root(kind, "/".join(filter(None, named)))

    def _part(self, key: Any) -> Part:
        """Offset and length of what is wanted; (None, None) for all."""
        if not isinstance(key, GetObject):
            return None, None
        offset, length = (_whole_number(value) for value in (key.offset, key.length))
        if length == 0:
            if offset:
                raise self.KIND.errors.invalid_range(f"A part of no length was asked for of {key.key}.")
            return None, None
        return (None, None) if not offset and length is None else (offset, length)


def _name(key: Any) -> Any:
    return key.key if isinstance(key, GetObject) else key


def _whole_number(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError("Offset and length must be numbers.")
    return int(value)


def _file_name(url: str) -> str:
    """The last part of an address as the name of a file, for people who look."""
    name = url.rstrip("/").rpartition("/")[2]
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[-80:]
