"""Limits of one client connection: the time to send a request, and the size of its headers.

uvicorn has no such limits. This module disconnects clients that send a request too slowly, send too many headers, or
do not read the response, so that they do not hold memory or a connection for long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..http_errors import HttpError
from .memory import busy
from .request import JSON, VERSION

#: Maximum bytes of the request line and headers.
LARGEST_HEAD = 64 * 1024
#: Open files that are not client connections: the database, the log, files of Python.
_OTHER_FILES = 64


def open_files(wanted: int) -> int:
    """Raise the open file limit of this process for `wanted` connections, and return how many are possible."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted + _OTHER_FILES:
        soft = wanted + _OTHER_FILES if hard == resource.RLIM_INFINITY else min(wanted + _OTHER_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - _OTHER_FILES))


class Connection(HttpToolsProtocol):
    """HTTP/1.1 on one connection, with limits. The timeout `seconds`, and the maximum number of connections, apply to
    the whole process."""

    seconds = 60
    most = 10_000

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._complete = True
        self._in_head = False
        self._head = 0  # bytes received before the headers were complete
        self._timers: dict[str, Any] = {}

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect("request", self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        for what in list(self._timers):
            self._stop(what)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_complete = self._complete
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._head > LARGEST_HEAD:
            self._refuse(*_TOO_LARGE)
        elif self._complete:
            self._stop("request")
        elif was_complete:
            self._expect("request", self._too_slow)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._complete, self._in_head, self._head = False, True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head_size() > LARGEST_HEAD:
            raise ValueError("the headers are too large")  # uvicorn handles this as an invalid request
        self.app = _full if len(self.connections) > self.most else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._complete = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Respond to an invalid request in the same form as to others: JSON, with the version header."""
        self._refuse(*(_TOO_LARGE if self._head_size() > LARGEST_HEAD else _NOT_HTTP))

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect("reading", self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop("reading")

    def _head_size(self) -> int:
        return len(getattr(self, "url", b"")) + sum(len(name) + len(value) + 4 for name, value in self.headers or ())

    def _expect(self, what: str, otherwise: Callable[[], None]) -> None:
        self._stop(what)
        self._timers[what] = self.loop.call_later(self.seconds, otherwise)

    def _stop(self, what: str) -> None:
        timer = self._timers.pop(what, None)
        if timer is not None:
            timer.cancel()

    def _too_slow(self) -> None:
        answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if self._complete or answering:  # there is no request to respond to
            self.transport.abort()
        else:
            self._refuse(408, f"The request was not complete after {self.seconds} s.")

    def _refuse(self, status: int, message: str) -> None:
        """Send an error without the application, and close the connection."""
        if self.transport.is_closing():
            return
        body = HttpError(status, message).body().encode()
        lines = [
            f"metadata_service_version: {VERSION}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        self.transport.write(STATUS_LINE[status] + "\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


async def _full(scope: Any, receive: Any, send: Any) -> None:
    """The response of a service with too many connections; uvicorn's own is plain text."""
    body = _FULL.body().encode()
    headers = [(b"metadata_service_version", VERSION.encode()), (b"content-type", JSON), (b"connection", b"close")]
    headers += [(name.lower().encode(), value.encode()) for name, value in _FULL.headers]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": _FULL.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_FULL = busy("The service has too many open connections.")
_TOO_LARGE = (431, f"Path and headers are larger than {LARGEST_HEAD} bytes.")
_NOT_HTTP = (400, "The request is not valid HTTP/1.1.")
