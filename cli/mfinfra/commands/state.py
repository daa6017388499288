"""The state of one call of mfinfra: its console, command and exit code, and the stack that it applies to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import Console
from ..errors import NotFound, Refused

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class GlobalFlags:
    """The flags that every command accepts, before and after its name."""

    as_json: bool = False
    no_color: bool = False
    folder: Path | None = None

    def then(self, later: GlobalFlags) -> GlobalFlags:
        """These flags combined with later ones; the last directory is used."""
        folder = self.folder if later.folder is None else later.folder
        return GlobalFlags(self.as_json or later.as_json, self.no_color or later.no_color, folder)


class State:
    """The global flags of one call, its command, and the exit code of a command without an error."""

    flags = GlobalFlags()
    console = Console()
    command: str | None = None
    code = 0


def apply_flags() -> None:
    """Apply the global flags. Called when all of them are parsed, so that all of them apply to every error."""
    State.console = Console(State.flags.as_json, not State.flags.no_color)
    folder = State.flags.folder or Path()
    try:
        os.chdir(folder)
    except OSError as exc:
        raise NotFound(f"Cannot change to directory {folder}: {exc.strerror}.") from exc


def stack_name(given: str | None) -> str:
    """The stack of a command: the given name, that of the stack file, the default, or the only stack."""
    from ..machine import profile, record
    from ..stackfile import DEFAULT_NAME, FILE_NAME

    if given is not None:
        return given
    if os.path.lexists(FILE_NAME):
        from ..stackfile.stack_name import name_in

        return name_in(Path())
    stacks = [stack.name for stack in record.every()]
    default = profile.default_stack()
    if default in stacks:
        return str(default)
    return stacks[0] if len(stacks) == 1 else DEFAULT_NAME


def stack_config(**options: str | None) -> StackConfig:
    """The configuration of a stack from the stack file and the options; from the local record if only a name is given.

    The default region is that of the shell.
    """
    from ..stackfile import load, schema
    from ..stacks import known

    name = options.get("name")
    if name is not None and {key for key, value in options.items() if value is not None} == {"name"}:
        last = known.recorded(name)
        if last is not None and not os.path.lexists(schema.FILE_NAME):
            return last
    return load.load(Path(), load.with_region(Path(), options))


def confirmation(yes: bool) -> Callable[[str], bool]:
    return lambda question: yes or _ask(question)


def _ask(question: str) -> bool:
    if not State.console.is_terminal:
        raise Refused(
            "Confirmation is required, but the terminal is not interactive.", hint="Run the command again with --yes"
        )
    return State.console.confirm(question)
