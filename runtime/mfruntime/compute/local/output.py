"""What a task's process prints: read from its pipes and cut into lines.

Lines are cut from bytes, so a character split between two reads stays whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..base import STREAMS, Output

_CHUNK = 1 << 16
#: A line longer than this is passed on in pieces, so that output without newlines cannot fill the memory.
_MAX_LINE = 1 << 20


class LineCutter:
    """One stream: bytes in, whole lines out."""

    def __init__(self) -> None:
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add output and return the lines it completes, without line ends."""
        data = self._partial + data
        *lines, self._partial = data.split(b"\n")
        if len(self._partial) > _MAX_LINE:
            lines.append(self._partial)
            self._partial = b""
        return lines

    def finish(self) -> list[bytes]:
        """The last line, where it has no line end."""
        rest, self._partial = self._partial, b""
        return [rest] if rest else []


class Pipes:
    """The two output pipes of one attempt: the write ends go to the process, the read ends stay here."""

    def __init__(self) -> None:
        out_read, self.out_write = os.pipe()
        err_read, self.err_write = os.pipe()
        self.readers = {"stdout": out_read, "stderr": err_read}
        for fd in self.readers.values():
            os.set_blocking(fd, False)

    def close_inner(self) -> None:
        """After the process has them."""
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


class Capture:
    """The output of one attempt, as the events that tell it."""

    def __init__(self, task_id: str) -> None:
        self._task_id = task_id
        self._cutters = {stream: LineCutter() for stream in STREAMS}
        self.pipes = Pipes()

    def read(self, stream: str) -> list[Output] | None:
        """What can be read now; None when there will be no more."""
        data = self.pipes.read(stream)
        if data == b"":
            return None
        return list(self._told(stream, self._cutters[stream].feed(data) if data else []))

    def rest(self) -> list[Output]:
        """All that is left when the process has ended. A child of it can hold the pipes open: it is not waited for."""
        return [output for stream in STREAMS for output in self._rest(stream)]

    def _rest(self, stream: str) -> Iterator[Output]:
        cutter = self._cutters[stream]
        while data := self.pipes.read(stream):
            yield from self._told(stream, cutter.feed(data))
        yield from self._told(stream, cutter.finish())

    def _told(self, stream: str, lines: list[bytes]) -> Iterator[Output]:
        if lines:
            yield Output(self._task_id, stream, tuple(lines))

    def close(self) -> None:
        self.pipes.close()
