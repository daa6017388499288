"""Options that several commands have, each written once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer


def stack_names(incomplete: str) -> list[str]:
    from ..machine import record

    return [stack.name for stack in record.every() if stack.name.startswith(incomplete)]


Name = Annotated[Optional[str], typer.Option("--name", "-n", help="Name of the stack.", autocompletion=stack_names)]


StackName = Annotated[
    Optional[str], typer.Argument(help="Name of the stack.", autocompletion=stack_names, show_default=False)
]


Cloud = Annotated[Optional[str], typer.Option("--cloud", help="Where the stack lives: local, aws, azure or gcp.")]


Region = Annotated[Optional[str], typer.Option("--region", help="Region, as the cloud names it; default: the shell's.")]


Preset = Annotated[
    Optional[str], typer.Option("--preset", help="sandbox, team, production; local: sandbox, files, services.")
]


Engine = Annotated[Optional[str], typer.Option("--engine", help="terraform; on AWS Batch also cloudformation.")]


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


Python = Annotated[
    Optional[str], typer.Option("--python", help="The Python that flows run with; default is the one of mfinfra.")
]


Packages = Annotated[Optional[list[str]], typer.Option("--package", help="A package for the flows; may be repeated.")]


Examples = Annotated[Optional[bool], typer.Option("--examples/--no-examples", help="Install scikit-learn.")]
