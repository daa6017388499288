"""Reads lists of records, complete or in pages, with the status of runs and tasks."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..database.base import Database, Row
from ..http.request import Response, Service
from . import query_string
from .query_string import ListQuery
from .select import RUNS, TASKS, Kind, Select
from .status import Attempts, status

#: Rows per query while filtering by status.
_ROWS_PER_QUERY = 500
#: Maximum number of rows read for one page filtered by status; the cursor continues after them.
_MAX_ROWS_READ = 20_000

_TASK_ATTEMPTS = (
    "SELECT m.task_id, m.field_name, m.value, {tags}, m.id FROM metadata_v3 m"
    " WHERE m.flow_id = $1 AND m.run_number = $2 AND m.step_name = $3{some}"
    " AND m.field_name IN ('attempt', 'attempt_ok')"
)
#: Attempts of the end steps of the runs in $2; the metadata `end_step` has a step's name. CROSS JOIN makes SQLite read
#: the few runs first, then the metadata of each; otherwise it reads all the metadata of the flow for every run.
_END_STEP_ATTEMPTS = (
    "SELECT m.run_number, m.task_id, m.field_name, m.value, {tags}, m.id FROM runs_v3 x CROSS JOIN metadata_v3 m"
    " WHERE x.flow_id = $1 AND {runs} AND m.flow_id = x.flow_id AND m.run_number = x.run_number"
    " AND m.step_name = coalesce((SELECT e.value FROM metadata_v3 e WHERE e.flow_id = x.flow_id"
    " AND e.run_number = x.run_number AND e.step_name = '_parameters' AND e.field_name = 'end_step' LIMIT 1), 'end')"
    " AND m.field_name IN ('attempt', 'attempt_ok')"
)

Writer = Callable[[Row, str], str]
Wanted = Callable[[Row, str], bool]


async def list_response(
    service: Service,
    kind: Kind,
    query_text: str,
    conditions: dict[str, Any],
    write: Writer,
    extra: str = "",
    seen: Callable[[Row], bool] | None = None,
) -> Response:
    """A response with the records of `kind` whose columns equal `conditions`, filtered by `query_text`.

    `write` formats a row and its status as JSON. `extra` is an additional condition. Rows that are not `seen` appear in
    no list and no cursor.
    """
    query = query_string.parse(query_text, kind.fields, kind.keys)
    statuses = query.statuses
    if statuses is not None:
        chosen = _filtered_page(service.database, kind, query, conditions, lambda _, found: found in statuses)
    elif seen is not None:
        chosen = _filtered_page(service.database, kind, query, conditions, lambda row, _: seen(row))
    else:
        chosen = _page(service.database, kind, query, conditions, extra)
    rows, row_statuses, following = await chosen
    body = ", ".join(map(write, rows, row_statuses))
    return Response(f"[{body}]", headers=(("X-Next-Cursor", following),) if following else ())


Page = tuple[Sequence[Row], Sequence[str], str | None]


async def _page(database: Database, kind: Kind, query: ListQuery, conditions: dict[str, Any], extra: str = "") -> Page:
    select = Select(database.dialect, kind)
    for column, value in conditions.items():
        select.where(column, value)
    if extra:
        select.condition(extra)
    select.narrow(query)
    if query.cursor is not None:
        select.after(query.cursor)
    limit = query.limit
    rows = await database.read(select.sql(None if limit is None else limit + 1), *select.arguments)
    following = None
    if limit is not None and len(rows) > limit:
        rows = rows[:limit]
        following = _cursor(kind, rows[-1])
    return rows, await statuses(database, kind, rows), following


async def _filtered_page(
    database: Database, kind: Kind, query: ListQuery, conditions: dict[str, Any], wanted: Wanted
) -> Page:
    """A page of the wanted records. With a status filter it can be short or empty although the cursor continues."""
    batches = itertools.count() if query.statuses is None else range(_MAX_ROWS_READ // _ROWS_PER_QUERY)
    found: list[Row] = []
    found_statuses: list[str] = []
    place = query.cursor
    for _ in batches:
        part = query._replace(cursor=place, limit=_ROWS_PER_QUERY)
        rows, row_statuses, following = await _page(database, kind, part, conditions)
        for n, (row, text) in enumerate(zip(rows, row_statuses)):
            if wanted(row, text):
                found.append(row)
                found_statuses.append(text)
                if len(found) == query.limit:
                    more = following is not None or n + 1 < len(rows)
                    return found, found_statuses, _cursor(kind, row) if more else None
        if following is None:
            return found, found_statuses, None
        place = query_string.read_cursor(following, kind.keys)
    return found, found_statuses, query_string.write_cursor(place or ())


def _cursor(kind: Kind, row: Row) -> str:
    return query_string.write_cursor([row[n] for n in kind.order])


async def statuses(database: Database, kind: Kind, rows: Sequence[Row]) -> Sequence[str]:
    """The status of each row; empty strings for record types without a status."""
    if kind not in (RUNS, TASKS) or not rows:
        return [""] * len(rows)
    number, heartbeat = kind.columns.index("run_number" if kind is RUNS else "task_id"), kind.columns.index(_HEARTBEAT)
    ended = await (_ended_runs if kind is RUNS else _ended_tasks)(database, rows, [row[number] for row in rows])
    now = time.time()
    return [status(ended.get(row[number]), row[heartbeat], now) for row in rows]


_HEARTBEAT = "last_heartbeat_ts"


async def _ended_runs(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Run numbers, and whether the end step of each succeeded."""
    dialect = database.dialect
    sql = _END_STEP_ATTEMPTS.format(tags=dialect.tags("m.tags"), runs=dialect.one_of("x.run_number", 2))
    runs: dict[int, dict[int, Attempts]] = {}
    for run, task, field, value, tags, order in await database.read(sql, rows[0][0], json.dumps(numbers)):
        runs.setdefault(run, {}).setdefault(task, Attempts()).add(field, value, tags, order)
    return {run: _all_ok(tasks) for run, tasks in runs.items()}


def _all_ok(tasks: dict[int, Attempts]) -> bool | None:
    ended = [task.ok for task in tasks.values()]
    return None if None in ended else all(ended)


async def _ended_tasks(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Task ids, and whether the last attempt of each succeeded. All rows must be of one step."""
    flow, run, step = rows[0][0], rows[0][1], rows[0][3]
    few = len(numbers) <= _ROWS_PER_QUERY
    some = f" AND {database.dialect.one_of('m.task_id', 4)}" if few else ""
    sql = _TASK_ATTEMPTS.format(tags=database.dialect.tags("m.tags"), some=some)
    tasks: dict[int, Attempts] = {}
    arguments = [json.dumps(numbers)] if few else []
    for task, field, value, tags, order in await database.read(sql, flow, run, step, *arguments):
        tasks.setdefault(task, Attempts()).add(field, value, tags, order)
    return {task: attempts.ok for task, attempts in tasks.items()}
