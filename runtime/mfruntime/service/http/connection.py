"""One connection of a client: how long it may take to say what it wants, and how much of that may be headers.

The server below knows no such limits. Here a client that sends its request drop by drop, that never ends its headers,
or that does not read its answer is let go, so that none of them holds memory or a place for long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..http_errors import Fault
from .request import VERSION

#: Bytes of a request before its body: line and headers.
LARGEST_HEAD = 64 * 1024
#: Open files that are not connections of clients: the database, the log, what Python needs.
_OTHER_FILES = 64


def open_files(wanted: int) -> int:
    """Let this process have as many connections as are wanted, and tell how many it may have."""
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
    """HTTP/1.1 on one connection, within limits. `seconds` is set for the whole program."""

    seconds = 60

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._complete = True
        self._in_head = False
        self._head = 0  # bytes that came while headers were incomplete
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
            raise ValueError("the headers are too large")  # which the server takes for a request it cannot parse
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._complete = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed is answered as everything else is: by JSON, and with the version."""
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
        if self._complete or answering:  # there is no request that an answer could be for
            self.transport.abort()
        else:
            self._refuse(408, f"The request was not complete after {self.seconds} s.")

    def _refuse(self, status: int, message: str) -> None:
        """Answer below the application, and close."""
        if self.transport.is_closing():
            return
        body = Fault(status, message).body().encode()
        lines = [
            f"metadata_service_version: {VERSION}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        self.transport.write(STATUS_LINE[status] + "\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


_TOO_LARGE = (431, f"Path and headers are larger than {LARGEST_HEAD} bytes.")
_NOT_HTTP = (400, "The request is not one of HTTP/1.1.")
