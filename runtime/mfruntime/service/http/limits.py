"""Limits of requests: the size of bodies, the memory to process them, and the number of requests per second."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ..http_errors import HttpError
from .memory import Memory, busy

#: How many bodies of the maximum size fit in memory at once.
_LARGE_AT_ONCE = 4
#: The memory, in bytes, in which bodies are parsed and written to the database.
_PROCESSING = 64 << 20
#: Bodies up to this size are processed at once; they need little memory, and are almost all bodies.
_SMALL = 4096
#: The memory of one value in a body: parsed, as a record, and as a row of the database.
_VALUE_BYTES = 300
#: The copies of a body: received, decoded, parsed, and sent to the database. Characters outside of ASCII can need four
#: bytes each, in a text of which one does.
_COPIES, _WIDE_COPIES = 5, 11
_SEPARATORS = (b",", b"[", b"{")
#: Maximum number of values in one body.
MOST_VALUES = 250_000
#: Clients with a stored request count; beyond that, idle clients are removed.
_CLIENTS = 10_000


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


class Bodies:
    """Reads bodies of at most `largest` bytes, and at most four times `largest` bytes at once, and lets few large ones
    be processed at once, so that the memory of the service does not grow with the number of clients."""

    def __init__(self, largest: int):
        self._largest, self._free = largest, _LARGE_AT_ONCE * largest
        self._processing = Memory(_PROCESSING)

    @asynccontextmanager
    async def read(self, receive: Callable[[], Awaitable[Any]], headers: Mapping[bytes, bytes]) -> AsyncIterator[bytes]:
        """Read the body of a request; its memory is released on exit. Raises HttpError 413 as soon as it is known to be
        too large, HttpError 503 if all body memory is in use, and ClientDisconnected."""
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self._largest:
            raise _too_large(self._largest)
        taken = 0
        parts: list[bytes] = []
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientDisconnected
                part, more = message.get("body", b""), message.get("more_body", False)
                taken += len(part)
                self._take(len(part), taken)
                parts.append(part)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            if len(body) <= _SMALL:
                yield body
            else:
                async with self._processing.reserved(needed_memory(body)):
                    yield body
        finally:
            self._free += taken

    def _take(self, size: int, all: int) -> None:
        self._free -= size
        if all > self._largest:
            raise _too_large(self._largest)
        if self._free < 0:
            raise busy("The service is receiving too much data at once.")


def needed_memory(body: bytes) -> int:
    """The memory to process a body, in bytes. Raises HttpError 413 for too many values."""
    values = sum(map(body.count, _SEPARATORS))
    if values > MOST_VALUES:
        raise HttpError(413, f"The body contains more than {MOST_VALUES} values.", "Split it into several requests.")
    is_wide = b"\\u" in body or not body.isascii()
    return len(body) * (_WIDE_COPIES if is_wide else _COPIES) + values * _VALUE_BYTES


def _too_large(largest: int) -> HttpError:
    headers = (("Connection", "close"),)
    return HttpError(413, f"The body is larger than {largest} bytes.", "Split it into several requests.", headers)


class RateLimit:
    """A token bucket per client: `rate` requests per second, bursts of twice as many. Rate 0: no limit."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._clock = rate, max(1.0, 2 * rate), clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> None:
        """Count one request of a client. Raises HttpError 429, with the seconds to wait."""
        if not self._rate:
            return
        now = self._clock()
        left, since = self._buckets.get(client, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1:
            wait = math.ceil((1 - left) / self._rate)
            raise HttpError(429, "Too many requests.", f"Wait {wait} s.", (("Retry-After", str(wait)),))
        self._buckets[client] = (left - 1, now)
        if len(self._buckets) > _CLIENTS:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Remove full buckets; if none is full, the oldest half."""
        full = self._burst / self._rate
        kept = {client: bucket for client, bucket in self._buckets.items() if now - bucket[1] < full}
        if len(kept) > _CLIENTS:
            kept = dict(sorted(kept.items(), key=lambda entry: entry[1][1])[_CLIENTS // 2 :])
        self._buckets = kept
