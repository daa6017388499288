"""The contents of IncludeFile parameters: stored once at the start of a run, read when a step uses them.

They are stored at `data/<Flow>/<sha1 of the content>` in the datastore, or at `<Flow>/<sha1>` below
METAFLOW_DATATOOLS_<STORE>ROOT, compressed by gzip, without metadata.
"""

from __future__ import annotations

import hashlib

from .. import settings
from ..errors import DataCorrupt, MetaflowDataMissing
from ..flow.pickled_names import IncludedFile
from . import cache, gzip, layout, locate
from .storage.base import Item, Storage


def save_included(storage: Storage, flow_name: str, content: bytes) -> str:
    """Store a file's content and return its URL."""
    key = _key(content)
    path = layout.included(flow_name, key)
    url = locate.url(storage, path)
    place = locate.named_data_root(settings.load(), storage.type)
    if place or storage.type == "azure":
        url = locate.joined(storage.type, place, path.removeprefix("data/")) if place else url
        storage, path = locate.open_url(url)[0]
    storage.save([Item(path, gzip.compress(content))])
    cache.for_storage(storage).put({key: content})
    return url


def read_included(file: IncludedFile) -> str | bytes:
    """The content that an IncludedFile refers to, as text if it was declared as text."""
    descriptor = file.descriptor
    size = descriptor.get("size") if isinstance(descriptor.get("size"), int) else None
    content = _content(str(descriptor["url"]), descriptor.get("type") == "uploader-v2", size)
    return content.decode(descriptor.get("encoding") or "utf-8") if descriptor.get("is_text", True) else content


def _content(url: str, is_checked: bool, size: int | None) -> bytes:
    """The content at a URL, from the local cache if it is there; `is_checked` if the name is its SHA-1. Content larger
    than `size`, if that is recorded, is corrupt."""
    places = locate.open_url(url)
    if not is_checked:
        return _fetched(places, url, size)
    key, local_cache = url.rsplit("/", 1)[1], cache.for_storage(places[0][0])
    found = local_cache.get(key)
    if found is not None:
        return found
    content = _fetched(places, url, size)
    if _key(content) != key:
        raise _corrupt(url, "its content does not match its name")
    local_cache.put({key: content})
    return content


def _fetched(places: list[tuple[Storage, str]], url: str, size: int | None) -> bytes:
    """The content at the first location that exists."""
    for storage, path in places:
        (found,) = (loaded.data for loaded in storage.load([path]))
        if found is not None:
            return _unpacked(found, url, size)
    raise MetaflowDataMissing(f"The included file {url} does not exist.")


def _unpacked(packed: bytes, url: str, size: int | None) -> bytes:
    try:
        return gzip.decompress(packed, size)
    except ValueError as exc:
        raise _corrupt(url, str(exc)) from exc


def _key(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _corrupt(url: str, why: str) -> DataCorrupt:
    hint = "Delete that file and start a new run with the same file."
    return DataCorrupt(f"The included file {url} is corrupt: {why}.", hint=hint)
