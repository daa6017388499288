"""Runs, which the service numbers or the client names: records, heartbeats, tags, and the latest run of a flow."""

from __future__ import annotations

import json
import time

from ..database.base import Heartbeat, NewRun, Outcome, Row, TagChange
from ..database.keys import RunKey
from ..http import bodies
from ..http.request import Request, Response
from ..http_errors import HttpError, not_found
from ..lists import paging, rows_as_json
from ..lists.attempts import statuses, step_attempts
from ..lists.select import RUNS, Select
from ..lists.status import status, successful

#: The heartbeat interval that clients should use; JSON encoded as a JSON string.
HEARTBEAT_ANSWER = json.dumps(json.dumps({"wait_time_in_seconds": 10}))

_CANDIDATES = (
    "SELECT x.run_number, coalesce(s.value, 'end') FROM runs_v3 x LEFT JOIN metadata_v3 s"
    " ON s.flow_id = x.flow_id AND s.run_number = x.run_number AND s.step_name = '_parameters'"
    " AND s.field_name = 'end_step'"
    " WHERE x.flow_id = $1 AND x.run_number < $2 AND EXISTS (SELECT 1 FROM metadata_v3 m WHERE m.flow_id = x.flow_id"
    " AND m.run_number = x.run_number AND m.step_name = coalesce(s.value, 'end') AND m.field_name = 'attempt_ok'"
    " AND m.value = 'True') ORDER BY x.run_number DESC LIMIT 4"
)


async def listed(request: Request) -> Response:
    return await paging.list_response(
        request.service, RUNS, request.query, {"flow_id": request.parts[0]}, rows_as_json.run
    )


async def shown(request: Request) -> Response:
    key = await request.service.keys.run(request.parts[0], request.parts[1])
    return Response(await _record(request, key.flow, key.run_number))


async def _record(request: Request, flow: str, number: int) -> str:
    database = request.service.database
    select = Select(database.dialect, RUNS).where("flow_id", flow).where("run_number", number)
    rows = await database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The run {flow}/{number}")
    return rows_as_json.run(rows[0], (await statuses(database, RUNS, rows))[0])


async def created(request: Request) -> Response:
    """200 with the record, 404 if the flow does not exist, 409 with the existing record of that name."""
    flow = request.parts[0]
    body = bodies.parsed_object(request.body)
    name = bodies.client_assigned_name(body, "run_number")
    item = NewRun(
        flow,
        name,
        bodies.text(body, "user_name"),
        bodies.integer(body, "ts_epoch", bodies.milliseconds()),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
        bodies.first_heartbeat(body),
        None if name else request_key(request, body),
    )
    outcome = await request.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The flow {flow}")
    if outcome.state == "created":
        row = (flow, outcome.number, name, item.user, item.ts, item.heartbeat, item.tags, item.system_tags)
        key = request.service.keys.add_run(str(outcome.number), RunKey(flow, outcome.number, name))
        request.service.keys.add_run(key.name, key)
        return Response(rows_as_json.run(row, status(None, item.heartbeat, time.time())))
    return await _existing(request, flow, name, outcome)


async def _existing(request: Request, flow: str, name: str | None, outcome: Outcome) -> Response:
    number = outcome.number or (await request.service.keys.run(flow, name or "")).run_number
    again = request.idempotent or bool(outcome.number)
    return Response(await _record(request, flow, number), 200 if again else 409)


def request_key(request: Request, body: dict[str, object]) -> str | None:
    """The idempotency key, which identifies a retried request; it applies to one path."""
    key = request.header("idempotency-key") or bodies.text(body, "idempotency_key")
    return None if key is None else f"{'/'.join(request.parts)}:{bodies.checked_text(key, 'idempotency_key')}"


async def heartbeat(request: Request) -> Response:
    run = await request.service.keys.run(request.parts[0], request.parts[1])
    beat = Heartbeat(run.flow, run.run_number, None, None, int(time.time()))
    if (await request.service.database.write(beat)).state == "missing":
        raise not_found(f"The run {run.flow}/{run.name}")
    return Response(HEARTBEAT_ANSWER)


async def tags_mutated(request: Request) -> Response:
    """200 with the tags, 404 if the run does not exist, 409 on a concurrent change, 422 if it is not allowed."""
    body = bodies.parsed_object(request.body)
    add = bodies.changed_tags_field(body, "tags_to_add")
    remove = bodies.changed_tags_field(body, "tags_to_remove")
    run = await request.service.keys.run(request.parts[0], request.parts[1])
    outcome = await request.service.database.write(TagChange(run.flow, run.run_number, add, remove))
    if outcome.state == "missing":
        raise not_found(f"The run {run.flow}/{run.name}")
    if outcome.state == "busy":
        raise HttpError(409, "Another request is changing the tags of this run.", "Retry the request.")
    if outcome.state == "refused":
        raise HttpError(422, str(outcome.detail))
    return Response(json.dumps({"tags": outcome.detail}))


async def latest(request: Request) -> Response:
    """The run of a flow that was registered most recently."""
    rows = await request.service.database.read(
        "SELECT run_number FROM runs_v3 WHERE flow_id = $1 ORDER BY run_number DESC LIMIT 1", request.parts[0]
    )
    if not rows:
        raise not_found(f"A run of the flow {request.parts[0]}")
    return Response(await _record(request, request.parts[0], rows[0][0]))


async def latest_successful(request: Request) -> Response:
    """The most recently registered run whose end task succeeded in its last attempt."""
    flow, before = request.parts[0], 2**31 - 1
    while candidates := await request.service.database.read(_CANDIDATES, flow, before):
        for number, end_step in candidates:
            if await _succeeded(request, flow, number, end_step):
                return Response(await _record(request, flow, number))
            before = number
    raise not_found(f"A successful run of the flow {flow}")


async def _succeeded(request: Request, flow: str, number: int, end_step: str) -> bool:
    return successful((await step_attempts(request.service.database, flow, number, end_step)).values())


async def inherited_tags(request: Request, run: RunKey) -> str:
    """The tags of a run as JSON fields, for the records of its steps, tasks and artifacts."""
    return rows_as_json.tags(*await _run_tags(request, run))


async def _run_tags(request: Request, run: RunKey) -> Row:
    dialect = request.service.database.dialect
    rows = await request.service.database.read(
        f"SELECT {dialect.tags('tags')}, {dialect.tags('system_tags')} FROM runs_v3"
        " WHERE flow_id = $1 AND run_number = $2",
        run.flow,
        run.run_number,
    )
    return rows[0] if rows else (None, None)
