"""Looks up the database keys of runs and tasks by the names and numbers in a path.

Results are cached: runs and tasks never change their names and are never deleted.
"""

from __future__ import annotations

from typing import NamedTuple

from ..http_errors import HttpError, not_found
from .base import Database, TaskKey

#: Maximum number of cached runs, and of cached tasks, and maximum characters of their names; a full cache is cleared.
_KEPT = 20_000
_KEPT_CHARACTERS = 4_000_000
_LARGEST_RUN = 2**31 - 1
_LARGEST_TASK = 2**63 - 1

_RUN = "SELECT flow_id, run_number, run_id FROM runs_v3 WHERE flow_id = $1 AND "
_TASK = (
    "SELECT flow_id, run_number, run_id, step_name, task_id, task_name FROM tasks_v3"
    " WHERE flow_id = $1 AND run_number = $2 AND step_name = $3 AND "
)


class RunKey(NamedTuple):
    """A registered run: its number, and its name if it has one."""

    flow: str
    run_number: int
    run_id: str | None

    @property
    def name(self) -> str:
        return str(self.run_number) if self.run_id is None else self.run_id


def number(text: str, largest: int = _LARGEST_TASK) -> int | None:
    """The number in a string of digits; None for names, and for numbers that the tables cannot store."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    value = int(text)
    return value if value <= largest else None


class KeyLookup:
    """Finds runs and tasks by the ID that clients use."""

    def __init__(self, database: Database):
        self._database = database
        self._runs: dict[tuple[str, str], RunKey] = {}
        self._tasks: dict[tuple[int, str, str], TaskKey] = {}
        self._characters = 0

    async def find_run(self, flow: str, run: str) -> RunKey | None:
        known = self._runs.get((flow, run))
        if known is not None:
            return known
        value = number(run, _LARGEST_RUN)
        by = "run_id = $2" if value is None else "run_number = $2"
        rows = await self._database.read(_RUN + by, flow, run if value is None else value)
        return self.add_run(run, RunKey(*rows[0])) if rows else None

    def add_run(self, run: str, key: RunKey) -> RunKey:
        """Cache a run by the ID that clients use."""
        self._make_room(run, key.flow, key.run_id)
        self._runs[key.flow, run] = key
        return key

    async def find_task(self, run: RunKey, step: str, task: str) -> TaskKey | None:
        known = self._tasks.get((run.run_number, step, task))
        if known is not None:
            return known
        value = number(task)
        by = "task_name = $4" if value is None else "task_id = $4"
        argument = task if value is None else value
        rows = await self._database.read(_TASK + by, run.flow, run.run_number, step, argument)
        return self.add_task(task, TaskKey(*rows[0])) if rows else None

    def add_task(self, task: str, key: TaskKey) -> TaskKey:
        """Cache a task by the ID that clients use."""
        self._make_room(task, key.flow, key.run_id, key.step, key.task_name)
        self._tasks[key.run_number, key.step, task] = key
        return key

    def _make_room(self, *names: str | None) -> None:
        self._characters += sum(len(name) for name in names if name)
        if len(self._runs) >= _KEPT or len(self._tasks) >= _KEPT or self._characters > _KEPT_CHARACTERS:
            self._runs.clear()
            self._tasks.clear()
            self._characters = 0

    async def run(self, flow: str, run: str) -> RunKey:
        """As find_run, but raises HttpError 404 if the run does not exist."""
        found = await self.find_run(flow, run)
        if found is None:
            raise not_found(f"The run {flow}/{run}")
        return found

    async def registered_task(self, flow: str, run: str, step: str, task: str) -> TaskKey:
        """The task for new metadata or artifacts. Raises HttpError 400 if it is not registered."""
        found = await self.find_run(flow, run)
        key = None if found is None else await self.find_task(found, step, task)
        if key is None:
            raise HttpError(
                400, f"The task {flow}/{run}/{step}/{task} is not registered.", "Register the run and the task first."
            )
        return key
