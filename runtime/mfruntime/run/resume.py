"""Finds the tasks of an earlier run that a resumed run can reuse.

Across runs, a task is identified by its step, its foreach indices and, in loops, the number of the visit of the step.
Only successful, complete attempts are reused. The scheduler checks that their inputs are reused too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import CommandException, DataCorrupt, MetaflowDataMissing
from ..store.artifacts import FlowStore, TaskReader
from .scheduler import TaskKey


def finished_tasks(store: FlowStore, run_id: str, steps: Iterable[str]) -> dict[TaskKey, str]:
    """Every reusable task of `run_id`, as key -> `run/step/task`."""
    found: dict[TaskKey, str] = {}
    cache: dict[str, tuple[int, ...]] = {}
    for step in steps:
        visits: dict[tuple[int, ...], int] = {}
        for reader in store.step_tasks(run_id, step):
            if not _has_succeeded(reader):
                continue
            indices = _indices(reader, cache)
            visit = visits.get(indices, 0)
            visits[indices] = visit + 1
            found[TaskKey(step, indices, visit)] = f"{run_id}/{step}/{reader.pathspec.rsplit('/', 1)[1]}"
    return found


def _has_succeeded(reader: TaskReader) -> bool:
    try:
        return reader.is_done and bool(reader["_task_ok"]) and "_foreach_stack" in reader
    except (DataCorrupt, MetaflowDataMissing, KeyError):
        return False  # a task with unreadable results runs again


def _indices(reader: TaskReader, cache: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    sha = reader.sha("_foreach_stack")
    if sha not in cache:
        stack: list[Any] = reader["_foreach_stack"]
        cache[sha] = tuple(frame.index for frame in stack)
    return cache[sha]


def origin_parameters(store: FlowStore, run_id: str) -> TaskReader:
    """The parameters of the run to resume. Raises an error with a hint if the run does not exist."""
    reader = store.parameters(run_id)
    if reader is None or not reader.is_done:
        raise CommandException(
            f"Run {run_id} of {store.flow_name} in {store.storage.root} does not exist, or has no parameters.",
            hint="Use another run: resume --origin-run-id <run id>",
        )
    return reader
