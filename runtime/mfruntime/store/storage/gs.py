"""Google Cloud Storage, through google-cloud-storage."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ...errors import CommandException
from ...settings import Settings
from .base import Entry, Item, Loaded
from .errors import is_missing_container, storage_error
from .object_store import MAX_PARALLEL, PART, BatchedStorage, check_not_forked, decoded
from .retries import Retries, google_options, limit_of
from .s3 import split_url

_META_KEY = "metaflow-user-attributes"
TIMEOUT_SECONDS = 120.0
#: Google's own retries are off: retries.py repeats single requests.
_OPTIONS: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "retry": None}
_R = TypeVar("_R")


class GSStorage(BatchedStorage):
    """Objects below `gs://bucket/prefix`."""

    type = "gs"
    is_local = False

    def __init__(self, root: str, bucket: Any, prefix: str, identity: str, retries: Retries, limit: int | None):
        super().__init__("gs-storage")
        self.root = root
        self.identity = identity
        self.requests = 0
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._retries = retries
        self._limit = limit

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> GSStorage:
        """Raises CommandException for a root that is missing or not a gs:// URL, or without credentials."""
        root = (root or settings.get("METAFLOW_DATASTORE_SYSROOT_GS") or "").rstrip("/")
        name, prefix = split_url(root, "gs", "METAFLOW_DATASTORE_SYSROOT_GS")
        client, identity = make_client()
        retries = Retries.from_settings(settings, root)
        return cls(root, client.bucket(name), prefix, identity, retries, limit_of(settings))

    # -- one request each ----------------------------------------------------------------------------------------------

    def _put(self, item: Item, overwrite: bool) -> None:
        blob = self._bucket.blob(self._prefix + item.path, chunk_size=None)
        if item.meta is not None:
            blob.metadata = {_META_KEY: json.dumps(dict(item.meta))}
        data = b"".join(item.data) if isinstance(item.data, list) else bytes(item.data)
        condition = {} if overwrite else {"if_generation_match": 0}  # 0: only if it does not exist

        # Google's client uploads large objects in several requests.
        options = {**_OPTIONS, "retry": google_options(self._limit) if len(data) > PART // 2 else None, **condition}

        def send() -> None:
            blob.upload_from_string(data, "application/octet-stream", **options)

        self._send(send, item.path, "write", expected=("PreconditionFailed",))

    def _get(self, path: str) -> Loaded:
        blob = self._bucket.blob(self._prefix + path)
        if "/data/" in path:  # only blobs have metadata, which needs a separate request
            known = self._send(lambda: self._reloaded(blob), path, "read", expected=("NotFound",))
            if not known:
                return Loaded(path, None)
        data = self._send(lambda: self._content(blob), path, "read", expected=("NotFound",))
        return Loaded(path, data, self._meta(path, blob) if data is not None else None)

    def _content(self, blob: Any) -> Any:
        if (blob.size or 0) <= PART:
            return blob.download_as_bytes(raw_download=True, **_OPTIONS)
        content = memoryview(bytearray(blob.size))

        def fetch(start: int) -> None:
            end = min(start + PART, blob.size)
            options = {**_OPTIONS, "start": start, "end": end - 1, "raw_download": True}
            content[start:end] = self._retries.run(lambda: blob.download_as_bytes(**options))

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(fetch, range(0, blob.size, PART)))
        return content.obj

    def _meta(self, path: str, blob: Any) -> Mapping[str, Any] | None:
        return decoded((blob.metadata or {}).get(_META_KEY), f"{self.root}/{path}")

    def _exists(self, path: str) -> bool:
        blob = self._bucket.blob(self._prefix + path)
        return bool(self._send(lambda: self._reloaded(blob), path, "check", expected=("NotFound",)))

    @staticmethod
    def _reloaded(blob: Any) -> bool:
        """True if the blob exists. Raises NotFound also for a missing bucket, unlike `exists` and `get_blob`."""
        blob.reload(**_OPTIONS)
        return True

    def _list_below(self, prefix: str) -> Sequence[Entry]:
        start = self._prefix + (f"{prefix}/" if prefix else "")

        def ask() -> list[Entry]:
            pages = {"timeout": TIMEOUT_SECONDS, "retry": google_options(self._limit)}
            found = self._bucket.list_blobs(prefix=start, delimiter="/", **pages)
            files = [Entry(blob.name[len(self._prefix) :], False) for blob in found]
            return files + [Entry(name[len(self._prefix) :].rstrip("/"), True) for name in found.prefixes]

        return self._send(ask, prefix, "list") or []

    def _remove(self, path: str) -> None:
        blob = self._bucket.blob(self._prefix + path)
        self._send(lambda: blob.delete(**_OPTIONS), path, "delete", expected=("NotFound",))

    # -- requests ------------------------------------------------------------------------------------------------------

    def _send(self, request: Callable[[], _R], path: str, action: str, expected: tuple[str, ...] = ()) -> _R | None:
        """The response, or None for an error in `expected`; others are converted to a StorageError with a hint."""
        check_not_forked(self.root)

        def once() -> _R:
            self.requests += 1
            return request()

        try:
            return self._retries.run(once)
        except Exception as exc:  # classes of google.api_core and requests
            if type(exc).__name__ in expected and not is_missing_container(str(exc)):
                return None
            raise storage_error(exc, self, path, action) from exc


def make_client() -> tuple[Any, str]:
    """A Google Cloud Storage client, and a description of its credentials. Raises CommandException without any."""
    from google.cloud import storage

    credentials, project, identity = _credentials()
    client = storage.Client(project=project, credentials=credentials)
    _keep_connections(client)
    return client, identity


def _keep_connections(client: Any) -> None:
    """Keep one connection per parallel request: the client keeps ten, and would open one for every further request."""
    from requests.adapters import HTTPAdapter

    for scheme in ("https://", "http://"):
        if (
            type(client._http.get_adapter(scheme)) is HTTPAdapter
        ):  # another adapter has a client certificate of the user
            client._http.mount(scheme, HTTPAdapter(pool_maxsize=MAX_PARALLEL))


def _credentials() -> tuple[Any, str, str]:
    """Credentials, project, and a description of the credentials."""
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        from google.auth.credentials import AnonymousCredentials

        return AnonymousCredentials(), "emulated", "no credentials (an emulator)"
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, project = google.auth.default()
    except DefaultCredentialsError as exc:
        hint = "Run: gcloud auth application-default login"
        raise CommandException("No Google Cloud credentials were found for the datastore 'gs'.", hint=hint) from exc
    who = getattr(credentials, "service_account_email", None) or "the account of gcloud"
    return credentials, project or "none", str(who)
