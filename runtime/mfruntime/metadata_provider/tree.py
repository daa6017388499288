"""File trees for metadata: on disk, or in memory for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ..errors import StorageError
from ..store import durable


class Tree(Protocol):
    """Small files under `/`-separated relative paths."""

    def write(self, path: str, data: bytes) -> None: ...
    def write_new(self, path: str, data: bytes) -> bool: ...
    def read(self, path: str) -> bytes | None: ...
    def names(self, folder: str) -> list[str]:
        """Sorted names directly in a directory; empty if it does not exist."""
        ...

    def claim(self, folder: str) -> bool:
        """Create a directory; returns False if it already exists."""
        ...

    def locked(self, path: str) -> AbstractContextManager[None]:
        """Hold a lock, across processes, while the context is open."""
        ...

    def where(self, path: str) -> str:
        """A path as printed in messages."""
        ...


class DiskTree:
    """Files below a directory."""

    def __init__(self, root: str):
        self.root = root

    def write(self, path: str, data: bytes) -> None:
        durable.write_atomic(f"{self.root}/{path}", data)

    def write_new(self, path: str, data: bytes) -> bool:
        return durable.write_new(f"{self.root}/{path}", data)

    def read(self, path: str) -> bytes | None:
        full = f"{self.root}/{path}"
        try:
            with open(full, "rb", buffering=0) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as exc:
            raise durable.read_error(exc, full) from exc

    def names(self, folder: str) -> list[str]:
        try:
            found = os.listdir(f"{self.root}/{folder}" if folder else self.root)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            raise durable.read_error(exc, f"{self.root}/{folder}") from exc
        return sorted(name for name in found if not name.startswith(".tmp"))

    def claim(self, folder: str) -> bool:
        return durable.claim_dir(f"{self.root}/{folder}")

    @contextmanager
    def locked(self, path: str) -> Iterator[None]:
        full = f"{self.root}/{path}"
        durable.make_dirs(os.path.dirname(full))
        try:
            fd = os.open(full, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as exc:
            raise durable.write_error(exc, full) from exc
        try:
            _lock(fd, full)
            yield
        finally:
            os.close(fd)  # closing releases the lock, as does the end of the process

    def where(self, path: str) -> str:
        return f"{self.root}/{path}"


def _lock(fd: int, path: str) -> None:
    try:
        _wait_for_lock(fd)
    except OSError as exc:
        hint = "Set METAFLOW_DATASTORE_SYSROOT_LOCAL to a directory on a file system that supports file locks."
        raise StorageError(f"{path} cannot be locked: {exc.strerror or exc}.", hint=hint) from exc


def _wait_for_lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(fd, fcntl.LOCK_EX)


class MemoryTree:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._folders: set[str] = set()

    def write(self, path: str, data: bytes) -> None:
        self._files[path] = data

    def write_new(self, path: str, data: bytes) -> bool:
        if path in self._files:
            return False
        self._files[path] = data
        return True

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def names(self, folder: str) -> list[str]:
        start = f"{folder}/" if folder else ""
        return sorted({path[len(start) :].split("/", 1)[0] for path in self._files if path.startswith(start)})

    def claim(self, folder: str) -> bool:
        if folder in self._folders:
            return False
        self._folders.add(folder)
        return True

    @contextmanager
    def locked(self, path: str) -> Iterator[None]:
        yield

    def where(self, path: str) -> str:
        return path
