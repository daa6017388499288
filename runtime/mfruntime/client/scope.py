"""The metadata provider and namespace of the client: global state of the process, as in Metaflow."""

from __future__ import annotations

import os
from typing import Any

from .. import registry, settings
from ..flow.current import current
from ..store import layout, locate
from ..store.storage.local import find_root
from ..tasks.system_tags import default_namespace as _own_namespace

_namespace: str | None = None
_namespace_is_set = False
_metadata: str | None = None
_backends: dict[str, Any] = {}


def namespace(ns: str | None) -> str | None:
    """Limit the client to objects with this tag; None selects all objects. Returns the current namespace."""
    global _namespace, _namespace_is_set
    _namespace, _namespace_is_set = ns, True
    return ns


def get_namespace() -> str | None:
    """The current namespace, by default the user's."""
    return _namespace if _namespace_is_set else _default()


def default_namespace() -> str | None:
    """Reset the namespace to the user's, and return it."""
    global _namespace_is_set
    _namespace_is_set = False
    return _default()


def _default() -> str | None:
    if current.is_running_flow and current.namespace is not None:
        return current.namespace or None  # as set when the run was started; empty is the global namespace
    return _own_namespace(settings.load())


def metadata(ms: str) -> str:
    """Select the metadata provider: `local`, `local@/folder` for a directory, `service`, `service@URL` or a URL.
    Returns the current provider."""
    global _metadata
    kind, _, where = ms.partition("@")
    if kind == "service" or ms.startswith(("http://", "https://")):
        _metadata = f"service@{ms if kind != 'service' else where}".rstrip("@")
        return get_metadata()
    if kind != "local":
        where, kind = (ms, "local") if os.path.isdir(ms) else ("", kind)
    registry.lookup("metadata provider", kind, registry.METADATA)
    _metadata = f"{kind}@{os.path.abspath(os.path.expanduser(where))}" if where else kind
    return get_metadata()


def get_metadata() -> str:
    """The current metadata provider, as `local@/folder` or `service@URL`."""
    found = backend()
    return f"{found.type}@{os.path.dirname(found.root) if found.type == 'local' else found.root}"


def default_metadata() -> str:
    """Reset the metadata provider to that of the settings, and return it."""
    global _metadata
    _metadata = None
    return get_metadata()


def backend(place: str | None = None) -> Any:
    """The metadata provider for reading objects; `place` is a directory or a URL, None is the current one."""
    loaded = settings.load()
    if place is None:
        kind, _, where = (_metadata or loaded.required("METAFLOW_DEFAULT_METADATA")).partition("@")
        place = where or None
    else:
        kind = "service" if place.startswith(("http://", "https://")) else "local"
    made = registry.lookup("metadata provider", kind, registry.METADATA).from_settings(loaded, place)
    return _backends.setdefault(made.root, made)


def store(place: str, flow: str, run: str, step: str, task: str) -> Any:
    """The artifact store of a task's flow, in the datastore of this task."""
    from ..store.artifacts import FlowStore

    kind, root = _datastore(place, flow, run, step, task)
    key = f"{kind}://{root}\0{flow}"
    if key not in _backends:
        _backends[key] = FlowStore(locate.open_storage(kind, root), flow)
    return _backends[key]


def _datastore(place: str, *task: str) -> tuple[str, str]:
    """(type, root) of the datastore: next to local metadata, else from the task's metadata."""
    metadata = backend(place)
    if metadata.type == "local":
        entries = locate.open_storage("local", metadata.root).list([layout.task(*task)])
        if any(not entry.is_dir for entry in entries):
            return "local", metadata.root
    for record in metadata.artifacts(*task):
        return record["ds_type"], _root(record["location"])
    facts = {datum["field_name"]: datum["value"] for datum in metadata.data(*task)}
    if "ds-root" in facts:
        return facts["ds-type"], facts["ds-root"]
    loaded = settings.load()
    kind = loaded.required("METAFLOW_DEFAULT_DATASTORE")
    if kind == "local":
        return kind, metadata.root if metadata.type == "local" else find_root(loaded, None)
    return kind, loaded.required(f"METAFLOW_DATASTORE_SYSROOT_{kind.upper()}")


def _root(location: str) -> str:
    """The datastore root in an artifact's location: `:root:<root>`, or the URL of its blob."""
    if location.startswith(":root:"):
        return location[len(":root:") :]
    return location.rsplit("/", 4)[0]  # <root>/<flow>/data/<2 characters>/<key>
