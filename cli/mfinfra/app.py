"""The command line. A command reads its options, calls the pipeline, and shows the result; nothing more.

Modules that cost time (schema, YAML, tables) are imported by the command that needs them: `--help` stays instant.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from .console import Console
from .errors import InstallFailed, NotFound, Refused, UsageError

if TYPE_CHECKING:
    from .stackfile.schema import StackConfig

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
    """The global options of one call, which command it is, and what a command that has run well ends with."""

    console = Console()
    command: str | None = None
    code = 0


def _stack_names(incomplete: str) -> list[str]:
    from .machine import record

    return [stack.name for stack in record.every() if stack.name.startswith(incomplete)]


Name = Annotated[Optional[str], typer.Option("--name", "-n", help="Name of the stack.", autocompletion=_stack_names)]
StackName = Annotated[
    Optional[str], typer.Argument(help="Name of the stack.", autocompletion=_stack_names, show_default=False)
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


@app.callback()
def main(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours.")] = False,
    folder: Annotated[Path, typer.Option("-C", help="Work as if started in this folder.", metavar="DIR")] = Path(),
) -> None:
    State.console = Console(as_json, not no_color)
    State.command, State.code = context.invoked_subcommand, 0
    try:
        os.chdir(folder)
    except OSError as exc:
        raise NotFound(f"The folder {folder} cannot be entered: {exc.strerror}.") from exc


def _named(given: str | None) -> str:
    """The stack that a command means: as given, as the stack file says, the default, or the only one there is."""
    from .machine import profile, record
    from .stackfile import load
    from .stackfile import schema as stackfile_schema

    if given is not None:
        return given
    if os.path.lexists(stackfile_schema.FILE_NAME):
        return load.name_in(Path())
    stacks = [stack.name for stack in record.every()]
    default = profile.default_stack()
    if default in stacks:
        return str(default)
    return stacks[0] if len(stacks) == 1 else stackfile_schema.DEFAULT_NAME


def _config(**options: str | None) -> StackConfig:
    """The stack that a command is about: that of the stack file and the options; by its name alone, as it was last.

    A region that is named nowhere is that of the shell.
    """
    from . import cloud_pipeline
    from .stackfile import load
    from .stackfile import schema as stackfile_schema

    name = options.get("name")
    if name is not None and {key for key, value in options.items() if value is not None} == {"name"}:
        last = cloud_pipeline.recorded(name)
        if last is not None and not os.path.lexists(stackfile_schema.FILE_NAME):
            return last
    return load.load(Path(), load.with_region(Path(), options))


@app.command()
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
    from .stackfile import wizard

    given: dict[str, Any] = {"name": name, "cloud": cloud, "region": region, "preset": preset, "python": python}
    given |= {"packages": package or None, "examples": examples}
    path, config = wizard.write(Path(), wizard.ask(given) if State.console.is_terminal else given, force)
    command = wizard.one_line(config)
    if State.console.as_json:
        State.console.document({"file": str(path), "command": command})
        return
    State.console.done(f"Wrote {path}; the same without questions:")
    State.console.line(command)


@app.command()
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
    from . import cloud_pipeline, cloud_report, pipeline

    config = _config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    config = config.with_runtime(python=python, examples=examples)
    if config.cloud == "local":
        if plan_file is not None:
            raise Refused("A local stack has no plan.", hint="Type: mfinfra up")
        pipeline.report_up(pipeline.up(config, smoke, State.console), State.console)
        return
    result = cloud_pipeline.up(config, smoke, _agreed(yes), plan_file, State.console)
    cloud_report.report_up(result, State.console)


@app.command()
def connect(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    engine: Engine = None,
    python: Python = None,
    smoke: Annotated[bool, typer.Option("--smoke/--no-smoke", help="Run a small flow through the stack.")] = True,
) -> None:
    """Use a stack in a cloud that somebody else set up: profile, runtime, tunnels. Changes nothing of the stack."""
    from . import cloud_report, connect_pipeline

    config = _config(name=name, cloud=cloud, region=region, engine=engine).with_runtime(python=python)
    cloud_report.report_up(connect_pipeline.connect(config, smoke, State.console), State.console)


@app.command()
def disconnect(name: StackName = None) -> None:
    """Forget a stack in a cloud on this machine: profile, tunnels, record. The stack stays as it is."""
    from . import connect_pipeline

    connect_pipeline.report_disconnected(connect_pipeline.disconnect(_named(name), State.console), State.console)


@app.command()
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
    from . import rendering

    config = _config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    rendering.report(rendering.write(config, out, force), State.console)


@app.command()
def validate(
    name: Name = None,
    cloud: Cloud = None,
    region: Region = None,
    preset: Preset = None,
    engine: Engine = None,
) -> None:
    """Check the stack file, and what would be rendered from it. Needs no account and no network."""
    from . import rendering

    config = _config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    rendering.report_checks(rendering.validated(config), State.console)


@app.command()
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
    from . import cloud_pipeline, cloud_report

    config = _config(name=name, cloud=cloud, region=region, preset=preset, engine=engine)
    form = "json" if State.console.as_json else form
    State.code = cloud_report.report_plan(cloud_pipeline.plan(config, out, form, State.console), form, State.console)


@app.command()
def drift(name: StackName = None) -> None:
    """Show what is not as it was deployed. Ends with 0: nothing, 2: something, 1: an error."""
    from . import cloud_pipeline, cloud_report

    State.code = cloud_report.report_drift(cloud_pipeline.drift(_named(name), State.console), State.console)


@app.command()
def unlock(name: StackName = None, yes: Yes = False) -> None:
    """Take the lock of a stack from a process that died with it."""
    from . import cloud_pipeline

    stack = _named(name)
    holder = cloud_pipeline.unlock(stack, _agreed(yes), State.console)
    if State.console.as_json:
        State.console.document({"stack": stack, "was_held_by": holder})
    State.console.done(f"The lock of '{stack}' is free; {holder} had it.")


@app.command()
def down(
    name: StackName = None,
    yes: Yes = False,
    keep: Annotated[Optional[str], typer.Option("--keep", help="data: leave the runs and their artifacts.")] = None,
) -> None:
    """Remove a stack: exactly what `up` made, and the runs in it."""
    from . import cloud_pipeline, cloud_report, pipeline

    if keep not in (None, "data"):
        raise UsageError(f"'{keep}' cannot be kept.", hint="Type: mfinfra down --keep data")
    stack = _named(name)
    if cloud_pipeline.is_cloud(stack):
        cloud_report.report_down(cloud_pipeline.down(stack, keep == "data", _agreed(yes), State.console), State.console)
    else:
        pipeline.report_down(pipeline.down(stack, keep == "data", _agreed(yes)), State.console)


def _agreed(yes: bool) -> Callable[[str], bool]:
    return lambda question: yes or _asked(question)


def _asked(question: str) -> bool:
    if not State.console.is_terminal:
        raise Refused("Nobody is there to confirm.", hint="Type the command again with --yes")
    return State.console.confirm(question)


@app.command()
def status(name: StackName = None) -> None:
    """Show what a stack is made of and whether it is whole."""
    from . import cloud_pipeline, cloud_report, pipeline

    stack = _named(name)
    is_cloud = cloud_pipeline.is_cloud(stack)
    document = cloud_pipeline.status(stack, State.console) if is_cloud else pipeline.status(stack)
    if State.console.as_json:
        State.console.document(document)
    elif is_cloud:
        cloud_report.report_status(document, State.console)
    else:
        pipeline.report_status(document, State.console)


@app.command()
def start(name: StackName = None) -> None:
    """Start the servers of a local stack again, or the tunnels to a cluster."""
    from . import cloud_pipeline, cluster_pipeline, pipeline

    stack = _named(name)
    start_them = cluster_pipeline.start if cloud_pipeline.is_cloud(stack) else pipeline.start
    pipeline.report_servers(stack, start_them(stack, State.console), State.console)


@app.command()
def stop(name: StackName = None) -> None:
    """Stop the servers of a local stack, or the tunnels to a cluster; everything behind them is kept."""
    from . import cloud_pipeline, cluster_pipeline, pipeline

    stack = _named(name)
    stop_them = cluster_pipeline.stop if cloud_pipeline.is_cloud(stack) else pipeline.stop
    pipeline.report_servers(stack, stop_them(stack, State.console), State.console)


@app.command("open")
def open_service(
    service: Annotated[str, typer.Argument(help="ui, argo, airflow or metadata.", show_default=False)],
    name: StackName = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it, on a terminal.")] = True,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the password or token too.")] = False,
) -> None:
    """Print where a stack's UI, Argo, Airflow or metadata service is, and open it. May start a tunnel."""
    from . import cloud_report, cluster_pipeline

    if service not in ("ui", "argo", "airflow", "metadata"):
        raise UsageError(f"'{service}' cannot be opened.", hint="What can: ui, argo, airflow, metadata")
    found = cluster_pipeline.address(_named(name), service, show_secret, State.console)
    shows = browser and State.console.is_terminal and typer.launch(found["url"]) == 0
    cloud_report.report_open(found, shows, State.console)


