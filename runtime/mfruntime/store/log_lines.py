"""Log lines with time, source and id (Metaflow's mflog): written by the process that captures output, merged on read.

A line: ``[MFLOG|0|<UTC time>Z|<source>|<uuid>]<text>``. A leading ``[!`` requests that the receiver persists the line,
and is not stored. Lines in another format are stored too, and sorted last.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

_LINE = re.compile(rb"^\[!?MFLOG\|(0)\|([^|\]]+?)Z\|([^|\]]+)\|([^|\]]*)\](.*)$", re.DOTALL)
_LAST = datetime(3000, 1, 1)
_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\Z")
_FORMATS = ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S")


class LogLine(NamedTuple):
    """One line: `time` is UTC and naive, `text` has no line end."""

    time: datetime
    source: str
    id: str
    text: bytes
    raw: bytes

    @property
    def is_plain(self) -> bool:
        """Whether the line had no header."""
        return not self.id and not self.source

    def stored(self) -> bytes:
        return self.raw + b"\n"


def format_line(now: datetime, source: str, text: bytes) -> bytes:
    """The stored form of a line; `now` is UTC."""
    number = os.urandom(16).hex()
    uuid = f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return b"[MFLOG|0|%sZ|%s|%s]%s\n" % (stamp.encode(), source.encode(), uuid.encode(), text)


def parse(line: bytes) -> LogLine:
    """Parse a stored line without its line end."""
    match = _LINE.match(line)
    time = _time(match.group(2)) if match else None
    if match is None or time is None:
        return LogLine(_LAST, "", "", line, line)
    raw = b"[" + line[2:] if line.startswith(b"[!") else line
    return LogLine(
        time, match.group(3).decode("utf-8", "replace"), match.group(4).decode("utf-8", "replace"), match.group(5), raw
    )


def _time(text: bytes) -> datetime | None:
    written = text.decode("ascii", "replace")
    if _USUAL.match(written):
        try:
            return datetime.fromisoformat(written)  # ten times faster than strptime
        except ValueError:
            return None
    for form in _FORMATS:
        try:
            return datetime.strptime(written, form)
        except ValueError:
            continue
    return None


def merge(files: Iterable[bytes]) -> Iterator[LogLine]:
    """The lines of several log files of one stream, sorted by time; lines of the same time keep their order."""
    lines = [parse(line) for content in files for line in _lines(content)]
    yield from sorted(lines, key=lambda line: line.time)


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return lines[:-1] if lines and not lines[-1] else lines


def redacted(source: str, stream: str) -> bytes:
    """The content of a log whose lines were removed by `logs scrub`."""
    return f"[REDACTED {source} {stream}]".encode()
