"""Atomic file operations: the only module that changes files of a local datastore.

Every file is written under a temporary name in its directory, then renamed, so that it is never incomplete. Temporary
names start with `.tmp`, which no reader's pattern matches. Each call of a writing function is one durable effect. Tests
count these effects and end the process before a selected one (MFINFRA_CRASH_AT), to check crash safety.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
from collections.abc import Iterable
from typing import Any

from ..errors import StorageError, StorageFull, StorageReadOnly

#: Buffers per writev call (IOV_MAX is 1024 on Linux and macOS).
_VECTOR = 1000
_MADE_LIMIT = 4096
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EMLINK, getattr(errno, "ENOTSUP", -1), getattr(errno, "EOPNOTSUPP", -1)}

_made: set[str] = set()
_numbers = itertools.count()  # advancing it is atomic: several threads write at once
_prefix = ""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_atomic(path: str, data: bytes | list[Any]) -> None:
    """Create or replace a file. Raises StorageFull, StorageReadOnly or StorageError naming it."""
    _before_effect()
    temporary = _write_temporary(path, data)
    try:
        os.replace(temporary, path)
    except OSError as exc:
        _forget(temporary)
        raise write_error(exc, path) from exc


def write_new(path: str, data: bytes) -> bool:
    """Create a file; returns False, and changes nothing, if it already exists."""
    if os.path.exists(path):
        return False
    _before_effect()
    temporary = _write_temporary(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno not in _NO_LINKS:
            raise write_error(exc, path) from exc
        os.replace(temporary, path)  # a file system without hard links
    finally:
        _forget(temporary)
    return True


def make_dirs(path: str) -> None:
    """Create a directory and its parents; the result is cached, so that further calls cost nothing."""
    if path in _made:
        return
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as exc:
        raise write_error(exc, path) from exc
    if len(_made) >= _MADE_LIMIT:
        _made.clear()
    _made.add(path)


def claim_dir(path: str) -> bool:
    """Create one directory; returns False if it already exists."""
    make_dirs(os.path.dirname(path))
    _before_effect()
    try:
        os.mkdir(path)
    except FileExistsError:
        return False
    except OSError as exc:
        raise write_error(exc, path) from exc
    return True


def remove(path: str) -> None:
    """Delete a file; a missing file is no error."""
    _before_effect()
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as exc:
        raise write_error(exc, path) from exc


def _write_temporary(path: str, data: bytes | list[Any]) -> str:
    folder = os.path.dirname(path)
    temporary = f"{folder}/{_prefix}{next(_numbers)}"
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
        raise write_error(exc, path) from exc
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
        if written < sum(map(len, batch)):  # a signal or a full disk: write the rest with plain writes, which can fail
            _write_all(fd, b"".join(batch)[written:])


def _open(temporary: str, folder: str) -> int:
    try:
        return os.open(temporary, _FLAGS, 0o666)
    except FileNotFoundError:  # the directory is new, or was deleted after its creation
        _made.discard(folder)
        make_dirs(folder)
        return os.open(temporary, _FLAGS, 0o666)


def _forget(temporary: str) -> None:
    try:
        os.unlink(temporary)
    except OSError:
        return


def _machine() -> str:
    """Where process IDs are unique: this boot of the machine, and this container. Empty if that is unknown."""
    import zlib

    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return f"{zlib.crc32((file.read() + os.readlink('/proc/self/ns/pid')).encode()):08x}"
    except OSError:
        return ""


_HERE = _machine()


def _choose_prefix() -> None:
    """Set the prefix of temporary names. Its random part distinguishes processes with the same ID in containers."""
    global _prefix
    _prefix = f".tmp{os.getpid()}_{_HERE}_{os.urandom(4).hex()}_"


def remove_leftovers(folders: Iterable[str]) -> None:
    """Delete the temporary files that killed processes of this machine left in folders. No durable effect."""
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(".tmp")]
        except OSError:
            continue
        for name in names:
            if _is_leftover(name):
                _forget(f"{folder}/{name}")


def _is_leftover(name: str) -> bool:
    pid, _, rest = name[len(".tmp") :].partition("_")
    if not _HERE or not pid.isdigit() or rest.partition("_")[0] != _HERE:
        return False
    return not os.path.exists(f"/proc/{pid}")


_choose_prefix()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_choose_prefix)


# -- errors of the operating system ------------------------------------------------------------------------------------

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", -1)}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_ELSEWHERE = "or point METAFLOW_DATASTORE_SYSROOT_LOCAL at another directory"
_REMEDIES = {
    errno.EMFILE: "Increase the limit of open files of this shell, for example: ulimit -n 4096",
    errno.ENFILE: "The machine has too many open files: stop other programs, or increase fs.file-max.",
    errno.ENAMETOOLONG: "Use a shorter name: file systems allow 255 bytes, and the datastore adds a few.",
    errno.EEXIST: "A file has the name of a required directory: move or rename the file.",
    errno.ENOTDIR: "A file has the name of a required directory: move or rename the file.",
    errno.EISDIR: "A directory has the name of a required file: move or rename the directory.",
}


def write_error(exc: OSError, path: str) -> StorageError:
    """The error for users if the operating system failed to write `path`."""
    message = f"{path} cannot be written: {exc.strerror or exc}."
    if exc.errno in _FULL:
        return StorageFull(message, hint=f"Free disk space {_ELSEWHERE}; then run: python FLOW.py resume")
    if exc.errno in _READ_ONLY:
        return StorageReadOnly(message, hint=f"Make the directory writable {_ELSEWHERE}.")
    return StorageError(message, hint=_REMEDIES.get(exc.errno or 0))


def read_error(exc: OSError, path: str) -> StorageError:
    """The error for users if an existing file cannot be read."""
    hint = "Make the file readable for your user." if exc.errno in _READ_ONLY else _REMEDIES.get(exc.errno or 0)
    return StorageError(f"{path} cannot be read: {exc.strerror or exc}.", hint=hint)


# -- crash points ------------------------------------------------------------------------------------------------------

_crash_at = os.environ.get("MFINFRA_CRASH_AT", "")
_crash_role, _, _crash_number = _crash_at.partition(":")
_crash_file = os.environ.get("MFINFRA_CRASH_COUNTER")
_role = "scheduler"
_effects = 0


def set_role(role: str) -> None:
    """Set the role of this process, `scheduler` or `task`, so that tests can select the process to end."""
    global _role, _effects
    if role != _role:
        _role, _effects = role, 0


def _count_effect() -> None:
    """Count one effect of this role; end the process if it is the selected one."""
    number = _next_in_file() if _crash_file else _next_here()
    if _role == _crash_role and _crash_number.isdigit() and number == int(_crash_number):
        os.kill(os.getpid(), signal.SIGKILL)


def _next_in_file() -> int:
    # One byte is appended per effect: O_APPEND makes it exact across processes, the position is the number.
    fd = os.open(f"{_crash_file}.{_role}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, b".")
        return os.lseek(fd, 0, os.SEEK_CUR)
    finally:
        os.close(fd)


def _next_here() -> int:
    global _effects
    _effects += 1
    return _effects


def _no_effect() -> None:
    return None


_before_effect = _count_effect if _crash_at or _crash_file else _no_effect