@app.command()
def kubeconfig(
    name: StackName = None,
    out: Annotated[Optional[Path], typer.Option("--out", help="The file; default: that of kubectl.")] = None,
    native: Annotated[bool, typer.Option("--native", help="With the cloud's own program for tokens.")] = False,
) -> None:
    """Write the cluster of a stack into a kubeconfig. No token is in the file."""
    from . import cloud_report, cluster_pipeline

    cloud_report.report_kubeconfig(cluster_pipeline.write_kubeconfig(_named(name), out, native), State.console)


@app.command("kube-token", hidden=True)
def kube_token(name: Annotated[str, typer.Argument(help="Name of the stack.")]) -> None:
    """Print a token for the cluster of a stack, as kubectl asks for it."""
    from . import cluster_pipeline

    State.console.document(cluster_pipeline.credential(name))


@app.command("ls")
def list_stacks() -> None:
    """List the stacks that were set up from here, local and in clouds."""
    from . import pipeline
    from .machine import record
    from .machine.paths import shown

    stacks = pipeline.listing()
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
            pipeline.where(s) if s["cloud"] != "local" else shown(s["data_folder"]),
        )
        for s in stacks
    ]
    State.console.table(("name", "cloud", "state", "", "where"), rows)


@app.command()
def outputs(
    name: StackName = None,
    form: Annotated[str, typer.Option("--format", help="json, env or metaflow.")] = "json",
    namespace: Annotated[
        Optional[str], typer.Option("--namespace", help="Those of flows in this namespace of the cluster.")
    ] = None,
) -> None:
    """Print the settings that a stack makes true."""
    from . import cloud_pipeline, pipeline
    from . import outputs as shapes

    stack = _named(name)
    is_cloud = cloud_pipeline.is_cloud(stack)
    if namespace is not None and not is_cloud:
        raise Refused(f"The stack '{stack}' has no namespaces.", hint=f"Type: mfinfra outputs {stack}")
    found = cloud_pipeline.outputs(stack, namespace) if is_cloud else pipeline.outputs(stack)
    text = shapes.rendered(found, "json" if State.console.as_json else form)
    State.console.line(text)


