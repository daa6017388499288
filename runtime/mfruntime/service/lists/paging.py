"""Responses with lists of records: complete lists, sent while they are read, and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from ..database.base import Row
from ..http.request import Response, Service
from . import query_string
from .batches import BATCH_BYTES, Batch, Source
from .select import Kind, Select

#: Rows per query while filtering by status.
_ROWS_PER_QUERY = 500
#: Maximum number of rows read for one page filtered by status; the cursor continues after them.
_MAX_ROWS_READ = 20_000
#: Bytes of JSON that are formatted and sent at once; a part has at least one record.
PART_BYTES = 64 << 10

Writer = Callable[[Row, str], str]
Wanted = Callable[[Row, str], bool]


async def list_response(
    service: Service,
    kind: Kind,
    query_text: str,
    conditions: dict[str, Any],
    write: Writer,
    extra: Callable[[Select], object] | None = None,
    seen: Callable[[Row], bool] | None = None,
) -> Response:
    """A response with the records of `kind` whose columns equal `conditions`, filtered by `query_text`.

    `write` formats a row and its status as JSON. `extra` adds a condition. Rows that are not `seen` appear in no list
    and no cursor.
    """
    query = query_string.parse(query_text, kind.fields, kind.keys)
    source = Source(service.lists, kind, query, conditions, extra)
    wanted = _wanted(query.statuses, seen)
    if query.limit is None:
        return await complete_list(source, write, wanted)
    batch = await (_first_batch(source) if wanted is None else _filtered_page(source, wanted))
    headers = () if batch.last is None else (("X-Next-Cursor", query_string.write_cursor(batch.last)),)
    return await _response(_one(batch), write, None, headers)


def _wanted(statuses: frozenset[str] | None, seen: Callable[[Row], bool] | None) -> Wanted | None:
    if statuses is not None:
        return lambda _, found: found in statuses
    return None if seen is None else lambda row, _: seen(row)


async def complete_list(source: Source, write: Writer, wanted: Wanted | None = None) -> Response:
    """A response with all records of a list. Short lists are one body; longer ones are sent in parts."""
    return await _response(source.batches(), write, wanted, ())


async def _first_batch(source: Source) -> Batch:
    return await source.batch(source.query.cursor, source.query.limit or _ROWS_PER_QUERY)


async def _one(batch: Batch) -> AsyncIterator[Batch]:
    yield batch


async def _response(
    batches: AsyncIterator[Batch], write: Writer, wanted: Wanted | None, headers: tuple[tuple[str, str], ...]
) -> Response:
    return (await in_parts(joined(_texts(batches, write, wanted))))._replace(headers=headers)


async def in_parts(parts: AsyncIterator[bytes]) -> Response:
    """A response of these parts; of one body if there is only one."""
    first = [await anext(parts)]
    async for second in parts:
        first.append(second)
        return Response(b"", parts=_chained(first, parts))
    return Response(first[0])


async def _chained(first: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while first:
        yield first.pop(0)
    async for part in rest:
        yield part
        del part


async def joined(records: AsyncIterator[str], opening: str = "[", closing: str = "]") -> AsyncIterator[bytes]:
    """Records as one JSON list, in parts of limited size.

    What is yielded is deleted before the next step here and below: a slow client must hold one part only.
    """
    texts: list[str] = []
    size = 0
    async for text in records:
        texts.append(text)
        size += len(text)
        del text
        if size >= PART_BYTES:
            yield _encoded(opening, texts, "")
            size, opening = 0, ", "
    yield _encoded(opening if texts or opening != ", " else "", texts, closing)


def _encoded(opening: str, texts: list[str], closing: str) -> bytes:
    found = f"{opening}{', '.join(texts)}{closing}".encode()
    texts.clear()
    return found


async def _texts(batches: AsyncIterator[Batch], write: Writer, wanted: Wanted | None) -> AsyncIterator[str]:
    """The records as JSON."""
    async for batch in batches:
        rows = batch.rows[::-1]
        batch.rows.clear()
        for status in batch.statuses:
            if wanted is None or wanted(rows[-1], status):
                yield write(rows.pop(), status)
            else:
                rows.pop()


async def _filtered_page(source: Source, wanted: Wanted) -> Batch:
    """A page of the wanted records. With a status filter it can be short or empty although the cursor continues."""
    limit, after = source.query.limit or _ROWS_PER_QUERY, source.query.cursor
    rows: list[Row] = []
    statuses: list[str] = []
    read = size = 0
    while True:
        batch = await source.batch(after, _ROWS_PER_QUERY)
        read += len(batch.rows)
        for n, (row, status) in enumerate(zip(batch.rows, batch.statuses)):
            if wanted(row, status):
                rows.append(row)
                statuses.append(status)
                size += _size(row)
                if len(rows) == limit or size >= BATCH_BYTES:
                    has_more = batch.last is not None or n + 1 < len(batch.rows)
                    return Batch(rows, statuses, source.key(row) if has_more else None)
        if batch.last is None or (source.query.statuses is not None and read >= _MAX_ROWS_READ):
            return Batch(rows, statuses, batch.last)
        after = batch.last


def _size(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, str))
