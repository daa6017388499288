"""The exports of `mfruntime` under the package name `metaflow`."""

from __future__ import annotations

from typing import Any

import mfruntime


def __getattr__(name: str) -> Any:
    return getattr(mfruntime, name)


def __dir__() -> list[str]:
    return dir(mfruntime)