@app.command()
def use(name: Annotated[str, typer.Argument(help="Name of the stack.", autocompletion=_stack_names)]) -> None:
    """Make a stack the one that flows use where no profile is named."""
    from .machine import profile, record
    from .machine.paths import shown

    record.need(name)
    path = profile.use(name)
    if State.console.as_json:
        State.console.document({"default": name, "profile": str(path)})
    State.console.done(f"Flows now use the stack '{name}' ({shown(path)}).")


@app.command()
def doctor(python: Python = None) -> None:
    """Look for what keeps flows from running. Changes nothing."""
    from dataclasses import asdict

    from . import doctor as checks
    from .runtime.install import default_python

    findings = [*checks.examine(python or default_python()), checks.terminal(State.console)]
    if State.console.as_json:
        State.console.document([asdict(f) for f in findings])
    else:
        rows = [(f.check, f.level, f.text, f.hint or "") for f in findings]
        State.console.table(("check", "", "", "what to do"), rows)
    checks.raise_problems(findings)


@runtime_app.command("install")
def runtime_install(
    python: Python = None,
    examples: Annotated[bool, typer.Option("--examples", help="Install scikit-learn too.")] = False,
) -> None:
    """Install the bundled runtime into a Python environment."""
    from dataclasses import asdict

    from .runtime import install as installer

    target = python or installer.default_python()
    found = installer.ensure(target, (), State.console.step)
    command = installer.ensure_examples(target, State.console.step) if examples else None
    if command is not None:
        raise InstallFailed("The runtime is installed, but scikit-learn could not be.", hint=f"Type: {command}")
    if State.console.as_json:
        State.console.document(asdict(found))
    State.console.done(f"mfruntime {found.version} in {found.path}" + ("" if found.changed else " (was there already)"))


@runtime_app.command("info")
def runtime_info(python: Python = None) -> None:
    """Show the runtime of a Python environment and the settings in force."""
    from .runtime import info
    from .runtime.install import default_python

    facts = info.gather(python or default_python())
    if State.console.as_json:
        State.console.document(facts)
    else:
        State.console.table(("", "value", "from"), info.rows(facts))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed_version

    try:
        number = installed_version("mfinfra")
    except PackageNotFoundError:
        raise NotFound("mfinfra runs from its source here; it is not installed.", hint="Type: pip install .") from None
    if State.console.as_json:
        State.console.document({"mfinfra": number})
    else:
        State.console.line(f"mfinfra {number}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack file."""
    from .stackfile import schema as stackfile_schema

    State.console.document(stackfile_schema.json_schema())
