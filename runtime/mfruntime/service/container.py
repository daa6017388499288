"""`python -m mfruntime.service.container COMMAND`: the entry point of the image.

    (nothing)   serve; arguments that start with a dash are those of `python -m mfruntime.service`
    check       whether the service in this container is alive: for the health check
    migrate     bring the tables up to date and end
    schema      serve only what everyone may ask, /db_schema_status among it, on MF_MIGRATION_PORT (8082)

A stack calls the image of Metaflow's service with the commands of that image. The words by which they are known stand
in `_STOCK`, so that this image can take its place.
"""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from . import __main__ as program
from .config import Config, whole_number
from .database import migrate

_STOCK = {
    "run_goose.py": "migrate",
    "services.metadata_service.server": "serve",
    "services.migration_service.migration_server": "schema",
}
_CHECK_SECONDS = 3.0


def meaning(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command that is meant, and its arguments."""
    for word in argv:
        if (command := _STOCK.get(word.rpartition("/")[2])) is not None:
            return command, []
    if argv and not argv[0].startswith("-"):
        return argv[0], list(argv[1:])
    return "serve", list(argv)


def check(settings: Config) -> int:
    """0 where the service answers. With TLS it is enough that it listens: its certificate is for another name."""
    try:
        if settings.tls_certificate:
            socket.create_connection(("127.0.0.1", settings.port), _CHECK_SECONDS).close()
        else:
            urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/healthz", timeout=_CHECK_SECONDS).close()
    except (OSError, urllib.error.URLError) as exc:
        sys.stderr.write(f"The service does not answer: {exc}.\n")
        return 1
    return 0


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command; the exit code."""
    command, rest = meaning(argv)
    if command == "serve":
        return program.main(rest)
    run = _COMMANDS.get(command)
    if run is None or rest:
        sys.stderr.write(f"There is no command {' '.join([command, *rest])[:60]!r}. Known: {', '.join(_COMMANDS)}.\n")
        return 2
    return program.told(lambda: run(program.config({}, environ), environ))


def _check(settings: Config, _: Mapping[str, str]) -> int:
    return check(settings)


def _migrate(settings: Config, _: Mapping[str, str]) -> int:
    program.migrate(settings, migrate.latest("sqlite" if settings.database_kind == "sqlite" else "postgres"))
    return 0


def _schema(settings: Config, environ: Mapping[str, str]) -> int:
    port = whole_number("MF_MIGRATION_PORT", environ.get("MF_MIGRATION_PORT") or 8082)
    return program.serve(replace(settings, port=port, pool_size=1), only_public=True)


_COMMANDS: dict[str, Callable[[Config, Mapping[str, str]], int]] = {
    "check": _check,
    "migrate": _migrate,
    "schema": _schema,
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ))
