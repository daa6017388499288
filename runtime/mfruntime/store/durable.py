"""The only place that changes files of a datastore on this machine.

Every file appears whole or not at all: it is written under a temporary name in its own folder, then renamed. Temporary
names start with `.tmp`, which no reader's pattern matches. Each call of a writing function is one durable effect; tests
count them and end the process before a chosen one (MFINFRA_CRASH_AT), which is how crash safety is proven.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import Any

from ..errors import StorageError, StorageFull, StorageReadOnly

#: Buffers per writev call (IOV_MAX is 1024 on Linux and macOS).
_VECTOR = 1000
_made: set[str] = set()
_counter = 0
_pid = os.getpid()
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_atomic(path: str, data: bytes | list[Any]) -> None:
    """Create or replace a file. Raises StorageFull, StorageReadOnly or StorageError naming it."""
    _before_effect()
    temporary = _write_temporary(path, data)
    try:
        os.replace(temporary, path)
    except OSError as exc:
        _forget(temporary)
        raise translated(exc, path) from exc


def write_new(path: str, data: bytes) -> bool:
    """Create a file; False, and nothing changed, where it exists already."""
    if os.path.exists(path):
        return False
    _before_effect()
    temporary = _write_temporary(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        os.replace(temporary, path)
        return True
    finally:
        _forget(temporary)
    return True


def make_dirs(path: str) -> None:
    """Create a folder and its parents; remembered, so that asking again costs nothing."""
    if path in _made:
        return
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as exc:
        raise translated(exc, path) from exc
    _made.add(path)


def claim_dir(path: str) -> bool:
    """Create one folder that must not exist; False where somebody else has it."""
    make_dirs(os.path.dirname(path))
    _before_effect()
    try:
        os.mkdir(path)
    except FileExistsError:
        return False
    except OSError as exc:
        raise translated(exc, path) from exc
    return True


def remove(path: str) -> None:
    """Remove a file; one that is not there is no error."""
    _before_effect()
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise translated(exc, path) from exc


def _write_temporary(path: str, data: bytes | list[Any]) -> str:
    global _counter
    _counter += 1
    folder = os.path.dirname(path)
    temporary = f"{folder}/.tmp{os.getpid()}_{_counter}"
    try:
        fd = _open(temporary, folder)
        try:
            if isinstance(data, list):
                _write_parts(fd, data)
            else:
                _write_all(fd, data)
        finally:
            os.close(fd)
    except OSError as exc:
        _forget(temporary)
        raise translated(exc, path) from exc
    return temporary


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def _write_parts(fd: int, parts: list[Any]) -> None:
    if not hasattr(os, "writev"):
        _write_all(fd, b"".join(parts))
        return
    for start in range(0, len(parts), _VECTOR):
        batch = parts[start : start + _VECTOR]
        written = os.writev(fd, batch)
        if written < sum(map(len, batch)):  # a signal or a full disk; the rest goes the plain way, or fails there
            _write_all(fd, b"".join(batch)[written:])


def _open(temporary: str, folder: str) -> int:
    for _ in range(3):
        try:
            return os.open(temporary, _FLAGS, 0o666)
        except FileNotFoundError:
            _made.discard(folder)
            make_dirs(folder)
        except FileExistsError:  # left by a process that had our number and was killed
            os.unlink(temporary)
    return os.open(temporary, _FLAGS, 0o666)


def _forget(temporary: str) -> None:
    try:
        os.unlink(temporary)
    except OSError:
        return


def translated(exc: OSError, path: str) -> StorageError:
    """The error a user sees for what the operating system said of `path`."""
    reason = exc.strerror or str(exc)
    if exc.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", -1), errno.EFBIG):
        hint = "Free some space or point METAFLOW_DATASTORE_SYSROOT_LOCAL elsewhere; then type: resume"
        return StorageFull(f"{path} cannot be written: {reason}.", hint=hint)
    if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        hint = "Make the folder writable or point METAFLOW_DATASTORE_SYSROOT_LOCAL elsewhere."
        return StorageReadOnly(f"{path} cannot be written: {reason}.", hint=hint)
    if exc.errno == errno.ENAMETOOLONG:
        return StorageError(f"{path} cannot be written: the name is longer than the file system allows (255 bytes).")
    return StorageError(f"{path} cannot be written: {reason}.")


def unreadable(exc: OSError, path: str) -> StorageError:
    """The error a user sees for a file that is there but cannot be read."""
    return StorageError(f"{path} cannot be read: {exc.strerror or exc}.")


# -- crash points ------------------------------------------------------------------------------------------------------

_crash_role, _, _crash_number = os.environ.get("MFINFRA_CRASH_AT", "").partition(":")
_crash_file = os.environ.get("MFINFRA_CRASH_COUNTER")
_role = "scheduler"


def set_role(role: str) -> None:
    """Say what this process is, `scheduler` or `task`, so that tests can choose whom to end."""
    global _role
    _role = role


def _count_effect() -> None:
    """Note one effect of this role in the counter file; end the process where it is the chosen one."""
    number = _next_number()
    if _role == _crash_role and _crash_number.isdigit() and number == int(_crash_number):
        os.kill(os.getpid(), signal.SIGKILL)


def _next_number() -> int:
    # One byte is appended per effect: O_APPEND makes it exact across processes, the position is the number.
    fd = os.open(f"{_crash_file}.{_role}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, b".")
        return os.lseek(fd, 0, os.SEEK_CUR)
    finally:
        os.close(fd)


def _no_effect() -> None:
    return None


_before_effect = _count_effect if _crash_file else _no_effect
