"""The program itself: its global flags, its version, and the help of each command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from . import doctor
from .state import GlobalFlags, State, apply_flags


def main(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colors.")] = False,
    folder: Annotated[Optional[Path], typer.Option("-C", help="Change to this directory first.", metavar="DIR")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Store the global flags before the command; the command adds those after it."""
    State.flags = GlobalFlags(as_json, no_color, folder)
    State.command, State.code = context.invoked_subcommand, 0
    if version:
        apply_flags()
        doctor.version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.fail("Missing command.")


def show_help(
    context: typer.Context,
    command: Annotated[Optional[list[str]], typer.Argument(help="Command.", show_default=False)] = None,
) -> None:
    """Show the help of a command."""
    root = context.find_root()
    root.command.main([*(command or []), "--help"], root.info_name, standalone_mode=False)
