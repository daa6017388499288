"""`GS`: objects of Google Cloud Storage by name, with the calls and answers of `S3`.

with GS(gsroot="gs://bucket/prefix") as gs:
    gs.put("name", "text")
    print(gs.get("name").text)
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import Place
from .errors import Errors
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .provider import Kind
from .requests_google import GoogleBuckets

__all__ = ["GS", "GSObject", "GetObject", "PutObject", "RangeInfo"]

KIND = Kind(
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


class GS(Place[GSObject]):
    """A place in Google Cloud Storage and the files that were fetched from it.

    With `run` (a flow in a step, or a Run of the client) it is the folder of that run below METAFLOW_DATATOOLS_GSROOT,
    or below `bucket` and `prefix`; with `gsroot` it is that address; without either, keys are whole addresses.
    Fetched files lie in a folder below `tmproot` until `close`, which leaving a `with` block calls.
    Raises InvalidAddress for a place that is none.
    """

    TYPE = "gs"
    KIND = KIND
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
        return GoogleBuckets(KIND, settings)
