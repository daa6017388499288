"""The memory of a service that requests and responses of any size share, so that it does not grow with their number."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..http_errors import HttpError

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


class Memory:
    """A number of bytes. Whoever needs more than is free waits for its turn; what exceeds all of it waits for all."""

    def __init__(self, size: int, patience: float = 20.0):
        self._size, self._free, self._patience = size, size, patience
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def reserved(self, wanted: int) -> AsyncIterator[None]:
        """Reserve `wanted` bytes. Raises HttpError 503 if they are not free in time."""
        share = min(wanted, self._size)
        await self._acquire(share)
        try:
            yield
        finally:
            self._release(share)

    async def _acquire(self, share: int) -> None:
        if share <= self._free and not self._waiting:
            self._free -= share
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((share, turn))
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._patience)
        except BaseException as exc:
            self._withdraw(share, turn)
            if isinstance(exc, asyncio.TimeoutError):
                raise busy("The service is processing too much data at once.") from None
            raise

    def _withdraw(self, share: int, turn: asyncio.Future[None]) -> None:
        if turn.done():  # its turn came in the same moment
            self._release(share)
        else:
            self._waiting.remove((share, turn))
            self._release(0)

    def _release(self, share: int) -> None:
        self._free += share
        while self._waiting and self._waiting[0][0] <= self._free:
            wanted, turn = self._waiting.popleft()
            self._free -= wanted
            turn.set_result(None)


def return_large_blocks() -> None:
    """Make the C library return blocks of 256 KiB and more to the system when they are freed.

    By default glibc raises that size with each freed block, up to 32 MiB, and then keeps them in the heaps of up to
    eight threads per processor.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, 256 << 10)
            mallopt(_M_ARENA_MAX, 2)


def busy(message: str) -> HttpError:
    """The error for a request that the service can process later."""
    return HttpError(503, message, "Retry the request.", (("Retry-After", "1"),))
