"""Facts about tasks."""

from __future__ import annotations

import json
from typing import Any

from ..database.base import NewFacts, Row
from ..http import bodies
from ..http.request import Answer, Call
from ..lists import paging, rows_as_json
from ..lists.select import FACTS


def _write(row: Row, _: str) -> str:
    return rows_as_json.fact(row)


async def of_run(call: Call) -> Answer:
    run = await call.service.directory.find_run(call.parts[0], call.parts[1])
    if run is None:
        return Answer("[]")
    conditions = {"flow_id": run.flow, "run_number": run.run_number}
    return await paging.answer(call.service, FACTS, call.query, conditions, _write)


async def of_task(call: Call) -> Answer:
    flow, run_name, step, task = call.parts
    run = await call.service.directory.find_run(flow, run_name)
    key = None if run is None else await call.service.directory.find_task(run, step, task)
    if key is None:
        return Answer("[]")
    conditions: dict[str, Any] = {
        "flow_id": flow, "run_number": key.run_number, "step_name": step, "task_id": key.task_id
    }  # fmt: skip
    return await paging.answer(call.service, FACTS, call.query, conditions, _write)


async def created(call: Call) -> Answer:
    """200 with how many were added, 400 for a task that is not registered."""
    facts = tuple(bodies.each(call.body, bodies.fact))
    key = await call.service.directory.registered_task(*call.parts)
    outcome = await call.service.database.write(NewFacts(key, facts, once=call.idempotent))
    return Answer(json.dumps({"metadata_created": outcome.number}))
