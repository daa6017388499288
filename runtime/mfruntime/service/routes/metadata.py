"""Task metadata: name-value entries of tasks."""

from __future__ import annotations

import json
from typing import Any

from ..database.base import NewMetadata, Row
from ..http import bodies
from ..http.request import Request, Response
from ..lists import paging, rows_as_json
from ..lists.select import METADATA


def _write(row: Row, _: str) -> str:
    return rows_as_json.metadata(row)


async def of_run(request: Request) -> Response:
    run = await request.service.keys.find_run(request.parts[0], request.parts[1])
    if run is None:
        return Response("[]")
    conditions = {"flow_id": run.flow, "run_number": run.run_number}
    return await paging.list_response(request.service, METADATA, request.query, conditions, _write)


async def of_task(request: Request) -> Response:
    flow, run_name, step, task = request.parts
    run = await request.service.keys.find_run(flow, run_name)
    key = None if run is None else await request.service.keys.find_task(run, step, task)
    if key is None:
        return Response("[]")
    conditions: dict[str, Any] = {
        "flow_id": flow, "run_number": key.run_number, "step_name": step, "task_id": key.task_id
    }  # fmt: skip
    return await paging.list_response(request.service, METADATA, request.query, conditions, _write)


async def created(request: Request) -> Response:
    """200 with the number of added entries, 400 if the task is not registered."""
    entries = await bodies.each(request.body, bodies.metadata_entry)
    key = await request.service.keys.registered_task(*request.parts)
    outcome = await request.service.database.write(NewMetadata(key, entries, once=request.idempotent))
    return Response(json.dumps({"metadata_created": outcome.number}))
