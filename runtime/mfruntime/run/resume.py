"""Finds the tasks of an earlier run, and of the runs that it resumed, that a resumed run can reuse.

Across runs, a task is identified by its step, its foreach indices and, in loops, the number of the visit of the step.
Only successful, complete attempts are reused. The scheduler checks that their inputs are reused too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..errors import CommandException, DataCorrupt, MetaflowDataMissing
from ..store.artifacts import FlowStore, TaskReader
from ..tasks.clone import ORIGIN_RUN, ORIGIN_STEP
from ..tasks.execute import read_outcome
from .scheduler import Reusable, TaskKey


class EarlierRun(NamedTuple):
    """A run that is resumed, directly or through its resumes, and the step from which it had to run again."""

    run_id: str
    rerun_step: str | None


def lineage(store: FlowStore, run_id: str) -> list[EarlierRun]:
    """The run to resume, the run that it resumed, and so on. A resumed run that was stopped while it cloned tasks does
    not have all of them; the others are still in its origin."""
    found: list[EarlierRun] = []
    wanted: str | None = run_id
    while wanted is not None and wanted not in (run.run_id for run in found):
        reader = store.parameters(wanted)
        if reader is None or not reader.is_done or ORIGIN_RUN not in reader:
            return [*found, EarlierRun(wanted, None)]
        values = reader.load_many([ORIGIN_RUN, ORIGIN_STEP])
        found.append(EarlierRun(wanted, values[ORIGIN_STEP]))
        wanted = values[ORIGIN_RUN]
    return found


def finished_tasks(store: FlowStore, runs: Sequence[EarlierRun], steps: Iterable[str]) -> dict[TaskKey, Reusable]:
    """Every reusable task of the runs; of several with the same key, that of the first run."""
    wanted = list(steps)
    tasks = [_RunTasks(store, run.run_id) for run in runs]
    last = max(number for number in range(len(runs)) if number == 0 or tasks[number].has_more(wanted, tasks[0]))
    found: dict[TaskKey, Reusable] = {}
    rerun: set[str | None] = set()
    clones: set[TaskKey] = set()  # tasks that all runs so far have cloned
    for number in range(last + 1):
        finished: dict[TaskKey, TaskReader] = {}
        for step in wanted:
            finished.update({} if step in rerun else tasks[number].finished(step))
        for key, reader in finished.items():
            if key in clones:
                found[key] = found[key]._replace(since=number)
            elif key not in found:
                found[key] = Reusable(reader.pathspec.partition("/")[2], number, number)
        is_open = {key for key in finished if found[key].since == number} if number < last else set()
        clones = {key for key in is_open if not finished[key].was_executed}
        rerun.add(runs[number].rerun_step)
    return found


class _RunTasks:
    """The tasks of one run, read step by step."""

    def __init__(self, store: FlowStore, run_id: str):
        self._store = store
        self._run_id = run_id
        self._readers: dict[str, list[TaskReader]] = {}
        self._finished: dict[str, dict[TaskKey, TaskReader]] = {}
        self._stacks: dict[str, tuple[int, ...]] = {}

    def has_more(self, steps: Sequence[str], other: _RunTasks) -> bool:
        """Whether it has a finished task that the other run does not have. A list of the names is mostly enough."""
        return any(
            len(self._of(step)) > len(other.finished(step)) and self.finished(step).keys() - other.finished(step).keys()
            for step in steps
        )

    def finished(self, step: str) -> dict[TaskKey, TaskReader]:
        """The tasks of a step that succeeded."""
        if step not in self._finished:
            visits: dict[tuple[int, ...], int] = {}
            found = self._finished[step] = {}
            for reader in self._of(step):
                indices = self._indices_of(reader)
                if indices is not None:
                    visit = visits.get(indices, 0)
                    visits[indices] = visit + 1
                    found[TaskKey(step, indices, visit)] = reader
        return self._finished[step]

    def _indices_of(self, reader: TaskReader) -> tuple[int, ...] | None:
        """The foreach indices of a task that succeeded; None if it runs again, as one with unreadable results does."""
        try:
            return _indices(reader, self._stacks) if _has_succeeded(reader) else None
        except (DataCorrupt, MetaflowDataMissing, KeyError, TypeError, AttributeError):
            return None

    def _of(self, step: str) -> list[TaskReader]:
        if step not in self._readers:
            self._readers[step] = self._store.step_tasks(self._run_id, step)
        return self._readers[step]


def _has_succeeded(reader: TaskReader) -> bool:
    is_usable = reader.is_done and bool(reader["_task_ok"]) and "_foreach_stack" in reader
    return is_usable and not isinstance(read_outcome(reader), str)


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
