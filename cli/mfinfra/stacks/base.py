"""What commands do with a stack, wherever it is: the verbs that every kind of stack has.

A verb that makes no sense for a kind is refused by it. So no command asks which kind of stack it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..machine.record import Record
    from ..plans.changes import Plan
    from .results import Down, Up

#: Asks a person whether something shall be done.
Agreed = Callable[[str], bool]


class Stack(Protocol):
    """A stack that a command was called for."""

    name: str
    #: Which of the reports (reports/select.py) tells people about it.
    report: str

    def up(self, agreed: Agreed, smoke: bool, plan_file: Path | None) -> Up:
        """Deploy it, or with a saved plan exactly that plan, and run a flow through it."""

    def plan(self, out: Path | None, form: str) -> Plan:
        """What `up` would change; with `out`, saved for `up --plan`."""

    def connect(self, smoke: bool) -> Up:
        """Have flows of this machine use it, as `up` would have left it."""

    def disconnect(self) -> Record:
        """Remove what it has on this machine, and leave the stack as it is."""

    def down(self, agreed: Agreed, keep_data: bool) -> Down:
        """Remove it."""

    def drift(self) -> Plan:
        """What is not as it was deployed."""

    def unlock(self, agreed: Agreed) -> str:
        """Take its lock from who holds it; returns who that was."""

    def status(self) -> dict[str, Any]:
        """How it is, as a document whose shape is kept stable (docs/reference/status-json.md)."""

    def outputs(self, namespace: str | None) -> dict[str, str]:
        """The settings that it makes true, without those that are secret; with a namespace, those of flows in it."""

    def start(self) -> list[dict[str, Any]]:
        """Start what it has on this machine; returns how that is doing."""

    def stop(self) -> list[dict[str, Any]]:
        """Stop what it has on this machine; returns how that is doing."""
