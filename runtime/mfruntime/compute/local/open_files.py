"""Files that the import of a flow opened: what a fork does to them, and what a task does instead.

A fork shares the position in a file, and ends without writing what the file objects of Python buffer. So they are
flushed before the fork and at the end of a task, and a task opens files that are read a second time, at their position.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

_FOLDER = "/proc/self/fd"


class OpenFile(NamedTuple):
    """A descriptor that this process opened. `kind` is that of its target: file, socket, pipe or another."""

    number: int
    kind: str
    flags: int

    @property
    def name(self) -> str:
        return os.path.basename(os.readlink(f"{_FOLDER}/{self.number}"))

    @property
    def is_read(self) -> bool:
        return self.kind == "file" and self.flags & os.O_ACCMODE == os.O_RDONLY

    @property
    def is_written(self) -> bool:
        return self.kind == "file" and self.flags & os.O_ACCMODE != os.O_RDONLY


def opened() -> Iterator[OpenFile]:
    """The descriptors of this process that it did not inherit. Python opens all with the flag close-on-exec."""
    import fcntl

    try:
        numbers = sorted(int(name) for name in os.listdir(_FOLDER))
    except OSError:
        return
    for number in numbers:
        try:
            if number > 2 and fcntl.fcntl(number, fcntl.F_GETFD) & fcntl.FD_CLOEXEC:
                yield OpenFile(number, _kind(number), fcntl.fcntl(number, fcntl.F_GETFL))
        except OSError:  # the descriptor of the directory itself
            continue


def _kind(number: int) -> str:
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISSOCK(mode):
        return "socket"
    if stat.S_ISFIFO(mode):
        return "pipe"
    return "device" if stat.S_ISCHR(mode) or stat.S_ISDIR(mode) else "selector"


def not_forkable(files: list[OpenFile]) -> str | None:
    """Why forked tasks cannot share what is open, as the end of a sentence; None if they can."""
    for file in files:
        if file.kind in ("socket", "pipe", "selector"):
            return f"importing the flow opened a {file.kind}, which forked tasks would share"
        if file.is_read and not os.access(f"{_FOLDER}/{file.number}", os.R_OK):
            return f"importing the flow opened the file {file.name}, which cannot be opened again"
        if file.kind == "file" and file.flags & os.O_ACCMODE == os.O_RDWR:
            return f"importing the flow opened the file {file.name} for reading and writing"
    if any(file.is_written for file in files):
        for stream in _streams():
            if not _is_plain(stream):
                return (
                    f"importing the flow opened a {type(stream).__name__} for writing, which forked tasks would share"
                )
    return None


def reopen(files: list[OpenFile]) -> None:
    """Give this process its own position in the files that it reads."""
    for file in files:
        position = os.lseek(file.number, 0, os.SEEK_CUR)
        copy = os.open(f"{_FOLDER}/{file.number}", os.O_RDONLY)
        os.lseek(copy, position, os.SEEK_SET)
        os.dup2(copy, file.number, inheritable=False)
        os.close(copy)


def written_streams() -> list[Any]:
    """The file objects to flush, each before the ones that it writes to."""
    if not any(file.is_written for file in opened()):
        return []
    return sorted(_streams(), key=_level)


def flush(streams: list[Any]) -> None:
    """Write what file objects buffer. Compressed files are closed, because that writes their end."""
    for stream in streams:
        try:
            stream.flush() if _is_plain(stream) else stream.close()
        except (OSError, ValueError) as exc:
            sys.stderr.write(f"A file was not written completely: {exc}\n")


def _streams() -> Iterator[Any]:
    """The writable file objects of this process, except the standard streams."""
    import gc
    from _io import _IOBase

    standard = {id(part) for name in ("stdout", "stderr", "__stdout__", "__stderr__") for part in _layers(name)}
    for value in gc.get_objects():
        if isinstance(value, _IOBase) and id(value) not in standard and _is_writable(value):
            yield value


def _layers(name: str) -> Iterator[Any]:
    stream = getattr(sys, name, None)
    while stream is not None:
        yield stream
        stream = getattr(stream, "buffer", None) or getattr(stream, "raw", None)


def _is_writable(stream: Any) -> bool:
    try:
        return not stream.closed and bool(stream.writable()) and type(stream).__name__ not in ("BytesIO", "StringIO")
    except Exception:  # a class of the user, or a detached stream
        return False


def _is_plain(stream: Any) -> bool:
    return type(stream).__module__ == "_io"


def _level(stream: Any) -> int:
    return 0 if not _is_plain(stream) else 1 if type(stream).__name__ == "TextIOWrapper" else 2
