"""Requests to Google Cloud Storage buckets, through google-cloud-storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..store.storage.gs import TIMEOUT_SECONDS, make_client
from ..store.storage.object_store import PART
from ..store.storage.retries import google_options, limit_of
from .downloads import write_in_parts, writing
from .requests import Attributes, Bucket, Buckets, ObjectInfo, Part


class GoogleBuckets(Buckets):
    """Requests to Google Cloud Storage. Its client reads the attributes of an object in a separate request, so a
    download takes two requests; both are for the same generation."""

    _client: Any = None
    _identity = ""

    def _connect(self, name: str, encryption: str | None) -> tuple[Any, str]:
        if self._client is None:
            self._client, self._identity = make_client()
            self._options = {"timeout": TIMEOUT_SECONDS, "retry": None}
            #: For requests that the client divides into several.
            self._divided = {"timeout": TIMEOUT_SECONDS, "retry": google_options(limit_of(self._settings))}
        return self._client.bucket(name), self._identity

    def _head(self, bucket: Bucket, key: str) -> ObjectInfo:
        return self._known(self._blob_with_info(bucket, key))

    def _fetch(self, bucket: Bucket, key: str, path: str, wanted: Part) -> ObjectInfo:
        blob = self._blob_with_info(bucket, key)
        start, end = self._bounds(blob, *wanted)
        found = self._known(blob)._replace(start=start, length=end - start)
        self._write(bucket, blob, path, start, end)  # changes the attributes of `blob`
        return found

    def _put(self, bucket: Bucket, key: str, data: Any, attributes: Attributes, overwrite: bool) -> bool:
        from google.api_core.exceptions import PreconditionFailed

        blob = bucket.client.blob(key)
        if attributes.metadata is not None:
            blob.metadata = {self._provider.metadata_key: attributes.metadata}
        content_type = attributes.content_type or "application/octet-stream"
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        options = self._divided if size > PART // 2 else self._options
        condition = {} if overwrite else {"if_generation_match": 0}  # 0: only if it does not exist
        sent = 0

        def send() -> bool:
            nonlocal sent
            sent += 1
            try:
                if isinstance(data, Path):
                    blob.upload_from_filename(str(data), content_type=content_type, **options, **condition)
                else:
                    blob.upload_from_string(data, content_type=content_type, **options, **condition)
            except PreconditionFailed:
                return sent > 1 and self._has_content(bucket, key, data)
            return True

        return bucket.retries.run(send)

    def _has_content(self, bucket: Bucket, key: str, data: Any) -> bool:
        """Whether an object has this content: an interrupted upload has then created it."""
        import base64

        import google_crc32c

        found = self._blob_with_info(bucket, key)
        content = data.read_bytes() if isinstance(data, Path) else data
        checksum = base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
        return bool(found.crc32c == checksum)

    def _below(self, bucket: Bucket, key: str, recursive: bool) -> tuple[list[tuple[str, int]], list[str]]:
        delimiter = None if recursive else "/"
        found = bucket.client.list_blobs(prefix=f"{key}/" if key else None, delimiter=delimiter, **self._divided)
        files = [(blob.name.rstrip("/"), int(blob.size)) for blob in found]
        return files, sorted(name.rstrip("/") for name in found.prefixes)

    def _is_not_found(self, exc: Exception) -> bool:
        return type(exc).__name__ == "NotFound"

    # -- internal ------------------------------------------------------------------------------------------------------

    def _blob_with_info(self, bucket: Bucket, key: str) -> Any:
        blob = bucket.client.blob(key)
        blob.reload(**self._options)
        return blob

    def _known(self, blob: Any) -> ObjectInfo:
        size, modified = int(blob.size), blob.updated.timestamp()
        version = str(blob.generation)
        return ObjectInfo(size, blob.content_type, blob.metadata or {}, modified, 0, size, blob.etag, version)

    def _bounds(self, blob: Any, offset: int | None, length: int | None) -> tuple[int, int]:
        """Start and end of the requested part. Raises the store's error if it is outside of the object."""
        size = int(blob.size)
        if (offset, length) == (None, None):
            return 0, size
        if offset is not None and offset < 0:
            start, end = max(0, size + offset), size
        else:
            start = offset or 0
            end = size if length is None or length < 0 else min(size, start + length)
        if start >= size:
            raise self._provider.errors.invalid_range(
                f"The requested range is outside of gs://{blob.bucket.name}/{blob.name}."
            )
        return start, end

    def _write(self, bucket: Bucket, blob: Any, path: str, start: int, end: int) -> None:
        options = {**self._options, "if_generation_match": blob.generation, "raw_download": True}
        if end - start > PART:

            def part(first: int, last: int) -> Any:
                return bucket.retries.run(lambda: blob.download_as_bytes(start=first, end=last - 1, **options))

            write_in_parts(path, start, end - start, part)
            return
        whole = (start, end) == (0, int(blob.size))
        bounds = {} if whole else {"start": start, "end": end - 1}
        with writing(path) as file:
            file.write(blob.download_as_bytes(**bounds, **options))
