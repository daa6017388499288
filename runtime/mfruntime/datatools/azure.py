"""`AzureBlob`: objects of Azure Blob Storage by name, with the calls and answers of `S3`.

    with AzureBlob(azureroot="azure://container/prefix") as blobs:
        blobs.put("name", "text")
        print(blobs.get("name").text)

The storage account is the one of METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT; addresses are azure://CONTAINER/NAME, as
Metaflow writes them for included files.
"""

from __future__ import annotations

from typing import Any

from ..settings import Settings
from .base import Place
from .errors import Errors
from .objects import GetObject, PutObject, RangeInfo, StoredObject
from .provider import Kind
from .requests_obstore import ObstoreBuckets

__all__ = ["AzureBlob", "AzureObject", "GetObject", "PutObject", "RangeInfo"]

KIND = Kind(
    type="azure",
    tool="AzureBlob",
    scheme="azure://",
    root_argument="azureroot",
    container="container",
    metadata_key="metaflow_user_attributes",  # Azure takes no hyphens here
    extra="azure",
    errors=Errors(),
    has_bare_roots=True,
    counts_from_start=True,
)


class AzureObject(StoredObject):
    """A blob."""

    _STORE = "Azure"
    _METADATA_KEY = KIND.metadata_key


class AzureBlob(Place[AzureObject]):
    """A place in a storage account and the files that were fetched from it.

    With `run` (a flow in a step, or a Run of the client) it is the folder of that run below
    METAFLOW_DATATOOLS_AZUREROOT, or below `container` and `prefix`; with `azureroot` it is that address (the scheme may
    be left out, as in the settings); without either, keys are whole addresses.
    Fetched files lie in a folder below `tmproot` until `close`, which leaving a `with` block calls.
    Raises InvalidAddress for a place that is none.
    """

    TYPE = "azure"
    KIND = KIND
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

        return ObstoreBuckets(KIND, settings, lambda settings, container, _: make_client(settings, container))
