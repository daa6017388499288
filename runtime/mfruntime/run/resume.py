"""Which tasks of an earlier run a resumed run may take over.

A task is known across runs by its step, its foreach indices and, in loops, by the how-manieth visit of the step it is.
Only attempts that are done and went well count; whether their inputs were taken over too is the scheduler's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import CommandException, DataCorrupt, MetaflowDataMissing
from ..store.artifacts import FlowStore, TaskReader
from .scheduler import TaskKey


def finished_tasks(store: FlowStore, run_id: str, steps: Iterable[str]) -> dict[TaskKey, str]:
    """Every task of `run_id` that may be taken over, as key -> `run/step/task`."""
    found: dict[TaskKey, str] = {}
    cache: dict[str, tuple[int, ...]] = {}
    for step in steps:
        visits: dict[tuple[int, ...], int] = {}
        for reader in store.step_tasks(run_id, step):
            if not _went_well(reader):
                continue
            indices = _indices(reader, cache)
            visit = visits.get(indices, 0)
            visits[indices] = visit + 1
            found[TaskKey(step, indices, visit)] = f"{run_id}/{step}/{reader.pathspec.rsplit('/', 1)[1]}"
    return found


def _went_well(reader: TaskReader) -> bool:
    try:
        return reader.is_done and bool(reader["_task_ok"]) and "_foreach_stack" in reader
    except (DataCorrupt, MetaflowDataMissing, KeyError):
        return False  # a task whose results cannot be read is run again


def _indices(reader: TaskReader, cache: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    sha = reader.sha("_foreach_stack")
    if sha not in cache:
        stack: list[Any] = reader["_foreach_stack"]
        cache[sha] = tuple(frame.index for frame in stack)
    return cache[sha]


def origin_parameters(store: FlowStore, run_id: str) -> TaskReader:
    """The parameters of the run to resume; says what to do where there is no such run."""
    reader = store.parameters(run_id)
    if reader is None or not reader.is_done:
        raise CommandException(
            f"There is no run {run_id} of {store.flow_name} in {store.storage.root}, or it never got parameters.",
            hint="Name another one: resume --origin-run-id <run id>",
        )
    return reader
