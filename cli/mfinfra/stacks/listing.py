"""All stacks with a local record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..machine import profile, record
from ..machine.paths import shown


def every() -> list[dict[str, Any]]:
    """All stacks, with the main attributes of each."""
    default = profile.default_stack()
    return [{**asdict(stack), "is_default": stack.name == default} for stack in record.every()]


def where(stack: dict[str, Any]) -> str:
    """The location of a stack: its directory on this machine, or its region and account."""
    if stack["cloud"] == "local":
        return shown(stack["data_folder"])
    from ..stackfile import rules

    return f"{stack['region']}, {rules.ACCOUNTS[stack['cloud']]} {stack['account']}"
