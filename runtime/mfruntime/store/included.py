"""The contents of IncludeFile parameters: stored once at the start of a run, read when a step asks for them.

They lie at `data/<Flow>/<sha1 of the content>`, gzipped, without metadata beside them.
"""

from __future__ import annotations

import hashlib

from ..errors import DataCorrupt, MetaflowDataMissing
from ..flow.compat import IncludedFile
from . import cache, gzip, layout, locate
from .storage.base import Item, Storage


def save_included(storage: Storage, flow_name: str, content: bytes) -> str:
    """Store a file's content and return its URL."""
    key = _key(content)
    path = layout.included(flow_name, key)
    storage.save([Item(path, gzip.compress(content))])
    cache.beside(storage).put({key: content})
    return locate.url(storage, path)


def read_included(file: IncludedFile) -> str | bytes:
    """The content that an IncludedFile refers to, as text where it was declared as text."""
    descriptor = file.descriptor
    url = str(descriptor["url"])
    storage, path = locate.open_url(url)
    content = _content(storage, path, url, is_checked=descriptor.get("type") == "uploader-v2")
    return content.decode(descriptor.get("encoding") or "utf-8") if descriptor.get("is_text", True) else content


def _content(storage: Storage, path: str, url: str, is_checked: bool) -> bytes:
    """The content at a path, from this machine where it is kept here; `is_checked` where the name is its SHA-1."""
    if not is_checked:
        return _fetched(storage, path, url)
    key, kept = path.rsplit("/", 1)[1], cache.beside(storage)
    found = kept.get(key)
    if found is not None:
        return found
    content = _fetched(storage, path, url)
    if _key(content) != key:
        raise _damaged(url, "its content does not match its name")
    kept.put({key: content})
    return content


def _fetched(storage: Storage, path: str, url: str) -> bytes:
    (packed,) = (loaded.data for loaded in storage.load([path]))
    if packed is None:
        raise MetaflowDataMissing(f"The included file {url} is not there.")
    try:
        return gzip.decompress(packed)
    except ValueError as exc:
        raise _damaged(url, str(exc)) from exc


def _key(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _damaged(url: str, why: str) -> DataCorrupt:
    hint = "Delete that file and start a new run with the same file."
    return DataCorrupt(f"The included file {url} is damaged: {why}.", hint=hint)
