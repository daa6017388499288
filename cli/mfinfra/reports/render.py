"""The reports of `render` and `validate`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..console import Console
    from ..stacks.render import Check, Rendered


def report_rendered(result: Rendered, console: Console) -> None:
    """The files that were written, and the next command."""
    if console.as_json:
        console.document({**asdict(result), "folder": str(result.folder)})
        return
    state = "" if result.changed else " (unchanged)"
    console.done(f"{result.files} files for {result.engine} in {result.folder}{state}")
    console.line(f"Read {result.folder / 'README.md'}, or run: mfinfra up --name {result.name}")


def report_checks(checks: list[Check], console: Console) -> None:
    """The checks and their results."""
    if console.as_json:
        console.document([asdict(check) for check in checks])
    else:
        console.table(("check", "", ""), [(check.what, check.level, check.text) for check in checks])
