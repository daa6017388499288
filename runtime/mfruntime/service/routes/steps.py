"""Steps of a run."""

from __future__ import annotations

from ..database.base import NewStep
from ..http import bodies
from ..http.request import Answer, Call
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import STEPS, Select
from .runs import grafted


async def listed(call: Call) -> Answer:
    run = await call.service.directory.find_run(call.parts[0], call.parts[1])
    if run is None:
        return Answer("[]")
    tags = await grafted(call, run)
    conditions = {"flow_id": run.flow, "run_number": run.run_number}
    return await paging.answer(call.service, STEPS, call.query, conditions, lambda row, _: rows_as_json.step(row, tags))


async def shown(call: Call) -> Answer:
    return Answer(await _record(call))


async def _record(call: Call) -> str:
    flow, run_name, step = call.parts[:3]
    run = await call.service.directory.run(flow, run_name)
    select = Select(call.service.database.dialect, STEPS)
    select.where("flow_id", run.flow).where("run_number", run.run_number).where("step_name", step)
    rows = await call.service.database.read(select.sql(), *select.arguments)
    if not rows:
        raise not_found(f"The step {flow}/{run_name}/{step}")
    return rows_as_json.step(rows[0], await grafted(call, run))


async def created(call: Call) -> Answer:
    """200 with the record, 404 without the run, 409 with the record that was there."""
    flow, run_name, step = call.parts
    bodies.component(step, "step_name")
    body = bodies.parsed_object(call.body)
    run = await call.service.directory.run(flow, run_name)
    item = NewStep(
        flow,
        run.run_number,
        run.shown,
        step,
        bodies.text(body, "user_name"),
        bodies.integer(body, "ts_epoch", bodies.milliseconds()),
        bodies.tags(body, "tags"),
        bodies.tags(body, "system_tags"),
    )
    outcome = await call.service.database.write(item)
    if outcome.state == "missing":
        raise not_found(f"The run {flow}/{run_name}")
    if outcome.state == "exists":
        return Answer(await _record(call), 200 if call.idempotent else 409)
    row = (flow, run.run_number, run.shown, step, item.user, item.ts)
    return Answer(rows_as_json.step(row, rows_as_json.tags(*outcome.detail)))
