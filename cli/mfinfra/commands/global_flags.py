"""The global flags. Every command accepts them also after its name.

The root command declares them. Each command and group parses the same options, and its help lists them in a separate
section.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand, TyperGroup

from .doctor import version as print_version
from .state import GlobalFlags, State, apply_flags

NAMES = ("as_json", "no_color", "folder")


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
        print_version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.fail("Missing command.")


class Command(TyperCommand):
    """A command that accepts the global flags."""

    def get_params(self, ctx: Any) -> list[Any]:
        return [*super().get_params(ctx), *_inherited(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_options(self.get_params(ctx), ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        _collect(ctx)
        apply_flags()
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands that accepts the global flags; they apply to the command that follows."""

    def get_params(self, ctx: Any) -> list[Any]:
        return [*super().get_params(ctx), *_inherited(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_options(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        _collect(ctx)
        return super().invoke(ctx)


def accept_behind_every_command(app: typer.Typer) -> None:
    """Make every command and group of an application accept the global flags of its root."""
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            accept_behind_every_command(group.typer_instance)


def _inherited(ctx: Any) -> list[Any]:
    """The parameters of the root command, created once for all commands."""
    return [] if ctx.parent is None else [p for p in ctx.find_root().command.params if p.name in NAMES]


def _collect(ctx: Any) -> None:
    """Move the global flags from the arguments of a command's function to State, except for the root's function."""
    if ctx.parent is None:
        return
    as_json, no_color, folder = (ctx.params.pop(name) for name in NAMES)
    State.flags = State.flags.then(GlobalFlags(as_json, no_color, None if folder is None else Path(folder)))


def _write_options(parameters: list[Any], ctx: Any, formatter: Any) -> None:
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Global options": []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            sections[_section(parameter)].append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _section(parameter: Any) -> str:
    if parameter.name in NAMES:
        return "Global options"
    return "Arguments" if parameter.param_type_name == "argument" else "Options"
