"""The local cache: blobs of object stores on this machine, in one directory for all processes of a user account.

A file contains an uncompressed blob, and its name is the blob's SHA-1, which each read verifies; corrupt files are
deleted. The modification time of a file is its last use. A process that finds the cache full deletes the oldest files;
only then is the directory listed. There is no daemon. Errors are ignored: a blob that cannot be cached is not cached.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .. import settings
from ..errors import CommandException
from .storage.base import Storage

#: Sizes are counted in units, at least one per blob, so that a full cache has at most bound / UNIT files.
UNIT = 1 << 16
#: A blob, or a batch of blobs, larger than the bound divided by this is not cached.
LARGEST_SHARE = 4
#: A full cache is reduced to this fraction, so that evictions are rare.
_AFTER_EVICTION = 0.8
#: Nothing is cached if less than this fraction of the disk would be free.
_LEFT_FREE = 0.05
#: The time of a file is not updated if it is used again within these seconds.
_SAME_USE = 60.0

_SIZE = "size"
_TROUBLE = (OSError, ValueError, MemoryError)  # a path with a zero byte is a ValueError
_TEMPORARY = ".tmp"
_HEX = frozenset("0123456789abcdef")
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _SAFE
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE
_COUNTER = os.O_RDWR | os.O_CREAT | os.O_APPEND | _SAFE


def for_storage(storage: Storage) -> BlobCache:
    """The cache for the blobs of a storage; it stores nothing if the storage itself is on this machine."""
    return BlobCache(None, 0) if storage.is_local else from_settings(settings.load())


def from_settings(found: settings.Settings) -> BlobCache:
    """The cache of the user account. Raises CommandException if the bound is not a number of bytes."""
    bound = found.integer("MFINFRA_CACHE_BYTES")
    if bound < 0:
        raise CommandException(f"The setting MFINFRA_CACHE_BYTES must be a number of bytes, not {bound}.")
    given = found.get("MFINFRA_CACHE_FOLDER")
    folder = os.path.abspath(os.path.expanduser(given)) if given else _default_folder()
    return BlobCache(folder and os.path.join(folder, "blobs"), bound)


def _default_folder() -> str | None:
    """`mfinfra` in the user's cache directory; None without a home directory, or in that of another user (sudo)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):  # the XDG specification ignores relative paths
        return os.path.join(given, "mfinfra")
    home = os.path.expanduser("~")
    try:
        is_own = os.path.isabs(home) and os.stat(home).st_uid == os.geteuid()
    except (OSError, AttributeError):
        return None
    return os.path.join(home, ".cache", "mfinfra") if is_own else None


