"""Options that several commands share."""

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


Cloud = Annotated[Optional[str], typer.Option("--cloud", help="Cloud of the stack: local, aws, azure or gcp.")]


Region = Annotated[
    Optional[str], typer.Option("--region", help="Region of the cloud. Default: the region that the shell sets.")
]


Preset = Annotated[
    Optional[str],
    typer.Option(
        "--preset", help="Preset: sandbox, team or production; for a local stack: sandbox, files or services."
    ),
]


Engine = Annotated[
    Optional[str], typer.Option("--engine", help="Engine: terraform, or cloudformation for stacks with AWS Batch.")
]


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip confirmation prompts.")]


Python = Annotated[
    Optional[str], typer.Option("--python", help="Python that flows run with. Default: the Python of mfinfra.")
]


Packages = Annotated[
    Optional[list[str]], typer.Option("--package", help="Package to install for the flows; can be repeated.")
]


Examples = Annotated[
    Optional[bool], typer.Option("--examples/--no-examples", help="Install scikit-learn, which the examples use.")
]
