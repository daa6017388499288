"""Files for downloaded objects. A failed download leaves no partial file."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any

from ..store.storage.object_store import PART
from .errors import InsufficientDiskSpace


@contextmanager
def writing(path: str) -> Iterator[IO[Any]]:
    """Open a new file, which is deleted if writing fails; a full disk raises InsufficientDiskSpace."""
    try:
        with open(path, "wb") as file:
            yield file
    except BaseException as exc:
        if os.path.exists(path):
            os.unlink(path)
        if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
            hint = "Use a directory with more free space: tmproot=..."
            raise InsufficientDiskSpace(f"{path} does not fit on the disk.", hint=hint) from exc
        raise


def write_in_parts(path: str, first: int, size: int, part: Callable[[int, int], bytes]) -> None:
    """Write `size` bytes of an object from `first`: the results of `part(start, end)`, fetched in parallel."""
    with writing(path) as file:
        file.truncate(size)

        def fetch(start: int) -> None:
            os.pwrite(file.fileno(), part(first + start, first + min(start + PART, size)), start)

        with ThreadPoolExecutor(8) as threads:
            for _ in threads.map(fetch, range(0, size, PART)):
                pass
