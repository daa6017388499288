"""Reads lists in batches: at most so many rows, and at most so many bytes of text, whatever the records contain.

Between two batches no connection and no transaction is open, so that slow clients hold neither. Rows are never deleted
and their order never changes, so batches that continue after the last row are one list.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

from ..database.base import Database, Row
from ..http.memory import busy
from .attempts import statuses
from .query_string import ListQuery
from .select import Kind, Select

#: Maximum bytes of text in the rows of a batch; a batch has at least one row.
BATCH_BYTES = 256 << 10
#: Rows of the first batch, and the maximum of later ones.
FIRST_ROWS = 500
MOST_ROWS = 2000
#: Batches of one record type that are read at the same time. Each can wait for its table without blocking the others.
_AT_ONCE = 4
#: Seconds to wait for a turn.
_PATIENCE = 10.0
#: Ids that are read at once to find the metadata of a run, whose order has no index.
_IDS = 20_000


class Batch(NamedTuple):
    """Rows with their status. `last` identifies the last row that was read, if the list can continue after it."""

    rows: list[Row]
    statuses: Sequence[str]
    last: tuple[Any, ...] | None


class Reader:
    """Reads batches from the database, a few at a time."""

    def __init__(self, database: Database):
        self.database = database
        self._turns: dict[str, asyncio.Semaphore] = {}

    async def read(
        self, kind: Kind, select: Select, after: tuple[Any, ...] | None, limit: int, is_search: bool = False
    ) -> Batch:
        """The first `limit` rows, or fewer of many bytes, after a row."""
        if after is not None:
            select.after(after)
        database = self.database
        read = database.search_part if is_search else database.read_part
        turns = self._turns.setdefault(kind.name, asyncio.Semaphore(_AT_ONCE))
        await _acquire(turns)
        try:
            found, is_cut = await read(select.part(limit + 1, BATCH_BYTES), select.arguments, BATCH_BYTES)
            rows = list(found[:limit])
            last = tuple(rows[-1][n] for n in kind.order) if rows and (is_cut or len(found) > limit) else None
            return Batch(rows, await statuses(database, kind, rows), last)
        finally:
            turns.release()


async def _acquire(turns: asyncio.Semaphore) -> None:
    """Wait for a turn. Raises HttpError 503 after some seconds, for example because the table is locked."""
    if not turns.locked():
        await turns.acquire()
        return
    try:
        await asyncio.wait_for(turns.acquire(), _PATIENCE)
    except asyncio.TimeoutError:
        raise busy("Too many lists are being read at once.") from None


class Source(NamedTuple):
    """A list: records of `kind` whose columns equal `conditions`, with the filters of `query`. `extra` adds a
    condition to the SELECT."""

    reader: Reader
    kind: Kind
    query: ListQuery
    conditions: dict[str, Any]
    extra: Callable[[Select], object] | None = None
    is_search: bool = False

    def select(self) -> Select:
        select = Select(self.reader.database.dialect, self.kind)
        for column, value in self.conditions.items():
            select.where(column, value)
        if self.extra is not None:
            self.extra(select)
        return select.narrow(self.query)

    def key(self, row: Row) -> tuple[Any, ...]:
        """The values that identify a row in the order of the list."""
        return tuple(row[n] for n in self.kind.order)

    async def batch(self, after: tuple[Any, ...] | None, limit: int) -> Batch:
        return await self.reader.read(self.kind, self.select(), after, limit, self.is_search)

    async def batches(self) -> AsyncIterator[Batch]:
        """All batches of the list after the cursor of the query."""
        if self.kind.sorts_ids and "task_id" not in self.conditions:
            async for batch in self._batches_by_id():
                yield batch
            return
        after, limit = self.query.cursor, FIRST_ROWS
        while True:
            batch = await self.batch(after, limit)
            yield batch
            if batch.last is None:
                return
            after, limit = batch.last, MOST_ROWS

    async def _batches_by_id(self) -> AsyncIterator[Batch]:
        """As `batches`, for rows that the database must sort: it sorts ids, and each row is read once."""
        after, is_last = self.query.cursor, False
        while not is_last:
            ids = await self._ids(after)
            is_last, done = len(ids) < _IDS, 0
            while done < len(ids) or not ids:
                batch = await self._with_ids(ids[done : done + MOST_ROWS])
                done += len(batch.rows)
                after = (ids[done - 1],) if ids else None
                yield batch._replace(last=None if is_last and done == len(ids) else after)
                if not ids:
                    return

    async def _ids(self, after: tuple[Any, ...] | None) -> list[int]:
        only_ids = self._replace(kind=self.kind._replace(columns=("id",), sorts_ids=False))
        select = only_ids.select()
        if after is not None:
            select.after(after)
        return [row[0] for row in await self.reader.database.read(select.sql(_IDS), *select.arguments)]

    async def _with_ids(self, ids: Sequence[int]) -> Batch:
        select = Select(self.reader.database.dialect, self.kind)
        select.condition(self.reader.database.dialect.one_of("x.id", select.argument(json.dumps(ids))))
        return await self.reader.read(self.kind, select, None, len(ids))
