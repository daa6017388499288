"""`dump`: print the artifacts of tasks, or save them to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import CommandException, MetaflowException
from . import targets
from .wiring import Env

if TYPE_CHECKING:
    from ..store.artifacts import TaskReader


@click.command("dump", help="Get data artifacts of a task or of all tasks in a step (<run id>/<step>[/<task id>]).")
@click.argument("input_path")
@click.option("--private/--no-private", default=False, help="Also show private attributes.", show_default=True)
@click.option(
    "--max-value-size", type=int, default=1000, show_default=True, help="Maximum size of printed values; 0 prints none."
)
@click.option("--include", default="", help="Only print these artifacts, separated by commas.")
@click.option("--file", default=None, help="Save the artifacts to this file, as a pickle.")
@click.pass_obj
def command(env: Env, input_path: str, private: bool, max_value_size: int, include: str, file: str | None) -> None:
    wanted = {name for name in include.split(",") if name}
    output: dict[str, dict[str, Any]] = {}
    for reader in targets.tasks(env, input_path):
        env.echo(targets.title("Dumping output", reader), err=True)
        if not reader.is_done:
            env.echo("    (the task has no results yet)", err=True)
            continue
        names = [
            n for n in sorted(reader.names()) if (private or not n.startswith("_")) and (not wanted or n in wanted)
        ]
        if file is None:
            _print(env, reader, names, max_value_size)
        else:
            output[reader.pathspec.split("/", 1)[1]] = {name: _value(reader, name) for name in names}
    if file is not None:
        _write(file, output)
        env.echo(f"Artifacts written to {file}", err=True)


def _print(env: Env, reader: TaskReader, names: list[str], limit: int) -> None:
    for name in names:
        info = reader.info.get(name, {})
        head = f"{name} [size: {info.get('size', '?')} type: {info.get('type', '?')}]"
        if info.get("size", 0) >= limit:
            env.echo(head)
            continue
        try:
            env.echo(f"{head} = {_value(reader, name)}")
        except MetaflowException as exc:
            env.echo(f"{head} (cannot be read: {exc.message})")


def _value(reader: TaskReader, name: str) -> Any:
    from ..flow.pickled_names import IncludedFile
    from ..store.included import read_included

    value = reader[name]
    return read_included(value) if isinstance(value, IncludedFile) else value


def _write(path: str, output: dict[str, Any]) -> None:
    import pickle

    try:
        with open(path, "wb") as handle:
            pickle.dump(output, handle, 4)
    except OSError as exc:
        raise CommandException(f"The file {path} cannot be written: {exc.strerror}.") from exc
