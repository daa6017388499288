"""`AzureBlob`: objects of Azure Blob Storage by name, with the methods and results of `S3`.

    with AzureBlob(azureroot="azure://container/prefix") as blobs:
        blobs.put("name", "text")
        print(blobs.get("name").text)

METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT sets the storage account. URLs are azure://CONTAINER/NAME, as Metaflow
writes them for included files.
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import DataTool
from .errors import Errors
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .provider import Provider
from .requests_obstore import ObstoreBuckets

__all__ = ["AzureBlob", "AzureObject", "GetObject", "PutObject", "RangeInfo"]

PROVIDER = Provider(
    type="azure",
    tool="AzureBlob",
    scheme="azure://",
    root_argument="azureroot",
    container="container",
    metadata_key="metaflow_user_attributes",  # Azure does not allow hyphens here
    extra="azure",
    errors=Errors(),
    has_bare_roots=True,
    counts_from_start=True,
)


class AzureObject(StoredObject):
    """A blob."""

    _STORE = "Azure"
    _METADATA_KEY = PROVIDER.metadata_key


class AzureBlob(DataTool[AzureObject]):
    """A prefix in a storage account, and the files downloaded from it.

    With `run` (`self` in a step, or a Run of the client), the prefix is that of the run below
    METAFLOW_DATATOOLS_AZUREROOT, or below `container` and `prefix`. With `azureroot`, it is that URL (the scheme is
    optional, as in the settings). With neither, keys are complete URLs.
    Downloads are stored in a directory below `tmproot` until `close`, which the end of a `with` block calls.
    Raises InvalidAddress for an invalid prefix.
    """

    TYPE = "azure"
    PROVIDER = PROVIDER
    OBJECT = AzureObject

    def __init__(
        self,
        tmproot: str = ".",
        container: str | None = None,
        prefix: str | None = None,
        run: Any = None,
        azureroot: str | None = None,
    ):
        super().__init__(tmproot, container, prefix, run, azureroot)

    def _connect(self, settings: Settings) -> ObstoreBuckets:
        from ..store.storage.azure import make_client

        return ObstoreBuckets(PROVIDER, settings, lambda settings, container, _: make_client(settings, container))
