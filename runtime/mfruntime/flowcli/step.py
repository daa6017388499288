"""`step` and `init`: the commands with which schedulers start single tasks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ..errors import CommandException
from . import packages, parameters
from .wiring import Env

if TYPE_CHECKING:
    from ..flow.graph import Node


def step(env: Env) -> click.Command:
    """The `step` command: one attempt of one task in this process."""
    option = click.Option
    params: list[click.Parameter] = [
        click.Argument(["step_name"]),
        option(["--run-id"], required=True, help="Id of the run."),
        option(["--task-id"], required=True, help="Id of the task."),
        option(["--input-paths"], help="Tasks whose results are the inputs."),
        option(["--input-paths-filename"], help="File with the value of --input-paths."),
        option(["--split-index"], type=int, help="Index in the foreach."),
        option(["--tag", "tags"], multiple=True, help="Tag of the run; can be repeated."),
        option(["--namespace"], help="Namespace of the client inside the task."),
        option(["--retry-count"], type=int, default=0, help="Number of this attempt, from 0."),
        option(["--max-user-code-retries"], type=int, default=0, help="Number of retries of the user's code."),
        option(["--clone-run-id"], help="Id of the resumed run."),
        option(["--clone-only"], help="Clone this task instead of running it."),
        option(["--ubf-context"], type=click.Choice(["none", "ubf_control", "ubf_task"]), default="none"),
        option(["--num-parallel"], type=int, default=0, help="Accepted for compatibility."),
    ]
    return click.Command("step", callback=lambda **given: _run_step(env, given), params=params, help="Run one task.")


def _run_step(env: Env, given: dict[str, Any]) -> None:
    from ..errors import UnknownName
    from ..store import durable
    from ..tasks.command import TaskCommand
    from ..tasks.execute import execute

    durable.set_role("task")
    name = given["step_name"]
    names = [node.name for node in env.graph]
    if name not in names:
        raise UnknownName.of("step", name, names)
    _start_with_environment(env.graph[name])
    _follow_parent()
    if given["ubf_context"] != "none":
        raise CommandException("Unbounded foreach is not supported by this version of mfruntime.")
    run_id = given["run_id"]
    ctx = env.context(
        run_id,
        tuple(given["tags"]),
        namespace=given["namespace"],
        origin_run_id=given["clone_run_id"],
        package=os.environ.get(packages.VARIABLE),
    )
    if given["clone_only"]:
        from ..tasks.clone import clone_task

        clone_task(ctx, name, given["task_id"], env.store.tasks([given["clone_only"]])[0])
        return
    command = TaskCommand(
        run_id=run_id,
        step=name,
        task_id=given["task_id"],
        attempt=given["retry_count"],
        input_paths=tuple(_inputs(given)),
        split_index=given["split_index"],
        max_user_code_retries=given["max_user_code_retries"],
        tags=tuple(given["tags"]),
        namespace=given["namespace"],
        origin_run_id=given["clone_run_id"],
        top=env.top,
    )
    sys.exit(execute(ctx, command))


def _inputs(given: dict[str, Any]) -> list[str]:
    from ..tasks.paths import decode_paths

    text = given["input_paths"] or ""
    try:
        if given["input_paths_filename"]:
            with open(given["input_paths_filename"], encoding="utf-8") as file:
                text = file.read()
        paths = decode_paths(text)
    except (OSError, ValueError) as exc:
        raise CommandException(f"The input paths cannot be read: {exc}.") from exc
    if not paths:
        raise CommandException("A task needs inputs: use --input-paths or --input-paths-filename.")
    return paths


def _start_with_environment(node: Node) -> None:
    """Start this interpreter again with the variables of the step's @environment, unless it was started with them."""
    from ..compute.local.spawn import ENVIRONMENT_VARIABLE

    if os.environ.pop(ENVIRONMENT_VARIABLE, None) or all(d.name != "environment" for d in node.decorators):
        return
    from ..decorators.environment import Environment
    from ..flow.options import step_options

    options = step_options(node.name, node.decorators).get(Environment)
    if options is not None and not options.vars.items() <= os.environ.items():
        sys.stdout.flush()
        sys.stderr.flush()
        environment = {**os.environ, **options.vars, ENVIRONMENT_VARIABLE: "1"}
        os.execve(sys.executable, sys.orig_argv, environment)


def _follow_parent() -> None:
    """Make a task that was started by a local run end with that run."""
    from ..compute.local.processes import die_with
    from ..compute.local.spawn import PARENT_VARIABLE

    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent:
        die_with(int(parent))


def init(env: Env) -> click.Command:
    """The `init` command: write a run's parameters, which schedulers do first."""

    def callback(run_id: str, task_id: str, tags: tuple[str, ...], **given: Any) -> None:
        from ..metadata_provider.tags import check_tags
        from ..tasks.execute import persist_parameters

        values = parameters.values(env, given)
        from ..tasks.system_tags import system_tags

        checked = check_tags(tags)
        env.metadata.new_run(env.flow_name, checked, system_tags(env.user), env.user, run_id=run_id)
        ctx = env.context(run_id, checked, namespace=env.namespace)
        ctx.presets["_graph_info"] = env.store.precompute(env.graph.info())
        persist_parameters(ctx, values, task_id)

    option = click.Option
    params: list[click.Parameter] = [
        *parameters.options(env),
        option(["--run-id"], required=True, help="Id of the run."),
        option(["--task-id"], required=True, help="Id of the parameters task."),
        option(["--tag", "tags"], multiple=True, help="Tag of the run; can be repeated."),
    ]
    return click.Command("init", callback=callback, params=params, help="Write the parameters of a run.")
