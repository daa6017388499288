"""Commands for this installation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import NotFound
from .options import Python
from .state import State


def doctor(python: Python = None) -> None:
    """Check this machine for problems that stop flows from running. Read-only."""
    from dataclasses import asdict

    from ..doctor import checks
    from ..runtime.install import default_python

    findings = [*checks.examine(python or default_python()), checks.terminal(State.console)]
    if State.console.as_json:
        State.console.document([asdict(f) for f in findings])
    else:
        rows = [(f.check, f.level, f.text, f.hint or "") for f in findings]
        State.console.table(("check", "", "", "hint"), rows)
    checks.raise_problems(findings)


def version() -> None:
    """Print the version."""
    number = _installed_version()
    if number is None:
        raise NotFound("mfinfra runs from its source directory and is not installed.", hint="Run: pip install .")
    if State.console.as_json:
        State.console.document({"mfinfra": number})
    else:
        State.console.line(f"mfinfra {number}")


def _installed_version() -> str | None:
    """The version in the name of the installed metadata, `mfinfra-VERSION.dist-info`; None if it is not installed.

    The names are specified for all installers (https://packaging.python.org/specifications/recording-installed-packages);
    importlib.metadata, which parses the content, takes as long to import as the rest of the command.
    """
    for folder in sys.path:
        found = sorted(Path(folder or ".").glob("mfinfra-*.dist-info"))
        if found:
            return found[0].name.removeprefix("mfinfra-").removesuffix(".dist-info")
    return None


def show_help(
    context: typer.Context,
    command: Annotated[Optional[list[str]], typer.Argument(help="Command.", show_default=False)] = None,
) -> None:
    """Show the help of a command."""
    root = context.find_root()
    root.command.main([*(command or []), "--help"], root.info_name, standalone_mode=False)
