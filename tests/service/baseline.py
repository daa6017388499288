"""A plain service with aiohttp and aiopg that does the same inserts: what `benchmark.py` compares with.

python baseline.py postgresql://... PORT        needs aiohttp, aiopg and psycopg2
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import aiopg
from aiohttp import web

RUN = "SELECT run_id, tags, system_tags FROM runs_v3 WHERE flow_id = %s AND run_number = %s"
TASK = "SELECT task_name FROM tasks_v3 WHERE flow_id = %s AND run_number = %s AND step_name = %s AND task_id = %s"


def now() -> int:
    return int(time.time() * 1000)


async def one(request: Any, sql: str, values: Any) -> Any:
    async with request.app["pool"].acquire() as db, db.cursor() as cursor:
        await cursor.execute(sql, values)
        return await cursor.fetchone()


def own(body: Any) -> Any:
    return body.get("user_name"), now(), json.dumps(body.get("tags")), json.dumps(body.get("system_tags"))


async def flow(request: Any) -> Any:
    sql = (
        "INSERT INTO flows_v3 (flow_id, user_name, ts_epoch, tags, system_tags) VALUES (%s, %s, %s, %s, %s) RETURNING 1"
    )
    await one(request, sql, (request.match_info["f"], *own(await request.json())))
    return web.json_response({})


async def run(request: Any) -> Any:
    sql = (
        "INSERT INTO runs_v3 (flow_id, user_name, ts_epoch, tags, system_tags, last_heartbeat_ts)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING run_number"
    )
    values = (request.match_info["f"], *own(await request.json()), int(time.time()))
    return web.json_response({"run_number": (await one(request, sql, values))[0]})


async def step(request: Any) -> Any:
    m = request.match_info
    found = await one(request, RUN, (m["f"], m["r"]))
    sql = (
        "INSERT INTO steps_v3 (flow_id, run_number, run_id, step_name, user_name, ts_epoch, tags, system_tags)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING 1"
    )
    await one(request, sql, (m["f"], m["r"], m["r"], m["s"], *own(await request.json())))
    return web.json_response({"step_name": m["s"], "tags": found[1]})


async def task(request: Any) -> Any:
    m = request.match_info
    found = await one(request, RUN, (m["f"], m["r"]))
    sql = (
        "INSERT INTO tasks_v3 (flow_id, run_number, step_name, user_name, ts_epoch, tags, system_tags,"
        " last_heartbeat_ts) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING task_id"
    )
    values = (m["f"], m["r"], m["s"], *own(await request.json()), int(time.time()))
    return web.json_response({"task_id": (await one(request, sql, values))[0], "tags": found[1]})


async def metadata(request: Any) -> Any:
    m = request.match_info
    await one(request, RUN, (m["f"], m["r"]))
    await one(request, TASK, (m["f"], m["r"], m["s"], m["t"]))
    sql = (
        "INSERT INTO metadata_v3 (flow_id, run_number, step_name, task_id, field_name, value, type, user_name, ts_epoch,"
        " tags, system_tags) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING 1"
    )
    data = await request.json()
    for d in data:
        await one(request, sql, (m["f"], m["r"], m["s"], m["t"], d["field_name"], d["value"], d["type"], *own(d)))
    return web.json_response({"metadata_created": len(data)})


async def artifact(request: Any) -> Any:
    m = request.match_info
    await one(request, RUN, (m["f"], m["r"]))
    await one(request, TASK, (m["f"], m["r"], m["s"], m["t"]))
    sql = (
        "INSERT INTO artifact_v3 (flow_id, run_number, step_name, task_id, name, location, ds_type, sha, type,"
        " content_type, attempt_id, user_name, ts_epoch, tags, system_tags)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1"
    )
    data = await request.json()
    for a in data:
        values = (m["f"], m["r"], m["s"], m["t"], a["name"], a["location"], a["ds_type"], a["sha"], a["type"])
        await one(request, sql, (*values, a["content_type"], a["attempt_id"], *own(a)))
    return web.json_response({"artifacts_created": len(data)})


async def ready(request: Any) -> Any:
    return web.Response(text="ok")


async def pool(app: Any) -> Any:
    app["pool"] = await aiopg.create_pool(sys.argv[1], minsize=10, maxsize=10)
    yield
    app["pool"].terminate()


if __name__ == "__main__":
    app = web.Application()
    app.cleanup_ctx.append(pool)
    base = "/flows/{f}/runs/{r}/steps/{s}"
    app.router.add_get("/readyz", ready)
    app.router.add_post("/flows/{f}", flow)
    app.router.add_post("/flows/{f}/run", run)
    app.router.add_post(base + "/step", step)
    app.router.add_post(base + "/task", task)
    app.router.add_post(base + "/tasks/{t}/metadata", metadata)
    app.router.add_post(base + "/tasks/{t}/artifact", artifact)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)
