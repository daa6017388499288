"""Tasks of a step: records, heartbeats, search by metadata, and bulk registration."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from ..database.base import Dialect, Heartbeat, NewMetadata, NewStep, NewTask, Outcome, Row, TaskKey
from ..database.keys import RunKey
from ..http import bodies
from ..http.request import Request, Response
from ..http_errors import HttpError, malformed, not_found
from ..lists import paging, rows_as_json
from ..lists.attempts import statuses
from ..lists.batches import Source
from ..lists.query_string import ListQuery
from ..lists.select import TASKS, Select
from ..lists.status import status
from .runs import HEARTBEAT_ANSWER, inherited_tags, request_key

#: Maximum number of tasks in one bulk request, and of characters in a pattern.
MOST_TASKS = 10_000
LONGEST_PATTERN = 500


async def listed(request: Request) -> Response:
    run = await request.service.keys.find_run(request.parts[0], request.parts[1])
    if run is None:
        return Response("[]")
    tags = await inherited_tags(request, run)
    conditions = {"flow_id": run.flow, "run_number": run.run_number, "step_name": request.parts[2]}
    return await paging.list_response(
        request.service, TASKS, request.query, conditions, lambda row, told: rows_as_json.task(row, tags, told)
    )


async def shown(request: Request) -> Response:
    flow, run_name, step, task = request.parts
    run = await request.service.keys.run(flow, run_name)
    key = await request.service.keys.find_task(run, step, task)
    if key is None:
        raise not_found(f"The task {flow}/{run_name}/{step}/{task}")
    return Response(await _record(request, run, step, key.task_id))


async def _record(request: Request, run: RunKey, step: str, task_id: int) -> str:
    database = request.service.database
    select = Select(database.dialect, TASKS)
    select.where("flow_id", run.flow).where("run_number", run.run_number)
    select.where("step_name", step).where("task_id", task_id)
    rows = await database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The task {run.flow}/{run.name}/{step}/{task_id}")
    return rows_as_json.task(rows[0], await inherited_tags(request, run), (await statuses(database, TASKS, rows))[0])


async def created(request: Request) -> Response:
    """200 with the record, 400 if the name is a number, 404 if the step does not exist, 409 with the existing one."""
    flow, run_name, step = request.parts
    body = bodies.parsed_object(request.body)
    run = await request.service.keys.run(flow, run_name)
    item = _new_task(request, run, step, body)
    outcome = await request.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The step {flow}/{run_name}/{step}")
    if outcome.state == "created":
        return Response(_new_record(request, item, outcome))
    task_id = outcome.number or await _existing_id(request, run, item)
    again = request.idempotent or bool(outcome.number)
    return Response(await _record(request, run, step, task_id), 200 if again else 409)


def _new_task(request: Request, run: RunKey, step: str, body: dict[str, Any]) -> NewTask:
    name = bodies.client_assigned_name(body, "task_id")
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
        None if name else request_key(request, body),
    )


def _new_record(request: Request, item: NewTask, outcome: Outcome) -> str:
    """The record of a new task, whose key is also cached."""
    key = TaskKey(item.flow, item.run_number, item.run_id, item.step, outcome.number, item.task_name)
    request.service.keys.add_task(item.task_name or str(outcome.number), key)
    row = (*key, item.user, item.ts, item.heartbeat)
    return rows_as_json.task(row, rows_as_json.tags(*outcome.detail), status(None, item.heartbeat, time.time()))


async def _existing_id(request: Request, run: RunKey, item: NewTask) -> int:
    key = await request.service.keys.find_task(run, item.step, item.task_name or "")
    if key is None:
        raise not_found(f"The task {run.flow}/{run.name}/{item.step}/{item.task_name}")
    return key.task_id


async def heartbeat(request: Request) -> Response:
    flow, run_name, step, task = request.parts
    run = await request.service.keys.run(flow, run_name)
    key = await request.service.keys.find_task(run, step, task)
    found = False
    if key is not None:
        beat = Heartbeat(flow, run.run_number, step, key.task_id, int(time.time()))
        found = (await request.service.database.write(beat)).state == "exists"
    if not found:
        raise not_found(f"The task {flow}/{run_name}/{step}/{task}")
    return Response(HEARTBEAT_ANSWER)


async def filtered(request: Request) -> Response:
    """Pathspecs of the tasks of a step that have a metadata entry with a given name, and a value matching a pattern."""
    flow, run_name, step = request.parts
    field, pattern = _metadata_filter(request.query)
    database = request.service.database
    if pattern is not None:
        database.dialect.check_pattern(pattern)
    run = await request.service.keys.find_run(flow, run_name)
    if run is None:
        return Response("[]")
    name = run.name

    def pathspec(row: Row, _: str) -> str:
        return quoted(f"{flow}/{name}/{step}/{row[4] if row[5] is None else row[5]}")

    conditions = {"flow_id": flow, "run_number": run.run_number, "step_name": step}
    has_metadata = partial(_has_metadata, dialect=database.dialect, field=field, pattern=pattern)
    extra = has_metadata if field or pattern else None
    source = Source(request.service.lists, TASKS, ListQuery(), conditions, extra, is_search=pattern is not None)
    return await paging.complete_list(source, pathspec)


def _metadata_filter(query: str) -> tuple[str | None, str | None]:
    from urllib.parse import parse_qs

    try:
        wanted = parse_qs(query, max_num_fields=100, errors="strict")
    except ValueError as exc:
        raise malformed(f"The query string is invalid: {exc}.") from exc
    field, pattern = wanted.get("metadata_field_name", [None])[0], wanted.get("pattern", [None])[0]
    if pattern is not None:
        bodies.checked_text(pattern, "pattern", LONGEST_PATTERN)
    return (None if field is None else bodies.checked_text(field, "metadata_field_name")), pattern


def _has_metadata(select: Select, dialect: Dialect, field: str | None, pattern: str | None) -> object:
    conditions = [
        "m.flow_id = x.flow_id", "m.run_number = x.run_number", "m.step_name = x.step_name", "m.task_id = x.task_id"
    ]  # fmt: skip
    if field is not None:
        conditions.append(f"m.field_name = ${select.argument(field)}")
    if pattern is not None:
        conditions.append(dialect.matches("m.value", select.argument(pattern)))
    return select.condition(f"EXISTS (SELECT 1 FROM metadata_v3 m WHERE {' AND '.join(conditions)})")


async def created_in_bulk(request: Request) -> Response:
    """Register many tasks of a run with their metadata. Response: {"tasks": [record, ...]} in the order of the request.

    Each is {"step_name", "task_id"?, "user_name"?, "tags"?, "system_tags"?, "metadata"?: [entry, ...]}. Missing steps
    are registered. An existing task is not changed, but gets the metadata.
    """
    flow, run_name = request.parts
    entries = bodies.parsed_list(request.body)
    if len(entries) > MOST_TASKS:
        raise HttpError(413, f"The request contains {len(entries)} tasks; the maximum is {MOST_TASKS}.")
    run = await request.service.keys.run(flow, run_name)
    checked = [_bulk_entry(request, run, number, entry) for number, entry in enumerate(entries)]
    await _register_steps(request, run, [item for item, _ in checked])
    outcomes = await _gather([_register(request, run, item, metadata) for item, metadata in checked])
    items = [item for item, _ in checked]
    records = _bulk_records(request, run, items, outcomes)  # each contains the tags of the run
    return await paging.in_parts(paging.joined(records, '{"tasks": [', "]}"))


def _bulk_entry(request: Request, run: RunKey, number: int, entry: dict[str, Any]) -> tuple[NewTask, tuple[Any, ...]]:
    step = bodies.component(entry.get("step_name"), "step_name")
    item = _new_task(request, run, step, entry)
    if item.key is not None:
        item = item._replace(key=f"{item.key}:{number}")
    data = entry.get("metadata") or []
    if not isinstance(data, list) or not all(isinstance(datum, dict) for datum in data):
        raise malformed("The field 'metadata' must be a list of objects.")
    return item, tuple(bodies.metadata_entry(datum, item.ts) for datum in data)


async def _register_steps(request: Request, run: RunKey, items: list[NewTask]) -> None:
    first = {item.step: item for item in reversed(items)}
    steps = [
        NewStep(run.flow, run.run_number, run.name, step, item.user, item.ts, item.tags, item.system_tags)
        for step, item in first.items()
    ]
    await _gather([request.service.database.write(step) for step in steps])


async def _register(request: Request, run: RunKey, item: NewTask, entries: tuple[Any, ...]) -> Outcome:
    """The outcome, with the id of the task."""
    outcome = await request.service.database.write(item)
    task_id = outcome.number or await _existing_id(request, run, item)
    if entries:
        key = TaskKey(run.flow, run.run_number, run.run_id, item.step, task_id, item.task_name)
        await request.service.database.write(NewMetadata(key, entries, once=request.idempotent))
    return outcome._replace(number=task_id)


async def _bulk_records(
    request: Request, run: RunKey, items: list[NewTask], outcomes: list[Outcome]
) -> AsyncIterator[str]:
    for item, outcome in zip(items, outcomes):
        if outcome.state == "created":
            yield _new_record(request, item, outcome)
        else:
            yield await _record(request, run, item.step, outcome.number)


async def _gather(waiting: list[Any]) -> list[Any]:
    import asyncio

    return list(await asyncio.gather(*waiting))
