"""Buckets of S3 and containers of Azure Blob, through obstore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..settings import Settings
from ..store.storage.objects import PART
from .downloads import write_in_parts, writing
from .provider import Kind
from .requests import Attributes, Bucket, Buckets, Facts, Part

#: Makes a client for a bucket, and says in words whose credentials it uses: (settings, bucket, encryption).
Connect = Callable[[Settings, str, "str | None"], tuple[Any, str]]


class ObstoreBuckets(Buckets):
    """Requests that S3 and Azure answer alike."""

    def __init__(self, kind: Kind, settings: Settings, connect: Connect):
        super().__init__(kind, settings)
        self._make = connect

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        return self._make(self._settings, name, encryption)

    def _head(self, bucket: Bucket, key: str) -> Facts:
        import obstore

        return _facts(obstore.get(bucket.client, key, options={"head": True}))

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> Facts:
        import obstore

        options = self._options(bucket, key, *wanted)
        result = obstore.get(bucket.client, key, options=options)
        facts = _facts(result)
        if facts.length > PART and not options:
            write_in_parts(path, facts.size, _parts_of(bucket.client, key, facts.etag))
            return facts
        with writing(path) as file:
            for chunk in result.stream(min_chunk_size=1 << 20) if facts.length > PART else (result.bytes(),):
                file.write(chunk)
        return facts

    def _options(self, bucket: Bucket, key: str, offset: int | None, length: int | None) -> Any:
        """How the wanted part is asked for. Azure knows no ranges from the end: there the size is asked for before."""
        if (offset, length) == (None, None):
            return {}
        if offset is None or offset >= 0 or not self._kind.counts_from_start:
            return {"range": _range(offset, length)}
        found = self._head(bucket, key)
        return {"range": _range(max(0, found.size + offset), None), "if_match": found.etag}

    def _put(self, bucket: Bucket, key: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        import obstore

        kept = {}
        if attributes.content_type:
            kept["Content-Type"] = attributes.content_type
        if attributes.metadata is not None:
            kept[self._kind.metadata_key] = attributes.metadata
        # Not by a conditional request: stores take none for uploads in parts.
        if not overwrite and _is_there(bucket.client, key):
            return False
        obstore.put(bucket.client, key, data, attributes=kept or None, chunk_size=PART, max_concurrency=8)
        return True

    def _below(self, bucket: Bucket, key: str, recursive: bool) -> tuple[list[tuple[str, int]], list[str]]:
        import obstore

        if recursive:
            entries: Any = [entry for page in obstore.list(bucket.client, key or None) for entry in page]
            return [(entry["path"], int(entry["size"])) for entry in entries], []
        found = obstore.list_with_delimiter(bucket.client, key or None)
        files = [(entry["path"], int(entry["size"])) for entry in found["objects"]]
        return files, [name.rstrip("/") for name in found["common_prefixes"]]


def _is_there(client: Any, key: str) -> bool:
    import obstore

    try:
        obstore.head(client, key)
    except FileNotFoundError:
        return False
    return True


def _facts(result: Any) -> Facts:
    attributes = {str(name): str(value) for name, value in dict(result.attributes).items()}
    start, end = result.range
    meta, kind = result.meta, attributes.pop("Content-Type", None)
    modified = meta["last_modified"].timestamp()
    return Facts(int(meta["size"]), kind, attributes, modified, start, end - start, meta["e_tag"], meta["version"])


def _range(offset: int | None, length: int | None) -> Any:
    if offset is not None and offset < 0:
        return {"suffix": -offset}
    if length is None or length < 0:
        return {"offset": offset or 0}
    return (offset or 0, (offset or 0) + length)


def _parts_of(client: Any, key: str, etag: str | None) -> Callable[[int, int], bytes]:
    """Reads parts of an object, all of the same version."""
    import obstore

    match = {"if_match": etag} if etag else {}

    def part(start: int, end: int) -> bytes:
        options: Any = {"range": (start, end), **match}
        return bytes(obstore.get(client, key, options=options).bytes())

    return part
