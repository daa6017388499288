"""Flows: registered once, by their name."""

from __future__ import annotations

from .. import pages, payloads, records
from ..call import Answer, Call
from ..database import NewFlow, Row
from ..faults import not_found
from ..listing import FLOWS, Select


async def listed(call: Call) -> Answer:
    """All flows that the caller may see."""
    principal = call.principal
    if principal is None or principal.sees_all:
        return await pages.answer(call.service, FLOWS, call.query, {}, _write)
    sees = principal.sees
    return await pages.answer(call.service, FLOWS, call.query, {}, _write, seen=lambda row: sees(row[0]))


def _write(row: Row, _: str) -> str:
    return records.flow(row)


async def shown(call: Call) -> Answer:
    return Answer(await _record(call, call.parts[0]))


async def _record(call: Call, flow: str) -> str:
    select = Select(call.service.database.dialect, FLOWS).where("flow_id", flow)
    rows = await call.service.database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The flow {flow}")
    return records.flow(rows[0])


async def created(call: Call) -> Answer:
    """200 with the record, 409 with the one that was there."""
    flow = payloads.component(call.parts[0], "flow_id")
    body = payloads.parsed_object(call.body)
    user, tags, system = (
        payloads.text(body, "user_name"),
        payloads.tags(body, "tags"),
        payloads.tags(body, "system_tags"),
    )
    item = NewFlow(flow, user, payloads.integer(body, "ts_epoch", payloads.milliseconds()), tags, system)
    outcome = await call.service.database.write(item)
    if outcome.state == "created":
        return Answer(records.flow(item))
    return Answer(await _record(call, flow), 200 if call.idempotent else 409)
