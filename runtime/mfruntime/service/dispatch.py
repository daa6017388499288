"""Routes a request to its handler and sends the response. Authentication, limits, metrics and logs are applied here.

Paths are stored in a tree with one level per path part, because every request needs a lookup.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from .auth.auth import Auth, Principal, check_permission
from .database.base import Rejected, Unavailable
from .http.limits import Bodies, ClientDisconnected, RateLimit
from .http.memory import Memory
from .http.request import JSON, VERSION, Request, Response, Service
from .http_errors import HttpError
from .json_log import LOG
from .lists.paging import PART_BYTES
from .routes.table import Route
from .tracing import Traces

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_VERSION_HEADER = (b"metadata_service_version", VERSION.encode())
#: The memory, in bytes, of large parts of responses until clients have read them, and how long a part waits for it.
_SENDING = 32 << 20
_SENDING_SECONDS = 300.0
#: Copies of a part: here, and in the buffers of the server.
_COPIES = 3
#: Requests that took longer are logged.
SLOW_SECONDS = 1.0


class _Node:
    """A node in the tree of paths."""

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
        """The routes of a path by method, and the values of its path parameters."""
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
    """The ASGI application that handles requests."""

    def __init__(self, service: Service, routes: Iterable[Route], auth: Auth, traces: Traces):
        self._service, self._paths, self._auth, self._traces = service, Paths(routes), auth, traces
        self._rate = RateLimit(service.config.rate_limit)
        self._bodies = Bodies(service.config.max_body)
        self._sending = Memory(_SENDING, _SENDING_SECONDS)

    @property
    def guarded(self) -> bool:
        """Whether clients must authenticate."""
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
                check_permission(principal, route.role, parts[0] if parts else None)
                query = scope["query_string"].decode("latin-1")
                request = Request(self._service, parts, query, headers, b"", principal)
                if method == "GET":
                    response = await route.handler(request)
                else:
                    async with self._bodies.read(receive, headers) as request.body:
                        response = await route.handler(request)
        except ClientDisconnected:
            return
        except Exception as exc:
            response = _error_response(exc, method, scope["path"])
        finally:
            metrics.in_flight -= 1
        await self._send(receive, send, response, method)
        seconds = time.perf_counter() - started
        metrics.answered(method if route else "other", route.path if route else "other", response.status, seconds)
        if self._service.config.access_log or seconds > SLOW_SECONDS or response.status >= 500:
            _log(scope, response.status, seconds, principal)

    async def _send(self, receive: Receive, send: Send, response: Response, method: str) -> None:
        if response.parts is not None:
            await send(_start(response, None))
            if method == "HEAD":
                await send(_body(b""))
            else:
                await self._send_parts(receive, send, response.parts)
            return
        body = response.body if isinstance(response.body, bytes) else response.body.encode()
        await send(_start(response, len(body)))
        if method == "HEAD":
            await send(_body(b""))
        elif len(body) <= 2 * PART_BYTES:
            await send(_body(body))
        else:
            await self._send_part(send, body)
            await send(_body(b""))

    async def _send_parts(self, receive: Receive, send: Send, parts: AsyncIterator[bytes]) -> None:
        """Send a body while it is read. After a failure its end is missing, so that no client takes it for complete:
        the server then closes the connection."""
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            async for part in parts:
                if gone.done():
                    return
                await self._send_part(send, part)
                del part
            await send(_body(b""))
        except Exception as exc:
            LOG.warning("response interrupted", extra={"data": {"reason": f"{type(exc).__name__}: {exc}"[:500]}})
        finally:
            gone.cancel()

    async def _send_part(self, send: Send, part: bytes) -> None:
        """Send a part; more than the usual size waits for its turn, and until the client has read it."""
        if len(part) <= 2 * PART_BYTES:
            await send(_body(part, more=True))
            return
        async with self._sending.reserved(_COPIES * len(part)):
            await send(_body(part, more=True))
            await send(_body(b"", more=True))  # uvicorn waits until the connection has room again

    async def _principal(self, route: Route, scope: Any, headers: dict[bytes, bytes]) -> Principal | None:
        """The authenticated caller. The rate limit is per caller, or per IP address without one."""
        try:
            principal = await self._auth.principal(headers) if route.role else None
        except HttpError:
            self._rate.take(_client(scope))
            raise
        self._rate.take(principal.name if principal else _client(scope))
        return principal

    def _route(self, path: str, method: str) -> tuple[Route, tuple[str, ...]]:
        found = self._paths.find(path)
        if found is None:
            raise HttpError(404, "The path does not exist.", "For the available paths, get /openapi.json.")
        route = found.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(found.routes))
            raise HttpError(
                405, f"The method {method} is not supported by this path.", f"Use {allowed}.", (("Allow", allowed),)
            )
        if any(len(part) > 255 or "\x00" in part for part in found.parts):
            raise HttpError(400, "A part of the path is longer than 255 characters, or contains a NUL character.")
        return route, found.parts


async def _disconnected(receive: Receive) -> None:
    """Wait until the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _client(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _error_response(exc: Exception, method: str, path: str) -> Response:
    """The response for an error. Details of internal errors are only logged."""
    if isinstance(exc, HttpError):
        error = exc
    elif isinstance(exc, Unavailable):
        LOG.warning("database unavailable", extra={"data": {"reason": str(exc)[:500]}})
        error = HttpError(503, "The database is unavailable.", "Send the request again.", (("Retry-After", "1"),))
    elif isinstance(exc, Rejected):
        error = HttpError(400, f"The database rejected the values: {str(exc)[:200]}.")
    else:
        LOG.error("request failed", exc_info=exc, extra={"data": {"method": method, "path": path}})
        error = HttpError(500, "Internal error. The log of the service contains the cause.")
    return Response(error.body(), error.status, JSON, error.headers)


def _start(response: Response, length: int | None) -> dict[str, Any]:
    """The status line and headers; without a length, the body is sent in chunks."""
    headers = [_VERSION_HEADER, (b"content-type", response.content_type)]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _body(content: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more}


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
