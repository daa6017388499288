"""Blobs of far stores, kept on this machine: one folder for all processes of an account, bounded in bytes.

A file holds a blob as it was before it was compressed, under its key, so it is right where its SHA-1 is its name: each
read checks that, and what is wrong goes away. The time of a file is when it was last used; who finds the folder full
removes the oldest. No daemon, and no look at the whole folder but then. Nothing raises: what cannot be kept is not.
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

#: Blobs count in units, the smallest as one, so that a full folder holds no more than bound / UNIT files.
UNIT = 1 << 16
#: A blob, or blobs saved together, above this part of the bound are not kept.
LARGEST_SHARE = 4
#: A full folder is emptied to this share, so that looking through it is rare.
_AFTER_EVICTION = 0.8
#: Nothing is kept where less than this share of the disk would be left.
_LEFT_FREE = 0.05
#: A file used again within these seconds keeps its time.
_SAME_USE = 60.0

_SIZE = "size"
_TROUBLE = (OSError, ValueError, MemoryError)  # a path with a zero byte is a ValueError
_TEMPORARY = ".tmp"
_HEX = frozenset("0123456789abcdef")
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _SAFE
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE
_COUNTER = os.O_RDWR | os.O_CREAT | os.O_APPEND | _SAFE


def beside(storage: Storage) -> BlobCache:
    """The cache for the blobs of a storage; one that keeps nothing where the storage lies on this machine."""
    return BlobCache(None, 0) if storage.is_local else from_settings(settings.load())


def from_settings(found: settings.Settings) -> BlobCache:
    """The account's cache. Raises CommandException for a bound that is no number of bytes."""
    bound = found.integer("MFINFRA_CACHE_BYTES")
    if bound < 0:
        raise CommandException(f"The setting MFINFRA_CACHE_BYTES must be a number of bytes, not {bound}.")
    given = found.get("MFINFRA_CACHE_FOLDER")
    folder = os.path.abspath(os.path.expanduser(given)) if given else _default_folder()
    return BlobCache(folder and os.path.join(folder, "blobs"), bound)


def _default_folder() -> str | None:
    """`mfinfra` among the user's caches; None for an account without a home, or in the home of another (sudo)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):  # the specification has relative ones ignored
        return os.path.join(given, "mfinfra")
    home = os.path.expanduser("~")
    try:
        is_own = os.path.isabs(home) and os.stat(home).st_uid == os.geteuid()
    except (OSError, AttributeError):
        return None
    return os.path.join(home, ".cache", "mfinfra") if is_own else None


class BlobCache:
    """Contents by key below `folder`, `bound` bytes of them at most; 0, or no folder, keeps nothing."""

    def __init__(self, folder: str | None, bound: int):
        self._path = folder or ""
        self._bound = bound if folder and _is_possible() else 0
        self._gave_up = False

    def get(self, key: str) -> bytes | None:
        """The content of a key, None where it is not here."""
        if not self._bound or not _is_key(key):
            return None
        try:
            with self._folder() as folder:
                return self._read(folder, key)
        except _TROUBLE:
            return None

    def put(self, contents: Mapping[str, Any]) -> None:
        """Keep contents whose keys are known to be theirs. After the first failure this process keeps no more."""
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
        """The folder, open: what is done to its path meanwhile leads nobody astray."""
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
        new = {key: data for key, data in contents.items() if self._fits(key, data) and not _is_there(folder, key)}
        units = sum(_units(len(data)) for data in new.values())
        if not new or not self._is_modest(units) or not _has_disk(folder, units):
            return
        if not self._write(folder, new, units):
            self._make_room(folder, units)
            self._write(folder, new, units)

    def _write(self, folder: int, contents: Mapping[str, Any], units: int) -> bool:
        """Write files; False where there is no room. Beside an eviction nothing is written, and nobody waits."""
        with _counter(folder, exclusive=False) as counter:
            if counter is None:
                return True
            if not self._reserve(counter, units):
                return False
            for key, data in contents.items():
                _write_file(folder, key, data)
        return True

    def _reserve(self, counter: int, units: int) -> bool:
        """Count units before they are written. The counter is the length of a file, a byte for each unit after a first
        one: appending is exact across processes, and who is killed has counted too much, never too little."""
        os.write(counter, bytes(units))
        total = os.lseek(counter, 0, os.SEEK_CUR) - 1
        return total >= units and total * UNIT <= self._bound  # less: what is there was not counted yet

    def _make_room(self, folder: int, units: int) -> None:
        """Remove what was not used for longest, and what killed writers left; no writer is at work meanwhile."""
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
    """Whether this system opens files relative to a folder, which Windows does not."""
    return os.name == "posix" and os.open in os.supports_dir_fd


def _is_key(name: str) -> bool:
    """Whether it is a SHA-1 in hexadecimal digits: artifact maps may hold anything."""
    return len(name) == 40 and _HEX.issuperset(name)


def _units(size: int) -> int:
    return max(1, -(-size // UNIT))


def _open_folder(path: str) -> int:
    """The folder, made where it is not there. Raises OSError, also for a link and for a folder of another account."""
    try:
        fd = os.open(path, _FOLDER)
    except FileNotFoundError:
        os.makedirs(path, 0o700, exist_ok=True)
        fd = os.open(path, _FOLDER)
    facts = os.fstat(fd)
    try:
        if facts.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another account")
        if facts.st_mode & 0o077:
            os.fchmod(fd, 0o700)
    except OSError:
        os.close(fd)
        raise
    return fd


@contextmanager
def _counter(folder: int, exclusive: bool) -> Iterator[int | None]:
    """The counter, open and locked: against evictions or, `exclusive`, writers too. None where others hold it."""
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
    while chunk := os.read(fd, size):  # one call gives 2 GB at most
        chunks.append(chunk)
    return b"".join(chunks)


def _note_use(fd: int, last: float) -> None:
    if abs(time.time() - last) > _SAME_USE:
        try:
            os.utime(fd)
        except OSError:  # a disk that can only be read
            return


def _has_disk(folder: int, units: int) -> bool:
    disk = os.fstatvfs(folder)
    return disk.f_bavail * disk.f_frsize - units * UNIT >= disk.f_blocks * disk.f_frsize * _LEFT_FREE


def _is_there(folder: int, key: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(key, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _write_file(folder: int, key: str, data: Any) -> None:
    """Write a file under a name of its own, then give it its name: whole or not at all, whoever else writes it."""
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
    """When each blob was used last, its units and its name. Without writers at work, temporary files are left-overs."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY):
                _remove(folder, entry.name)
            elif _is_key(entry.name):
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # a reader found it damaged
                yield facts.st_mtime, _units(facts.st_size), entry.name


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return
