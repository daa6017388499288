"""Commands on a stack: set it up, look at it, remove it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ..errors import Refused, UsageError
from .options import Cloud, Engine, Examples, Name, Preset, Python, Region, StackName, Yes, stack_names
from .state import State, agreement, stack_config, stack_name

if TYPE_CHECKING:
    pass


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
    from ..reports import cloud as cloud_report
    from ..reports import local as local_report
    from ..stacks import cloud as cloud_pipeline
    from ..stacks import local

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    config = config.with_runtime(python=python, examples=examples)
    if config.cloud == "local":
        if plan_file is not None:
            raise Refused("A local stack has no plan.", hint="Type: mfinfra up")
        local_report.report_up(local.up(config, smoke, State.console), State.console)
        return
    result = cloud_pipeline.up(config, smoke, agreement(yes), plan_file, State.console)
    cloud_report.report_up(result, State.console)


def connect(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    engine: Engine = None,
    python: Python = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run a small flow through the stack.")] = True,
) -> None:
    """Use a stack in a cloud that somebody else set up: profile, runtime, tunnels. Changes nothing of the stack."""
    from ..reports import cloud as cloud_report
    from ..stacks import connect as connect_pipeline

    config = stack_config(name=name, cloud=cloud, region=region, engine=engine).with_runtime(python=python)
    cloud_report.report_up(connect_pipeline.connect(config, smoke, State.console), State.console)


def disconnect(name: StackName = None) -> None:
    """Forget a stack in a cloud on this machine: profile, tunnels, record. The stack stays as it is."""
    from ..stacks import connect as connect_pipeline

    connect_pipeline.report_disconnected(connect_pipeline.disconnect(stack_name(name), State.console), State.console)


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
    from ..reports import cloud as cloud_report
    from ..stacks import cloud as cloud_pipeline

    config = stack_config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    form = "json" if State.console.as_json else form
    State.code = cloud_report.report_plan(cloud_pipeline.plan(config, out, form, State.console), form, State.console)


def drift(name: StackName = None) -> None:
    """Show what is not as it was deployed. Ends with 0: nothing, 2: something, 1: an error."""
    from ..reports import cloud as cloud_report
    from ..stacks import cloud as cloud_pipeline

    State.code = cloud_report.report_drift(cloud_pipeline.drift(stack_name(name), State.console), State.console)


def unlock(name: StackName = None, yes: Yes = False) -> None:
    """Take the lock of a stack from a process that died with it."""
    from ..stacks import cloud as cloud_pipeline

    stack = stack_name(name)
    holder = cloud_pipeline.unlock(stack, agreement(yes), State.console)
    if State.console.as_json:
        State.console.document({"stack": stack, "was_held_by": holder})
    State.console.done(f"The lock of '{stack}' is free; {holder} had it.")


def down(
    name: StackName = None,
    yes: Yes = False,
    keep: Annotated[Optional[str], typer.Option("--keep", help="data: leave the runs and their artifacts.")] = None,
) -> None:
    """Remove a stack: exactly what `up` made, and the runs in it."""
    from ..reports import cloud as cloud_report
    from ..reports import local as local_report
    from ..stacks import cloud as cloud_pipeline
    from ..stacks import local

    if keep not in (None, "data"):
        raise UsageError(f"'{keep}' cannot be kept.", hint="Type: mfinfra down --keep data")
    stack = stack_name(name)
    if cloud_pipeline.is_cloud(stack):
        cloud_report.report_down(
            cloud_pipeline.down(stack, keep == "data", agreement(yes), State.console), State.console
        )
    else:
        local_report.report_down(local.down(stack, keep == "data", agreement(yes)), State.console)


def status(name: StackName = None) -> None:
    """Show what a stack is made of and whether it is whole."""
    from ..reports import cloud as cloud_report
    from ..reports import local as local_report
    from ..stacks import cloud as cloud_pipeline
    from ..stacks import local

    stack = stack_name(name)
    is_cloud = cloud_pipeline.is_cloud(stack)
    document = cloud_pipeline.status(stack, State.console) if is_cloud else local.status(stack)
    if State.console.as_json:
        State.console.document(document)
    elif is_cloud:
        cloud_report.report_status(document, State.console)
    else:
        local_report.report_status(document, State.console)


def list_stacks() -> None:
    """List the stacks that were set up from here, local and in clouds."""
    from ..machine import record
    from ..machine.paths import shown
    from ..stacks import local

    stacks = local.listing()
    for name in record.damaged():
        State.console.warn(f"The record of the stack '{name}' is damaged.", hint=f"Type: mfinfra up --name {name}")
    if State.console.as_json:
        State.console.document(stacks)
        return
    rows = [
        (
            s["name"],
            s["cloud"],
            s["state"],
            "default" if s["is_default"] else "",
            local.where(s) if s["cloud"] != "local" else shown(s["data_folder"]),
        )
        for s in stacks
    ]
    State.console.table(("name", "cloud", "state", "", "where"), rows)


def outputs(
    name: StackName = None,
    form: Annotated[str, typer.Option("--format", help="json, env or metaflow.")] = "json",
    namespace: Annotated[
        Optional[str], typer.Option("--namespace", help="Those of flows in this namespace of the cluster.")
    ] = None,
) -> None:
    """Print the settings that a stack makes true."""
    from ..reports import outputs as shapes
    from ..stacks import cloud as cloud_pipeline
    from ..stacks import local

    stack = stack_name(name)
    is_cloud = cloud_pipeline.is_cloud(stack)
    if namespace is not None and not is_cloud:
        raise Refused(f"The stack '{stack}' has no namespaces.", hint=f"Type: mfinfra outputs {stack}")
    found = cloud_pipeline.outputs(stack, namespace) if is_cloud else local.outputs(stack)
    text = shapes.rendered(found, "json" if State.console.as_json else form)
    State.console.line(text)


def use(name: Annotated[str, typer.Argument(help="Name of the stack.", autocompletion=stack_names)]) -> None:
    """Make a stack the one that flows use where no profile is named."""
    from ..machine import profile, record
    from ..machine.paths import shown

    record.need(name)
    path = profile.use(name)
    if State.console.as_json:
        State.console.document({"default": name, "profile": str(path)})
    State.console.done(f"Flows now use the stack '{name}' ({shown(path)}).")
