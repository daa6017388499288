"""Repeats requests to object stores after temporary errors: interrupted connections, throttling, failures of servers.

One policy for all stores. The client libraries repeat only some requests: obstore 0.12 repeats no conditional upload
after a reset connection and no list whose body was cut, and its first pause has no jitter; Google's client first pauses
for up to a second. So their own retries are switched off, except inside of requests that consist of several.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from ...settings import Settings
from .errors import error_codes, http_status

#: A request is repeated for this long after its first error.
DEADLINE_SECONDS = 180.0
#: Upper limit of the first pause; each further one is twice as long, up to the longest.
FIRST_SECONDS = 0.1
LONGEST_SECONDS = 15.0
_NOTE_SECONDS = 10.0
_PART_SECONDS = 3.0

_R = TypeVar("_R")

#: Error codes that come with a status that is not temporary by itself. Two writers of one object conflict only briefly.
_CODES = {"RequestTimeout", "IncompleteBody", "ConditionalRequestConflict", "OperationAborted"}
#: obstore: the transport failed, or a list ended early on a connection without a length.
_INTERRUPTED = re.compile(r"HTTP error: (?!builder error)|Got invalid list response: ")
#: No repetition changes who signed the server's certificate.
_PERMANENT = re.compile(r"\bInvalidCertificate\(|\bCERTIFICATE_VERIFY_FAILED\b")
#: Classes of requests, urllib3, google-auth and google-cloud-storage for the same.
_CLASSES = {
    "RetryError", "ConnectionError", "Timeout", "TimeoutError", "ChunkedEncodingError", "ProtocolError",
    "IncompleteRead", "TransportError", "DataCorruption",
}  # fmt: skip


def is_temporary(exc: BaseException) -> bool:
    """Whether a client library's error can disappear when the request is repeated."""
    text = str(exc)
    if _PERMANENT.search(text):
        return False
    if _CODES.intersection(error_codes(text)):
        return True
    status = http_status(text)
    if status is not None:
        return status in ("408", "429") or (status[0] == "5" and status != "501")
    names = {kind.__name__ for kind in type(exc).__mro__}
    return bool(_CLASSES & names) or _INTERRUPTED.search(text) is not None


def pause(number: int) -> float:
    """Seconds before repetition `number`, from 0: random, so that interrupted clients do not return all at once."""
    longest: float = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(number, 20))
    return longest * random.uniform(0.4, 1.0)


class Retries:
    """Repeats the requests to one bucket, at most `limit` times each (None: as often as the deadline allows)."""

    def __init__(self, limit: int | None, root: str, seconds: float = DEADLINE_SECONDS):
        self._limit = limit
        self._root = root
        self._seconds = seconds
        self._noted = False

    @classmethod
    def from_settings(cls, settings: Settings, root: str) -> Retries:
        return cls(limit_of(settings), root)

    def run(self, request: Callable[[], _R]) -> _R:
        """The result of a request that is safe to repeat. Raises its last error."""
        until: float | None = None
        for number in itertools.count():
            try:
                return request()
            except Exception as exc:
                now = time.monotonic()
                until = now + self._seconds if until is None else until
                if now >= until or number == self._limit or not _may_repeat(exc):
                    exc.is_final = True  # type: ignore[attr-defined]  # a request of several is not repeated either
                    raise
                self._note(until - now)
                time.sleep(min(pause(number), until - now))
        raise AssertionError

    def _note(self, left: float) -> None:
        """Tell the user once why the flow waits."""
        if not self._noted and self._seconds - left > _NOTE_SECONDS:
            self._noted = True
            text = f"{self._root} does not respond. Requests are repeated for up to {self._seconds:.0f} seconds.\n"
            sys.stderr.write(text)
            sys.stderr.flush()


def _may_repeat(exc: Exception) -> bool:
    return not getattr(exc, "is_final", False) and is_temporary(exc)


def limit_of(settings: Settings) -> int | None:
    """METAFLOW_S3_RETRY_COUNT; None, the default, for as many retries as the deadline allows."""
    return settings.integer("METAFLOW_S3_RETRY_COUNT") if settings.get("METAFLOW_S3_RETRY_COUNT") else None


def obstore_options(count: int | None) -> dict[str, Any]:
    """obstore's own retries, for the requests of an upload in parts. Its first pause is exactly `init_backoff`, so that
    is random; each further one is random between the first and `base` times the previous one."""
    first = timedelta(seconds=random.uniform(0.4, 1.0) * FIRST_SECONDS)
    backoff = {"init_backoff": first, "max_backoff": timedelta(seconds=LONGEST_SECONDS), "base": 4}
    limit = 1000 if count is None else count
    return {"max_retries": limit, "backoff": backoff, "retry_timeout": timedelta(seconds=DEADLINE_SECONDS)}


def google_options(limit: int | None) -> Any:
    """Google's retries, for each request of a list in pages or an upload in parts; None for no retries. They end soon:
    a part whose response was lost cannot always be sent again, then `Retries` starts from the beginning."""
    from google.api_core.retry import Retry

    if limit == 0:
        return None
    return Retry(is_temporary, initial=FIRST_SECONDS, maximum=1.0, multiplier=2.0, timeout=_PART_SECONDS)
