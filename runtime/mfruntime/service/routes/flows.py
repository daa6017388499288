"""Flows: registered once, by their name."""

from __future__ import annotations

from ..database.base import NewFlow, Row
from ..http import bodies
from ..http.request import Answer, Call
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import FLOWS, Select


async def listed(call: Call) -> Answer:
    """All flows that the caller may see."""
    principal = call.principal
    if principal is None or principal.sees_all:
        return await paging.answer(call.service, FLOWS, call.query, {}, _write)
    sees = principal.sees
    return await paging.answer(call.service, FLOWS, call.query, {}, _write, seen=lambda row: sees(row[0]))


def _write(row: Row, _: str) -> str:
    return rows_as_json.flow(row)


async def shown(call: Call) -> Answer:
    return Answer(await _record(call, call.parts[0]))


async def _record(call: Call, flow: str) -> str:
    select = Select(call.service.database.dialect, FLOWS).where("flow_id", flow)
    rows = await call.service.database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The flow {flow}")
    return rows_as_json.flow(rows[0])


async def created(call: Call) -> Answer:
    """200 with the record, 409 with the one that was there."""
    flow = bodies.component(call.parts[0], "flow_id")
    body = bodies.parsed_object(call.body)
    user, tags, system = (
        bodies.text(body, "user_name"),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
    )
    item = NewFlow(flow, user, bodies.integer(body, "ts_epoch", bodies.milliseconds()), tags, system)
    outcome = await call.service.database.write(item)
    if outcome.state == "created":
        return Answer(rows_as_json.flow(item))
    return Answer(await _record(call, flow), 200 if call.idempotent else 409)
