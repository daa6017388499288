"""The log of one stream of an attempt: the lines that are stored, at most `limit` bytes.

Later lines are still printed in the terminal, and the log contains a note that it was truncated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ..store import log_lines

_TICK = timedelta(microseconds=1)


class TaskLog:
    """Collects lines, without line ends, with their time of arrival; `content` is stored."""

    def __init__(self, limit: int):
        self._limit = limit
        self._kept: list[bytes] = []
        self._last = datetime.min.replace(tzinfo=timezone.utc)
        self.size = 0
        self.truncated = False
        self.dirty = True

    def add(self, line: str) -> None:
        """Add a line of the runtime."""
        self.add_lines([line.encode("utf-8", "replace")])

    def add_lines(self, lines: Iterable[bytes]) -> None:
        """Add lines that the task printed."""
        if self.truncated:
            return
        # Readers sort lines only by time, so the times of a stream must be unique.
        now = max(datetime.now(timezone.utc), self._last)
        for line in lines:
            now = self._last = now + _TICK
            encoded = log_lines.format_line(now, "runtime", line)
            if self.size + len(encoded) > self._limit:
                self.truncated = True
                encoded = log_lines.format_line(
                    now, "runtime", b"[OUTPUT TRUNCATED: raise --max-log-size to keep more]"
                )
            self._kept.append(encoded)
            self.size += len(encoded)
            if self.truncated:
                break
        self.dirty = True

    def content(self) -> bytes:
        """The log so far, in the store's format."""
        if len(self._kept) > 1:
            self._kept = [b"".join(self._kept)]
        return self._kept[0] if self._kept else b""
