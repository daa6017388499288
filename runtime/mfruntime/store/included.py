"""The contents of IncludeFile parameters: stored once at the start of a run, read when a step asks for them.

They lie at `data/<Flow>/<sha1 of the content>` of the datastore, or at `<Flow>/<sha1>` of the place that
METAFLOW_DATATOOLS_<STORE>ROOT names, gzipped, without metadata beside them.
"""

from __future__ import annotations

import hashlib

from .. import settings
from ..errors import DataCorrupt, MetaflowDataMissing
from ..flow.compat import IncludedFile
from . import gzip, layout, locate
from .storage.base import Item, Storage


def save_included(storage: Storage, flow_name: str, content: bytes) -> str:
    """Store a file's content and return its URL."""
    path = layout.included(flow_name, _key(content))
    url = locate.url(storage, path)
    place = locate.named_data_root(settings.load(), storage.type)
    if place or storage.type == "azure":
        url = locate.joined(storage.type, place, path.removeprefix("data/")) if place else url
        storage, path = locate.open_url(url)[0]
    storage.save([Item(path, gzip.compress(content))])
    return url


def read_included(file: IncludedFile) -> str | bytes:
    """The content that an IncludedFile refers to, as text where it was declared as text."""
    descriptor = file.descriptor
    url = str(descriptor["url"])
    packed = _packed(url)
    try:
        content = gzip.decompress(packed)
    except ValueError as exc:
        raise _damaged(url, str(exc)) from exc
    if descriptor.get("type") == "uploader-v2" and _key(content) != url.rsplit("/", 1)[1]:
        raise _damaged(url, "its content does not match its name")
    return content.decode(descriptor.get("encoding") or "utf-8") if descriptor.get("is_text", True) else content


def _packed(url: str) -> bytes:
    for storage, path in locate.open_url(url):
        (found,) = (loaded.data for loaded in storage.load([path]))
        if found is not None:
            return found
    raise MetaflowDataMissing(f"The included file {url} is not there.")


def _key(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _damaged(url: str, why: str) -> DataCorrupt:
    hint = "Delete that file and start a new run with the same file."
    return DataCorrupt(f"The included file {url} is damaged: {why}.", hint=hint)
