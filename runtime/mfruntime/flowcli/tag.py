"""`tag`: add, remove, replace and list the tags of runs."""

from __future__ import annotations

from typing import Any

import click

from ..client import Flow, Run, namespace
from ..errors import CommandException, MetaflowNotFound
from . import columns
from .wiring import Env


@click.group("tag", help="Add, remove, replace and list the tags of runs.")
def command() -> None:
    return None


def _scope(env: Env, given: str | None) -> None:
    import os

    from ..client import metadata

    found = env.metadata
    if found.type in ("local", "service"):
        metadata(f"{found.type}@{os.path.dirname(found.root) if found.type == 'local' else found.root}")
    namespace(env.namespace if given is None else (given or None))


def _run(env: Env, run_id: str | None) -> Run:
    if run_id is not None:
        return Run(f"{env.flow_name}/{run_id}")
    latest = env.metadata.latest_run(env.flow_name)
    if latest is None:
        raise CommandException(f"The flow {env.flow_name} has no runs yet.")
    return Run(f"{env.flow_name}/{latest}")


_run_option = click.option("--run-id", required=True, help="Run whose tags to change.")
_namespace_option = click.option(
    "--namespace", "user_namespace", default=None, help="Namespace of the run; empty for all namespaces."
)


@command.command(help="Add tags to a run.")
@_run_option
@_namespace_option
@click.argument("tags", nargs=-1, required=True)
@click.pass_obj
def add(env: Env, run_id: str, user_namespace: str | None, tags: tuple[str, ...]) -> None:
    _change(env, run_id, user_namespace, [], list(tags))


@command.command(help="Remove tags from a run.")
@_run_option
@_namespace_option
@click.argument("tags", nargs=-1, required=True)
@click.pass_obj
def remove(env: Env, run_id: str, user_namespace: str | None, tags: tuple[str, ...]) -> None:
    _change(env, run_id, user_namespace, list(tags), [])


@command.command(help="Replace tags of a run: remove some and add others in one operation. OLD NEW is one of each.")
@_run_option
@_namespace_option
@click.option("--remove", "removed", multiple=True, metavar="TAG", help="Tag to remove; can be repeated.")
@click.option("--add", "added", multiple=True, metavar="TAG", help="Tag to add; can be repeated.")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.pass_obj
def replace(
    env: Env,
    run_id: str,
    user_namespace: str | None,
    removed: tuple[str, ...],
    added: tuple[str, ...],
    old: str | None,
    new: str | None,
) -> None:
    if (old is None) != (new is None):
        raise click.UsageError(f"Only one tag is given: {old}. Give two, OLD NEW, or use --remove and --add.")
    if not (removed and added) and old is None:
        raise click.UsageError("A tag to remove and a tag to add are required: OLD NEW, or --remove TAG --add TAG.")
    one = ([old], [new]) if old is not None and new is not None else ([], [])
    _change(env, run_id, user_namespace, [*removed, *one[0]], [*added, *one[1]])


def _change(env: Env, run_id: str, ns: str | None, old: list[str], new: list[str]) -> None:
    _scope(env, ns)
    run = _run(env, run_id)
    run.replace_tags(old, new)
    env.echo("Operation successful. New tags:", err=True)
    _print_tags(env, run)


def _print_tags(env: Env, run: Run) -> None:
    env.echo("\nSystem tags and tags; only tags can be modified\n" + "-" * 56 + "\n")
    env.echo(columns.format_columns(sorted(run.tags)))
    env.echo("")


@command.command("list", help="List the tags of a run, or of all runs.")
@click.option("--run-id", default=None, help="Id of the run. Default: the latest run.")
@click.option("--all", "list_all", is_flag=True, help="List the tags of all runs.")
@click.option("--my-runs", is_flag=True, help="List the tags of all runs in your namespace.")
@click.option("--hide-system-tags", is_flag=True, help="List only user tags.")
@click.option("--group-by-tag", is_flag=True, help="List the runs of each tag.")
@click.option("--group-by-run", is_flag=True, help="List the tags of each run.")
@click.option("--flat", is_flag=True, help="Print one tag per line, for scripts.")
@click.argument("arg_run_id", required=False)
@click.pass_obj
def list_tags(env: Env, /, arg_run_id: str | None, **given: Any) -> None:
    run_id = arg_run_id or given["run_id"]
    if sum(map(bool, (run_id, given["list_all"], given["my_runs"]))) > 1:
        raise CommandException("Use only one of a run id, --all and --my-runs.")
    if given["group_by_tag"] and given["group_by_run"]:
        raise CommandException("Use --group-by-tag or --group-by-run, not both.")
    _scope(env, None if given["my_runs"] else "")
    runs = _listed_runs(env, run_id, given["list_all"] or given["my_runs"])
    tags = {run: sorted(run.user_tags if given["hide_system_tags"] else run.tags) for run in runs}
    if given["group_by_run"]:
        _print_groups(env, {run.pathspec: run_tags for run, run_tags in tags.items()}, given["flat"])
    elif given["group_by_tag"]:
        groups = {tag: [r.pathspec for r in tags if tag in tags[r]] for tag in sorted(set().union(*tags.values()))}
        _print_groups(env, groups, given["flat"])
    elif given["flat"]:
        for tag in sorted(set().union(*tags.values())):
            env.echo(tag)
    else:
        for run in tags if run_id is None and not given["list_all"] and not given["my_runs"] else ():
            _print_tags(env, run)
        if run_id or given["list_all"] or given["my_runs"]:
            env.echo(columns.format_columns(sorted(set().union(*tags.values()))))


def _listed_runs(env: Env, run_id: str | None, every: bool) -> list[Run]:
    if not every:
        return [_run(env, run_id)]
    try:
        return list(Flow(env.flow_name))
    except MetaflowNotFound:
        return []


def _print_groups(env: Env, groups: dict[str, list[str]], flat: bool) -> None:
    for name, members in groups.items():
        if flat:
            env.echo(f"{name} {' '.join(members)}")
        else:
            env.echo(f"{name}\n{columns.format_columns(members, indent=4)}\n")
