"""Commands on the stack file: write it, check it, render what it describes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from .options import Cloud, Engine, Examples, Name, Packages, Preset, Python, Region
from .state import State, stack_config


def init(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    python: Python = None,
    package: Packages = None,
    examples: Examples = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a stack file that exists.")] = False,
) -> None:
    """Write a stack file, mfinfra.yaml: by questions on a terminal, else by flags."""
    from ..stackfile import wizard

    given: dict[str, Any] = {"name": name, "cloud": cloud, "region": region, "preset": preset, "python": python}
    given |= {"packages": package or None, "examples": examples}
    path, config = wizard.write(Path(), wizard.ask(given) if State.console.is_terminal else given, force)
    command = wizard.one_line(config)
    if State.console.as_json:
        State.console.document({"file": str(path), "command": command})
        return
    State.console.done(f"Wrote {path}; the same without questions:")
    State.console.line(command)


def render(
    out: Annotated[Optional[Path], typer.Option("--out", help="The folder; default: NAME-stack.")] = None,
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
    force: Annotated[bool, typer.Option("--force", help="Also into a folder that holds other things.")] = False,
) -> None:
    """Write the stack as an ordinary Terraform workspace or CloudFormation template. Needs no account."""
    from ..reports.render import report_rendered
    from ..stacks.render import write

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    report_rendered(write(config, out, force), State.console)


def validate(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
) -> None:
    """Check the stack file, and what would be rendered from it. Needs no account and no network."""
    from ..reports.render import report_checks
    from ..stacks.render import validated

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    report_checks(validated(config), State.console)


def schema() -> None:
    """Print the JSON Schema of the stack file."""
    from ..stackfile.schema import json_schema

    State.console.document(json_schema())
