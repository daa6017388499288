"""Requests to S3 buckets and Azure Blob containers, through obstore."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..settings import Settings
from ..store.storage.object_store import PART, ObstoreClient, put_in_parts
from .downloads import write_in_parts, writing
from .provider import Provider
from .requests import Attributes, Bucket, Buckets, ObjectInfo, Part

#: Creates the clients of a bucket, and describes its credentials for messages: (settings, bucket, encryption).
Connect = Callable[[Settings, str, "str | None"], tuple[ObstoreClient, str]]


class ObstoreBuckets(Buckets):
    """Requests that are the same for S3 and Azure."""

    def __init__(self, provider: Provider, settings: Settings, connect: Connect):
        super().__init__(provider, settings)
        self._make = connect

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        return self._make(self._settings, name, encryption)

    def _head(self, bucket: Bucket, key: str) -> ObjectInfo:
        import obstore

        return _info(obstore.get(bucket.client.requests, key, options={"head": True}))

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> ObjectInfo:
        import obstore

        options = self._options(bucket, key, *wanted)
        result = obstore.get(bucket.client.requests, key, options=options)
        found = _info(result)
        if found.length > PART:
            write_in_parts(path, found.start, found.length, _parts_of(bucket, key, found.etag))
            return found
        with writing(path) as file:
            file.write(result.bytes())
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

        kept = {}
        if attributes.content_type:
            kept["Content-Type"] = attributes.content_type
        if attributes.metadata is not None:
            kept[self._provider.metadata_key] = attributes.metadata
        # Not a conditional request: object stores do not support these for multipart uploads.
        if not overwrite and bucket.retries.run(lambda: _exists(bucket.client.requests, key)):
            return False
        bucket.retries.run(lambda: _send(bucket.client, key, data, kept or None))
        return True

    def _below(self, bucket: Bucket, key: str, recursive: bool) -> tuple[list[tuple[str, int]], list[str]]:
        import obstore

        if recursive:
            return _listed(bucket, key), []
        found = obstore.list_with_delimiter(bucket.client.requests, key or None)
        files = [(entry["path"], int(entry["size"])) for entry in found["objects"]]
        return files, [name.rstrip("/") for name in found["common_prefixes"]]


def _send(client: ObstoreClient, key: str, data: Any, attributes: Any) -> None:
    """Upload bytes, or the file at a path."""
    import obstore

    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > PART:
        put_in_parts(client.uploads, key, data, attributes)
    else:
        obstore.put(client.requests, key, data, attributes=attributes, use_multipart=False)


def _listed(bucket: Bucket, key: str) -> list[tuple[str, int]]:
    """All objects below a prefix. After an interruption the list continues behind the last object."""
    import obstore

    found: list[tuple[str, int]] = []

    def rest() -> None:
        last = found[-1][0] if found else None
        for page in obstore.list(bucket.client.requests, key or None, offset=last, chunk_size=1000):
            found.extend((entry["path"], int(entry["size"])) for entry in page)

    bucket.retries.run(rest)
    return found


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


def _parts_of(bucket: Bucket, key: str, etag: str | None) -> Callable[[int, int], bytes]:
    """A function that reads parts of an object, all of the same version."""
    import obstore

    match = {"if_match": etag} if etag else {}

    def part(start: int, end: int) -> bytes:
        options: Any = {"range": (start, end), **match}
        return bucket.retries.run(lambda: bytes(obstore.get(bucket.client.requests, key, options=options).bytes()))

    return part
