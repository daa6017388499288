"""Requests to a metadata service: one kept connection per thread, retries with jitter, answers checked to be JSON."""

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
_REFUSED = "nothing listens there"
#: Answers that mean "later": too many requests, and what balancers say while a service starts.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: The oldest service that knows external ids and tag mutation (2.3) as this client uses them.
OLDEST = (2, 3, 0)


class ServiceError(MetaflowException):
    """The service refuses a request, or does not answer."""

    headline = "Metadata service"


class ServiceUnavailable(ServiceError):
    """No usable answer until the deadline; the same request may work later."""


class Answer(NamedTuple):
    """Status and decoded JSON body; `version` is what the service says of itself."""

    status: int
    body: Any
    version: str | None


class Connection:
    """Sends requests to one service. `retries` repetitions of what failed in passing. `wake` is called, once, where
    nothing listens at the address: it may start the service."""

    def __init__(self, url: str, headers: Mapping[str, str], retries: int, wake: Callable[[], None] | None = None):
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandException(f"METAFLOW_SERVICE_URL must be an http:// or https:// URL, not {url!r}.")
        self._parts = parts
        self._headers = {"Content-Type": "application/json", "x-idempotent": "true", **headers}
        self._retries = retries
        self._wake = wake
        self._local = threading.local()
        self._open: set[Any] = set()  # those of all threads: whichever thread ends this object closes them

    @classmethod
    def from_settings(cls, settings: Settings, url: str | None) -> Connection:
        url = url or settings.get("METAFLOW_SERVICE_URL")
        if not url:
            hint = "Type: export METAFLOW_SERVICE_URL=..., or use the profile that mfinfra up wrote."
            raise CommandException("The metadata provider 'service' needs METAFLOW_SERVICE_URL.", hint=hint)
        retries = settings.integer("METAFLOW_SERVICE_RETRY_COUNT")
        return cls(url, _headers(settings), retries, stack_servers.waker(settings, url))

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        retries: int | None = None,
        key: str | None = None,
        until: Callable[[], float] | None = None,
    ) -> Answer:
        """The answer to one request, whatever its status. `key` lets the service know a repetition of a request that
        makes something new; `until` tells the moment of time.monotonic() after which none is begun, and it may move.
        Raises ServiceUnavailable after the last repetition."""
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
            if found == _REFUSED and self._wake is not None:
                self._wake()
                self._wake = None  # once: what does not stay up is somebody's to look at
                found = self._once(method, path, payload, more, _TIMEOUT_SECONDS)
            if isinstance(found, Answer) and not _is_passing(found):
                return found
            problem = found if isinstance(found, str) else f"it answered {found.status}"
        raise ServiceUnavailable(
            f"The metadata service at {self._parts.netloc} cannot be used: {problem}.",
            hint="Check METAFLOW_SERVICE_URL and the network, or type: mfinfra status",
        )

    def _once(
        self, method: str, path: str, payload: bytes | None, more: Mapping[str, str], seconds: float
    ) -> Answer | str:
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
    ) -> Answer | str:
        connection = self._connection(seconds)
        connection.request(method, self._parts.path.rstrip("/") + path, payload, {**self._headers, **more})
        response = connection.getresponse()
        content = response.read()
        if response.getheader("Connection", "").lower() == "close":
            self._drop()
        version = response.getheader("METADATA_SERVICE_VERSION")
        return _answer(response.status, content, version)

    def _connection(self, seconds: float) -> Any:
        """This thread's connection; one whose other end has gone is made again by the retry."""
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


def _is_passing(answer: Answer) -> bool:
    """Whether the same request may be answered otherwise later. A page in place of a record comes from a balancer that
    has lost the service, whatever status it gives; who is not let in is told so by gateways too."""
    no_service = answer.body is None and answer.version is None and answer.status not in (401, 403)
    return answer.status in _PASSING or (no_service and answer.status >= 400)


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


def _answer(status: int, content: bytes, version: str | None) -> Answer | str:
    try:
        body = json.loads(content) if content else None
    except ValueError:
        if status in _PASSING or status >= 400:
            return Answer(status, None, version)
        if content.strip() == b"pong":
            return Answer(status, "pong", version)
        return "what answers there is no metadata service"
    return Answer(status, body, version)


def _headers(settings: Settings) -> dict[str, str]:
    headers: dict[str, str] = {}
    text = settings.get("METAFLOW_SERVICE_HEADERS")
    if text:
        try:
            headers.update({str(k): str(v) for k, v in json.loads(text).items()})
        except (ValueError, AttributeError):
            raise CommandException("METAFLOW_SERVICE_HEADERS must be one JSON object of headers.") from None
    key = settings.get("METAFLOW_SERVICE_AUTH_KEY")
    if key:
        headers["x-api-key"] = key
    return headers


def path(*ids: str) -> str:
    """`/flows/F/runs/R/steps/S/tasks/T`, by as many ids."""
    kinds = ("flows", "runs", "steps", "tasks")
    return "".join(f"/{kind}/{quote(str(id), safe='')}" for kind, id in zip(kinds, ids))
