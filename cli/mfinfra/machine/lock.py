"""Locks between mfinfra processes of this machine. The operating system releases a lock when its process exits.

The file contains the holder. It is deleted on release, so an acquired lock is checked again: its file can be deleted
between opening and locking it, and a lock on a deleted file has no effect.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from ..errors import Locked, MfinfraError
from .paths import make_folder

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_WAIT_SECONDS = 0.2


@contextmanager
def held(path: Path, what: str, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock; wait up to `patience` seconds for it. Raises Locked with its holder and the time."""
    deadline = time.monotonic() + patience
    file = _take(path)
    while file is None and time.monotonic() < deadline:
        time.sleep(_WAIT_SECONDS / 10)
        file = _take(path)
    if file is None:
        raise Locked(
            f"{what} is being changed by {_holder(path)}.", hint="Wait until it ends, then run the command again"
        )
    try:
        yield
    finally:
        _release(file, path)


def is_held(path: Path) -> bool:
    """Whether a process holds a lock now. Does not change the file."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError:
        return False
    with file:
        return not _try(file, path)


@contextmanager
def awaited(path: Path, what: str, report: Callable[[str], None]) -> Iterator[None]:
    """Like held, but waits without a limit, and reports the holder once."""
    file = _take(path)
    if file is None:
        report(f"{what} is being changed by {_holder(path)}; waiting")
    while file is None:
        time.sleep(_WAIT_SECONDS)
        file = _take(path)
    try:
        yield
    finally:
        _release(file, path)


def _take(path: Path) -> BinaryIO | None:
    """The locked file, None if another process holds the lock."""
    make_folder(path.parent)
    while True:
        try:
            file = open(path, "a+b")  # noqa: SIM115 - it stays open while the lock is held
        except OSError as exc:
            raise MfinfraError(f"{path} cannot be written: {exc.strerror}.") from exc
        try:
            taken = _try(file, path)
            if taken and _is_at(file, path):
                _sign(file)
                return file
        except BaseException:
            file.close()
            raise
        file.close()
        if not taken:
            return None


def _try(file: BinaryIO, path: Path) -> bool:
    try:
        _lock(file.fileno())
    except OSError as exc:
        if exc.errno in _BUSY:
            return False
        raise MfinfraError(f"{path} cannot be locked: {exc.strerror}.") from exc
    return True


def _lock(number: int) -> None:
    if os.name == "nt":
        import msvcrt

        os.lseek(number, 1 << 30, os.SEEK_SET)  # beyond the text, so that other processes can read it
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _sign(file: BinaryIO) -> None:
    since = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    file.truncate(0)
    file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode())
    file.flush()


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another mfinfra"


def _release(file: BinaryIO, path: Path) -> None:
    try:
        if os.name != "nt":  # Windows does not remove open files
            path.unlink(missing_ok=True)
        file.close()
        if os.name == "nt":
            path.unlink(missing_ok=True)
    except OSError:
        return  # an unlocked file blocks no process
