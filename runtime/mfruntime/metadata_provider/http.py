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
from ..printable import shown_url
from ..settings import Settings
from .stack_servers import StackService, stack_service

_TIMEOUT_SECONDS = 30.0
#: How long the service of a stack on this machine can take for its first response.
_PROBE_SECONDS = 5.0
_LEAST_SECONDS = 1.0
_LONGEST_PAUSE = 8.0
_REFUSED = "no server listens on that port"
_FOREIGN = "another program listens on that port"
_SILENT = "the program that listens on that port does not respond"
_OTHER_SERVER = "the server is not a metadata service"
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
    """Sends requests to one service, with up to `retries` retries after temporary errors. If it is the service of a
    `stack` on this machine, nothing is sent to another program on its port: the service is started, once."""

    def __init__(self, url: str, headers: Mapping[str, str], retries: int, stack: StackService | None = None):
        self._set_url(url)
        self._headers = {"Content-Type": "application/json", "x-idempotent": "true", **headers}
        self._retries = retries
        self._stack = stack
        self._is_checked, self._is_started = stack is None, stack is None
        self._checking = threading.Lock()
        self._local = threading.local()
        self._open: set[Any] = set()  # of all threads: the thread that deletes this object closes them

    @classmethod
    def from_settings(cls, settings: Settings, url: str | None) -> Connection:
        url = url or settings.get("METAFLOW_SERVICE_URL")
        if not url:
            hint = "Run: export METAFLOW_SERVICE_URL=..., or use the profile that mfinfra up wrote."
            raise CommandException("The metadata provider 'service' needs METAFLOW_SERVICE_URL.", hint=hint)
        retries = settings.integer("METAFLOW_SERVICE_RETRY_COUNT")
        return cls(url, _headers(settings), retries, stack_service(settings, url))

    @property
    def stack(self) -> str | None:
        """The name of the stack whose service this is, if it is on this machine."""
        return None if self._stack is None else self._stack.stack

    def _set_url(self, url: str) -> None:
        if not _is_http(url):
            raise CommandException(f"METAFLOW_SERVICE_URL must be an http:// or https:// URL, not {shown_url(url)!r}.")
        self.url, self._parts = url.rstrip("/"), urlsplit(url.rstrip("/"))

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
        self._check_listener()
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
            if not self._is_started and _is_foreign(found):
                self._start("is not running" if found == _REFUSED else "does not respond")
                found = self._once(method, path, payload, more, _TIMEOUT_SECONDS)
            if isinstance(found, Response) and not _is_passing(found):
                return found
            problem = found if isinstance(found, str) else f"it responded with status {found.status}"
        raise self._unavailable(problem)

    def _unavailable(self, problem: str) -> ServiceUnavailable:
        hint = "Check METAFLOW_SERVICE_URL and the network, or run: mfinfra status"
        return ServiceUnavailable(
            f"The metadata service at {self._parts.netloc.rpartition('@')[2]} cannot be used: {problem}.",
            hint=hint if self._stack is None else self._stack.hint,
        )

    def _check_listener(self) -> None:
        """Before the first request, check that the service of the stack listens on the port: another program must get
        neither the key nor records. Raises ServiceUnavailable."""
        if self._is_checked:
            return
        with self._checking:
            if self._is_checked:
                return
            self._follow_profile()
            problem = self._probe()
            if problem is not None and not self._is_started:
                self._start("is not running" if problem == _REFUSED else f"cannot be used: {problem}")
                problem = self._probe()
            if problem in (_FOREIGN, _SILENT):
                raise self._unavailable(problem)
            self._is_checked = True

    def _probe(self) -> str | None:
        """Why the server on the port is not a metadata service. A tunnel responds with 5xx while its cluster is
        unreachable, which can pass."""
        found = self._once("GET", "/ping", None, {}, _PROBE_SECONDS, is_anonymous=True)
        if isinstance(found, Response):
            is_own = (found.body == "pong" and found.version is not None) or found.status in (502, 503, 504)
            return None if is_own else _FOREIGN
        return found if found == _REFUSED else _SILENT if found.startswith("TimeoutError") else _FOREIGN

    def _start(self, problem: str) -> None:
        """Start the service of the stack, only once: a service that stops again needs attention."""
        self._is_started = True
        if self._stack is not None:
            self._stack.start(problem)
            self._follow_profile()

    def _follow_profile(self) -> None:
        """Use the URL in the profile: the port of the stack changes if another program uses it."""
        url = None if self._stack is None else self._stack.url()
        if url is not None and url.rstrip("/") != self.url:
            self._drop()
            self._set_url(url)

    def _once(
        self,
        method: str,
        path: str,
        payload: bytes | None,
        more: Mapping[str, str],
        seconds: float,
        is_anonymous: bool = False,
    ) -> Response | str:
        import http.client

        headers = more if is_anonymous else {**self._headers, **more}
        try:
            return self._exchange(method, path, payload, headers, seconds)
        except ConnectionRefusedError:
            self._drop()
            return _REFUSED
        except (OSError, http.client.HTTPException) as exc:
            self._drop()
            return f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__

    def _exchange(
        self, method: str, path: str, payload: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> Response | str:
        connection = self._connection(seconds)
        connection.request(method, self._parts.path.rstrip("/") + path, payload, dict(headers))
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


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # an invalid port or IPv6 address
        return False


def _is_foreign(found: Response | str) -> bool:
    """Whether a response is not from the service of the stack: nothing listens, another program does, or the service of
    another stack, which rejects the key."""
    if isinstance(found, Response):
        return found.version is None or found.status == 401
    return found in (_REFUSED, _OTHER_SERVER)


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
        return _OTHER_SERVER
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
