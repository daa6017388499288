"""The stack of a command: the only module that distinguishes local stacks from cloud stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import known

if TYPE_CHECKING:
    from ..console import Console
    from ..stackfile.schema import StackConfig
    from .base import Stack


def described(config: StackConfig, console: Console) -> Stack:
    """The stack that a stack file and options describe."""
    return _stack(config.name, config, config.cloud != "local", console)


def named(name: str, console: Console) -> Stack:
    """The stack of a name, from the local record or the stack file; a local stack if neither exists."""
    return _stack(name, None, known.is_in_cloud(name), console)


def _stack(name: str, config: StackConfig | None, is_in_cloud: bool, console: Console) -> Stack:
    if is_in_cloud:
        from .cloud import CloudStack

        return CloudStack(name, console, config)
    from .local import LocalStack

    return LocalStack(name, console, config)
