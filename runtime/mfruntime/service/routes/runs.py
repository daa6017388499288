"""Runs: numbered by the service or named by the client, their heartbeats, tags, and which of a flow is the latest."""

from __future__ import annotations

import json
import time

from ..database.base import Beat, NewRun, Outcome, Row, TagChange
from ..database.keys import RunKey
from ..database.tags import MAX_CHARACTERS
from ..http import bodies
from ..http.request import Answer, Call
from ..http_errors import Fault, not_found
from ..lists import paging, rows_as_json
from ..lists.select import RUNS, Select
from ..lists.status import Attempts, status, successful

#: How often clients are asked to give a sign of life; the answer is JSON inside of a JSON text.
HEARTBEAT_ANSWER = json.dumps(json.dumps({"wait_time_in_seconds": 10}))

_CANDIDATES = (
    "SELECT x.run_number, coalesce(s.value, 'end') FROM runs_v3 x LEFT JOIN metadata_v3 s"
    " ON s.flow_id = x.flow_id AND s.run_number = x.run_number AND s.step_name = '_parameters'"
    " AND s.field_name = 'end_step'"
    " WHERE x.flow_id = $1 AND x.run_number < $2 AND EXISTS (SELECT 1 FROM metadata_v3 m WHERE m.flow_id = x.flow_id"
    " AND m.run_number = x.run_number AND m.step_name = coalesce(s.value, 'end') AND m.field_name = 'attempt_ok'"
    " AND m.value = 'True') ORDER BY x.run_number DESC LIMIT 4"
)
_ENDING = (
    "SELECT task_id, field_name, value, {tags}, id FROM metadata_v3 WHERE flow_id = $1 AND run_number = $2"
    " AND step_name = $3 AND field_name IN ('attempt', 'attempt_ok')"
)


async def listed(call: Call) -> Answer:
    return await paging.answer(call.service, RUNS, call.query, {"flow_id": call.parts[0]}, rows_as_json.run)


async def shown(call: Call) -> Answer:
    key = await call.service.directory.run(call.parts[0], call.parts[1])
    return Answer(await _record(call, key.flow, key.run_number))


async def _record(call: Call, flow: str, number: int) -> str:
    database = call.service.database
    select = Select(database.dialect, RUNS).where("flow_id", flow).where("run_number", number)
    rows = await database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The run {flow}/{number}")
    return rows_as_json.run(rows[0], (await paging.statuses(database, RUNS, rows))[0])


async def created(call: Call) -> Answer:
    """200 with the record, 404 without the flow, 409 with the record of a name that is taken."""
    flow = call.parts[0]
    body = bodies.parsed_object(call.body)
    name = bodies.own_id(body, "run_number")
    item = NewRun(
        flow,
        name,
        bodies.text(body, "user_name"),
        bodies.integer(body, "ts_epoch", bodies.milliseconds()),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
        bodies.first_heartbeat(body),
        None if name else request_key(call, body),
    )
    outcome = await call.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The flow {flow}")
    if outcome.state == "created":
        row = (flow, outcome.number, name, item.user, item.ts, item.heartbeat, item.tags, item.system_tags)
        key = call.service.directory.add_run(str(outcome.number), RunKey(flow, outcome.number, name))
        call.service.directory.add_run(key.shown, key)
        return Answer(rows_as_json.run(row, status(None, item.heartbeat, time.time())))
    return await _existing(call, flow, name, outcome)


async def _existing(call: Call, flow: str, name: str | None, outcome: Outcome) -> Answer:
    number = outcome.number or (await call.service.directory.run(flow, name or "")).run_number
    again = call.idempotent or bool(outcome.number)
    return Answer(await _record(call, flow, number), 200 if again else 409)


def request_key(call: Call, body: dict[str, object]) -> str | None:
    """What tells a request that is sent twice from two requests; it counts for the path it is sent to."""
    key = call.header("idempotency-key") or bodies.text(body, "idempotency_key")
    return None if key is None else f"{'/'.join(call.parts)}:{bodies.checked_text(key, 'idempotency_key')}"


async def heartbeat(call: Call) -> Answer:
    run = await call.service.directory.run(call.parts[0], call.parts[1])
    beat = Beat(run.flow, run.run_number, None, None, int(time.time()))
    if (await call.service.database.write(beat)).state == "missing":
        raise not_found(f"The run {run.flow}/{run.shown}")
    return Answer(HEARTBEAT_ANSWER)


async def tags_mutated(call: Call) -> Answer:
    """200 with the tags, 404 without the run, 409 while others change it, 422 for what may not be."""
    body = bodies.parsed_object(call.body)
    add = bodies.mutated_tags(body, "tags_to_add", MAX_CHARACTERS)
    remove = bodies.mutated_tags(body, "tags_to_remove", MAX_CHARACTERS)
    run = await call.service.directory.run(call.parts[0], call.parts[1])
    outcome = await call.service.database.write(TagChange(run.flow, run.run_number, add, remove))
    if outcome.state == "missing":
        raise not_found(f"The run {run.flow}/{run.shown}")
    if outcome.state == "busy":
        raise Fault(409, "Others change the tags of this run at the same time.", "Send the request again.")
    if outcome.state == "refused":
        raise Fault(422, str(outcome.detail))
    return Answer(json.dumps({"tags": outcome.detail}))


async def latest(call: Call) -> Answer:
    """The run of a flow that was registered last."""
    rows = await call.service.database.read(
        "SELECT run_number FROM runs_v3 WHERE flow_id = $1 ORDER BY run_number DESC LIMIT 1", call.parts[0]
    )
    if not rows:
        raise not_found(f"A run of the flow {call.parts[0]}")
    return Answer(await _record(call, call.parts[0], rows[0][0]))


async def latest_successful(call: Call) -> Answer:
    """The run registered last among those whose end task's last attempt ended well."""
    flow, before = call.parts[0], 2**31 - 1
    while candidates := await call.service.database.read(_CANDIDATES, flow, before):
        for number, end_step in candidates:
            if await _ended_well(call, flow, number, end_step):
                return Answer(await _record(call, flow, number))
            before = number
    raise not_found(f"A successful run of the flow {flow}")


async def _ended_well(call: Call, flow: str, number: int, end_step: str) -> bool:
    database = call.service.database
    sql = _ENDING.format(tags=database.dialect.tags("tags"))
    tasks: dict[int, Attempts] = {}
    for row in await database.read(sql, flow, number, end_step):
        tasks.setdefault(row[0], Attempts()).add(*row[1:])
    return successful(tasks.values())


async def grafted(call: Call, run: RunKey) -> str:
    """The tags of a run as members of the records below it."""
    return rows_as_json.tags(*await _run_tags(call, run))


async def _run_tags(call: Call, run: RunKey) -> Row:
    dialect = call.service.database.dialect
    rows = await call.service.database.read(
        f"SELECT {dialect.tags('tags')}, {dialect.tags('system_tags')} FROM runs_v3"
        " WHERE flow_id = $1 AND run_number = $2",
        run.flow,
        run.run_number,
    )
    return rows[0] if rows else (None, None)
