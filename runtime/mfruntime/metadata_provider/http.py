"""Requests to a metadata service: one persistent connection per thread, retries with jitter, JSON responses only."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from ..errors import CommandException, MetaflowException
from ..settings import Settings
from . import stack_servers

_TIMEOUT_SECONDS = 30.0
_LEAST_SECONDS = 1.0
_LONGEST_PAUSE = 8.0
_REFUSED = "no server listens on that port"
#: Status codes to retry: too many requests, and those of load balancers while a service starts.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: The oldest version of the service with client-assigned ids and tag mutation (2.3).
OLDEST = (2, 3, 0)


class ServiceError(MetaflowException):
    """The service rejected a request, or did not respond."""

    headline = "Metadata service"


class ServiceUnavailable(ServiceError):
    """No valid response until the deadline; the same request can succeed later."""


class Response(NamedTuple):
    """Status and decoded JSON body; `version` is the version header of the service."""

    status: int
    body: Any
    version: str | None


class Connection:
    """Sends requests to one service, with up to `retries` retries after temporary errors. `start_server` is called,
    once, if no server listens on the port: it can start the service."""

    def __init__(
        self, url: str, headers: Mapping[str, str], retries: int, start_server: Callable[[], None] | None = None
    ):
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandException(f"METAFLOW_SERVICE_URL must be an http:// or https:// URL, not {url!r}.")
        self._parts = parts
        self._headers = {"Content-Type": "application/json", "x-idempotent": "true", **headers}
        self._retries = retries
        self._start_server = start_server
        self._local = threading.local()
        self._open: set[Any] = set()  # of all threads: the thread that deletes this object closes them

    @classmethod
    def from_settings(cls, settings: Settings, url: str | None) -> Connection:
        url = url or settings.get("METAFLOW_SERVICE_URL")
        if not url:
            hint = "Run: export METAFLOW_SERVICE_URL=..., or use the profile that mfinfra up wrote."
            raise CommandException("The metadata provider 'service' needs METAFLOW_SERVICE_URL.", hint=hint)
        retries = settings.integer("METAFLOW_SERVICE_RETRY_COUNT")
        return cls(url, _headers(settings), retries, stack_servers.server_starter(settings, url))

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        retries: int | None = None,
        key: str | None = None,
        until: Callable[[], float] | None = None,
    ) -> Response:
        """The response to one request, with any status. `key` is the idempotency key of a request that creates a
        record; `until` returns the time.monotonic() after which no retry starts, which can change.
        Raises ServiceUnavailable after the last retry."""
        wanted = self._retries if retries is None else retries
        payload = None if body is None else json.dumps(body).encode()
        more = {} if key is None else {"idempotency-key": key}
        problem = ""
        for number in range(wanted + 1):
            if number:
                time.sleep(random.uniform(0.5, 1.0) * min(_LONGEST_PAUSE, 0.25 * 2**number))
            left = _TIMEOUT_SECONDS if until is None else until() - time.monotonic()
            if number and left <= 0:
                break
            found = self._once(method, path, payload, more, max(_LEAST_SECONDS, min(left, _TIMEOUT_SECONDS)))
            if found == _REFUSED and self._start_server is not None:
                self._start_server()
                self._start_server = None  # only once: a service that stops again needs attention
                found = self._once(method, path, payload, more, _TIMEOUT_SECONDS)
            if isinstance(found, Response) and not _is_passing(found):
                return found
            problem = found if isinstance(found, str) else f"it responded with status {found.status}"
        raise ServiceUnavailable(
            f"The metadata service at {self._parts.netloc} cannot be used: {problem}.",
            hint="Check METAFLOW_SERVICE_URL and the network, or run: mfinfra status",
        )

    def _once(
        self, method: str, path: str, payload: bytes | None, more: Mapping[str, str], seconds: float
    ) -> Response | str:
        import http.client

        try:
            return self._exchange(method, path, payload, more, seconds)
        except ConnectionRefusedError:
            self._drop()
            return _REFUSED
        except (OSError, http.client.HTTPException) as exc:
            self._drop()
            return f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__

    def _exchange(
        self, method: str, path: str, payload: bytes | None, more: Mapping[str, str], seconds: float
    ) -> Response | str:
        connection = self._connection(seconds)
        connection.request(method, self._parts.path.rstrip("/") + path, payload, {**self._headers, **more})
        response = connection.getresponse()
        content = response.read()
        if response.getheader("Connection", "").lower() == "close":
            self._drop()
        version = response.getheader("METADATA_SERVICE_VERSION")
        return _parse_response(response.status, content, version)

    def _connection(self, seconds: float) -> Any:
        """This thread's connection; a closed one is replaced by the retry."""
        kept = getattr(self._local, "connection", None)
        if kept is None:
            kept = self._local.connection = _opened(self._parts)
            self._open.add(kept)
        kept.timeout = seconds
        if kept.sock is not None:
            kept.sock.settimeout(seconds)
        return kept

    def __del__(self) -> None:
        for connection in self.__dict__.get("_open", ()):
            connection.close()

    def _drop(self) -> None:
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
            self._open.discard(kept)
            self._local.connection = None


def _is_passing(response: Response) -> bool:
    """Whether a retry can succeed. A web page instead of a record comes from a load balancer that has no connection to
    the service, with any status; but 401 and 403 also come from gateways."""
    no_service = response.body is None and response.version is None and response.status not in (401, 403)
    return response.status in _PASSING or (no_service and response.status >= 400)


def _opened(parts: Any) -> Any:
    import http.client
    from urllib.request import getproxies, proxy_bypass

    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    proxy = None if proxy_bypass(parts.hostname) else getproxies().get(parts.scheme)
    if proxy is None:
        return kind(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    connection = kind(through.hostname or "", through.port, timeout=_TIMEOUT_SECONDS)
    connection.set_tunnel(parts.hostname, parts.port)
    return connection


def _parse_response(status: int, content: bytes, version: str | None) -> Response | str:
    try:
        body = json.loads(content) if content else None
    except ValueError:
        if status in _PASSING or status >= 400:
            return Response(status, None, version)
        if content.strip() == b"pong":
            return Response(status, "pong", version)
        return "the server is not a metadata service"
    return Response(status, body, version)


def _headers(settings: Settings) -> dict[str, str]:
    headers: dict[str, str] = {}
    text = settings.get("METAFLOW_SERVICE_HEADERS")
    if text:
        try:
            headers.update({str(k): str(v) for k, v in json.loads(text).items()})
        except (ValueError, AttributeError):
            raise CommandException("METAFLOW_SERVICE_HEADERS must be a JSON object of headers.") from None
    key = settings.get("METAFLOW_SERVICE_AUTH_KEY")
    if key:
        headers["x-api-key"] = key
    return headers


def path(*ids: str) -> str:
    """`/flows/F/runs/R/steps/S/tasks/T`, with one level per id."""
    kinds = ("flows", "runs", "steps", "tasks")
    return "".join(f"/{kind}/{quote(str(id), safe='')}" for kind, id in zip(kinds, ids))
