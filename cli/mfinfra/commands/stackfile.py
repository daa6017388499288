"""Commands for the stack file: write, check and render it."""

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
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing stack file.")] = False,
) -> None:
    """Write a stack file, mfinfra.yaml. Prompts for values on an interactive terminal, else uses the options."""
    from ..stackfile import wizard

    given: dict[str, Any] = {"name": name, "cloud": cloud, "region": region, "preset": preset, "python": python}
    given |= {"packages": package or None, "examples": examples}
    path, config = wizard.write(Path(), wizard.ask(given) if State.console.is_terminal else given, force)
    command = wizard.one_line(config)
    if State.console.as_json:
        State.console.document({"file": str(path), "command": command})
        return
    State.console.done(f"Wrote {path}. To write the same file without prompts, run:")
    State.console.line(command)


def render(
    out: Annotated[Optional[Path], typer.Option("--out", help="Directory to write to. Default: NAME-stack.")] = None,
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write also to a directory that contains other files.")
    ] = False,
) -> None:
    """Write the Terraform or CloudFormation files of a stack. Requires no cloud account."""
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
    """Check the stack file and the files rendered from it. Requires no cloud account and no network."""
    from ..reports.render import report_checks
    from ..stacks.render import validated

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    report_checks(validated(config), State.console)


def schema() -> None:
    """Print the JSON Schema of the stack file."""
    from ..stackfile.schema import json_schema

    State.console.document(json_schema())
