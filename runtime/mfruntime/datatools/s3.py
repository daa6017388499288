"""`S3`: objects of S3 by name, many at once, fetched into files that go when the work is done.

    with S3(s3root="s3://bucket/prefix") as s3:
        s3.put("name", "text")
        print(s3.get("name").text)

Names, arguments and answers are those of Metaflow's class of this name.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from .. import settings as all_settings
from ..store.storage.objects import Flight
from .addresses import address, checked_root
from .buckets import Buckets, Facts
from .errors import (
    MetaflowS3AccessDenied,
    MetaflowS3Exception,
    MetaflowS3InsufficientDiskSpace,
    MetaflowS3InvalidObject,
    MetaflowS3InvalidRange,
    MetaflowS3NotFound,
    MetaflowS3URLException,
)
from .objects import RangeInfo, S3GetObject, S3Object, S3PutObject

__all__ = [
    "S3",
    "MetaflowS3AccessDenied",
    "MetaflowS3Exception",
    "MetaflowS3InsufficientDiskSpace",
    "MetaflowS3InvalidObject",
    "MetaflowS3InvalidRange",
    "MetaflowS3NotFound",
    "MetaflowS3URLException",
    "RangeInfo",
    "S3GetObject",
    "S3Object",
    "S3PutObject",
]


class S3:
    """A place in S3 and the files that were fetched from it.

    With `run` (a flow in a step, or a Run of the client) it is the folder of that run below METAFLOW_DATATOOLS_S3ROOT,
    or below `bucket` and `prefix`; with `s3root` it is that address; without either, keys are whole addresses.
    Fetched files lie in a folder below `tmproot` until `close`, which leaving a `with` block calls.
    Raises MetaflowS3URLException for a place that is none.
    """

    TYPE = "s3"

    def __init__(
        self,
        tmproot: str = ".",
        bucket: str | None = None,
        prefix: str | None = None,
        run: Any = None,
        s3root: str | None = None,
        **_: Any,
    ):
        self._settings = all_settings.load()
        if run is not None:
            self._root: str | None = _run_root(self._settings, run, bucket, prefix)
        else:
            self._root = None if s3root is None else checked_root(s3root)
        self._folder: str | None = tempfile.mkdtemp(prefix="metaflow.s3.", dir=os.path.abspath(tmproot))
        self._buckets = Buckets(self._settings)
        self._flight = Flight("s3")
        self._numbers = count()

    def __enter__(self) -> S3:
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
        self, key: str | S3GetObject | None = None, return_missing: bool = False, return_info: bool = True
    ) -> S3Object:
        """Fetch an object, or a part of one. Raises MetaflowS3NotFound where there is none, unless `return_missing`;
        MetaflowS3InvalidRange for a part that it does not have."""
        return self.get_many([key], return_missing, return_info)[0]  # type: ignore[list-item]

    def info(self, key: str | None = None, return_missing: bool = False) -> S3Object:
        """What the store knows of an object, without its content."""
        return self.info_many([key], return_missing)[0]  # type: ignore[list-item]

    def put(
        self,
        key: str | S3PutObject,
        obj: Any,
        overwrite: bool = True,
        content_type: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Save text, bytes or a binary stream (from its beginning); its address. What is there stays where not
        `overwrite`. Raises MetaflowS3InvalidObject for other values."""
        self._check_open()
        name = key.key if isinstance(key, S3PutObject) else key
        if isinstance(obj, (io.RawIOBase, io.BufferedIOBase)) and obj.seekable():
            obj.seek(0)
        url = address(self._root, name)
        self._buckets.put(url, _content(obj), content_type, _attributes(metadata), overwrite)
        return url

    # -- many objects --------------------------------------------------------------------------------------------------

    def get_many(
        self, keys: Iterable[str | S3GetObject], return_missing: bool = False, return_info: bool = True
    ) -> list[S3Object]:
        """Fetch objects, or parts, together; answers in the order of `keys`."""
        wanted = [(address(self._root, _name(key)), _part(key)) for key in keys]
        return self._fetched(wanted, [self._root] * len(wanted), return_missing, return_info)

    def info_many(self, keys: Iterable[str], return_missing: bool = False) -> list[S3Object]:
        """What the store knows of objects, asked for together."""
        self._check_open()
        urls = [address(self._root, _name(key)) for key in keys]
        found = list(self._flight.each(self._buckets.head, urls))
        return [self._described(url, facts, return_missing) for url, facts in zip(urls, found)]

    def put_many(self, key_objs: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save (key, value) pairs or S3PutObjects together; key and address of each that was saved."""
        self._check_open()
        items = [one if isinstance(one, S3PutObject) else S3PutObject(one[0], one[1]) for one in key_objs]
        ready = [(item, _content(item.value)) for item in items]
        return self._put(ready, overwrite)

    def put_files(self, key_paths: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Save files: (key, path) pairs or S3PutObjects with a path; key and address of each that was saved.
        Raises MetaflowS3NotFound for a file that is not there."""
        self._check_open()
        items = [one if isinstance(one, S3PutObject) else S3PutObject(one[0], path=one[1]) for one in key_paths]
        return self._put([(item, _file(item.path)) for item in items], overwrite)

    # -- trees ---------------------------------------------------------------------------------------------------------

    def list_paths(self, keys: Iterable[str] | None = None) -> list[S3Object]:
        """What lies directly below keys, folders too (their `exists` is False); of the place itself without keys."""
        return self._listed(keys, recursive=False)

    def list_recursive(self, keys: Iterable[str] | None = None) -> list[S3Object]:
        """All objects below keys, or below the place itself."""
        return self._listed(keys, recursive=True)

    def get_recursive(self, keys: Iterable[str], return_info: bool = False) -> list[S3Object]:
        """Fetch every object whose address starts with one of `keys`."""
        self._check_open()
        roots = [address(self._root, key) for key in keys]
        found = list(self._flight.each(self._buckets.starting_with, roots))
        pairs = [(entry.url, root) for root, entries in zip(roots, found) for entry in entries]
        return self._fetched([(url, (None, None)) for url, _ in pairs], [root for _, root in pairs], False, return_info)

    def get_all(self, return_info: bool = False) -> list[S3Object]:
        """Fetch every object below the place. Raises MetaflowS3URLException where there is no place."""
        if self._root is None:
            raise MetaflowS3URLException("get_all needs a place: name s3root, bucket or run.")
        return self.get_recursive([None], return_info)  # type: ignore[list-item]

    # -- how -----------------------------------------------------------------------------------------------------------

    def _check_open(self) -> str:
        if self._folder is None:
            raise MetaflowS3Exception("This S3 object is closed; make a new one.")
        return self._folder

    def _fetched(
        self, wanted: Sequence[tuple[str, Any]], prefixes: Sequence[str | None], missing: bool, info: bool
    ) -> list[S3Object]:
        folder = self._check_open()
        paths = [os.path.join(folder, f"{next(self._numbers)}-{_file_name(url)}") for url, _ in wanted]
        work = [(url, path, part) for (url, part), path in zip(wanted, paths)]
        found = list(self._flight.each(lambda item: self._buckets.fetch(*item), work))
        return [
            self._here(prefix, url, path, facts, missing, info)
            for prefix, (url, path, _), facts in zip(prefixes, work, found)
        ]

    def _here(
        self, prefix: str | None, url: str, path: str, facts: Facts | None, missing: bool, info: bool
    ) -> S3Object:
        if facts is None:
            return self._missing(prefix, url, missing)
        if not info:
            return S3Object(prefix, url, path, facts.length)
        part = RangeInfo(facts.size, facts.start, facts.length)
        kind, modified = facts.content_type, facts.modified
        return S3Object(prefix, url, path, facts.length, kind, facts.metadata, part, modified)

    def _described(self, url: str, facts: Facts | None, missing: bool) -> S3Object:
        if facts is None:
            return self._missing(self._root, url, missing)
        metadata, modified = facts.metadata, facts.modified
        return S3Object(self._root, url, None, facts.size, facts.content_type, metadata, last_modified=modified)

    @staticmethod
    def _missing(prefix: str | None, url: str, allowed: bool) -> S3Object:
        if not allowed:
            raise MetaflowS3NotFound(f"There is no {url}.")
        return S3Object(prefix, url, None)

    def _put(self, ready: Sequence[tuple[S3PutObject, Any]], overwrite: bool) -> list[tuple[str, str]]:
        work = [(item, address(self._root, item.key), data) for item, data in ready]

        def send(one: tuple[S3PutObject, str, Any]) -> bool:
            item, url, data = one
            return self._buckets.put(url, data, item.content_type, _attributes(item.metadata), overwrite)

        sent = list(self._flight.each(send, work))
        return [(item.key, url) for (item, url, _), was_sent in zip(work, sent) if was_sent]

    def _listed(self, keys: Iterable[str] | None, recursive: bool) -> list[S3Object]:
        self._check_open()
        roots = [address(self._root, key) for key in ([None] if keys is None else keys)]
        found = self._flight.each(lambda root: self._buckets.below(root, recursive), roots)
        return [
            S3Object(root if recursive else root.rstrip("/") + "/", entry.url, None, entry.size)
            for root, entries in zip(roots, found)
            for entry in entries
        ]


def _run_root(settings: all_settings.Settings, run: Any, bucket: str | None, prefix: str | None) -> str:
    """The folder of a run: of the flow whose step this is, or of a Run of the client."""
    base = f"s3://{bucket}" if bucket else settings.get("METAFLOW_DATATOOLS_S3ROOT")
    if not base:
        hint = "Type: export METAFLOW_DATATOOLS_S3ROOT=s3://BUCKET/data, or name bucket."
        raise MetaflowS3URLException("S3(run=...) needs METAFLOW_DATATOOLS_S3ROOT, which is not set.", hint=hint)
    named = "/".join(filter(None, (part.strip("/") for part in (prefix or "",))))
    return checked_root("/".join(filter(None, (base.rstrip("/"), named, *_run_names(run)))))


def _run_names(run: Any) -> tuple[str, str]:
    from ..client.runs import Run
    from ..flow.current import current
    from ..flow.spec import FlowSpec

    if isinstance(run, Run):
        flow, number = run.pathspec.split("/")
        return flow, number
    if isinstance(run, FlowSpec):
        if current.flow_name is None or current.run_id is None:
            raise MetaflowS3URLException("S3(run=self) works inside of a step.")
        return str(current.flow_name), str(current.run_id)
    raise MetaflowS3URLException("run must be the flow of a step (self) or a Run of the client.")


def _name(key: Any) -> Any:
    return key.key if isinstance(key, S3GetObject) else key


def _part(key: Any) -> tuple[int | None, int | None]:
    """Offset and length of what is wanted; (None, None) for all."""
    if not isinstance(key, S3GetObject):
        return None, None
    offset, length = (_whole_number(value) for value in (key.offset, key.length))
    if length == 0:
        if offset:
            raise MetaflowS3InvalidRange(f"A part of no length was asked for of {key.key}.")
        return None, None
    return (None, None) if not offset and length is None else (offset, length)


def _whole_number(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError("Offset and length must be numbers.")
    return int(value)


def _content(value: Any) -> Any:
    """What is sent: bytes, or all that is left in a binary stream."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    if isinstance(value, (io.RawIOBase, io.BufferedIOBase)):
        return value.read()
    raise MetaflowS3InvalidObject(f"Only text, bytes and binary streams can be saved, not {type(value).__name__}.")


def _file(path: Any) -> Any:
    from pathlib import Path

    if path is None:
        raise TypeError("put_files needs the path of a file.")
    if not os.path.exists(path):
        raise MetaflowS3NotFound(f"There is no file {path}.")
    if os.path.isdir(path):
        raise MetaflowS3Exception(f"{path} is a folder; name the files in it.")
    return Path(path)


def _attributes(metadata: Any) -> str | None:
    return json.dumps(metadata) if metadata else None


def _file_name(url: str) -> str:
    """The last part of an address as the name of a file, for people who look."""
    name = url.rstrip("/").rpartition("/")[2]
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[-80:]
