"""The settings of the service, their sources and defaults.

Precedence, highest first: the command line; variables MF_SERVICE_*; the variables of Metaflow's metadata service
(MF_METADATA_HOST, MF_METADATA_PORT, MF_METADATA_DB_*); the default.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import CommandException, UnknownName

DEFAULT_DATABASE = "sqlite:///metadata.db"


@dataclass(frozen=True)
class Config:
    """The settings. Sizes are in bytes, times in seconds.

    `database` is `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user:password@host:port/name`.
    `rate_limit` is in requests per second for each client; 0 means no limit.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str = DEFAULT_DATABASE
    #: Keyword arguments of the PostgreSQL driver; if there are any, `database` is ignored.
    database_options: tuple[tuple[str, Any], ...] = ()
    pool_size: int = 10
    api_key_file: str | None = None
    token_file: str | None = None
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_role_claim: str = "roles"
    oidc_default_role: str | None = None
    cors_origins: tuple[str, ...] = ()
    #: Addresses and networks of proxies whose X-Forwarded-For is the address of the client. Any other client can send
    #: that header too, so by default it has no effect.
    trusted_proxies: tuple[str, ...] = ()
    max_body: int = 8 * 1024 * 1024
    max_connections: int = 10_000
    request_seconds: int = 60
    rate_limit: float = 0.0
    access_log: bool = False
    log_level: str = "info"
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None
    shutdown_seconds: int = 30
    database_patience: float = 30.0

    @property
    def database_kind(self) -> str:
        return "postgresql" if self.database_options else _scheme(self.database)


def _scheme(url: str) -> str:
    scheme = url.partition("://")[0]
    if scheme == "postgres":
        return "postgresql"
    if scheme not in ("sqlite", "postgresql"):
        shown = scheme[:40] if scheme.isalnum() else "***"  # not a URL: it can be a password
        raise UnknownName.of("database type", shown, ("sqlite", "postgresql"))
    return scheme


def sqlite_path(url: str) -> str:
    """The path in `sqlite:///path`: relative after three slashes, absolute after four."""
    path = url.removeprefix("sqlite://")
    if not path.startswith("/") or len(path) < 2:
        raise CommandException(
            "The URL of the SQLite database has no path.", hint="Use, for example: --database sqlite:///metadata.db"
        )
    return path[1:]


def without_password(url: str) -> str:
    """The URL of a database without user and password."""
    if not url.startswith("postgres"):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def driver_options(environ: Mapping[str, str]) -> tuple[tuple[str, Any], ...]:
    """Driver options from the MF_METADATA_DB_* variables of Metaflow's metadata service; empty if none is set."""
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PSWD": "password", "NAME": "database"}
    given = {names[name]: value for name in names if (value := environ.get(f"MF_METADATA_DB_{name}"))}
    if "host" not in given:
        return ()
    options: dict[str, Any] = {"port": 5432, "user": "postgres", "database": "postgres", **given}
    options["port"] = whole_number("MF_METADATA_DB_PORT", options["port"])
    mode = environ.get("MF_METADATA_DB_SSL_MODE")
    if mode:
        options["ssl"] = mode
    return tuple(sorted(options.items()))


def proxies(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses and networks of proxies. Raises CommandException for an invalid one."""
    found = tuple(address.strip() for address in addresses if address.strip())
    for address in found:
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise CommandException(
                f"The trusted proxy {address[:60]!r} is not an IP address or a CIDR range.",
                hint="Use, for example: --trusted-proxies 10.0.0.0/16,127.0.0.1",
            ) from None
    return found


def whole_number(name: str, value: Any) -> int:
    """The value of a setting as an integer. Raises CommandException."""
    try:
        return int(value)
    except ValueError:
        raise CommandException(f"{name} must be an integer, not {str(value)[:40]!r}.") from None
