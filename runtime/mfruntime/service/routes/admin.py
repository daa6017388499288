"""What monitors ask: is it there, which version, does the database answer, how much is done."""

from __future__ import annotations

import json

from ..database.migrate import latest, migrations
from ..http.request import TEXT, VERSION, Answer, Call
from ..http_errors import Fault


async def ping(call: Call) -> Answer:
    return Answer("pong", content_type=TEXT)


async def version(call: Call) -> Answer:
    return Answer(VERSION, content_type=TEXT)


async def healthcheck(call: Call) -> Answer:
    """As Metaflow's service answers: a JSON text that holds JSON."""
    up = await call.service.database.ready()
    return Answer(json.dumps(json.dumps({"status": "UP" if up else "DOWN"})), 200 if up else 503)


async def healthz(call: Call) -> Answer:
    """The process is alive."""
    return Answer('{"status": "ok"}')


async def readyz(call: Call) -> Answer:
    """Requests can be served: the database answers."""
    if not await call.service.database.ready():
        raise Fault(503, "The database does not answer.", headers=(("Retry-After", "1"),))
    return Answer(json.dumps({"status": "ready", "database": call.service.database.name}))


async def db_schema_status(call: Call) -> Answer:
    """As Metaflow's migration service answers. What serves has brought its tables up to date before."""
    name = "sqlite" if call.service.database.name == "sqlite" else "postgres"
    version = str(latest(name))
    return Answer(
        json.dumps(
            {
                "is_up_to_date": True,
                "current_version": version,
                "db_schema_versions": [str(migration.number) for migration in migrations(name)],
                "migration_in_progress": False,
                "unapplied_migrations": [],
            }
        )
    )


async def metrics(call: Call) -> Answer:
    return Answer(call.service.metrics.exposition(), content_type=b"text/plain; version=0.0.4; charset=utf-8")


async def openapi(call: Call) -> Answer:
    return Answer(call.service.openapi())


async def auth_token(call: Call) -> Answer:
    raise Fault(403, "This service hands out no cloud credentials.", "Clients use their own role or profile.")
