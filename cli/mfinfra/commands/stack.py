"""Commands for a stack: create, inspect and delete it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import UsageError
from .options import Cloud, Engine, Examples, Name, Preset, Python, Region, StackName, Yes, stack_names
from .state import State, confirmation, stack_config, stack_name


def up(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
    python: Python = None,
    examples: Examples = None,
    plan_file: Annotated[Optional[Path], typer.Option("--plan", help="Saved plan to apply.")] = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run the smoke test.")] = True,
    yes: Yes = False,
) -> None:
    """Create or update a stack. Also installs the runtime and runs a smoke test. Can be repeated."""
    from ..reports.select import report_of
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    stack = select.described(config.with_runtime(python=python, examples=examples), State.console)
    report_of(stack).report_up(stack.up(confirmation(yes), smoke, plan_file), State.console)


def connect(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    engine: Engine = None,
    python: Python = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run the smoke test.")] = True,
) -> None:
    """Use a cloud stack that another user deployed. Writes its profile, installs the runtime, starts tunnels. Does not
    change the stack."""
    from ..reports.select import report_of
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, engine=engine).with_runtime(python=python)
    stack = select.described(config, State.console)
    report_of(stack).report_up(stack.connect(smoke), State.console)


def disconnect(name: StackName = None) -> None:
    """Remove the local files of a cloud stack. Removes profile, tunnels and record; does not change the stack."""
    from ..reports.connect import report_disconnected
    from ..stacks import select

    report_disconnected(select.named(stack_name(name), State.console).disconnect(), State.console)


def plan(
    out: Annotated[
        Optional[Path], typer.Option("--out", help="File to save the plan to, for `mfinfra up --plan`.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="Format: text, json or markdown.")] = "text",
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
) -> None:
    """Show what `up` would change. Exit code: 0 no changes, 2 changes, 3 dangerous changes, 1 error."""
    from ..reports.plans import report_plan
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    form = "json" if State.console.as_json else form
    State.code = report_plan(select.described(config, State.console).plan(out, form), form, State.console)


def drift(name: StackName = None) -> None:
    """Show resources that differ from the state. Exit code: 0 no drift, 2 drift, 1 error."""
    from ..reports.plans import report_drift
    from ..stacks import select

    State.code = report_drift(select.named(stack_name(name), State.console).drift(), State.console)


def unlock(name: StackName = None, yes: Yes = False) -> None:
    """Release a stale state lock."""
    from ..reports.connect import report_unlocked
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_unlocked(stack.name, stack.unlock(confirmation(yes)), State.console)


def down(
    name: StackName = None,
    yes: Yes = False,
    keep: Annotated[Optional[str], typer.Option("--keep", help="`data` keeps the runs and their artifacts.")] = None,
) -> None:
    """Delete a stack and the runs in it. Deletes only what `up` created."""
    from ..reports.select import report_of
    from ..stacks import select

    if keep not in (None, "data"):
        raise UsageError(
            f"Invalid value '{keep}' for --keep; only 'data' is allowed.", hint="Run: mfinfra down --keep data"
        )
    stack = select.named(stack_name(name), State.console)
    report_of(stack).report_down(stack.down(confirmation(yes), keep == "data"), State.console)


def status(name: StackName = None) -> None:
    """Show the components of a stack and whether they are healthy."""
    from ..reports.select import report_of
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_of(stack).report_status(stack.status(), State.console)


def list_stacks() -> None:
    """List the stacks that this machine has records of."""
    from ..machine import record
    from ..reports.listing import report_stacks
    from ..stacks import listing

    report_stacks(listing.every(), record.corrupt_names(), State.console)


def outputs(
    name: StackName = None,
    form: Annotated[str, typer.Option("--format", help="Format: json, env or metaflow.")] = "json",
    namespace: Annotated[
        Optional[str], typer.Option("--namespace", help="Print the settings for flows in this Kubernetes namespace.")
    ] = None,
) -> None:
    """Print the runtime settings of a stack."""
    from ..reports.outputs import rendered
    from ..stacks import select

    found = select.named(stack_name(name), State.console).outputs(namespace)
    State.console.line(rendered(found, "json" if State.console.as_json else form))


def use(name: Annotated[str, typer.Argument(help="Name of the stack.", autocompletion=stack_names)]) -> None:
    """Make a stack the default for flows that set no profile."""
    from ..machine import profile, record
    from ..machine.paths import shown

    record.need(name)
    path = profile.use(name)
    if State.console.as_json:
        State.console.document({"default": name, "profile": str(path)})
    State.console.done(f"Flows now use stack '{name}' ({shown(path)}).")
