"""Artifacts of tasks. Where no attempt is named, those of the last attempt that registered any."""

from __future__ import annotations

import json
from typing import Any

from ..database.base import NewArtifacts
from ..database.keys import RunKey, number
from ..http import bodies
from ..http.request import Answer, Call
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import ARTIFACTS, Select
from .runs import grafted

_LAST = (
    "x.attempt_id = (SELECT max(l.attempt_id) FROM artifact_v3 l WHERE l.flow_id = x.flow_id"
    " AND l.run_number = x.run_number AND l.step_name = x.step_name AND l.task_id = x.task_id)"
)


async def of_run(call: Call) -> Answer:
    return await _listed(call, {})


async def of_step(call: Call) -> Answer:
    return await _listed(call, {"step_name": call.parts[2]})


async def of_task(call: Call) -> Answer:
    return await _listed(call, {"step_name": call.parts[2]}, call.parts[3])


async def of_attempt(call: Call) -> Answer:
    attempt = number(call.parts[4], 32767)
    if attempt is None:
        return Answer("[]")
    return await _listed(call, {"step_name": call.parts[2], "attempt_id": attempt}, call.parts[3])


async def _listed(call: Call, conditions: dict[str, Any], task: str | None = None) -> Answer:
    run = await call.service.directory.find_run(call.parts[0], call.parts[1])
    if run is None:
        return Answer("[]")
    conditions = {"flow_id": run.flow, "run_number": run.run_number, **conditions}
    if task is not None:
        key = await call.service.directory.find_task(run, call.parts[2], task)
        if key is None:
            return Answer("[]")
        conditions["task_id"] = key.task_id
    tags = await grafted(call, run)
    extra = "" if "attempt_id" in conditions else _LAST
    return await paging.answer(
        call.service, ARTIFACTS, call.query, conditions, lambda row, _: rows_as_json.artifact(row, tags), extra
    )


async def shown(call: Call) -> Answer:
    """The artifact as the last attempt that has it registered it."""
    return await _one(call, None)


async def shown_of_attempt(call: Call) -> Answer:
    return await _one(call, call.parts[5])


async def _one(call: Call, attempt: str | None) -> Answer:
    flow, run_name, step, task, name = call.parts[:5]
    run = await call.service.directory.run(flow, run_name)
    wanted = None if attempt is None else number(attempt, 32767)
    row = None if attempt is not None and wanted is None else await _row(call, run, step, task, name, wanted)
    if row is None:
        raise not_found(f"The artifact {flow}/{run_name}/{step}/{task}/{name}")
    return Answer(rows_as_json.artifact(row, await grafted(call, run)))


async def _row(call: Call, run: RunKey, step: str, task: str, name: str, attempt: int | None) -> Any:
    key = await call.service.directory.find_task(run, step, task)
    if key is None:
        return None
    select = Select(call.service.database.dialect, ARTIFACTS)
    select.where("flow_id", run.flow).where("run_number", run.run_number).where("step_name", step)
    select.where("task_id", key.task_id).where("name", name)
    if attempt is not None:
        select.where("attempt_id", attempt)
    rows = await call.service.database.read(select.sql(), *select.arguments)
    return rows[-1] if rows else None


async def created(call: Call) -> Answer:
    """200 with how many were added, 400 for a task that is not registered."""
    artifacts = tuple(bodies.each(call.body, bodies.artifact))
    key = await call.service.directory.registered_task(*call.parts)
    outcome = await call.service.database.write(NewArtifacts(key, artifacts))
    return Answer(json.dumps({"artifacts_created": outcome.number}))
