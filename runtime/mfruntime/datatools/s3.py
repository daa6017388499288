"""`S3`: objects of S3 by name, many at once, fetched into files that go when the work is done.

    with S3(s3root="s3://bucket/prefix") as s3:
        s3.put("name", "text")
        print(s3.get("name").text)

Names, arguments and answers are those of Metaflow's class of this name.
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import Place
from .errors import (
    Errors,
    MetaflowS3AccessDenied,
    MetaflowS3Exception,
    MetaflowS3InsufficientDiskSpace,
    MetaflowS3InvalidObject,
    MetaflowS3InvalidRange,
    MetaflowS3NameClash,
    MetaflowS3NotFound,
    MetaflowS3URLException,
)
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .provider import Kind
from .requests_obstore import ObstoreBuckets

__all__ = [
    "S3",
    "MetaflowS3AccessDenied",
    "MetaflowS3Exception",
    "MetaflowS3InsufficientDiskSpace",
    "MetaflowS3InvalidObject",
    "MetaflowS3InvalidRange",
    "MetaflowS3NameClash",
    "MetaflowS3NotFound",
    "MetaflowS3URLException",
    "RangeInfo",
    "S3GetObject",
    "S3Object",
    "S3PutObject",
]

KIND = Kind(
    type="s3",
    tool="S3",
    scheme="s3://",
    root_argument="s3root",
    container="bucket",
    metadata_key="metaflow-user-attributes",
    extra="aws",
    takes_encryption=True,
    errors=Errors(
        failed=MetaflowS3Exception,
        invalid_object=MetaflowS3InvalidObject,
        invalid_address=MetaflowS3URLException,
        not_found=MetaflowS3NotFound,
        denied=MetaflowS3AccessDenied,
        invalid_range=MetaflowS3InvalidRange,
        name_clash=MetaflowS3NameClash,
        disk_full=MetaflowS3InsufficientDiskSpace,
    ),
)


class S3GetObject(GetObject):
    """A part of an object in S3."""

    __slots__ = ()


class S3PutObject(PutObject):
    """An object in S3 to be."""

    __slots__ = ()


class S3Object(StoredObject):
    """An object in S3."""

    _STORE = "S3"


class S3(Place[S3Object]):
    """A place in S3 and the files that were fetched from it.

    With `run` (a flow in a step, or a Run of the client) it is the folder of that run below METAFLOW_DATATOOLS_S3ROOT,
    or below `bucket` and `prefix`; with `s3root` it is that address; without either, keys are whole addresses.
    `encryption` (AES256, aws:kms), `role` (one that your credentials may assume) and `client_params` (some of boto3's:
    keys, endpoint_url, region_name, verify) are used in place of the settings.
    Fetched files lie in a folder below `tmproot` until `close`, which leaving a `with` block calls.
    Raises MetaflowS3URLException for a place that is none.
    """

    TYPE = "s3"
    KIND = KIND
    OBJECT = S3Object

    def __init__(
        self,
        tmproot: str = ".",
        bucket: str | None = None,
        prefix: str | None = None,
        run: Any = None,
        s3root: str | None = None,
        encryption: str | None = None,
        role: str | None = None,
        session_vars: Any = None,
        client_params: dict[str, Any] | None = None,
        **_: Any,
    ):
        _check(session_vars, client_params)
        self._encryption, self._role, self._client_params = encryption, role, client_params
        super().__init__(tmproot, bucket, prefix, run, s3root)

    def _connect(self, settings: Settings) -> ObstoreBuckets:
        from ..store.storage.s3 import Access, make_client

        def connect(settings: Settings, bucket: str, encryption: str | None) -> tuple[Any, str]:
            access = Access(encryption or self._encryption, self._role, self._client_params)
            return make_client(settings, bucket, access)

        return ObstoreBuckets(KIND, settings, connect)


def _check(session_vars: Any, client_params: dict[str, Any] | None) -> None:
    """Refuse what would be left out silently otherwise."""
    from ..store.storage.s3 import CLIENT_PARAMS

    if session_vars:
        hint = "Use role, client_params, or export AWS_PROFILE=..."
        raise MetaflowS3Exception("S3(session_vars=...) is not supported.", hint=hint)
    unknown = sorted(set(client_params or ()) - set(CLIENT_PARAMS))
    if unknown:
        known = ", ".join(CLIENT_PARAMS)
        raise MetaflowS3Exception(f"S3(client_params=...) does not know {', '.join(unknown)}. Known: {known}.")
