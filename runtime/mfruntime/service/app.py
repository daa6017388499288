"""Assembles the service: `make_app(Config(...))` returns an ASGI application."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial

from ..errors import CommandException, MissingExtra, UnknownName
from ..registry import packages
from . import openapi
from .auth.auth import ROLES, Auth, Role, Verifier, read_keys, read_tokens
from .config import Config, sqlite_path, without_password
from .database.base import Database, Unavailable
from .database.keys import KeyLookup
from .dispatch import Dispatcher
from .http.request import Service
from .json_log import LOG
from .lists.batches import Reader
from .metrics import Metrics
from .routes.table import ROUTES, Route
from .tracing import traces

try:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
except ImportError as exc:
    raise MissingExtra(
        "The metadata service needs starlette and uvicorn.", hint=f"Run: pip install {packages('service')}"
    ) from exc

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def make_app(config: Config, database: Database | None = None, routes: Sequence[Route] = ROUTES) -> Starlette:
    """The service as an ASGI application, which connects to its database at startup.

    Raises CommandException for invalid settings.
    """
    metrics = Metrics()
    store = database or make_database(config, metrics)
    service = Service(config, store, KeyLookup(store), Reader(store), metrics, cache(partial(openapi.document, routes)))
    dispatcher = Dispatcher(service, routes, make_auth(config), traces(os.environ))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await store.start()
        except (CommandException, Unavailable) as exc:
            app.state.failure = exc
            raise
        where = "the environment variables" if config.database_options else without_password(config.database)
        LOG.info("ready", extra={"data": {"database": store.name, "at": where}})
        if not dispatcher.guarded and config.host not in _LOOPBACK:
            LOG.warning("authentication is off: every client that can connect can read and write all records")
        try:
            yield
        finally:
            await store.stop()
            LOG.info("stopped")

    app = Starlette(middleware=_middleware(config), lifespan=lifespan)
    app.router.default = app.state.dispatcher = dispatcher  # Starlette's routes do not match paths with a line break
    return app


def make_database(config: Config, metrics: Metrics | None = None) -> Database:
    """The configured database, not yet connected."""
    observe = metrics.grouped if metrics else None
    if config.database_kind == "sqlite":
        from .database.sqlite import SQLite

        return SQLite(sqlite_path(config.database), observe)
    from .database.postgres import Postgres

    options = dict(config.database_options) or {"dsn": config.database}
    return Postgres(options, config.pool_size, config.database_patience, observe)


def make_auth(config: Config) -> Auth:
    """The authentication, from the files and the identity provider in the settings."""
    keys = read_keys(config.api_key_file) if config.api_key_file else None
    tokens = read_tokens(config.token_file) if config.token_file else None
    return Auth(keys, tokens, _verifier(config))


def _verifier(config: Config) -> Verifier | None:
    if not config.oidc_issuer:
        return None
    if not config.oidc_audience:
        raise CommandException(
            "Tokens of an identity provider need an audience.", hint="Add: --oidc-audience CLIENT_ID"
        )
    from .auth.oidc import OIDC

    return OIDC(
        config.oidc_issuer,
        config.oidc_audience,
        config.oidc_jwks_url,
        config.oidc_role_claim,
        _role(config.oidc_default_role),
    )


def _role(name: str | None) -> Role | None:
    if not name:
        return None
    for role in ROLES:
        if role == name:
            return role
    raise UnknownName.of("role", name, ROLES)


def _middleware(config: Config) -> list[Middleware]:
    if not config.cors_origins:
        return []
    from starlette.middleware.cors import CORSMiddleware

    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(config.cors_origins),
            allow_methods=["GET", "POST", "PATCH"],
            allow_headers=["authorization", "content-type", "idempotency-key", "x-api-key", "x-idempotent"],
            expose_headers=["METADATA_SERVICE_VERSION", "X-Next-Cursor"],
        )
    ]
