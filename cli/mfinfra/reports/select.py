"""Selects the report of a stack by the name that the stack has for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from ..console import Console
    from ..stacks.base import Stack
    from ..stacks.results import Down, Up


class Report(Protocol):
    """The reports of one kind of stack; one module for each kind implements it."""

    def report_up(self, result: Up, console: Console) -> None: ...

    def report_down(self, result: Down, console: Console) -> None: ...

    def report_status(self, document: dict[str, Any], console: Console) -> None: ...


def report_of(stack: Stack) -> Report:
    """The report module of a stack."""
    return cast("Report", import_module(f".{stack.report}", __package__))
