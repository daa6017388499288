"""Requests to S3 buckets and Azure Blob containers, through obstore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..settings import Settings
from ..store.storage.object_store import PART
from .downloads import write_in_parts, writing
from .provider import Provider
from .requests import Attributes, Bucket, Buckets, ObjectInfo, Part

#: Creates a client for a bucket, and describes its credentials for messages: (settings, bucket, encryption).
Connect = Callable[[Settings, str, "str | None"], tuple[Any, str]]


class ObstoreBuckets(Buckets):
    """Requests that are the same for S3 and Azure."""

    def __init__(self, provider: Provider, settings: Settings, connect: Connect):
        super().__init__(provider, settings)
        self._make = connect

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        return self._make(self._settings, name, encryption)

    def _head(self, bucket: Bucket, key: str) -> ObjectInfo:
        import obstore

        return _info(obstore.get(bucket.client, key, options={"head": True}))

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> ObjectInfo:
        import obstore

        options = self._options(bucket, key, *wanted)
        result = obstore.get(bucket.client, key, options=options)
        found = _info(result)
        if found.length > PART and not options:
            write_in_parts(path, found.size, _parts_of(bucket.client, key, found.etag))
            return found
        with writing(path) as file:
            for chunk in result.stream(min_chunk_size=1 << 20) if found.length > PART else (result.bytes(),):
                file.write(chunk)
        return found

    def _options(self, bucket: Bucket, key: str, offset: int | None, length: int | None) -> Any:
        """The byte range as request options. Azure has no ranges from the end: there the size is requested first."""
        if (offset, length) == (None, None):
            return {}
        if offset is None or offset >= 0 or not self._provider.counts_from_start:
            return {"range": _range(offset, length)}
        found = self._head(bucket, key)
        return {"range": _range(max(0, found.size + offset), None), "if_match": found.etag}

    def _put(self, bucket: Bucket, key: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        import obstore

        kept = {}
        if attributes.content_type:
            kept["Content-Type"] = attributes.content_type
        if attributes.metadata is not None:
            kept[self._provider.metadata_key] = attributes.metadata
        # Not a conditional request: object stores do not support these for multipart uploads.
        if not overwrite and _exists(bucket.client, key):
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


def _exists(client: Any, key: str) -> bool:
    import obstore

    try:
        obstore.head(client, key)
    except FileNotFoundError:
        return False
    return True


def _info(result: Any) -> ObjectInfo:
    attributes = {str(name): str(value) for name, value in dict(result.attributes).items()}
    start, end = result.range
    meta, content_type = result.meta, attributes.pop("Content-Type", None)
    modified = meta["last_modified"].timestamp()
    return ObjectInfo(
        int(meta["size"]), content_type, attributes, modified, start, end - start, meta["e_tag"], meta["version"]
    )


def _range(offset: int | None, length: int | None) -> Any:
    if offset is not None and offset < 0:
        return {"suffix": -offset}
    if length is None or length < 0:
        return {"offset": offset or 0}
    return (offset or 0, (offset or 0) + length)


def _parts_of(client: Any, key: str, etag: str | None) -> Callable[[int, int], bytes]:
    """A function that reads parts of an object, all of the same version."""
    import obstore

    match = {"if_match": etag} if etag else {}

    def part(start: int, end: int) -> bytes:
        options: Any = {"range": (start, end), **match}
        return bytes(obstore.get(client, key, options=options).bytes())

    return part
