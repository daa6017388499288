"""Reading lists: whole, or page by page; with the status of runs and tasks where their records show it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..database.base import Database, Row
from ..http.request import Answer, Service
from . import query_string
from .query_string import Listing
from .select import RUNS, TASKS, Kind, Select
from .status import Attempts, status

#: Rows read at once while looking for those of a status.
_STRIDE = 500
#: Rows looked at for one page of a status; the cursor goes on from there.
_MOST_LOOKED_AT = 20_000

_TASK_FACTS = (
    "SELECT m.task_id, m.field_name, m.value, {tags}, m.id FROM metadata_v3 m"
    " WHERE m.flow_id = $1 AND m.run_number = $2 AND m.step_name = $3{some}"
    " AND m.field_name IN ('attempt', 'attempt_ok')"
)
#: Facts of the end steps, whose names the runs' parameters tell, of the runs in $2. CROSS JOIN is an order to SQLite:
#: first the few runs, then the facts of each; left to choose, it reads all the facts of the flow for every run.
_RUN_FACTS = (
    "SELECT m.run_number, m.task_id, m.field_name, m.value, {tags}, m.id FROM runs_v3 x CROSS JOIN metadata_v3 m"
    " WHERE x.flow_id = $1 AND {runs} AND m.flow_id = x.flow_id AND m.run_number = x.run_number"
    " AND m.step_name = coalesce((SELECT e.value FROM metadata_v3 e WHERE e.flow_id = x.flow_id"
    " AND e.run_number = x.run_number AND e.step_name = '_parameters' AND e.field_name = 'end_step' LIMIT 1), 'end')"
    " AND m.field_name IN ('attempt', 'attempt_ok')"
)

Writer = Callable[[Row, str], str]
Wanted = Callable[[Row, str], bool]


async def answer(
    service: Service,
    kind: Kind,
    query: str,
    conditions: dict[str, Any],
    write: Writer,
    extra: str = "",
    seen: Callable[[Row], bool] | None = None,
) -> Answer:
    """The records of `kind` whose columns equal `conditions`, as a query string narrows them.

    `write` makes a record's text of a row and a status. `extra` is one more condition. What is not `seen` shows in no
    list and in no cursor.
    """
    listing = query_string.parse(query, kind.fields, kind.keys)
    statuses = listing.statuses
    if statuses is not None:
        chosen = _chosen(service.database, kind, listing, conditions, lambda _, told: told in statuses)
    elif seen is not None:
        chosen = _chosen(service.database, kind, listing, conditions, lambda row, _: seen(row))
    else:
        chosen = _page(service.database, kind, listing, conditions, extra)
    rows, told, following = await chosen
    body = ", ".join(map(write, rows, told))
    return Answer(f"[{body}]", headers=(("X-Next-Cursor", following),) if following else ())


Page = tuple[Sequence[Row], Sequence[str], str | None]


async def _page(database: Database, kind: Kind, listing: Listing, conditions: dict[str, Any], extra: str = "") -> Page:
    select = Select(database.dialect, kind)
    for column, value in conditions.items():
        select.where(column, value)
    if extra:
        select.condition(extra)
    select.narrow(listing)
    if listing.cursor is not None:
        select.after(listing.cursor)
    limit = listing.limit
    rows = await database.read(select.sql(None if limit is None else limit + 1), *select.arguments)
    following = None
    if limit is not None and len(rows) > limit:
        rows = rows[:limit]
        following = _cursor(kind, rows[-1])
    return rows, await statuses(database, kind, rows), following


async def _chosen(database: Database, kind: Kind, listing: Listing, conditions: dict[str, Any], wanted: Wanted) -> Page:
    """A page of the records that are wanted. Of a status it may be short, and even empty, while a cursor goes on."""
    strides = itertools.count() if listing.statuses is None else range(_MOST_LOOKED_AT // _STRIDE)
    found: list[Row] = []
    shown: list[str] = []
    place = listing.cursor
    for _ in strides:
        part = listing._replace(cursor=place, limit=_STRIDE)
        rows, told, following = await _page(database, kind, part, conditions)
        for n, (row, text) in enumerate(zip(rows, told)):
            if wanted(row, text):
                found.append(row)
                shown.append(text)
                if len(found) == listing.limit:
                    more = following is not None or n + 1 < len(rows)
                    return found, shown, _cursor(kind, row) if more else None
        if following is None:
            return found, shown, None
        place = query_string.read_cursor(following, kind.keys)
    return found, shown, query_string.write_cursor(place or ())


def _cursor(kind: Kind, row: Row) -> str:
    return query_string.write_cursor([row[n] for n in kind.order])


async def statuses(database: Database, kind: Kind, rows: Sequence[Row]) -> Sequence[str]:
    """The status of each row; empty texts for kinds that have none."""
    if kind not in (RUNS, TASKS) or not rows:
        return [""] * len(rows)
    number, beat = kind.columns.index("run_number" if kind is RUNS else "task_id"), kind.columns.index(_BEAT)
    ended = await (_ended_runs if kind is RUNS else _ended_tasks)(database, rows, [row[number] for row in rows])
    now = time.time()
    return [status(ended.get(row[number]), row[beat], now) for row in rows]


_BEAT = "last_heartbeat_ts"


async def _ended_runs(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Run numbers and whether their end steps ended well."""
    dialect = database.dialect
    sql = _RUN_FACTS.format(tags=dialect.tags("m.tags"), runs=dialect.one_of("x.run_number", 2))
    runs: dict[int, dict[int, Attempts]] = {}
    for run, task, field, value, tags, order in await database.read(sql, rows[0][0], json.dumps(numbers)):
        runs.setdefault(run, {}).setdefault(task, Attempts()).add(field, value, tags, order)
    return {run: _all_ok(tasks) for run, tasks in runs.items()}


def _all_ok(tasks: dict[int, Attempts]) -> bool | None:
    ended = [task.ok for task in tasks.values()]
    return None if None in ended else all(ended)


async def _ended_tasks(database: Database, rows: Sequence[Row], numbers: list[int]) -> dict[int, bool | None]:
    """Task ids and whether their last attempts ended well; all the rows are of one step."""
    flow, run, step = rows[0][0], rows[0][1], rows[0][3]
    few = len(numbers) <= _STRIDE
    some = f" AND {database.dialect.one_of('m.task_id', 4)}" if few else ""
    sql = _TASK_FACTS.format(tags=database.dialect.tags("m.tags"), some=some)
    tasks: dict[int, Attempts] = {}
    arguments = [json.dumps(numbers)] if few else []
    for task, field, value, tags, order in await database.read(sql, flow, run, step, *arguments):
        tasks.setdefault(task, Attempts()).add(field, value, tags, order)
    return {task: attempts.ok for task, attempts in tasks.items()}
