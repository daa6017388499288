"""The output of a task's process, read from its pipes and split into lines.

Lines are split as bytes, so that a character between two reads stays intact.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..base import STREAMS, Output

_CHUNK = 1 << 16
#: Longer lines are split into pieces, so that output without newlines cannot fill the memory.
_MAX_LINE = 1 << 20


class LineSplitter:
    """Splits one stream of bytes into complete lines."""

    def __init__(self) -> None:
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add output, and return the completed lines, without line ends."""
        data = self._partial + data
        *lines, self._partial = data.split(b"\n")
        if len(self._partial) > _MAX_LINE:
            lines.append(self._partial)
            self._partial = b""
        return lines

    def finish(self) -> list[bytes]:
        """The last line, if it has no line end."""
        rest, self._partial = self._partial, b""
        return [rest] if rest else []


class Pipes:
    """The two output pipes of one attempt: the process gets the write ends, this object keeps the read ends."""

    def __init__(self) -> None:
        out_read, self.out_write = os.pipe()
        err_read, self.err_write = os.pipe()
        self.readers = {"stdout": out_read, "stderr": err_read}
        for fd in self.readers.values():
            os.set_blocking(fd, False)

    def close_inner(self) -> None:
        """Close the write ends, after the process has inherited them."""
        os.close(self.out_write)
        os.close(self.err_write)

    def read(self, stream: str) -> bytes | None:
        """The available output: b"" at end of file, None if there is no output now."""
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
    """The output of one attempt, as events."""

    def __init__(self, task_id: str) -> None:
        self._task_id = task_id
        self._cutters = {stream: LineSplitter() for stream in STREAMS}
        self.pipes = Pipes()

    def read(self, stream: str) -> list[Output] | None:
        """The available output; None at end of file."""
        data = self.pipes.read(stream)
        if data == b"":
            return None
        return list(self._output_events(stream, self._cutters[stream].feed(data) if data else []))

    def rest(self) -> list[Output]:
        """The rest of the output after the process has ended. It does not wait for child processes that keep the pipes
        open."""
        return [output for stream in STREAMS for output in self._rest(stream)]

    def _rest(self, stream: str) -> Iterator[Output]:
        cutter = self._cutters[stream]
        while data := self.pipes.read(stream):
            yield from self._output_events(stream, cutter.feed(data))
        yield from self._output_events(stream, cutter.finish())

    def _output_events(self, stream: str, lines: list[bytes]) -> Iterator[Output]:
        if lines:
            yield Output(self._task_id, stream, tuple(lines))

    def close(self) -> None:
        self.pipes.close()
