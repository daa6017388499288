"""Flows, identified by name."""

from __future__ import annotations

from ..database.base import NewFlow, Row
from ..http import bodies
from ..http.request import Request, Response
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import FLOWS, Select


async def listed(request: Request) -> Response:
    """All flows that the caller has permission to read."""
    principal = request.principal
    if principal is None or principal.sees_all:
        return await paging.list_response(request.service, FLOWS, request.query, {}, _write)
    sees = principal.sees
    return await paging.list_response(request.service, FLOWS, request.query, {}, _write, seen=lambda row: sees(row[0]))


def _write(row: Row, _: str) -> str:
    return rows_as_json.flow(row)


async def shown(request: Request) -> Response:
    return Response(await _record(request, request.parts[0]))


async def _record(request: Request, flow: str) -> str:
    select = Select(request.service.database.dialect, FLOWS).where("flow_id", flow)
    rows = await request.service.database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The flow {flow}")
    return rows_as_json.flow(rows[0])


async def created(request: Request) -> Response:
    """200 with the record, 409 with the existing record."""
    flow = bodies.component(request.parts[0], "flow_id")
    body = bodies.parsed_object(request.body)
    user, tags, system = (
        bodies.text(body, "user_name"),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
    )
    item = NewFlow(flow, user, bodies.integer(body, "ts_epoch", bodies.milliseconds()), tags, system)
    outcome = await request.service.database.write(item)
    if outcome.state == "created":
        return Response(rows_as_json.flow(item))
    return Response(await _record(request, flow), 200 if request.idempotent else 409)
