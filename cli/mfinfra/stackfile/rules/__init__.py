"""Rules across several options of a stack, checked offline. Each problem has its path in the stack file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from .aws import partition_of
from .base import ACCOUNTS, CLOUD_PRESETS, TITLES, Given, Problem

if TYPE_CHECKING:
    from ..schema import StackConfig

__all__ = ["ACCOUNTS", "CLOUD_PRESETS", "LOCAL_PRESETS", "TITLES", "partition_of", "problems"]

_LOCAL_KEYS = ("name", "cloud", "preset", "runtime")
LOCAL_PRESETS = ("sandbox", "files", "services")


def problems(config: StackConfig, given: Given) -> list[Problem]:
    """The problems of a stack whose single values are valid; `given` are the values of the stack file itself."""
    if config.cloud == "local":
        return list(_local(config, given))
    from . import kubernetes, pools

    rules = import_module(f".{config.cloud}", __name__).RULES
    rules = (
        *rules,
        pools.pools,
        *(kubernetes.RULES if config.compute.backend == "kubernetes" else (kubernetes.absent,)),
    )
    return [problem for rule in rules for problem in rule(config, given)]


def _local(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.preset not in LOCAL_PRESETS:
        yield (
            ("preset",),
            f"must be one of {', '.join(LOCAL_PRESETS)} for a local stack; '{config.preset}' is for cloud stacks",
        )
    for key in given:
        if key not in _LOCAL_KEYS:
            yield (key,), f"{key} is for cloud stacks, and this stack is local"
