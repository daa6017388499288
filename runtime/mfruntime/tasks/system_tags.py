"""System tags of runs, from the interpreter and the environment; and the user's default namespace."""

from __future__ import annotations

import sys
from functools import lru_cache

from .. import settings
from ..version import METAFLOW_VERSION


def python_version() -> str:
    """The Python version as in the system tag and the task metadata, for example `3.11.7`."""
    return ".".join(str(part) for part in sys.version_info[:3])


@lru_cache(maxsize=1)  # needed by every task; forked processes inherit the cached value
def runtime_name() -> str:
    """The scheduler of this run; `dev` for a user at a terminal."""
    return settings.load().get("METAFLOW_RUNTIME_NAME") or "dev"


def system_tags(user: str) -> tuple[str, ...]:
    """The tags that the runtime adds to a run."""
    return (
        f"runtime:{runtime_name()}",
        f"python_version:{python_version()}",
        f"user:{user}",
        f"metaflow_version:{METAFLOW_VERSION}",
    )


def default_namespace(loaded: settings.Settings) -> str:
    """The namespace of this user, unless the settings define another one."""
    return loaded.get("METAFLOW_DEFAULT_NAMESPACE") or f"user:{settings.user_name(loaded)}"
