"""Tasks of a step: one by one, found by their facts, or many in one request."""

from __future__ import annotations

import json
import time
from typing import Any

from ..database.base import Beat, NewFacts, NewStep, NewTask, Outcome, TaskKey
from ..database.keys import RunKey
from ..http import bodies
from ..http.request import Answer, Call
from ..http_errors import Fault, malformed, not_found
from ..lists import paging, rows_as_json
from ..lists.select import TASKS, Select
from ..lists.status import status
from .runs import HEARTBEAT_ANSWER, grafted, request_key

#: Tasks in one bulk request, and characters in a pattern.
MOST_TASKS = 10_000
LONGEST_PATTERN = 500


async def listed(call: Call) -> Answer:
    run = await call.service.directory.find_run(call.parts[0], call.parts[1])
    if run is None:
        return Answer("[]")
    tags = await grafted(call, run)
    conditions = {"flow_id": run.flow, "run_number": run.run_number, "step_name": call.parts[2]}
    return await paging.answer(
        call.service, TASKS, call.query, conditions, lambda row, told: rows_as_json.task(row, tags, told)
    )


async def shown(call: Call) -> Answer:
    flow, run_name, step, task = call.parts
    run = await call.service.directory.run(flow, run_name)
    key = await call.service.directory.find_task(run, step, task)
    if key is None:
        raise not_found(f"The task {flow}/{run_name}/{step}/{task}")
    return Answer(await _record(call, run, step, key.task_id))


async def _record(call: Call, run: RunKey, step: str, task_id: int) -> str:
    database = call.service.database
    select = Select(database.dialect, TASKS)
    select.where("flow_id", run.flow).where("run_number", run.run_number)
    select.where("step_name", step).where("task_id", task_id)
    rows = await database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The task {run.flow}/{run.shown}/{step}/{task_id}")
    return rows_as_json.task(rows[0], await grafted(call, run), (await paging.statuses(database, TASKS, rows))[0])


async def created(call: Call) -> Answer:
    """200 with the record, 400 for a number as a name, 404 without the step, 409 with the record that was there."""
    flow, run_name, step = call.parts
    body = bodies.parsed_object(call.body)
    run = await call.service.directory.run(flow, run_name)
    item = _new_task(call, run, step, body)
    outcome = await call.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The step {flow}/{run_name}/{step}")
    if outcome.state == "created":
        return Answer(_written(call, item, outcome))
    task_id = outcome.number or await _number_of(call, run, item)
    again = call.idempotent or bool(outcome.number)
    return Answer(await _record(call, run, step, task_id), 200 if again else 409)


def _new_task(call: Call, run: RunKey, step: str, body: dict[str, Any]) -> NewTask:
    name = bodies.own_id(body, "task_id")
    return NewTask(
        run.flow,
        run.run_number,
        run.run_id,
        step,
        name,
        bodies.text(body, "user_name"),
        bodies.integer(body, "ts_epoch", bodies.milliseconds()),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
        bodies.first_heartbeat(body),
        None if name else request_key(call, body),
    )


def _written(call: Call, item: NewTask, outcome: Outcome) -> str:
    """The record of a task that was just made; the directory learns of it."""
    key = TaskKey(item.flow, item.run_number, item.run_id, item.step, outcome.number, item.task_name)
    call.service.directory.add_task(item.task_name or str(outcome.number), key)
    row = (*key, item.user, item.ts, item.heartbeat)
    return rows_as_json.task(row, rows_as_json.tags(*outcome.detail), status(None, item.heartbeat, time.time()))


async def _number_of(call: Call, run: RunKey, item: NewTask) -> int:
    key = await call.service.directory.find_task(run, item.step, item.task_name or "")
    if key is None:
        raise not_found(f"The task {run.flow}/{run.shown}/{item.step}/{item.task_name}")
    return key.task_id


async def heartbeat(call: Call) -> Answer:
    flow, run_name, step, task = call.parts
    run = await call.service.directory.run(flow, run_name)
    key = await call.service.directory.find_task(run, step, task)
    found = False
    if key is not None:
        beat = Beat(flow, run.run_number, step, key.task_id, int(time.time()))
        found = (await call.service.database.write(beat)).state == "exists"
    if not found:
        raise not_found(f"The task {flow}/{run_name}/{step}/{task}")
    return Answer(HEARTBEAT_ANSWER)


