"""The configuration of a stack by its name, from its local record, else from the stack file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotFound
from ..machine import record
from ..stackfile import FILE_NAME

if TYPE_CHECKING:  # importing the schema takes longer than most commands
    from ..stackfile.schema import StackConfig


def recorded(name: str) -> StackConfig | None:
    """The configuration of a cloud stack at the last `up`; None if there is no record of this name."""
    try:
        stack = record.find(name)
    except record.Corrupt:
        return None
    if stack is None or stack.config is None:
        return None
    from ..stackfile.schema import StackConfig

    return StackConfig.model_validate_json(stack.config)


def config_of(name: str) -> StackConfig:
    """The configuration of a cloud stack from its record, else from the stack file. Raises NotFound."""
    last = recorded(name)
    if last is not None:
        return last
    if os.path.lexists(FILE_NAME):
        from ..stackfile import load

        config = load.load(Path(), {})
        if config.name == name and config.cloud != "local":
            return config
    raise absent(name)


def absent(name: str) -> NotFound:
    """The error for an unknown stack."""
    return NotFound(f"Stack '{name}' was not found.", hint=f"Run: mfinfra up --name {name}")


def is_in_cloud(name: str) -> bool:
    """Whether a stack of this name is in a cloud."""
    try:
        stack = record.find(name)
        return (stack if stack is not None else config_of(name)).cloud != "local"
    except (NotFound, record.Corrupt):
        return False
