"""Backends by name: a name stays a string until it is used.

Every table maps a name to ``"module:attribute"`` and, if needed, to the extra that installs its packages. Modules do
not register themselves at import, so that a task imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import MissingExtra, UnknownName

STORAGES: dict[str, tuple[str, str | None]] = {
    "local": ("mfruntime.store.storage.local:LocalStorage", None),
    "memory": ("mfruntime.store.storage.memory:MemoryStorage", None),
    "s3": ("mfruntime.store.storage.s3:S3Storage", "aws"),
    "azure": ("mfruntime.store.storage.azure:AzureStorage", "azure"),
    "gs": ("mfruntime.store.storage.gs:GSStorage", "gcp"),
}

METADATA: dict[str, tuple[str, str | None]] = {
    "local": ("mfruntime.metadata_provider.local:LocalMetadata", None),
    "memory": ("mfruntime.metadata_provider.memory:MemoryMetadata", None),
    "service": ("mfruntime.metadata_provider.service:ServiceMetadata", None),
}

STEP_DECORATORS: dict[str, tuple[str, str | None]] = {
    "retry": ("mfruntime.decorators.retry:RetryDecorator", None),
    "catch": ("mfruntime.decorators.catch:CatchDecorator", None),
    "timeout": ("mfruntime.decorators.timeout:TimeoutDecorator", None),
    "environment": ("mfruntime.decorators.environment:EnvironmentDecorator", None),
    "resources": ("mfruntime.decorators.resources:ResourcesDecorator", None),
}

#: The hooks of decorators, outermost first. This order applies independently of the order of decorators above a step:
#: @catch handles failures of all the others, and @timeout only applies to the step's code.
TASK_HOOKS: dict[str, tuple[str, str | None]] = {
    "catch": ("mfruntime.tasks.hooks.catch:CatchHook", None),
    "environment": ("mfruntime.tasks.hooks.environment:EnvironmentHook", None),
    "timeout": ("mfruntime.tasks.hooks.timeout:TimeoutHook", None),
}

FLOW_DECORATORS: dict[str, tuple[str, str | None]] = {}


def load(target: str) -> Any:
    """Import ``"module:attribute"`` and return the attribute."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def lookup(what: str, name: str, table: dict[str, tuple[str, str | None]]) -> Any:
    """The object registered as `name`. Raises UnknownName or MissingExtra, and never falls back to another backend."""
    if name not in table:
        raise UnknownName.of(what, name, list(table))
    target, extra = table[name]
    try:
        return load(target)
    except ModuleNotFoundError as exc:
        if extra is None or (exc.name or "").startswith("mfruntime"):
            raise
        raise missing_extra(f"The {what} '{name}' needs", exc, extra) from exc


def missing_extra(needs: str, exc: ModuleNotFoundError, extra: str) -> MissingExtra:
    """The error for a package that is not installed; `needs` is the beginning of the sentence."""
    return MissingExtra(
        f"{needs} the package '{exc.name}', which is not installed.", hint=f"Run: pip install {packages(extra)}"
    )


def packages(extra: str) -> str:
    """The packages of an extra, as arguments for pip: this distribution itself is not in a package index."""
    from importlib.metadata import PackageNotFoundError, requires
    from shlex import quote

    try:
        wanted = [r.partition(";") for r in requires("mfinfra-runtime") or ()]
    except PackageNotFoundError:
        return f"'mfinfra-runtime[{extra}]'"
    names = [name.strip() for name, _, marker in wanted if marker.replace("'", '"').strip() == f'extra == "{extra}"']
    return " ".join(quote(name) for name in names)