async def filtered(call: Call) -> Answer:
    """Pathspecs of the tasks of a step that have a fact of a name whose value holds a pattern."""
    flow, run_name, step = call.parts
    field, pattern = _fact_wanted(call.query)
    database = call.service.database
    if pattern is not None:
        database.dialect.check_pattern(pattern)
    run = await call.service.directory.find_run(flow, run_name)
    if run is None:
        return Answer("[]")
    select = Select(database.dialect, TASKS)
    select.where("flow_id", flow).where("run_number", run.run_number).where("step_name", step)
    if field or pattern:
        select.condition(_has_fact(select, database.dialect, field, pattern))
    read = database.read if pattern is None else database.search
    rows = await read(select.sql(), *select.arguments)
    return Answer(json.dumps([f"{flow}/{run.shown}/{step}/{row[4] if row[5] is None else row[5]}" for row in rows]))


def _fact_wanted(query: str) -> tuple[str | None, str | None]:
    from urllib.parse import parse_qs

    try:
        wanted = parse_qs(query, max_num_fields=100, errors="strict")
    except ValueError as exc:
        raise malformed(f"The query string cannot be read: {exc}.") from exc
    field, pattern = wanted.get("metadata_field_name", [None])[0], wanted.get("pattern", [None])[0]
    if pattern is not None:
        bodies.checked_text(pattern, "pattern", LONGEST_PATTERN)
    return (None if field is None else bodies.checked_text(field, "metadata_field_name")), pattern


def _has_fact(select: Select, dialect: Any, field: str | None, pattern: str | None) -> str:
    conditions = [
        "m.flow_id = x.flow_id", "m.run_number = x.run_number", "m.step_name = x.step_name", "m.task_id = x.task_id"
    ]  # fmt: skip
    if field is not None:
        conditions.append(f"m.field_name = ${select.argument(field)}")
    if pattern is not None:
        conditions.append(dialect.matches("m.value", select.argument(pattern)))
    return f"EXISTS (SELECT 1 FROM metadata_v3 m WHERE {' AND '.join(conditions)})"


async def created_in_bulk(call: Call) -> Answer:
    """Many tasks of a run with their facts: {"tasks": [record, ...]} in the order of the request.

    Each is {"step_name", "task_id"?, "user_name"?, "tags"?, "system_tags"?, "metadata"?: [datum, ...]}. Steps that are
    not there are registered. A task that is there stays as it is, and gets the facts.
    """
    flow, run_name = call.parts
    entries = bodies.parsed_list(call.body)
    if len(entries) > MOST_TASKS:
        raise Fault(413, f"{len(entries)} tasks are too many for one request; {MOST_TASKS} are allowed.")
    run = await call.service.directory.run(flow, run_name)
    checked = [_bulk_entry(call, run, number, entry) for number, entry in enumerate(entries)]
    await _register_steps(call, run, [item for item, _ in checked])
    texts = await _gathered([_bulk_task(call, run, item, facts) for item, facts in checked])
    return Answer(f'{{"tasks": [{", ".join(texts)}]}}')


def _bulk_entry(call: Call, run: RunKey, number: int, entry: dict[str, Any]) -> tuple[NewTask, tuple[Any, ...]]:
    step = bodies.component(entry.get("step_name"), "step_name")
    item = _new_task(call, run, step, entry)
    if item.key is not None:
        item = item._replace(key=f"{item.key}:{number}")
    data = entry.get("metadata") or []
    if not isinstance(data, list) or not all(isinstance(datum, dict) for datum in data):
        raise malformed("The field 'metadata' must be a list of objects.")
    return item, tuple(bodies.fact(datum, item.ts) for datum in data)


async def _register_steps(call: Call, run: RunKey, items: list[NewTask]) -> None:
    first = {item.step: item for item in reversed(items)}
    steps = [
        NewStep(run.flow, run.run_number, run.shown, step, item.user, item.ts, item.tags, item.system_tags)
        for step, item in first.items()
    ]
    await _gathered([call.service.database.write(step) for step in steps])


async def _bulk_task(call: Call, run: RunKey, item: NewTask, facts: tuple[Any, ...]) -> str:
    outcome = await call.service.database.write(item)
    if outcome.state == "created":
        text, task_id = _written(call, item, outcome), outcome.number
    else:
        task_id = outcome.number or await _number_of(call, run, item)
        text = await _record(call, run, item.step, task_id)
    if facts:
        key = TaskKey(run.flow, run.run_number, run.run_id, item.step, task_id, item.task_name)
        await call.service.database.write(NewFacts(key, facts, once=call.idempotent))
    return text


async def _gathered(waiting: list[Any]) -> list[Any]:
    import asyncio

    return list(await asyncio.gather(*waiting))
