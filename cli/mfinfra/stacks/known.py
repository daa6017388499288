"""What this machine knows of a stack by its name: from an earlier command, else from the stack file of this folder."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import NotFound
from ..machine import record
from ..stackfile import load, schema
from ..stackfile.schema import StackConfig


def recorded(name: str) -> StackConfig | None:
    """A stack in a cloud as `up` last had it; None where there is none of this name."""
    try:
        stack = record.find(name)
    except record.Damaged:
        return None
    return StackConfig.model_validate_json(stack.config) if stack is not None and stack.config is not None else None


def config_of(name: str) -> StackConfig:
    """A stack in a cloud as recorded, else as the stack file of this folder describes it. Raises NotFound."""
    last = recorded(name)
    if last is not None:
        return last
    if os.path.lexists(schema.FILE_NAME):
        config = load.load(Path(), {})
        if config.name == name and config.cloud != "local":
            return config
    raise absent(name)


def absent(name: str) -> NotFound:
    """There is no such stack."""
    return NotFound(f"There is no stack named '{name}'.", hint=f"Type: mfinfra up --name {name}")


def is_in_cloud(name: str) -> bool:
    """Whether a stack of this name is in a cloud."""
    try:
        stack = record.find(name)
        return (stack if stack is not None else config_of(name)).cloud != "local"
    except (NotFound, record.Damaged):
        return False
