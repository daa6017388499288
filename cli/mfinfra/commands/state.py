"""What one call of the program carries along: its console, its command, its exit code, and the stack it means."""

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
    """The flags that every command accepts, before and behind its name."""

    as_json: bool = False
    no_color: bool = False
    folder: Path | None = None

    def then(self, later: GlobalFlags) -> GlobalFlags:
        """These flags and those of a word further right; the last folder counts."""
        folder = self.folder if later.folder is None else later.folder
        return GlobalFlags(self.as_json or later.as_json, self.no_color or later.no_color, folder)


class State:
    """The global flags of one call, which command it is, and what a command that has run well ends with."""

    flags = GlobalFlags()
    console = Console()
    command: str | None = None
    code = 0


def apply_flags() -> None:
    """Make the global flags hold from here on; only once all of them are known, so that all hold for each error."""
    State.console = Console(State.flags.as_json, not State.flags.no_color)
    folder = State.flags.folder or Path()
    try:
        os.chdir(folder)
    except OSError as exc:
        raise NotFound(f"The folder {folder} cannot be entered: {exc.strerror}.") from exc


def stack_name(given: str | None) -> str:
    """The stack that a command means: as given, as the stack file says, the default, or the only one there is."""
    from ..machine import profile, record
    from ..stackfile import load, schema

    if given is not None:
        return given
    if os.path.lexists(schema.FILE_NAME):
        return load.name_in(Path())
    stacks = [stack.name for stack in record.every()]
    default = profile.default_stack()
    if default in stacks:
        return str(default)
    return stacks[0] if len(stacks) == 1 else schema.DEFAULT_NAME


def stack_config(**options: str | None) -> StackConfig:
    """The stack that a command is about: that of the stack file and the options; by its name alone, as it was last.

    A region that is named nowhere is that of the shell.
    """
    from ..stackfile import load, schema
    from ..stacks import known

    name = options.get("name")
    if name is not None and {key for key, value in options.items() if value is not None} == {"name"}:
        last = known.recorded(name)
        if last is not None and not os.path.lexists(schema.FILE_NAME):
            return last
    return load.load(Path(), load.with_region(Path(), options))


def agreement(yes: bool) -> Callable[[str], bool]:
    return lambda question: yes or _ask(question)


def _ask(question: str) -> bool:
    if not State.console.is_terminal:
        raise Refused("Nobody is there to confirm.", hint="Type the command again with --yes")
    return State.console.confirm(question)
