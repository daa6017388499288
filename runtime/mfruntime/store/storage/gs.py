"""Google Cloud Storage, through google-cloud-storage."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ...errors import CommandException
from ...settings import Settings
from .base import Entry, Item, Loaded
from .objects import IN_FLIGHT, PART, Batched, claim, decoded
from .refusals import is_missing_container, translated
from .s3 import split_url

_META_KEY = "metaflow-user-attributes"
TIMEOUT_SECONDS = 120.0
_R = TypeVar("_R")


class GSStorage(Batched):
    """Objects below `gs://bucket/prefix`."""

    type = "gs"
    is_local = False

    def __init__(self, root: str, bucket: Any, prefix: str, identity: str):
        super().__init__("gs-storage")
        self.root = root
        self.identity = identity
        self.requests = 0
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> GSStorage:
        """Raises CommandException for a root that is missing or not a gs:// URL, or without credentials."""
        root = (root or settings.get("METAFLOW_DATASTORE_SYSROOT_GS") or "").rstrip("/")
        name, prefix = split_url(root, "gs", "METAFLOW_DATASTORE_SYSROOT_GS")
        client, identity = make_client()
        return cls(root, client.bucket(name), prefix, identity)

    # -- one request each ----------------------------------------------------------------------------------------------

    def _put(self, item: Item, overwrite: bool) -> None:
        blob = self._bucket.blob(self._prefix + item.path, chunk_size=None)
        if item.meta is not None:
            blob.metadata = {_META_KEY: json.dumps(dict(item.meta))}
        data = b"".join(item.data) if isinstance(item.data, list) else bytes(item.data)
        condition = {} if overwrite else {"if_generation_match": 0}  # 0: only where there is none

        def send() -> None:
            blob.upload_from_string(data, "application/octet-stream", timeout=TIMEOUT_SECONDS, **condition)

        self._counted(send, item.path, "write", expected=("PreconditionFailed",))

    def _get(self, path: str) -> Loaded:
        blob = self._bucket.blob(self._prefix + path)
        if "/data/" in path:  # only blobs carry metadata, which costs a request of its own
            known = self._counted(lambda: self._reloaded(blob), path, "read", expected=("NotFound",))
            if not known:
                return Loaded(path, None)
        data = self._counted(lambda: self._content(blob), path, "read", expected=("NotFound",))
        return Loaded(path, data, self._meta(path, blob) if data is not None else None)

    def _content(self, blob: Any) -> Any:
        if (blob.size or 0) <= PART:
            return blob.download_as_bytes(timeout=TIMEOUT_SECONDS, raw_download=True)
        content = memoryview(bytearray(blob.size))

        def fetch(start: int) -> None:
            end = min(start + PART, blob.size)
            part = blob.download_as_bytes(start=start, end=end - 1, timeout=TIMEOUT_SECONDS, raw_download=True)
            content[start:end] = part

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(fetch, range(0, blob.size, PART)))
        return content.obj

    def _meta(self, path: str, blob: Any) -> Mapping[str, Any] | None:
        return decoded((blob.metadata or {}).get(_META_KEY), f"{self.root}/{path}")

    def _is_there(self, path: str) -> bool:
        blob = self._bucket.blob(self._prefix + path)
        return bool(self._counted(lambda: self._reloaded(blob), path, "look for", expected=("NotFound",)))

    @staticmethod
    def _reloaded(blob: Any) -> bool:
        """Raises NotFound for a missing bucket too, and says so, where `exists` and `get_blob` do not."""
        blob.reload(timeout=TIMEOUT_SECONDS)
        return True

    def _below(self, prefix: str) -> Sequence[Entry]:
        start = self._prefix + (f"{prefix}/" if prefix else "")

        def ask() -> list[Entry]:
            found = self._bucket.list_blobs(prefix=start, delimiter="/", timeout=TIMEOUT_SECONDS)
            files = [Entry(blob.name[len(self._prefix) :], False) for blob in found]
            return files + [Entry(name[len(self._prefix) :].rstrip("/"), True) for name in found.prefixes]

        return self._counted(ask, prefix, "list") or []

    def _remove(self, path: str) -> None:
        blob = self._bucket.blob(self._prefix + path)
        self._counted(lambda: blob.delete(timeout=TIMEOUT_SECONDS), path, "delete", expected=("NotFound",))

    # -- in flight together --------------------------------------------------------------------------------------------

    def _counted(self, request: Callable[[], _R], path: str, action: str, expected: tuple[str, ...] = ()) -> _R | None:
        """The answer, None for a refusal named in `expected`; others become a StorageError that says what to do."""
        claim(self.root)
        self.requests += 1
        try:
            return request()
        except Exception as exc:  # google.api_core's and requests' own classes
            if type(exc).__name__ in expected and not is_missing_container(str(exc)):
                return None
            raise translated(exc, self, path, action) from exc


def retry_policy(settings: Settings) -> Any:
    """Google's retries: until the deadline, or none where METAFLOW_S3_RETRY_COUNT is 0 (its client does not count)."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(TIMEOUT_SECONDS) if settings.integer("METAFLOW_S3_RETRY_COUNT") else None


def make_client() -> tuple[Any, str]:
    """A client of Google Cloud Storage, and in words whose credentials it uses. Raises CommandException without any."""
    from google.cloud import storage

    credentials, project, identity = _credentials()
    client = storage.Client(project=project, credentials=credentials)
    _keep_connections(client)
    return client, identity


def _keep_connections(client: Any) -> None:
    """As many as requests are in flight: the client keeps ten, and would shake hands for every further request."""
    from requests.adapters import HTTPAdapter

    for scheme in ("https://", "http://"):
        if type(client._http.get_adapter(scheme)) is HTTPAdapter:  # another one has a certificate of the user's
            client._http.mount(scheme, HTTPAdapter(pool_maxsize=IN_FLIGHT))


def _credentials() -> tuple[Any, str, str]:
    """Credentials, project, and in words whose they are."""
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        from google.auth.credentials import AnonymousCredentials

        return AnonymousCredentials(), "emulated", "nobody (an emulator)"
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, project = google.auth.default()
    except DefaultCredentialsError as exc:
        hint = "Type: gcloud auth application-default login"
        raise CommandException("There are no Google Cloud credentials for the datastore 'gs'.", hint=hint) from exc
    who = getattr(credentials, "service_account_email", None) or "the account of gcloud"
    return credentials, project or "none", str(who)
