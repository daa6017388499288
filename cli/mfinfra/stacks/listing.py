"""All stacks that this machine knows of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..machine import profile, record
from ..machine.paths import shown


def every() -> list[dict[str, Any]]:
    """All stacks, a few facts each."""
    default = profile.default_stack()
    return [{**asdict(stack), "is_default": stack.name == default} for stack in record.every()]


def where(stack: dict[str, Any]) -> str:
    """The place of a stack: its folder on this machine, or in the words of its cloud."""
    if stack["cloud"] == "local":
        return shown(stack["data_folder"])
    from ..stackfile import rules

    return f"{stack['region']}, {rules.ACCOUNTS[stack['cloud']]} {stack['account']}"
