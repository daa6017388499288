"""Group commit: requests that arrive during a transaction share the next one.

A single request does not wait. Under load a hundred requests share one commit, because a disk can only do a few
hundred commits per second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Maximum number of requests in one transaction: enough to hide the commit, few enough to keep the wait short.
LARGEST_GROUP = 256


class Group(Generic[Item, Result]):
    """Passes waiting items, in order, to `apply`, which returns one result (or exception) for each."""

    def __init__(
        self,
        apply: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        observe: Callable[[int], None] | None = None,
    ):
        self._apply = apply
        self._observe = observe
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The result of `item`, after its transaction is committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def drain(self) -> None:
        """Wait until all submitted items have results."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
                if self._observe:
                    self._observe(len(batch))
                await self._apply_batch(batch)
        finally:
            self._worker = None

    async def _apply_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await self._apply([item for item, _ in batch])
        except Exception as exc:
            results = [exc] * len(batch)
        for (_, future), result in zip(batch, results):
            if future.done():  # the request was canceled
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
