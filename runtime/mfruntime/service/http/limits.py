"""How much one client may send: bytes in a body, requests a second."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ..http_errors import Fault

#: Bodies of the largest size that are held at once.
_LARGE_AT_ONCE = 4
#: Clients remembered; beyond, those that have been quiet are forgotten.
_CLIENTS = 10_000


class Gone(Exception):
    """The client went away before its request was complete."""


class Bodies:
    """Reads bodies, each of at most `largest` bytes, and together of no more than a few times that at any moment: the
    memory of the service does not depend on how many clients send at once."""

    def __init__(self, largest: int):
        self._largest, self._free = largest, _LARGE_AT_ONCE * largest

    @asynccontextmanager
    async def read(self, receive: Callable[[], Awaitable[Any]], headers: Mapping[bytes, bytes]) -> AsyncIterator[bytes]:
        """The body of a request, while it is worked with. Raises Fault 413 as soon as it is known to be larger,
        Fault 503 where there is no room for it now, and Gone."""
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
                    raise Gone
                part, more = message.get("body", b""), message.get("more_body", False)
                taken += len(part)
                self._take(len(part), taken)
                parts.append(part)
            yield parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            self._free += taken

    def _take(self, size: int, all: int) -> None:
        self._free -= size
        if all > self._largest:
            raise _too_large(self._largest)
        if self._free < 0:
            raise Fault(503, "Too much is being sent at once.", "Send the request again.", (("Retry-After", "1"),))


def _too_large(largest: int) -> Fault:
    headers = (("Connection", "close"),)
    return Fault(413, f"The body is larger than {largest} bytes.", "Send it in several requests.", headers)


class RateLimit:
    """A bucket for each client: `rate` requests a second, twice as many at once. Rate 0: no limit."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._clock = rate, max(1.0, 2 * rate), clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> None:
        """Count one request of a client. Raises Fault 429, with the seconds to wait."""
        if not self._rate:
            return
        now = self._clock()
        left, since = self._buckets.get(client, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1:
            wait = math.ceil((1 - left) / self._rate)
            raise Fault(429, "Too many requests.", f"Wait {wait} s.", (("Retry-After", str(wait)),))
        self._buckets[client] = (left - 1, now)
        if len(self._buckets) > _CLIENTS:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop buckets that have filled up; if all are busy, the oldest half."""
        full = self._burst / self._rate
        kept = {client: bucket for client, bucket in self._buckets.items() if now - bucket[1] < full}
        if len(kept) > _CLIENTS:
            kept = dict(sorted(kept.items(), key=lambda entry: entry[1][1])[_CLIENTS // 2 :])
        self._buckets = kept
