"""Artifacts of tasks. Without an attempt in the path, those of the last attempt that registered any."""

from __future__ import annotations

import json
from typing import Any

from ..database.base import NewArtifacts
from ..database.keys import RunKey, number
from ..http import bodies
from ..http.request import Request, Response
from ..http_errors import not_found
from ..lists import paging, rows_as_json
from ..lists.select import ARTIFACTS, Select
from .runs import inherited_tags

_LAST = (
    "x.attempt_id = (SELECT max(l.attempt_id) FROM artifact_v3 l WHERE l.flow_id = x.flow_id"
    " AND l.run_number = x.run_number AND l.step_name = x.step_name AND l.task_id = x.task_id)"
)


def _of_last_attempt(select: Select) -> object:
    return select.condition(_LAST)


async def of_run(request: Request) -> Response:
    return await _listed(request, {})


async def of_step(request: Request) -> Response:
    return await _listed(request, {"step_name": request.parts[2]})


async def of_task(request: Request) -> Response:
    return await _listed(request, {"step_name": request.parts[2]}, request.parts[3])


async def of_attempt(request: Request) -> Response:
    attempt = number(request.parts[4], 32767)
    if attempt is None:
        return Response("[]")
    return await _listed(request, {"step_name": request.parts[2], "attempt_id": attempt}, request.parts[3])


async def _listed(request: Request, conditions: dict[str, Any], task: str | None = None) -> Response:
    run = await request.service.keys.find_run(request.parts[0], request.parts[1])
    if run is None:
        return Response("[]")
    conditions = {"flow_id": run.flow, "run_number": run.run_number, **conditions}
    if task is not None:
        key = await request.service.keys.find_task(run, request.parts[2], task)
        if key is None:
            return Response("[]")
        conditions["task_id"] = key.task_id
    tags = await inherited_tags(request, run)
    extra = None if "attempt_id" in conditions else _of_last_attempt
    return await paging.list_response(
        request.service, ARTIFACTS, request.query, conditions, lambda row, _: rows_as_json.artifact(row, tags), extra
    )


async def shown(request: Request) -> Response:
    """The artifact as registered by the last attempt that has it."""
    return await _one(request, None)


async def shown_of_attempt(request: Request) -> Response:
    return await _one(request, request.parts[5])


async def _one(request: Request, attempt: str | None) -> Response:
    flow, run_name, step, task, name = request.parts[:5]
    run = await request.service.keys.run(flow, run_name)
    wanted = None if attempt is None else number(attempt, 32767)
    row = None if attempt is not None and wanted is None else await _row(request, run, step, task, name, wanted)
    if row is None:
        raise not_found(f"The artifact {flow}/{run_name}/{step}/{task}/{name}")
    return Response(rows_as_json.artifact(row, await inherited_tags(request, run)))


async def _row(request: Request, run: RunKey, step: str, task: str, name: str, attempt: int | None) -> Any:
    key = await request.service.keys.find_task(run, step, task)
    if key is None:
        return None
    select = Select(request.service.database.dialect, ARTIFACTS)
    select.where("flow_id", run.flow).where("run_number", run.run_number).where("step_name", step)
    select.where("task_id", key.task_id).where("name", name)
    if attempt is not None:
        select.where("attempt_id", attempt)
    rows = await request.service.database.read(select.sql(), *select.arguments)
    return rows[-1] if rows else None


async def created(request: Request) -> Response:
    """200 with the number of added artifacts, 400 if the task is not registered."""
    artifacts = await bodies.each(request.body, bodies.artifact)
    key = await request.service.keys.registered_task(*request.parts)
    outcome = await request.service.database.write(NewArtifacts(key, artifacts))
    return Response(json.dumps({"artifacts_created": outcome.number}))
