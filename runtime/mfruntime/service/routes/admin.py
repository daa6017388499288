"""Handlers for monitoring: health checks, versions and metrics."""

from __future__ import annotations

import json

from ..database.migrate import latest, migrations
from ..http.request import TEXT, VERSION, Request, Response
from ..http_errors import HttpError


async def ping(request: Request) -> Response:
    return Response("pong", content_type=TEXT)


async def version(request: Request) -> Response:
    return Response(VERSION, content_type=TEXT)


async def healthcheck(request: Request) -> Response:
    """The same response as Metaflow's service: JSON encoded as a JSON string."""
    up = await request.service.database.ready()
    return Response(json.dumps(json.dumps({"status": "UP" if up else "DOWN"})), 200 if up else 503)


async def healthz(request: Request) -> Response:
    """Liveness: the process responds."""
    return Response('{"status": "ok"}')


async def readyz(request: Request) -> Response:
    """Readiness: the database responds."""
    if not await request.service.database.ready():
        raise HttpError(503, "The database is unavailable.", headers=(("Retry-After", "1"),))
    return Response(json.dumps({"status": "ready", "database": request.service.database.name}))


async def db_schema_status(request: Request) -> Response:
    """The same response as Metaflow's migration service. This service migrates its tables before it serves requests."""
    name = "sqlite" if request.service.database.name == "sqlite" else "postgres"
    version = str(latest(name))
    return Response(
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


async def metrics(request: Request) -> Response:
    return Response(request.service.metrics.exposition(), content_type=b"text/plain; version=0.0.4; charset=utf-8")


async def openapi(request: Request) -> Response:
    return Response(request.service.openapi())


async def auth_token(request: Request) -> Response:
    raise HttpError(403, "This service does not issue cloud credentials.", "Use the role or profile of the client.")
