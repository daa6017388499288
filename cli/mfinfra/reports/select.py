"""The report of a stack: each stack names the one that fits it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from ..console import Console
    from ..stacks.base import Stack
    from ..stacks.results import Down, Up


class Report(Protocol):
    """What is printed of one kind of stack; every kind has a module that is one."""

    def report_up(self, result: Up, console: Console) -> None: ...

    def report_down(self, result: Down, console: Console) -> None: ...

    def report_status(self, document: dict[str, Any], console: Console) -> None: ...


def report_of(stack: Stack) -> Report:
    """The report that a stack names."""
    return cast("Report", import_module(f".{stack.report}", __package__))
