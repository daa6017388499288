"""The report of `ls`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..console import Console
from ..stacks.listing import where


def report_stacks(stacks: list[dict[str, Any]], corrupt: Sequence[str], console: Console) -> None:
    """One line for each stack."""
    for name in corrupt:
        console.warn(f"The record of stack '{name}' is corrupt.", hint=f"Run: mfinfra up --name {name}")
    if console.as_json:
        console.document(stacks)
        return
    rows = [(s["name"], s["cloud"], s["state"], "default" if s["is_default"] else "", where(s)) for s in stacks]
    console.table(("name", "cloud", "state", "", "where"), rows)
