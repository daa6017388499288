"""`GS`: objects of Google Cloud Storage by name, with the methods and results of `S3`.

with GS(gsroot="gs://bucket/prefix") as gs:
    gs.put("name", "text")
    print(gs.get("name").text)
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import DataTool
from .errors import Errors
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .provider import Provider
from .requests_google import GoogleBuckets

__all__ = ["GS", "GSObject", "GetObject", "PutObject", "RangeInfo"]

PROVIDER = Provider(
    type="gs",
    tool="GS",
    scheme="gs://",
    root_argument="gsroot",
    container="bucket",
    metadata_key="metaflow-user-attributes",
    extra="gcp",
    errors=Errors(),
)


class GSObject(StoredObject):
    """An object in Google Cloud Storage."""

    _STORE = "GS"


class GS(DataTool[GSObject]):
    """A prefix in Google Cloud Storage, and the files downloaded from it.

    With `run` (`self` in a step, or a Run of the client), the prefix is that of the run below
    METAFLOW_DATATOOLS_GSROOT, or below `bucket` and `prefix`. With `gsroot`, it is that URL. With neither, keys are
    complete URLs. Downloads are stored in a directory below `tmproot` until `close`, which the end of a `with` block
    calls. Raises InvalidAddress for an invalid prefix.
    """

    TYPE = "gs"
    PROVIDER = PROVIDER
    OBJECT = GSObject

    def __init__(
        self,
        tmproot: str = ".",
        bucket: str | None = None,
        prefix: str | None = None,
        run: Any = None,
        gsroot: str | None = None,
    ):
        super().__init__(tmproot, bucket, prefix, run, gsroot)

    def _connect(self, settings: Settings) -> GoogleBuckets:
        return GoogleBuckets(PROVIDER, settings)
