"""`python -m mfruntime.service.container COMMAND`: the entry point of the image.

    (none)      serve requests; options (with a dash) are those of `python -m mfruntime.service`
    check       check that the service in this container responds, for the health check
    migrate     migrate the tables to the latest version and exit
    schema      serve only the public paths, such as /db_schema_status, on MF_MIGRATION_PORT (8082)

Stacks start the image with the commands of Metaflow's own service image. `_STOCK` maps words in those commands to the
commands above, so that this image can replace that one.
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


def resolve_command(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command (also of the stock image's commands) and its arguments."""
    for word in argv:
        if (command := _STOCK.get(word.rpartition("/")[2])) is not None:
            return command, []
    if argv and not argv[0].startswith("-"):
        return argv[0], list(argv[1:])
    return "serve", list(argv)


def check(settings: Config) -> int:
    """0 if the service responds. With TLS only the connection is checked: the certificate is for another host name."""
    try:
        if settings.tls_certificate:
            socket.create_connection(("127.0.0.1", settings.port), _CHECK_SECONDS).close()
        else:
            urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/healthz", timeout=_CHECK_SECONDS).close()
    except (OSError, urllib.error.URLError) as exc:
        sys.stderr.write(f"The service does not respond: {exc}.\n")
        return 1
    return 0


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command and return its exit code."""
    command, rest = resolve_command(argv)
    if command == "serve":
        return program.main(rest)
    run = _COMMANDS.get(command)
    if run is None or rest:
        sys.stderr.write(f"Unknown command {' '.join([command, *rest])[:60]!a}. Known: {', '.join(_COMMANDS)}.\n")
        return 2
    return program.print_errors(lambda: run(program.config({}, environ), environ))


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
