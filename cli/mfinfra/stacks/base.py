"""The interface of stacks for the commands: the operations that local and cloud stacks have.

A kind of stack raises Refused for operations that it does not support, so commands need not know the kind.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..machine.record import Record
    from ..plans.changes import Plan
    from .results import Down, Up

#: Asks the user to confirm an operation.
Confirm = Callable[[str], bool]


class Stack(Protocol):
    """The stack of a command."""

    name: str
    #: The name of its report (reports/select.py).
    report: str

    def up(self, confirm: Confirm, smoke: bool, plan_file: Path | None) -> Up:
        """Create or update it, or apply a saved plan, and run the smoke test."""

    def plan(self, out: Path | None, form: str) -> Plan:
        """The changes that `up` would make. With `out`, the plan is saved for `up --plan`."""

    def connect(self, smoke: bool) -> Up:
        """Set up this machine for it, as `up` does."""

    def disconnect(self) -> Record:
        """Remove its local files. Does not change the stack."""

    def down(self, confirm: Confirm, keep_data: bool) -> Down:
        """Delete it."""

    def drift(self) -> Plan:
        """Its drift: resources that differ from the state."""

    def unlock(self, confirm: Confirm) -> str:
        """Release its state lock; returns who held it."""

    def status(self) -> dict[str, Any]:
        """Its status, in a stable format (docs/reference/status-json.md)."""

    def outputs(self, namespace: str | None) -> dict[str, str]:
        """Its runtime settings without secrets; with a namespace, the settings for flows in that namespace."""

    def start(self) -> list[dict[str, Any]]:
        """Start its servers and tunnels on this machine; returns their status."""

    def stop(self) -> list[dict[str, Any]]:
        """Stop its servers and tunnels on this machine; returns their status."""
