"""What a task prints: read from its pipes, kept as a log, handed on line by line.

A log keeps at most `limit` bytes per stream; what comes later still reaches the terminal, and the log says that it was
cut. Lines are cut from bytes, so a character split between two reads stays whole.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from ...store import logs

STREAMS = ("stdout", "stderr")
_CHUNK = 1 << 16
_TICK = timedelta(microseconds=1)
#: A line longer than this is passed on in pieces, so that output without newlines cannot fill the memory.
_MAX_LINE = 1 << 20


class StreamLog:
    """One stream of one attempt: `feed` bytes, get whole lines; `content` is what goes to the store."""

    def __init__(self, limit: int):
        self._limit = limit
        self._kept: list[bytes] = []
        self._partial = b""
        self._last = datetime.min.replace(tzinfo=timezone.utc)
        self.size = 0
        self.truncated = False
        self.dirty = True

    def feed(self, data: bytes) -> list[bytes]:
        """Add output and return the lines it completes, without line ends."""
        data = self._partial + data
        *lines, self._partial = data.split(b"\n")
        if len(self._partial) > _MAX_LINE:
            lines.append(self._partial)
            self._partial = b""
        if lines:
            self._keep(lines)
        return lines

    def finish(self) -> list[bytes]:
        """The last line, where it has no line end."""
        rest, self._partial = self._partial, b""
        if rest:
            self._keep([rest])
            return [rest]
        return []

    def add(self, line: str) -> None:
        """A line of the runtime's own."""
        self._keep([line.encode("utf-8", "replace")])

    def _keep(self, lines: list[bytes]) -> None:
        if self.truncated:
            return
        # Readers sort lines by time alone, so no two lines of a stream may have the same.
        now = max(datetime.now(timezone.utc), self._last)
        for line in lines:
            now = self._last = now + _TICK
            encoded = logs.format_line(now, "runtime", line)
            if self.size + len(encoded) > self._limit:
                self.truncated = True
                encoded = logs.format_line(now, "runtime", b"[OUTPUT TRUNCATED: raise --max-log-size to keep more]")
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


class Pipes:
    """The two output pipes of one attempt: `inner` ends go to the task, `outer` ends are read here."""

    def __init__(self) -> None:
        out_read, self.out_write = os.pipe()
        err_read, self.err_write = os.pipe()
        self.readers = {"stdout": out_read, "stderr": err_read}
        for fd in self.readers.values():
            os.set_blocking(fd, False)

    def close_inner(self) -> None:
        """After the task has them."""
        os.close(self.out_write)
        os.close(self.err_write)

    def read(self, stream: str) -> bytes | None:
        """What is there now: b"" at end of file, None when nothing waits."""
        try:
            return os.read(self.readers[stream], _CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        for fd in self.readers.values():
            os.close(fd)