class BlobCache:
    """Contents by key below `folder`, at most `bound` bytes; with 0, or without a directory, nothing is cached."""

    def __init__(self, folder: str | None, bound: int):
        self._path = folder or ""
        self._bound = bound if folder and _is_possible() else 0
        self._gave_up = False

    def get(self, key: str) -> bytes | None:
        """The content of a key; None if it is not cached."""
        if not self._bound or not _is_key(key):
            return None
        try:
            with self._folder() as folder:
                return self._read(folder, key)
        except _TROUBLE:
            return None

    def put(self, contents: Mapping[str, Any]) -> None:
        """Cache contents whose keys are already verified. After the first failure, this process caches no more."""
        if not self._bound or self._gave_up:
            return
        try:
            with self._folder() as folder:
                self._keep(folder, contents)
        except _TROUBLE:
            self._gave_up = True

    def _fits(self, key: str, data: Any) -> bool:
        return _is_key(key) and self._is_modest(_units(len(data)))

    def _is_modest(self, units: int) -> bool:
        return units * UNIT * LARGEST_SHARE <= self._bound

    @contextmanager
    def _folder(self) -> Iterator[int]:
        """The open directory: later changes of its path have no effect."""
        fd = _open_folder(self._path)
        try:
            yield fd
        finally:
            os.close(fd)

    def _read(self, folder: int, key: str) -> bytes | None:
        fd = os.open(key, os.O_RDONLY | _SAFE, dir_fd=folder)
        try:
            facts = os.fstat(fd)
            if not stat.S_ISREG(facts.st_mode) or not self._is_modest(_units(facts.st_size)):
                return None
            content = _read_all(fd, facts.st_size)
            if hashlib.sha1(content, usedforsecurity=False).hexdigest() != key:
                _remove(folder, key)
                return None
            _note_use(fd, facts.st_mtime)
            return content
        finally:
            os.close(fd)

    def _keep(self, folder: int, contents: Mapping[str, Any]) -> None:
        new = {key: data for key, data in contents.items() if self._fits(key, data) and not _exists(folder, key)}
        units = sum(_units(len(data)) for data in new.values())
        if not new or not self._is_modest(units) or not _has_disk(folder, units):
            return
        if not self._write(folder, new, units):
            self._make_room(folder, units)
            self._write(folder, new, units)

    def _write(self, folder: int, contents: Mapping[str, Any], units: int) -> bool:
        """Write files; returns False if the cache is full. During an eviction nothing is written, without waiting."""
        with _counter(folder, exclusive=False) as counter:
            if counter is None:
                return True
            if not self._reserve(counter, units):
                return False
            for key, data in contents.items():
                _write_file(folder, key, data)
        return True

    def _reserve(self, counter: int, units: int) -> bool:
        """Count units before they are written. The counter is the length of a file: one byte, and one per unit.
        Appending is exact across processes, and a killed process has counted too many units, never too few."""
        os.write(counter, bytes(units))
        total = os.lseek(counter, 0, os.SEEK_CUR) - 1
        return total >= units and total * UNIT <= self._bound  # less: existing files were not counted yet

    def _make_room(self, folder: int, units: int) -> None:
        """Delete the least recently used files, and temporary files of killed processes; no process writes
        meanwhile."""
        with _counter(folder, exclusive=True) as counter:
            if counter is None:
                return
            limit = min(int(self._bound // UNIT * _AFTER_EVICTION), self._bound // UNIT - units)
            kept = 0
            for _, size, name in sorted(_files(folder), reverse=True):
                if kept + size > limit:
                    limit = kept
                    _remove(folder, name)
                else:
                    kept += size
            os.ftruncate(counter, 1 + kept)


def _is_possible() -> bool:
    """Whether the operating system can open files relative to a directory, which Windows cannot."""
    return os.name == "posix" and os.open in os.supports_dir_fd


def _is_key(name: str) -> bool:
    """Whether a name is a SHA-1 in hexadecimal digits: artifact maps can contain anything."""
    return len(name) == 40 and _HEX.issuperset(name)


def _units(size: int) -> int:
    return max(1, -(-size // UNIT))


def _open_folder(path: str) -> int:
    """Open the directory, and create it if needed. Raises OSError, also for a link or another user's directory."""
    try:
        fd = os.open(path, _FOLDER)
    except FileNotFoundError:
        os.makedirs(path, 0o700, exist_ok=True)
        fd = os.open(path, _FOLDER)
    facts = os.fstat(fd)
    try:
        if facts.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user")
        if facts.st_mode & 0o077:
            os.fchmod(fd, 0o700)
    except OSError:
        os.close(fd)
        raise
    return fd


@contextmanager
def _counter(folder: int, exclusive: bool) -> Iterator[int | None]:
    """The counter, open and locked against evictions, with `exclusive` also against writers. None if it is locked."""
    import fcntl

    fd = os.open(_SIZE, _COUNTER, 0o600, dir_fd=folder)
    try:
        try:
            fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            found: int | None = fd
        except BlockingIOError:
            found = None
        yield found
    finally:
        os.close(fd)


def _read_all(fd: int, size: int) -> bytes:
    first = os.read(fd, size + 1)
    if len(first) >= size:
        return first
    chunks = [first]
    while chunk := os.read(fd, size):  # one call returns at most 2 GB
        chunks.append(chunk)
    return b"".join(chunks)


def _note_use(fd: int, last: float) -> None:
    if abs(time.time() - last) > _SAME_USE:
        try:
            os.utime(fd)
        except OSError:  # a read-only disk
            return


def _has_disk(folder: int, units: int) -> bool:
    disk = os.fstatvfs(folder)
    return disk.f_bavail * disk.f_frsize - units * UNIT >= disk.f_blocks * disk.f_frsize * _LEFT_FREE


def _exists(folder: int, key: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(key, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _write_file(folder: int, key: str, data: Any) -> None:
    """Write a file under a temporary name, then rename it, so that it is never incomplete, also with concurrent
    writers."""
    temporary = _TEMPORARY + os.urandom(8).hex()
    fd = os.open(temporary, _NEW, 0o600, dir_fd=folder)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]
        finally:
            os.close(fd)
        os.rename(temporary, key, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        _remove(folder, temporary)
        raise


def _files(folder: int) -> Iterator[tuple[float, int, str]]:
    """Last use, units and name of each blob. Temporary files are deleted: no process writes during an eviction."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY):
                _remove(folder, entry.name)
            elif _is_key(entry.name):
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # a reader deleted it as corrupt
                yield facts.st_mtime, _units(facts.st_size), entry.name


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return
