"""`run` and `resume`: run a flow on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..errors import CommandException
from . import parameters
from .console import RunReporter
from .info import validate
from .wiring import Env

if TYPE_CHECKING:
    from ..compute.base import Executor
    from ..run.scheduler import RetryPolicy, Reusable, TaskKey
    from ..tasks.command import TaskCommand
    from ..tasks.context import RunContext


#: Open files of a run in addition to two pipes per task.
_OTHER_FILES = 24


def _shared_options(env: Env) -> list[click.Parameter]:
    option = click.Option
    number = click.IntRange(min=1)
    return [
        option(["--tag", "tags"], multiple=True, help="Tag of the run; can be repeated."),
        option(["--max-workers"], type=number, help="Maximum number of tasks that run in parallel. [default: 16]"),
        option(["--max-num-splits"], type=number, help="Maximum number of tasks of a foreach. [default: 100]"),
        option(
            ["--max-log-size"], type=number, default=10, help="Maximum size of a task's log per stream, in megabytes."
        ),
        option(["--with", "with_"], multiple=True, help="Add a decorator to all steps; can be repeated."),
        option(["--run-id-file"], help="File to write the run id to."),
        option(["--runner-attribute-file"], help="File to write the run's metadata provider and pathspec to."),
        option(
            ["--isolation"],
            type=click.Choice(["fork", "spawn"]),
            help="How tasks start: fork, or a new interpreter per task.",
        ),
        option(["--namespace"], help="Namespace of the client inside tasks; empty for the global namespace."),
    ]


def run(env: Env) -> click.Command:
    """The `run` command of this flow."""

    def callback(**given: Any) -> None:
        _check_platform()
        from ..tasks.execute import persist_parameters

        _attach(env, given.pop("with_"))
        validate(env)
        with _Launch(env, given) as launch:
            values = parameters.values(env, given)
            ctx = launch.context(origin_run_id=None)
            persist_parameters(ctx, values)
            launch.execute(ctx, {}, None)

    params = [*parameters.options(env), *_shared_options(env)]
    return click.Command("run", callback=callback, params=params, help="Run the flow on this machine.")


def resume(env: Env) -> click.Command:
    """The `resume` command of this flow."""

    def callback(step_to_rerun: str | None, origin_run_id: str | None, **given: Any) -> None:
        _check_platform()
        from ..run.resume import finished_tasks, lineage, origin_parameters
        from ..store import layout
        from ..store.storage.local import remove_leftovers
        from ..tasks.clone import clone_parameters

        _attach(env, given.pop("with_"))
        validate(env)
        _check_step(env, step_to_rerun)
        with _Launch(env, given) as launch:
            origin = origin_run_id or _latest_run(env)
            source = origin_parameters(env.store, origin)
            remove_leftovers(env.storage, layout.flow(env.flow_name))
            launch.reporter.message("Gathering required information to resume run (this may take a bit of time)...")
            reusable = finished_tasks(env.store, lineage(env.store, origin), [node.name for node in env.graph])
            ctx = launch.context(origin_run_id=origin)
            clone_parameters(ctx, source, step_to_rerun)
            env.metadata.set_latest_run(env.flow_name, ctx.run_id)  # now that it can be resumed itself
            launch.execute(ctx, reusable, step_to_rerun)

    params: list[click.Parameter] = [
        click.Argument(["step_to_rerun"], required=False),
        click.Option(["--origin-run-id"], help="Id of the run to resume. [default: the last run of this flow]"),
        *_shared_options(env),
    ]
    return click.Command("resume", callback=callback, params=params, help="Resume a previous run of this flow.")


def _check_platform() -> None:
    if os.name == "nt":
        raise CommandException(
            "Running flows is not supported on Windows. Only reading results is.",
            hint="Run the flow in the Windows Subsystem for Linux: wsl",
        )


def _attach(env: Env, specs: tuple[str, ...]) -> None:
    if specs:
        from dataclasses import replace

        env.attach(specs)
        env.top = replace(env.top, decospecs=(*env.top.decospecs, *specs))


def _check_step(env: Env, step: str | None) -> None:
    from ..errors import UnknownName

    names = [node.name for node in env.graph]
    if step is not None and step not in names:
        raise UnknownName.of("step", step, names)


def _latest_run(env: Env) -> str:
    latest = env.metadata.latest_run(env.flow_name)
    if latest is None:
        raise CommandException(
            f"No earlier run of {env.flow_name} was found in {env.storage.root}.",
            hint=f"Run: python {sys.argv[0]} run",
        )
    return latest


class _Launch:
    """One call of run or resume, from options to a finished run. The worker is forked first, before this process uses
    the network."""

    def __init__(self, env: Env, given: Mapping[str, Any]):
        self._env = env
        self._given = given
        self.reporter = RunReporter(env.console)
        self._executor = self._make_executor()

    def __enter__(self) -> _Launch:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.close()

    def context(self, origin_run_id: str | None) -> RunContext:
        """Register a run id, and collect the data that the tasks share."""
        from ..metadata_provider.tags import check_tags
        from ..tasks.system_tags import system_tags
        from . import packages

        env = self._env
        tags = check_tags(self._given["tags"])
        namespace = self._given["namespace"]
        is_latest = origin_run_id is None
        run_id = env.metadata.new_run(env.flow_name, tags, system_tags(env.user), env.user, is_latest=is_latest)
        namespace = env.namespace if namespace is None else namespace
        package = packages.upload_if_enabled(env)
        ctx = env.context(run_id, tags, namespace=namespace, origin_run_id=origin_run_id, package=package)
        ctx.presets["_graph_info"] = env.store.precompute(env.graph.info())
        self._write_ids(run_id)
        return ctx

    def _write_ids(self, run_id: str) -> None:
        env, given = self._env, self._given
        if given["run_id_file"]:
            _write(given["run_id_file"], run_id)
        if given["runner_attribute_file"]:
            import json

            where = f"{env.top.metadata}@{_metadata_location(env.metadata)}"
            facts = {"run_id": run_id, "flow_name": env.flow_name, "metadata": where}
            _write(given["runner_attribute_file"], json.dumps(facts))

    def execute(self, ctx: RunContext, origin: Mapping[TaskKey, Reusable], rerun_step: str | None) -> None:
        """Run to the end. Raises an error if the run does not succeed."""
        from ..run.loop import RunLoop
        from ..run.scheduler import Scheduler
        from ..run.tasks import StoreTasks

        env, given = self._env, self._given
        policies = retry_policies(ctx)
        workers = given["max_workers"] or env.settings.integer("METAFLOW_RUN_MAX_WORKERS")
        scheduler = Scheduler(
            env.graph,
            ctx.run_id,
            max_workers=_limit_workers(workers),
            max_num_splits=given["max_num_splits"] or env.settings.integer("METAFLOW_RUN_MAX_NUM_SPLITS"),
            policies=policies,
            origin=origin,
            rerun_step=rerun_step,
            id_prefix=ctx.metadata.task_prefix,
        )
        self._executor.configure(ctx.shared())
        loop = RunLoop(
            scheduler,
            self._executor,
            StoreTasks(ctx, policies, self.reporter),
            self.reporter,
            run_id=ctx.run_id,
            max_log_size=given["max_log_size"],
            grace=float(env.settings.integer("MFINFRA_KILL_GRACE_SECONDS")),
        )
        self.reporter.message(f"Workflow starting (run-id {ctx.run_id}):")
        try:
            loop.execute()
        finally:
            problem = ctx.metadata.flush()
            self.reporter.close()
        if problem:
            self.reporter.message(problem)
        self.reporter.message("Done!")

    def _make_executor(self) -> Executor:
        from ..compute.local import fork_safety
        from ..compute.local.executor import LocalExecutor
        from ..compute.local.fork import ForkWorker
        from ..compute.local.spawn import SpawnWorker

        wanted = self._given["isolation"] or self._env.settings.get("MFINFRA_ISOLATION")
        reason = fork_safety.unsafe_to_fork() if wanted is None else None
        if reason and sys.platform.startswith("linux"):
            self.reporter.message(
                f"Each task starts in a new interpreter: {reason}. (--isolation fork overrides this.)"
            )
        entrypoint = [sys.executable, "-u", os.path.abspath(self._env.script)]
        environments = _environments(self._env)
        if wanted == "spawn" or reason:
            return LocalExecutor(SpawnWorker(entrypoint, environments))
        tasks = ForkedTasks(self._env)
        worker = ForkWorker(tasks.run, tasks.prefetch, tasks.configure)
        if not environments:
            return LocalExecutor(worker)
        from ..compute.local.environments import EnvironmentWorker

        return LocalExecutor(EnvironmentWorker(worker, entrypoint, environments))


def _environments(env: Env) -> dict[str, dict[str, str]]:
    """The environment variables of steps with @environment that this process does not have."""
    steps = [node for node in env.graph if any(decorator.name == "environment" for decorator in node.decorators)]
    if not steps:
        return {}
    from ..decorators.environment import Environment
    from ..flow.options import step_options

    found = {node.name: step_options(node.name, node.decorators).get(Environment) for node in steps}
    variables = {name: options.vars for name, options in found.items() if options is not None}
    return {name: given for name, given in variables.items() if not given.items() <= os.environ.items()}


class ForkedTasks:
    """The code of the worker and its children. Modules that tasks need are imported once, before the forks."""

    def __init__(self, env: Env):
        from ..tasks import execute  # noqa: F401

        self._env = env
        self._ctx: RunContext | None = None

    def configure(self, shared: dict[str, Any]) -> None:
        """Set the data that the run's tasks share (RunContext.shared)."""
        from ..tasks.hooks.stack import load_hooks

        presets = shared.pop("presets")
        self._ctx = self._env.context(**shared)
        self._ctx.presets.update(presets)
        load_hooks(self._ctx.options.values())

    def prefetch(self, command: TaskCommand) -> None:
        """Read data for all tasks of a foreach. Not possible with network storages, which only tasks themselves can
        use."""
        if self._ctx is not None and self._ctx.store.storage.is_local:
            self._ctx.prefetch(command)

    def run(self, command: TaskCommand) -> int:
        from ..store import durable
        from ..tasks.execute import execute

        assert self._ctx is not None  # configure is called before the first command
        durable.set_role("task")
        sys.argv = [sys.argv[0], *command.argv([])]
        return execute(self._ctx, command)


