"""From a request to its handler and back, with everything that goes for all requests: who, how much, how long.

Paths are looked up in a tree, one step for each of their parts, because this is done for every request.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from .auth.auth import Auth, Principal, permit
from .database.base import Rejected, Unavailable
from .http.limits import Bodies, Gone, RateLimit
from .http.request import JSON, VERSION, Answer, Call, Service
from .http_errors import Fault
from .json_log import LOG
from .routes.table import Route
from .tracing import Traces

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_VERSION_HEADER = (b"metadata_service_version", VERSION.encode())
#: Answers that took longer are logged.
SLOW_SECONDS = 1.0


class _Node:
    """A place in the tree of paths."""

    __slots__ = ("literals", "routes", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.routes: dict[str, Route] = {}


class Found(NamedTuple):
    routes: dict[str, Route]
    parts: tuple[str, ...]


class Paths:
    """The tree of the paths of all routes."""

    def __init__(self, routes: Iterable[Route]):
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.path.strip("/").split("/"):
                if part.startswith("{"):
                    node.variable = node = node.variable or _Node()
                else:
                    node = node.literals.setdefault(part, _Node())
            node.routes[route.method] = route

    def find(self, path: str) -> Found | None:
        """The routes of a path by their methods, and the parts that stand for something."""
        node, parts = self._root, []
        for part in path.strip("/").split("/"):
            below = node.literals.get(part)
            if below is None:
                below = node.variable
                if below is None or not part:
                    return None
                parts.append(part)
            node = below
        return Found(node.routes, tuple(parts)) if node.routes else None


class Dispatcher:
    """The ASGI application that answers requests."""

    def __init__(self, service: Service, routes: Iterable[Route], auth: Auth, traces: Traces):
        self._service, self._paths, self._auth, self._traces = service, Paths(routes), auth, traces
        self._rate = RateLimit(service.config.rate_limit)
        self._bodies = Bodies(service.config.max_body)

    @property
    def guarded(self) -> bool:
        """Whether senders need to say who they are."""
        return self._auth.required

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        metrics, method = self._service.metrics, scope["method"]
        route, principal = None, None
        metrics.in_flight += 1
        try:
            headers = dict(scope["headers"])
            route, parts = self._route(scope["path"], method)
            with self._traces.span(method, route.path, headers):
                principal = await self._principal(route, scope, headers)
                permit(principal, route.role, parts[0] if parts else None)
                query = scope["query_string"].decode("latin-1")
                call = Call(self._service, parts, query, headers, b"", principal)
                if method == "GET":
                    answer = await route.handler(call)
                else:
                    async with self._bodies.read(receive, headers) as call.body:
                        answer = await route.handler(call)
        except Gone:
            return
        except Exception as exc:
            answer = _answer_to(exc, method, scope["path"])
        finally:
            metrics.in_flight -= 1
        await _send(send, answer, method)
        seconds = time.perf_counter() - started
        metrics.answered(method if route else "other", route.path if route else "other", answer.status, seconds)
        if self._service.config.access_log or seconds > SLOW_SECONDS or answer.status >= 500:
            _log(scope, answer.status, seconds, principal)

    async def _principal(self, route: Route, scope: Any, headers: dict[bytes, bytes]) -> Principal | None:
        """Who sends the request; it counts for them, or for the address of those who are not let in."""
        try:
            principal = await self._auth.principal(headers) if route.role else None
        except Fault:
            self._rate.take(_client(scope))
            raise
        self._rate.take(principal.name if principal else _client(scope))
        return principal

    def _route(self, path: str, method: str) -> tuple[Route, tuple[str, ...]]:
        found = self._paths.find(path)
        if found is None:
            raise Fault(404, "There is no such path.", "GET /openapi.json lists the paths.")
        route = found.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(found.routes))
            raise Fault(405, f"The method {method} is not for this path.", f"Use {allowed}.", (("Allow", allowed),))
        if any(len(part) > 255 or "\x00" in part for part in found.parts):
            raise Fault(400, "A part of the path is longer than 255 characters, or holds a NUL character.")
        return route, found.parts


def _client(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _answer_to(exc: Exception, method: str, path: str) -> Answer:
    """What is said of an error. Of those that are our own mistakes, the log says more."""
    if isinstance(exc, Fault):
        fault = exc
    elif isinstance(exc, Unavailable):
        LOG.warning("database unavailable", extra={"data": {"reason": str(exc)[:500]}})
        fault = Fault(503, "The database does not answer now.", "Send the request again.", (("Retry-After", "1"),))
    elif isinstance(exc, Rejected):
        fault = Fault(400, f"The database refuses the values: {str(exc)[:200]}.")
    else:
        LOG.error("request failed", exc_info=exc, extra={"data": {"method": method, "path": path}})
        fault = Fault(500, "The service failed; its log says why.")
    return Answer(fault.body(), fault.status, JSON, fault.headers)


async def _send(send: Send, answer: Answer, method: str) -> None:
    body = answer.body.encode()
    headers = [
        _VERSION_HEADER,
        (b"content-type", answer.content_type),
        (b"content-length", str(len(body)).encode()),
    ]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _log(scope: Any, status: int, seconds: float, principal: Principal | None) -> None:
    data = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "client": _client(scope),
        "principal": principal.name if principal else None,
    }
    LOG.log(40 if status >= 500 else 20, "request", extra={"data": data})
