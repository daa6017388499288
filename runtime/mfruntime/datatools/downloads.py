"""Files that objects are fetched into: there whole, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any

from ..store.storage.objects import PART
from .errors import InsufficientDiskSpace


@contextmanager
def writing(path: str) -> Iterator[IO[Any]]:
    """A new file, which goes when writing it fails; a full disk is told as such."""
    try:
        with open(path, "wb") as file:
            yield file
    except BaseException as exc:
        if os.path.exists(path):
            os.unlink(path)
        if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
            hint = "Name a folder with more room: tmproot=..."
            raise InsufficientDiskSpace(f"{path} does not fit on the disk.", hint=hint) from exc
        raise


def write_in_parts(path: str, size: int, part: Callable[[int, int], bytes]) -> None:
    """Write what `part(start, end)` answers, parts of it side by side."""
    with writing(path) as file:
        file.truncate(size)

        def fetch(start: int) -> None:
            os.pwrite(file.fileno(), part(start, min(start + PART, size)), start)

        with ThreadPoolExecutor(8) as threads:
            for _ in threads.map(fetch, range(0, size, PART)):
                pass
