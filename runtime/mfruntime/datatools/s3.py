"""`S3`: objects of S3 by name, also many in parallel, downloaded to temporary files.

    with S3(s3root="s3://bucket/prefix") as s3:
        s3.put("name", "text")
        print(s3.get("name").text)

Names, arguments and results are those of Metaflow's class of this name.
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import DataTool
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
from .provider import Provider
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

PROVIDER = Provider(
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
    """An object to save in S3."""

    __slots__ = ()


class S3Object(StoredObject):
    """An object in S3."""

    _STORE = "S3"


class S3(DataTool[S3Object]):
    """A prefix in S3, and the files downloaded from it.

    With `run` (`self` in a step, or a Run of the client), the prefix is that of the run below
    METAFLOW_DATATOOLS_S3ROOT, or below `bucket` and `prefix`. With `s3root`, it is that URL. With neither, keys are
    complete URLs. `encryption` (AES256, aws:kms), `role` (a role that your credentials can assume) and `client_params`
    (a subset of boto3's: keys, endpoint_url, region_name, verify) override the settings.
    Downloads are stored in a directory below `tmproot` until `close`, which the end of a `with` block calls.
    Raises MetaflowS3URLException for an invalid prefix.
    """

    TYPE = "s3"
    PROVIDER = PROVIDER
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

        return ObstoreBuckets(PROVIDER, settings, connect)


def _check(session_vars: Any, client_params: dict[str, Any] | None) -> None:
    """Raise an error for arguments that would otherwise be ignored silently."""
    from ..store.storage.s3 import CLIENT_PARAMS

    if session_vars:
        hint = "Use role or client_params, or run: export AWS_PROFILE=..."
        raise MetaflowS3Exception("S3(session_vars=...) is not supported.", hint=hint)
    unknown = sorted(set(client_params or ()) - set(CLIENT_PARAMS))
    if unknown:
        known = ", ".join(CLIENT_PARAMS)
        raise MetaflowS3Exception(f"S3(client_params=...) does not support {', '.join(unknown)}. Supported: {known}.")
