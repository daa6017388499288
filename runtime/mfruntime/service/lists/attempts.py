"""Reads the attempts of tasks and runs from the task metadata, for their status."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from ..database.base import Database, Row
from .select import RUNS, TASKS, Kind
from .status import Attempts, status

#: Clients add two entries per attempt. More of them, or larger ones, are not from a client, and are not read: the
#: memory for the status of a list must depend on the length of the list only.
_ENTRIES_PER_ROW = 20
_MORE_ENTRIES = 1000
_OF_CLIENTS = (
    "m.field_name IN ('attempt', 'attempt_ok') AND length(m.value) <= 20 AND coalesce(length({tags}), 0) <= 500"
)

_TASK_ATTEMPTS = (
    "SELECT m.task_id, m.field_name, m.value, {tags}, m.id FROM metadata_v3 m"
    " WHERE m.flow_id = $1 AND m.run_number = $2 AND m.step_name = $3 AND {some} AND " + _OF_CLIENTS
)
#: Attempts of the end steps of the runs in $2; the metadata `end_step` has a step's name. CROSS JOIN makes SQLite read
#: the few runs first, then the metadata of each; otherwise it reads all the metadata of the flow for every run.
_END_STEP_ATTEMPTS = (
    "SELECT m.run_number, m.task_id, m.field_name, m.value, {tags}, m.id FROM runs_v3 x CROSS JOIN metadata_v3 m"
    " WHERE x.flow_id = $1 AND {runs} AND m.flow_id = x.flow_id AND m.run_number = x.run_number"
    " AND m.step_name = coalesce((SELECT e.value FROM metadata_v3 e WHERE e.flow_id = x.flow_id"
    " AND e.run_number = x.run_number AND e.step_name = '_parameters' AND e.field_name = 'end_step' LIMIT 1), 'end')"
    " AND " + _OF_CLIENTS
)
_STEP_ATTEMPTS = (
    "SELECT m.task_id, m.field_name, m.value, {tags}, m.id FROM metadata_v3 m"
    " WHERE m.flow_id = $1 AND m.run_number = $2 AND m.step_name = $3 AND " + _OF_CLIENTS
)
_HEARTBEAT = "last_heartbeat_ts"


async def statuses(database: Database, kind: Kind, rows: Sequence[Row]) -> Sequence[str]:
    """The status of each row; empty strings for record types without a status."""
    if kind not in (RUNS, TASKS) or not rows:
        return [""] * len(rows)
    number, heartbeat = kind.columns.index("run_number" if kind is RUNS else "task_id"), kind.columns.index(_HEARTBEAT)
    ended = await (_ended_runs if kind is RUNS else _ended_tasks)(database, rows, [row[number] for row in rows])
    now = time.time()
    return [status(ended.get(row[number]), row[heartbeat], now) for row in rows]


async def _ended_runs(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Run numbers, and whether the end step of each succeeded."""
    dialect = database.dialect
    sql = _END_STEP_ATTEMPTS.format(tags=dialect.tags("m.tags"), runs=dialect.one_of("x.run_number", 2))
    runs: dict[int, dict[int, Attempts]] = {}
    for run, task, field, value, tags, order in await database.read(
        sql + _limit(numbers), rows[0][0], json.dumps(numbers)
    ):
        runs.setdefault(run, {}).setdefault(task, Attempts()).add(field, value, tags, order)
    return {run: _all_ok(tasks) for run, tasks in runs.items()}


def _all_ok(tasks: dict[int, Attempts]) -> bool | None:
    ended = [task.ok for task in tasks.values()]
    return None if None in ended else all(ended)


async def _ended_tasks(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Task ids, and whether the last attempt of each succeeded. All rows must be of one step."""
    flow, run, step = rows[0][0], rows[0][1], rows[0][3]
    dialect = database.dialect
    sql = _TASK_ATTEMPTS.format(tags=dialect.tags("m.tags"), some=dialect.one_of("m.task_id", 4)) + _limit(numbers)
    found = attempts(await database.read(sql, flow, run, step, json.dumps(numbers)))
    return {task: attempt.ok for task, attempt in found.items()}


async def step_attempts(database: Database, flow: str, run_number: int, step: str) -> dict[int, Attempts]:
    """The attempts of the tasks of a step, by task id."""
    sql = _STEP_ATTEMPTS.format(tags=database.dialect.tags("m.tags")) + _limit(())
    return attempts(await database.read(sql, flow, run_number, step))


def attempts(rows: Sequence[Row]) -> dict[int, Attempts]:
    tasks: dict[int, Attempts] = {}
    for task, field, value, tags, order in rows:
        tasks.setdefault(task, Attempts()).add(field, value, tags, order)
    return tasks


def _limit(numbers: Sequence[int]) -> str:
    return f" LIMIT {_ENTRIES_PER_ROW * len(numbers) + _MORE_ENTRIES}"
