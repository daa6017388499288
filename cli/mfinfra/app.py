"""The command line. A command reads its options, calls the pipeline, and shows the result; nothing more.

Modules that cost time (schema, YAML, tables) are imported by the command that needs them: `--help` stays instant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from .console import Console
from .errors import DoctorFoundProblems, NotFound, Refused

app = typer.Typer(
    name="mfinfra",
    help="The infrastructure under Metaflow-style flows: set it up, look at it, take it down.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
runtime_app = typer.Typer(help="The bundled flow runtime.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(runtime_app, name="runtime")


class State:
    """The global options of one call."""

    console = Console()
    folder = Path()


def _stack_names(incomplete: str) -> list[str]:
    from . import record

    return [stack.name for stack in record.every() if stack.name.startswith(incomplete)]


Name = Annotated[Optional[str], typer.Option("--name", "-n", help="Name of the stack.", autocompletion=_stack_names)]
StackName = Annotated[
    Optional[str], typer.Argument(help="Name of the stack.", autocompletion=_stack_names, show_default=False)
]
Cloud = Annotated[Optional[str], typer.Option("--cloud", help="Where the stack lives: local.")]
Python = Annotated[Optional[str], typer.Option("--python", help="The Python that flows run with; default is this one.")]


@app.callback()
def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours.")] = False,
    folder: Annotated[Path, typer.Option("-C", help="Work as if started in this folder.", metavar="DIR")] = Path(),
) -> None:
    State.console = Console(as_json, not no_color)
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    State.folder = folder


def _named(given: str | None) -> str:
    """The stack that a command means: as given, as the stack file says, or the only one there is."""
    from . import profile, record, stackfile

    if given is not None:
        return given
    if (State.folder / stackfile.FILE_NAME).exists():
        return stackfile.load(State.folder, {}).name
    stacks = [stack.name for stack in record.every()]
    default = profile.default_stack()
    if default in stacks:
        return str(default)
    return stacks[0] if len(stacks) == 1 else stackfile.DEFAULT_NAME


@app.command()
def init(
    name: Name = None,
    cloud: Cloud = None,
    examples: Annotated[Optional[bool], typer.Option("--examples/--no-examples", help="Install scikit-learn.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a stack file that exists.")] = False,
) -> None:
    """Write a stack file, mfinfra.yaml: by questions on a terminal, else by flags."""
    from . import wizard

    given: dict[str, Any] = {"name": name, "cloud": cloud, "examples": examples}
    answers = wizard.ask(given) if State.console.is_terminal else given
    wizard.write(State.folder, answers, force, State.console)


@app.command()
def up(
    name: Name = None,
    cloud: Cloud = None,
    python: Python = None,
    examples: Annotated[Optional[bool], typer.Option("--examples/--no-examples", help="Install scikit-learn.")] = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run a small flow through the stack.")] = True,
) -> None:
    """Set a stack up, install the runtime, and prove it by a flow that runs. May be repeated."""
    from . import pipeline, stackfile

    config = stackfile.load(State.folder, {"name": name, "cloud": cloud})
    if examples is not None:
        config = config.model_copy(update={"runtime": config.runtime.model_copy(update={"examples": examples})})
    result = pipeline.up(config, python, smoke, State.console)
    pipeline.report_up(result, State.console)


@app.command()
def down(
    name: StackName = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Leave the runs and their artifacts.")] = False,
) -> None:
    """Remove a stack: exactly what `up` made, and the runs in it."""
    from . import pipeline

    stack = _named(name)
    left = pipeline.down(stack, keep_data, lambda question: yes or _asked(question))
    if State.console.as_json:
        State.console.document({"removed": stack, "left": [str(path) for path in left]})
    else:
        State.console.done(f"The stack '{stack}' is gone.")
    if left:
        State.console.warn(f"Left in place: {', '.join(str(path) for path in left)}")


def _asked(question: str) -> bool:
    if not State.console.is_terminal:
        raise Refused("Nobody is there to confirm.", hint="Type the command again with --yes")
    return State.console.confirm(question)


@app.command()
def status(name: StackName = None) -> None:
    """Show what a stack is made of and whether it is whole."""
    from . import pipeline

    document = pipeline.status(_named(name))
    if State.console.as_json:
        State.console.document(document)
    else:
        pipeline.report_status(document, State.console)


@app.command("ls")
def list_stacks() -> None:
    """List the stacks of this account."""
    from . import pipeline

    stacks = pipeline.listing()
    if State.console.as_json:
        State.console.document(stacks)
        return
    rows = [(s["name"], s["cloud"], s["state"], "default" if s["is_default"] else "", s["data_folder"]) for s in stacks]
    State.console.table(("name", "cloud", "state", "", "data"), rows)


@app.command()
def outputs(
    name: StackName = None,
    form: Annotated[str, typer.Option("--format", help="json, env or metaflow.")] = "json",
) -> None:
    """Print the settings that a stack makes true."""
    from . import outputs as shapes
    from . import pipeline

    State.console.line(shapes.rendered(pipeline.outputs(_named(name)), form))


@app.command()
def use(name: Annotated[str, typer.Argument(help="Name of the stack.", autocompletion=_stack_names)]) -> None:
    """Make a stack the one that flows use where no profile is named."""
    from . import profile, record

    record.need(name)
    path = profile.use(name)
    State.console.done(f"Flows now use the stack '{name}' ({path}).")


@app.command()
def doctor(python: Python = None) -> None:
    """Look for what keeps flows from running. Changes nothing."""
    from dataclasses import asdict

    from . import doctor as checks
    from .runtime_install import default_python

    findings = checks.examine(python or default_python())
    if State.console.as_json:
        State.console.document([asdict(f) for f in findings])
    else:
        State.console.table(
            ("check", "", "", "what to do"), [(f.check, f.level, f.text, f.hint or "") for f in findings]
        )
    problems = [f for f in findings if f.level == "problem"]
    if problems:
        raise DoctorFoundProblems(f"{len(problems)} problem(s) found: {problems[0].text}", problems[0].hint)


@runtime_app.command("install")
def runtime_install(
    python: Python = None,
    examples: Annotated[bool, typer.Option("--examples", help="Install scikit-learn too.")] = False,
) -> None:
    """Install the bundled runtime into a Python environment."""
    from . import runtime_install as installer

    target = python or installer.default_python()
    found = installer.ensure(target, installer.EXAMPLES if examples else (), State.console.step)
    State.console.done(f"mfruntime {found.version} in {found.path}" + ("" if found.changed else " (was there already)"))


@runtime_app.command("info")
def runtime_info(python: Python = None) -> None:
    """Show the runtime of a Python environment and the settings in force."""
    from . import runtime_facts
    from .runtime_install import default_python

    facts = runtime_facts.gather(python or default_python())
    if State.console.as_json:
        State.console.document(facts)
    else:
        State.console.table(("", "value", "from"), runtime_facts.rows(facts))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    number = installed_version("mfinfra")
    if State.console.as_json:
        State.console.document({"mfinfra": number})
    else:
        State.console.line(f"mfinfra {number}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack file."""
    from . import stackfile

    State.console.document(stackfile.json_schema())
