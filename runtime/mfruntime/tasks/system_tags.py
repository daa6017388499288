"""Facts about this interpreter and program that are recorded with runs."""

from __future__ import annotations

import sys
from functools import lru_cache

from .. import settings
from ..version import METAFLOW_VERSION


def python_version() -> str:
    """`3.11.7`, as the system tag and the task metadata hold it."""
    return ".".join(str(part) for part in sys.version_info[:3])


@lru_cache(maxsize=1)  # asked for by every task; forked ones inherit the answer
def runtime_name() -> str:
    """Who schedules this run: `dev` for a person at a terminal."""
    return settings.load().get("METAFLOW_RUNTIME_NAME") or "dev"


def system_tags(user: str) -> tuple[str, ...]:
    """The tags that the runtime itself puts on a run."""
    return (
        f"runtime:{runtime_name()}",
        f"python_version:{python_version()}",
        f"user:{user}",
        f"metaflow_version:{METAFLOW_VERSION}",
    )


def default_namespace(loaded: settings.Settings) -> str:
    """The namespace of this user, unless the settings name another."""
    return loaded.get("METAFLOW_DEFAULT_NAMESPACE") or f"user:{settings.user_name(loaded)}"
