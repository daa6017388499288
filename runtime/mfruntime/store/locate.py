"""Storages by name and place: for records and URLs that say where data lies."""

from __future__ import annotations

import os

from .. import registry, settings
from ..errors import MetaflowDataMissing
from .storage.base import Storage

_opened: dict[tuple[int, str, str], Storage] = {}


def at(kind: str, root: str) -> Storage:
    """The storage of a kind (local, s3, azure, gs) at a root; made once per process."""
    key = (os.getpid(), kind, root)
    if key not in _opened:
        backend = registry.lookup("datastore", kind, registry.STORAGES)
        _opened[key] = backend(root) if kind == "local" else backend.from_settings(settings.load(), root)
    return _opened[key]


def url(storage: Storage, path: str) -> str:
    """Where an object lies, with the kind of its storage in front."""
    scheme = "" if storage.root.startswith(f"{storage.type}://") else f"{storage.type}://"
    return f"{scheme}{storage.root}/{path}"


def open_url(url: str) -> tuple[Storage, str]:
    """The storage and path that `url` made. Raises MetaflowDataMissing for a URL of another form."""
    kind, _, place = url.partition("://")
    root, slash, path = place.rpartition("/data/")
    if not slash or kind not in registry.STORAGES:
        raise MetaflowDataMissing(f"The included file {url} lies in a store that this version cannot read.")
    return at(kind, f"{kind}://{root}" if kind in ("s3", "gs") else root), f"data/{path}"
