"""`logs`: show or scrub the logs of tasks. `logs PATH` is short for `logs show PATH`."""

from __future__ import annotations

from typing import Any

import click

from ..errors import CommandException
from ..store import layout, log_lines
from ..store.storage.base import Item
from . import targets
from .wiring import Env


class _ShowByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


command = _ShowByDefault("logs", help="Show (default) or scrub the logs of tasks.")


def _streams(given: dict[str, Any]) -> list[str]:
    if given["both"] or not (given["stdout"] or given["stderr"]):
        return ["stdout", "stderr"]
    return [stream for stream in ("stdout", "stderr") if given[stream]]


_selection = [
    click.Option(["--stdout/--no-stdout"], default=False, help="Standard output."),
    click.Option(["--stderr/--no-stderr"], default=False, help="Standard error."),
    click.Option(["--both/--no-both"], default=False, help="Both. [default]"),
    click.Option(["--attempt"], type=click.IntRange(min=0), help="Number of the attempt. Default: the last one."),
]


@click.pass_obj
def _show(env: Env, /, input_path: str, timestamps: bool, attempt: int | None, **given: Any) -> None:
    for reader in targets.tasks(env, input_path):
        env.echo(targets.title("Dumping logs", reader), err=True)
        number = _last_attempt(env, reader) if attempt is None else attempt
        for stream in _streams(given):
            if len(_streams(given)) > 1:
                env.echo(stream, err=True)
            for line in log_lines.merge(reader.raw_logs(stream, number)):
                text = line.text.decode("utf-8", "replace")
                stamp = f"{_local(line.time)} " if timestamps and not line.is_plain else ""
                env.console.output(f"{stamp}{text}")


def _local(utc: Any) -> str:
    from datetime import timezone

    return str(utc.replace(tzinfo=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3])


def _last_attempt(env: Env, reader: Any) -> int:
    """The last attempt that has logs, complete or not."""
    folder = layout.task(*reader.pathspec.split("/"))
    names = [entry.path.rsplit("/", 1)[1] for entry in env.storage.list([folder])]
    numbers = [int(n.split(".", 1)[0]) for n in names if n.endswith(".log") and n.split(".", 1)[0].isdigit()]
    return max(numbers, default=0)


@click.pass_obj
def _scrub(
    env: Env, /, input_path: str, attempt: int | None, all_attempts: bool, include_not_done: bool, **given: Any
) -> None:
    if attempt is not None and all_attempts:
        raise CommandException("Use --attempt or --all, not both.")
    for reader in targets.tasks(env, input_path):
        if not reader.is_done and not include_not_done:
            env.echo(
                f"{reader.pathspec} is not complete: its logs were not scrubbed (to include it: --include-not-done).",
                err=True,
            )
            continue
        last = _last_attempt(env, reader)
        chosen = range(last + 1) if all_attempts else [last if attempt is None else attempt]
        for number in chosen:
            _scrub_attempt(env, reader.pathspec, number, _streams(given))
        env.echo(f"Scrubbed the logs of {reader.pathspec}.", err=True)


def _scrub_attempt(env: Env, pathspec: str, attempt: int, streams: list[str]) -> None:
    from datetime import datetime, timezone

    folder = layout.task(*pathspec.split("/"))
    items = []
    for stream in streams:
        for source in layout.SOURCES:
            path = f"{folder}/{layout.log_file(attempt, source, stream)}"
            if env.storage.exists([path])[0]:
                line = log_lines.format_line(datetime.now(timezone.utc), source, log_lines.redacted(source, stream))
                items.append(Item(path, line))
    env.storage.save(items, overwrite=True)


command.add_command(
    click.Command(
        "show",
        callback=_show,
        params=[
            click.Argument(["input_path"]),
            *_selection,
            click.Option(["--timestamps/--no-timestamps"], default=False, help="Show the time of each line."),
        ],
        help="Show stdout and stderr of a task or of all tasks in a step (<run id>/<step>[/<task id>]).",
    )
)
command.add_command(
    click.Command(
        "scrub",
        callback=_scrub,
        params=[
            click.Argument(["input_path"]),
            *_selection,
            click.Option(
                ["--all/--latest", "all_attempts"], default=False, help="Scrub all attempts, or only the last one."
            ),
            click.Option(["--include-not-done"], is_flag=True, help="Also scrub tasks that are not complete."),
        ],
        help="Replace the stored logs of a task, or of all tasks in a step, with a note.",
    )
)
