"""What the client looks at: which metadata provider, and which namespace. State of the process, as in Metaflow."""

from __future__ import annotations

import os
from typing import Any

from .. import registry, settings
from ..errors import CommandException
from ..flow.current import current
from ..tasks.environment import default_namespace as _own_namespace

_namespace: str | None = None
_namespace_is_set = False
_metadata: str | None = None
_backends: dict[str, Any] = {}


def namespace(ns: str | None) -> str | None:
    """Limit what the client shows to objects with this tag; None shows everything. Returns the namespace in force."""
    global _namespace, _namespace_is_set
    _namespace, _namespace_is_set = ns, True
    return ns


def get_namespace() -> str | None:
    """The namespace in force, by default that of the user."""
    return _namespace if _namespace_is_set else _default()


def default_namespace() -> str | None:
    """Go back to the user's own namespace and return it."""
    global _namespace_is_set
    _namespace_is_set = False
    return _default()


def _default() -> str | None:
    if current.is_running_flow and current.namespace is not None:
        return current.namespace or None  # as the run was started with; empty is the global one
    return _own_namespace(settings.load())


def metadata(ms: str) -> str:
    """Choose the metadata provider: `local`, or `local@/folder` for the tree below a folder. Returns it as in force."""
    global _metadata
    kind, _, where = ms.partition("@")
    if kind == "service" or ms.startswith("http"):
        raise CommandException("The metadata service is not supported by this version of mfruntime; use local@FOLDER.")
    if kind != "local":
        where, kind = (ms, "local") if os.path.isdir(ms) else ("", kind)
    registry.lookup("metadata provider", kind, registry.METADATA)
    _metadata = f"{kind}@{os.path.abspath(os.path.expanduser(where))}" if where else kind
    return get_metadata()


def get_metadata() -> str:
    """The metadata provider in force, as `local@/folder`."""
    return f"local@{os.path.dirname(backend().root)}"


def default_metadata() -> str:
    """Go back to the provider of the settings and return it."""
    global _metadata
    _metadata = None
    return get_metadata()


def backend(place: str | None = None) -> Any:
    """The metadata provider that objects are read from; `place` is a folder, None means the one in force."""
    if place is None:
        _, _, where = (_metadata or "").partition("@")
        place = where or None
    loaded = settings.load()
    made = registry.lookup("metadata provider", "local", registry.METADATA).from_settings(loaded, place)
    return _backends.setdefault(made.root, made)


def store(flow: str, root: str) -> Any:
    """The artifacts of a flow beside the metadata at `root`."""
    from ..store.artifacts import FlowStore
    from ..store.storage.local import LocalStorage

    key = f"{root}\0{flow}"
    if key not in _backends:
        _backends[key] = FlowStore(LocalStorage(root), flow)
    return _backends[key]
