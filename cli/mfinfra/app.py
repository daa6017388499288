"""The command line: every command under its name, in the order in which `--help` lists them.

Modules that are slow to import (schema, YAML, tables) are imported by the command that needs them, so that `--help` is
fast.
"""

from __future__ import annotations

import typer

from .commands import cluster, doctor, global_flags, runtime, stack, stackfile

app = typer.Typer(
    name="mfinfra",
    cls=global_flags.Group,
    help="Create, inspect and delete the infrastructure for Metaflow-style flows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.callback(invoke_without_command=True)(global_flags.main)
app.add_typer(runtime.runtime_app, name="runtime")

app.command()(stackfile.init)
app.command()(stack.up)
app.command()(stack.connect)
app.command()(stack.disconnect)
app.command()(stackfile.render)
app.command()(stackfile.validate)
app.command()(stack.plan)
app.command()(stack.drift)
app.command()(stack.unlock)
app.command()(stack.down)
app.command()(stack.status)
app.command()(cluster.start)
app.command()(cluster.stop)
app.command("open")(cluster.open_service)
app.command()(cluster.kubeconfig)
app.command("kube-token", hidden=True)(cluster.kube_token)
app.command("ls")(stack.list_stacks)
app.command()(stack.outputs)
app.command()(stack.use)
app.command()(doctor.doctor)
app.command()(doctor.version)
app.command()(stackfile.schema)
app.command("help", hidden=True)(doctor.show_help)

global_flags.accept_behind_every_command(app)
