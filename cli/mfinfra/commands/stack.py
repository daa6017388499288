"""Commands on a stack: set it up, look at it, remove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..errors import UsageError
from .options import Cloud, Engine, Examples, Name, Preset, Python, Region, StackName, Yes, stack_names
from .state import State, agreement, stack_config, stack_name


def up(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
    python: Python = None,
    examples: Examples = None,
    plan_file: Annotated[Optional[Path], typer.Option("--plan", help="Apply exactly this plan.")] = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run a small flow through the stack.")] = True,
    yes: Yes = False,
) -> None:
    """Set a stack up, install the runtime, and prove it by a flow that runs. May be repeated."""
    from ..reports.select import report_of
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    stack = select.described(config.with_runtime(python=python, examples=examples), State.console)
    report_of(stack).report_up(stack.up(agreement(yes), smoke, plan_file), State.console)


def connect(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    engine: Engine = None,
    python: Python = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run a small flow through the stack.")] = True,
) -> None:
    """Use a stack in a cloud that somebody else set up: profile, runtime, tunnels. Changes nothing of the stack."""
    from ..reports.select import report_of
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, engine=engine).with_runtime(python=python)
    stack = select.described(config, State.console)
    report_of(stack).report_up(stack.connect(smoke), State.console)


def disconnect(name: StackName = None) -> None:
    """Forget a stack in a cloud on this machine: profile, tunnels, record. The stack stays as it is."""
    from ..reports.connect import report_disconnected
    from ..stacks import select

    report_disconnected(select.named(stack_name(name), State.console).disconnect(), State.console)


def plan(
    out: Annotated[Optional[Path], typer.Option("--out", help="Save the plan, for `mfinfra up --plan`.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json or markdown.")] = "text",
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
) -> None:
    """Show what `up` would change. Ends with 0: nothing, 2: changes, 3: dangerous changes, 1: an error."""
    from ..reports.plans import report_plan
    from ..stacks import select

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    form = "json" if State.console.as_json else form
    State.code = report_plan(select.described(config, State.console).plan(out, form), form, State.console)


def drift(name: StackName = None) -> None:
    """Show what is not as it was deployed. Ends with 0: nothing, 2: something, 1: an error."""
    from ..reports.plans import report_drift
    from ..stacks import select

    State.code = report_drift(select.named(stack_name(name), State.console).drift(), State.console)


def unlock(name: StackName = None, yes: Yes = False) -> None:
    """Take the lock of a stack from a process that died with it."""
    from ..reports.connect import report_unlocked
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_unlocked(stack.name, stack.unlock(agreement(yes)), State.console)


def down(
    name: StackName = None,
    yes: Yes = False,
    keep: Annotated[Optional[str], typer.Option("--keep", help="data: leave the runs and their artifacts.")] = None,
) -> None:
    """Remove a stack: exactly what `up` made, and the runs in it."""
    from ..reports.select import report_of
    from ..stacks import select

    if keep not in (None, "data"):
        raise UsageError(f"'{keep}' cannot be kept.", hint="Type: mfinfra down --keep data")
    stack = select.named(stack_name(name), State.console)
    report_of(stack).report_down(stack.down(agreement(yes), keep == "data"), State.console)


def status(name: StackName = None) -> None:
    """Show what a stack is made of and whether it is whole."""
    from ..reports.select import report_of
    from ..stacks import select

    stack = select.named(stack_name(name), State.console)
    report_of(stack).report_status(stack.status(), State.console)


def list_stacks() -> None:
    """List the stacks that were set up from here, local and in clouds."""
    from ..machine import record
    from ..reports.listing import report_stacks
    from ..stacks import listing

    report_stacks(listing.every(), record.damaged(), State.console)


def outputs(
    name: StackName = None,
    form: Annotated[str, typer.Option("--format", help="json, env or metaflow.")] = "json",
    namespace: Annotated[
        Optional[str], typer.Option("--namespace", help="Those of flows in this namespace of the cluster.")
    ] = None,
) -> None:
    """Print the settings that a stack makes true."""
    from ..reports.outputs import rendered
    from ..stacks import select

    found = select.named(stack_name(name), State.console).outputs(namespace)
    State.console.line(rendered(found, "json" if State.console.as_json else form))


def use(name: Annotated[str, typer.Argument(help="Name of the stack.", autocompletion=stack_names)]) -> None:
    """Make a stack the one that flows use where no profile is named."""
    from ..machine import profile, record
    from ..machine.paths import shown

    record.need(name)
    path = profile.use(name)
    if State.console.as_json:
        State.console.document({"default": name, "profile": str(path)})
    State.console.done(f"Flows now use the stack '{name}' ({shown(path)}).")
