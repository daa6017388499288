"""Steps of a run."""

from __future__ import annotations

from ..database.base import NewStep
from ..http import bodies
from ..http.request import Request, Response
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import STEPS, Select
from .runs import inherited_tags


async def listed(request: Request) -> Response:
    run = await request.service.keys.find_run(request.parts[0], request.parts[1])
    if run is None:
        return Response("[]")
    tags = await inherited_tags(request, run)
    conditions = {"flow_id": run.flow, "run_number": run.run_number}
    return await paging.list_response(
        request.service, STEPS, request.query, conditions, lambda row, _: rows_as_json.step(row, tags)
    )


async def shown(request: Request) -> Response:
    return Response(await _record(request))


async def _record(request: Request) -> str:
    flow, run_name, step = request.parts[:3]
    run = await request.service.keys.run(flow, run_name)
    select = Select(request.service.database.dialect, STEPS)
    select.where("flow_id", run.flow).where("run_number", run.run_number).where("step_name", step)
    rows = await request.service.database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The step {flow}/{run_name}/{step}")
    return rows_as_json.step(rows[0], await inherited_tags(request, run))


async def created(request: Request) -> Response:
    """200 with the record, 404 if the run does not exist, 409 with the existing record."""
    flow, run_name, step = request.parts
    bodies.component(step, "step_name")
    body = bodies.parsed_object(request.body)
    run = await request.service.keys.run(flow, run_name)
    item = NewStep(
        flow,
        run.run_number,
        run.name,
        step,
        bodies.text(body, "user_name"),
        bodies.integer(body, "ts_epoch", bodies.milliseconds()),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
    )
    outcome = await request.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The run {flow}/{run_name}")
    if outcome.state == "exists":
        return Response(await _record(request), 200 if request.idempotent else 409)
    row = (flow, run.run_number, run.name, step, item.user, item.ts)
    return Response(rows_as_json.step(row, rows_as_json.tags(*outcome.detail)))
