"""The command line of a flow: `python flow.py [OPTIONS] COMMAND`.

Commands are imported when they are called. This module prints errors and sets the exit code: 0 success, 1 the flow or
command failed, 2 usage error, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from .. import registry, settings
from ..errors import CommandException, MetaflowException, MissingParameter, ParameterFieldFailed
from ..printable import for_stream
from ..version import METAFLOW_VERSION
from .console import Console
from .wiring import Env, top_options

if TYPE_CHECKING:
    from ..flow.spec import FlowSpec

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("mfruntime.flowcli.info:check", "Check that the flow is valid (default)."),
    "dump": ("mfruntime.flowcli.dump:command", "Get data artifacts of a task or of all tasks in a step."),
    "help": ("mfruntime.flowcli.info:help_command", "Show all available commands."),
    "init": ("mfruntime.flowcli.step:init", "Write the parameters of a run (called by schedulers)."),
    "logs": ("mfruntime.flowcli.logs:command", "Show or scrub the logs of tasks."),
    "output-dot": ("mfruntime.flowcli.info:output_dot", "Print the flow as a Graphviz graph."),
    "output-raw": ("mfruntime.flowcli.info:output_raw", "Print the internal state of the flow graph."),
    "package": ("mfruntime.flowcli.packages:command", "List, describe or save the code package."),
    "resume": ("mfruntime.flowcli.run:resume", "Resume a previous run of this flow."),
    "run": ("mfruntime.flowcli.run:run", "Run the flow on this machine."),
    "show": ("mfruntime.flowcli.info:show", "Show the structure of the flow."),
    "step": ("mfruntime.flowcli.step:step", "Run a single task (called by schedulers)."),
    "tag": ("mfruntime.flowcli.tag:command", "Add, remove, replace and list the tags of runs."),
    "worker": ("mfruntime.flowcli.worker:command", "Start tasks of one environment (called by runs)."),
    "version": ("mfruntime.flowcli.info:version", "Print the version."),
}
_HIDDEN = ("init", "step", "worker")

#: Metaflow commands that this version does not support; listed for a clear error message.
_UNSUPPORTED = (
    "airflow", "argo-workflows", "batch", "card", "kubernetes", "spin", "spot-metadata", "step-functions",
)  # fmt: skip


class FlowGroup(click.Group):
    """The group of all commands, which are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name not in _HIDDEN]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _UNSUPPORTED:
            raise CommandException(f"The command '{name}' is not supported by this version of mfruntime.")
        if name not in COMMANDS:
            return None
        loaded = registry.load(COMMANDS[name][0])
        if isinstance(loaded, click.Command):
            return loaded
        env: Env = ctx.obj
        return loaded(env)  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and name not in _UNSUPPORTED:
            from ..errors import UnknownName

            raise UnknownName.of("command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _start(ctx: click.Context, **given: Any) -> None:
    env: Env = ctx.obj
    env.quiet = env.console.quiet = given.pop("quiet")
    env.package_suffixes = given.pop("package_suffixes", None)
    env.top = top_options(env.settings, given)
    command = ctx.invoked_subcommand or "check"
    if command not in (*_HIDDEN, "help", "version"):
        env.console.info(f"Metaflow {METAFLOW_VERSION} executing {env.flow_name} for user:{env.user}")
    if env.top.decospecs:
        env.attach(env.top.decospecs)
    if ctx.invoked_subcommand is None:
        ctx.invoke(registry.load(COMMANDS["check"][0]))


def _group() -> click.Group:
    option = click.Option
    names = {"metadata": registry.METADATA, "datastore": registry.STORAGES}
    shown = {k: ", ".join(n for n in t if n != "memory") for k, t in names.items()}
    return FlowGroup(
        name=os.path.basename(sys.argv[0]),
        callback=click.pass_context(_start),
        invoke_without_command=True,
        params=[
            option(["--quiet/--not-quiet"], default=False, help="Suppress unnecessary messages."),
            option(["--metadata"], help=f"Metadata provider ({shown['metadata']})."),
            option(["--environment"], help="Execution environment (local)."),
            option(["--datastore"], help=f"Data backend ({shown['datastore']})."),
            option(["--datastore-root"], help="Root path of the datastore."),
            option(
                ["--package-suffixes"], help="Suffixes of additional files in the code package, for example .csv,.json."
            ),
            option(["--with", "with_"], multiple=True, help="Add a decorator to all steps; can be repeated."),
            option(["--pylint/--no-pylint"], default=False, hidden=True, help="Accepted for compatibility."),
            option(["--event-logger"], hidden=True, help="Accepted for compatibility."),
            option(["--monitor"], hidden=True, help="Accepted for compatibility."),
        ],
    )


def main(flow: FlowSpec) -> None:
    """Run the command line of `flow` and exit."""
    console = Console()
    sys.exit(_guarded(flow, console))


def _guarded(flow: FlowSpec, console: Console) -> int:
    try:
        env = Env(flow, top_options(settings.Settings({}, {}), {}), _settings(), console)
        return int(_group().main(obj=env, standalone_mode=False, auto_envvar_prefix="METAFLOW") or 0)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        shown = io.StringIO()
        exc.show(shown)
        console.err.write(for_stream(shown.getvalue(), console.err))
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        console.error("Interrupted", "The command was interrupted by a signal.")
        return 130
    except MetaflowException as exc:
        return _report(exc, console)
    except BrokenPipeError:
        # The reader of the output has closed the pipe, so there is nothing to print to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1


def _settings() -> settings.Settings:
    """The effective settings. Help needs none, so that it is shown whatever the profile and the environment contain."""
    if {"--help", "help", "version"}.isdisjoint(sys.argv[1:]):
        return settings.load()
    return settings.Settings({}, {})


def _report(exc: MetaflowException, console: Console) -> int:
    where = f"{exc.source_file} " if exc.source_file else ""
    if isinstance(exc, ParameterFieldFailed) and exc.__cause__ is not None:
        _print_user_traceback(exc.__cause__)
    console.error(exc.headline, f"{where}{exc}", exc.hint)
    if isinstance(exc, MissingParameter):
        return 2
    return 130 if exc.headline == "Workflow interrupted" else 1


def _print_user_traceback(error: BaseException) -> None:
    """Print where a function of the flow raised, for the person who wrote it."""
    import traceback

    from ..flow.pickled_names import user_traceback

    traceback.print_exception(type(error), error, user_traceback(error))
