"""Commands for this installation."""

from __future__ import annotations

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
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed_version

    try:
        number = installed_version("mfinfra")
    except PackageNotFoundError:
        raise NotFound(
            "mfinfra runs from its source directory and is not installed.", hint="Run: pip install ."
        ) from None
    if State.console.as_json:
        State.console.document({"mfinfra": number})
    else:
        State.console.line(f"mfinfra {number}")


def show_help(
    context: typer.Context,
    command: Annotated[Optional[list[str]], typer.Argument(help="Command.", show_default=False)] = None,
) -> None:
    """Show the help of a command."""
    root = context.find_root()
    root.command.main([*(command or []), "--help"], root.info_name, standalone_mode=False)
