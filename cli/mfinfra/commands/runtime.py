"""Commands for the flow runtime of a Python environment."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import InstallFailed
from .options import Python
from .state import State

runtime_app = typer.Typer(
    help="Install or inspect the bundled flow runtime.", no_args_is_help=True, rich_markup_mode=None
)


@runtime_app.command("install")
def runtime_install(
    python: Python = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="Also install scikit-learn, which the examples use.")
    ] = False,
) -> None:
    """Install the bundled runtime into a Python environment."""
    from dataclasses import asdict

    from ..runtime.install import default_python, ensure, ensure_examples

    target = python or default_python()
    found = ensure(target, (), State.console.step)
    command = ensure_examples(target, State.console.step) if examples else None
    if command is not None:
        raise InstallFailed(
            "The runtime is installed, but scikit-learn could not be installed.", hint=f"Run: {command}"
        )
    if State.console.as_json:
        State.console.document(asdict(found))
    State.console.done(f"mfruntime {found.version} in {found.path}" + ("" if found.changed else " (already installed)"))


@runtime_app.command("info")
def runtime_info(python: Python = None) -> None:
    """Show the runtime of a Python environment, and the effective settings."""
    from ..runtime import info
    from ..runtime.install import default_python

    found = info.gather(python or default_python())
    if State.console.as_json:
        State.console.document(found)
    else:
        State.console.table(("", "value", "from"), info.rows(found))