def retry_policies(ctx: RunContext) -> dict[str, RetryPolicy]:
    """The scheduler's retry policy of each step, from @retry and @catch.

    On this machine a retry starts immediately: `minutes_between_retries` is for services that need time to recover, on
    remote executors and orchestrators.
    """
    from ..decorators.catch import Catch
    from ..decorators.retry import Retry
    from ..run.scheduler import RetryPolicy

    policies = {}
    for step, options in ctx.options.items():
        retry = options.get(Retry)
        policies[step] = RetryPolicy(
            user_retries=retry.times if retry else 0,
            error_retries=1 if options.get(Catch) else 0,
        )
    return policies


def _limit_workers(workers: int) -> int:
    """The number of workers that the limit of open files allows: each needs two pipes."""
    from ..compute.local.processes import file_limit

    wanted = 2 * workers + _OTHER_FILES
    limit = file_limit(wanted)
    if limit < wanted:
        raise CommandException(
            f"--max-workers {workers} needs {wanted} open files, but the limit of this account is {limit}.",
            hint=f"Use --max-workers {max(1, (limit - _OTHER_FILES) // 2)}, or increase the limit with: ulimit -n",
        )
    return workers


def _metadata_location(metadata: Any) -> str:
    """The location of a run's metadata, for `metadata()` of the client: a directory or a URL."""
    return os.path.dirname(metadata.root) if metadata.type == "local" else str(metadata.root)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise CommandException(f"The file {path} cannot be written: {exc.strerror}.") from exc
