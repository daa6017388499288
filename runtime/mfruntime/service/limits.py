"""How much one client may send: bytes in a body, requests a second."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .faults import Fault

#: Clients remembered; beyond, those that have been quiet are forgotten.
_CLIENTS = 10_000


class Gone(Exception):
    """The client went away before its request was complete."""


async def read_body(receive: Callable[[], Awaitable[Any]], headers: Mapping[bytes, bytes], largest: int) -> bytes:
    """The body of a request. Raises Fault 413 as soon as it is known to be larger, and Gone."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > largest:
        raise _too_large(largest)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):  # most bodies are one piece
        return _checked(message.get("body", b""), largest)
    parts, size = [], 0
    while message["type"] == "http.request":
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > largest:
            raise _too_large(largest)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    raise Gone


def _checked(body: bytes, largest: int) -> bytes:
    if len(body) > largest:
        raise _too_large(largest)
    return body


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
