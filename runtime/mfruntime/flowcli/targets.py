"""The tasks in the argument of commands such as `dump` and `logs`: `run/step` or `run/step/task`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CommandException
from ..ids import check_component

if TYPE_CHECKING:
    from ..store.artifacts import TaskReader
    from .wiring import Env


def tasks(env: Env, input_path: str, attempt: int | None = None) -> list[TaskReader]:
    """The tasks given on the command line. Raises CommandException for an invalid path, or if they do not exist."""
    parts = input_path.split("/")
    if len(parts) not in (2, 3):
        raise CommandException(f"{input_path!r} must have the format <run id>/<step name>[/<task id>].")
    for kind, part in zip(("run id", "step name", "task id"), parts):
        check_component(kind, part)
    if len(parts) == 3:
        if env.metadata.get(env.flow_name, *parts) is None:
            raise CommandException(f"Task {input_path} of {env.flow_name} does not exist in {env.storage.root}.")
        return [env.store.task(parts[0], parts[1], parts[2], attempt)]
    found = env.store.step_tasks(parts[0], parts[1])
    if not found:
        raise CommandException(f"Step {input_path} of {env.flow_name} has no tasks in {env.storage.root}.")
    return [env.store.task(parts[0], parts[1], r.pathspec.rsplit("/", 1)[1], attempt) for r in found]


def title(verb: str, reader: TaskReader) -> str:
    """The heading of a task's output."""
    _, run, step, task = reader.pathspec.split("/")
    return f"{verb} of run_id={run} step={step} task_id={task}"
