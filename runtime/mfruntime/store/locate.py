"""Opens storages by type and root, for records and URLs that contain locations of data."""

from __future__ import annotations

import os

from .. import registry
from .. import settings as all_settings
from ..errors import MetaflowDataMissing
from .storage.base import Storage

#: The name of each storage type in settings, as in METAFLOW_DATATOOLS_<NAME>ROOT.
_NAMES = {"s3": "S3", "azure": "AZURE", "gs": "GS"}

_opened: dict[tuple[int, str, str], Storage] = {}


def open_storage(kind: str, root: str) -> Storage:
    """The storage of a type (local, s3, azure, gs) at a root; created once per process."""
    key = (os.getpid(), kind, root)
    if key not in _opened:
        backend = registry.lookup("datastore", kind, registry.STORAGES)
        _opened[key] = backend(root) if kind == "local" else backend.from_settings(all_settings.load(), root)
    return _opened[key]


def url(storage: Storage, path: str) -> str:
    """The URL of an object."""
    return joined(storage.type, storage.root, path)


def joined(kind: str, root: str, path: str) -> str:
    """The URL of a path below a root; only roots in S3 and Google Cloud Storage have a scheme."""
    return f"{kind}://{root.removeprefix(f'{kind}://').rstrip('/')}/{path}"


def named_data_root(settings: all_settings.Settings, kind: str) -> str | None:
    """The root of flow data other than artifacts, if a setting defines it."""
    return settings.get(f"METAFLOW_DATATOOLS_{_NAMES[kind]}ROOT") if kind in _NAMES else None


def data_root(settings: all_settings.Settings, kind: str) -> str | None:
    """The root of flow data other than artifacts: `data` in the datastore, unless a setting defines another one."""
    datastore = settings.get(f"METAFLOW_DATASTORE_SYSROOT_{_NAMES[kind]}")
    return named_data_root(settings, kind) or (f"{datastore.rstrip('/')}/data" if datastore else None)


def open_url(url: str) -> list[tuple[Storage, str]]:
    """The possible locations of an included file, the likeliest first: the URL ends with <Flow>/<sha1>.
    Raises MetaflowDataMissing for a URL in another format."""
    kind, _, place = url.partition("://")
    root, data, path = place.rpartition("/data/")
    if not data:
        root, path = _last_two(place)
    if not root or not path or kind not in registry.STORAGES:
        raise MetaflowDataMissing(f"The included file {url} is in a datastore that this version does not support.")
    storage = open_storage(kind, f"{kind}://{root}" if kind in ("s3", "gs") else root), f"data/{path}" if data else path
    # Metaflow repeats the container in the names of included blobs.
    return [(open_storage(kind, place.partition("/")[0]), place), storage] if kind == "azure" else [storage]


def _last_two(place: str) -> tuple[str, str]:
    folder, _, name = place.rpartition("/")
    root, _, flow = folder.rpartition("/")
    return root, f"{flow}/{name}"
