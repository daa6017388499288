"""`python -m mfruntime.service`: serve requests until a signal stops the service.

Exit codes: 0 stopped by a signal, 1 the service could not start or failed, 2 invalid command line.
On SIGTERM and SIGINT the service accepts no new requests, completes the open ones, commits their writes and exits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ..errors import CommandException, MetaflowException
from ..printable import for_stream
from .config import Config, driver_options, proxies, whole_number
from .database.base import Unavailable

_HELP = {
    "host": "address to listen on (127.0.0.1)",
    "port": "port to listen on (8080)",
    "database": "sqlite:///path or postgresql://user@host/name (sqlite:///metadata.db); set a password in "
    "MF_SERVICE_DATABASE or PGPASSWORD, not here",
    "pool_size": "connections to PostgreSQL (10)",
    "api_key_file": "file of API keys, one per line",
    "token_file": "JSON file of bearer tokens with roles",
    "oidc_issuer": "URL of the identity provider",
    "oidc_audience": "required audience of tokens",
    "oidc_jwks_url": "URL of the provider's keys, if it has no discovery document",
    "oidc_role_claim": "claim that contains the role (roles)",
    "oidc_default_role": "role of tokens without that claim (none: they are rejected)",
    "max_body": "maximum size of a request body in bytes (8388608)",
    "max_connections": "maximum number of open connections (10000, or the file limit of the process)",
    "request_seconds": "timeout in seconds for a client to send a request, and to read the response (60)",
    "rate_limit": "requests per second for each client (no limit)",
    "trusted_proxies": "addresses or CIDR ranges of proxies whose X-Forwarded-For is used, separated by commas (none)",
    "log_level": "debug, info, warning or error (info)",
    "tls_certificate": "file of the TLS certificate and its chain",
    "tls_key": "file of the TLS key",
    "tls_client_ca": "file of the CA that must have issued the clients' certificates",
    "shutdown_seconds": "seconds to wait for open requests when the service stops (30)",
    "database_patience": "seconds to wait for PostgreSQL when the service starts (30)",
}
_NUMBERS = {
    "port": int,
    "pool_size": int,
    "max_body": int,
    "max_connections": int,
    "request_seconds": int,
    "shutdown_seconds": int,
}
_DECIMALS = {"rate_limit": float, "database_patience": float}

#: Ciphers for TLS 1.2, the oldest version that Python supports: forward secrecy and authenticated encryption only.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser("python -m mfruntime.service", description="Metadata service for flows.")
    for name, text in _HELP.items():
        kind: Any = _NUMBERS.get(name) or _DECIMALS.get(name) or str
        made.add_argument(f"--{name.replace('_', '-')}", type=kind, help=text)
    made.add_argument("--cors-origin", dest="cors_origins", action="append", help="allowed origin of browser requests")
    made.add_argument("--access-log", action="store_true", default=None, help="log every request")
    made.add_argument("--migrate-to", type=int, help="migrate the tables to this version, up or down, and exit")
    return made


def config(arguments: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """The effective settings. Raises CommandException for an invalid environment variable."""
    found: dict[str, Any] = {}
    for variable, name in (("MF_METADATA_HOST", "host"), ("MF_METADATA_PORT", "port")):
        if environ.get(variable):
            found[name] = whole_number(variable, environ[variable]) if name == "port" else environ[variable]
    for field in fields(Config):
        text = environ.get(f"MF_SERVICE_{field.name.upper()}")
        if text:
            found[field.name] = _from_text(field.name, text)
        if arguments.get(field.name) is not None:
            found[field.name] = arguments[field.name]
    if "database" not in found:
        found["database_options"] = driver_options(environ)
    if "cors_origins" in found:
        found["cors_origins"] = tuple(found["cors_origins"])
    found["trusted_proxies"] = proxies(found.get("trusted_proxies", "").split(","))
    return replace(Config(), **found)


def _from_text(name: str, text: str) -> Any:
    variable = f"MF_SERVICE_{name.upper()}"
    if name in _NUMBERS:
        return whole_number(variable, text)
    if name in _DECIMALS:
        try:
            return float(text)
        except ValueError:
            raise MetaflowException(f"{variable} must be a number, not {text[:40]!r}.") from None
    if name == "cors_origins":
        return text.split(",")
    return text.lower() in ("1", "true", "yes") if name == "access_log" else text


def serve(settings: Config, only_public: bool = False) -> int:
    """Serve requests until a signal arrives, and return the exit code. Raises the error that prevented the start.
    With `only_public`, only the paths that need no authentication are served."""
    import uvicorn

    from .app import make_app
    from .http.connection import Connection, open_files
    from .http.memory import return_large_blocks
    from .json_log import configure
    from .routes.table import ROUTES

    configure(settings.log_level)
    return_large_blocks()
    _check_tls(settings)
    app = make_app(settings, routes=[route for route in ROUTES if not (only_public and route.role)])
    Connection.seconds, Connection.most = settings.request_seconds, open_files(settings.max_connections)
    server = uvicorn.Server(
        uvicorn.Config(
            _without_startup_traceback(app),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            http=Connection,
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=",".join(settings.trusted_proxies),
            timeout_graceful_shutdown=settings.shutdown_seconds,
            timeout_keep_alive=75,
            backlog=4096,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            ssl_ca_certs=settings.tls_client_ca,
            ssl_cert_reqs=2 if settings.tls_client_ca else 0,
            ssl_ciphers=_CIPHERS,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises the signal again after a graceful shutdown
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    except SystemExit:  # uvicorn exits this way if it could not start
        pass
    except OSError as exc:  # the certificate file does not exist or is invalid
        raise CommandException(
            f"The server cannot start: {exc}.", hint="Check --tls-certificate and --tls-key."
        ) from exc
    failure = getattr(app.state, "failure", None)
    if failure is not None:
        raise failure
    return 0 if server.started else 1


def _check_tls(settings: Config) -> None:
    """Raise CommandException if there are TLS settings without a certificate: the service would serve plain HTTP."""
    if settings.tls_certificate is None and (settings.tls_key or settings.tls_client_ca):
        raise CommandException("TLS needs a certificate.", hint="Add: --tls-certificate FILE --tls-key FILE")


def _without_startup_traceback(app: Any) -> Any:
    """The application, but a failed start logs no traceback: `main` prints the cause in one line."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return

        async def send_without_message(message: Any) -> None:
            failed = message["type"] == "lifespan.startup.failed" and hasattr(app.state, "failure")
            await send({**message, "message": ""} if failed else message)

        await app(scope, receive, send_without_message)

    return application


def migrate(settings: Config, version: int) -> None:
    """Migrate the tables of the database to a version."""
    from .app import make_database
    from .database.sqlite import SQLite

    database = make_database(settings)
    if isinstance(database, SQLite):
        database.migrate_to(version)
    else:
        asyncio.run(_migrate(database, version))


async def _migrate(database: Any, version: int) -> None:
    await database.connect()
    try:
        await database.migrate_to(version)
    finally:
        await database.stop()


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    arguments = vars(parser().parse_args(argv))
    return print_errors(lambda: _run(arguments))


def _run(arguments: Mapping[str, Any]) -> int:
    settings = config(arguments, os.environ)
    if arguments["migrate_to"] is not None:
        migrate(settings, arguments["migrate_to"])
        return 0
    return serve(settings)


def print_errors(run: Callable[[], int]) -> int:
    """Call `run` and return its exit code; an expected error is printed in one line, with exit code 1."""
    try:
        return run()
    except (MetaflowException, Unavailable) as exc:
        hint = getattr(exc, "hint", None)
        sys.stderr.write(for_stream(f"{exc}{' ' + hint if hint else ''}\n", sys.stderr))
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
