"""PostgreSQL through asyncpg: a connection pool, prepared statements, one commit group per type of write."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ...errors import CommandException, MissingExtra
from ...registry import packages
from . import migrate, postgres_writes
from .base import (
    SEARCH_SECONDS,
    SEARCH_TIMED_OUT,
    SEARCHES,
    Heartbeat,
    NewArtifacts,
    NewFlow,
    NewMetadata,
    NewRun,
    NewStep,
    NewTask,
    Outcome,
    Rejected,
    Row,
    TagChange,
    Unavailable,
    Write,
)
from .group_commit import Group

#: The number of the advisory lock that lets only one process migrate.
_MIGRATION_LOCK = 7_216_053_904
_SERVER_SETTINGS = {
    "application_name": "mfruntime-service",
    "jit": "off",
    "statement_timeout": "30000",
    "lock_timeout": "2000",  # a locked table must not occupy the connections that other tables need
}
#: Seconds to wait for a connection, or for a turn to read a table.
_ACQUIRE_SECONDS = 5.0
#: Tag changes at the same time; each can wait for the lock of its run.
_TAG_CHANGES = 2
_COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
_ATTEMPTS = 3
_FROM = re.compile(r"FROM (\w+)")

_GROUPED: dict[type, Callable[[Any, Any], Awaitable[list[Outcome]]]] = {
    NewFlow: postgres_writes.flows,
    NewRun: postgres_writes.runs,
    NewStep: postgres_writes.steps,
    NewTask: postgres_writes.tasks,
    NewMetadata: postgres_writes.metadata,
    NewArtifacts: postgres_writes.artifacts,
    Heartbeat: postgres_writes.heartbeats,
}


class PostgresDialect:
    """SQL that is specific to PostgreSQL."""

    def tags(self, column: str) -> str:
        return f"{column}::text"

    def has_tags(self, columns: Sequence[str], argument: int, every: bool) -> str:
        held = " || ".join(f"coalesce({column}, '[]'::jsonb)" for column in columns)
        wanted = f"ARRAY(SELECT jsonb_array_elements_text(${argument}::text::jsonb))"
        return f"({held}) {'?&' if every else '?|'} {wanted}"

    def tag_like(self, columns: Sequence[str], argument: int) -> str:
        held = " || ".join(f"coalesce({column}, '[]'::jsonb)" for column in columns)
        return f"EXISTS (SELECT 1 FROM jsonb_array_elements_text({held}) AS x(v) WHERE v ILIKE ${argument}::text)"

    def one_of(self, column: str, argument: int) -> str:
        return f"{column} IN (SELECT jsonb_array_elements_text(${argument}::text::jsonb)::bigint)"

    def like(self, column: str, argument: int) -> str:
        return f"{column}::text ILIKE ${argument}::text"

    def matches(self, column: str, argument: int) -> str:
        return f"{column} ~ ${argument}::text"

    def part(self, sql: str, texts: Sequence[str], order: str, most: int) -> str:
        size = " + ".join(f"coalesce(octet_length(y.{column}), 0)" for column in texts)
        total = f"sum({size}) OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING)"
        return (
            f"SELECT * FROM (SELECT y.*, {total} AS mf_total, {size} AS mf_size FROM ({sql}) y) z"
            f" WHERE mf_total - mf_size < {most:d} ORDER BY {order}"
        )

    def check_pattern(self, pattern: str) -> None:
        """PostgreSQL checks patterns itself, and supports the same ones as Metaflow's service."""


class _Interrupted(Unavailable):
    """The connection was interrupted."""


class Postgres:
    """The Database protocol over one PostgreSQL database.

    `options` are keyword arguments of asyncpg's `connect` (host, port, user, password, database, ssl) or {"dsn": url}.
    `patience` is the time in seconds that `start` waits for the server to respond.
    """

    name = "postgresql"

    def __init__(
        self,
        options: dict[str, Any],
        pool_size: int = 10,
        patience: float = 30.0,
        observe: Callable[[int], None] | None = None,
    ):
        self.dialect = PostgresDialect()
        self._options, self._pool_size, self._patience = options, pool_size, patience
        self._pool: Any = None
        self._asyncpg = _asyncpg()
        self._searching = asyncio.Semaphore(SEARCHES)
        self._changing_tags = asyncio.Semaphore(_TAG_CHANGES)
        self._reading: dict[str, asyncio.Semaphore] = {}
        self._groups: dict[type, Group[Any, Outcome]] = {
            kind: Group(self._applier(apply), observe) for kind, apply in _GROUPED.items()
        }

    async def start(self) -> None:
        await self.connect()
        await self.migrate_to(migrate.latest("postgres"))

    async def connect(self) -> None:
        """Connect to the server, and wait while it is starting. Raises Unavailable or CommandException."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience
        while True:
            try:
                await self._open_pool()
                return
            except Exception as exc:
                if not self._is_outage(exc):
                    raise CommandException(
                        f"The PostgreSQL database cannot be used: {exc}.",
                        hint="Check user, password and database name: --database postgresql://user@host/name",
                    ) from exc
                if clock() > deadline:
                    raise Unavailable(f"PostgreSQL did not respond within {self._patience:g} s: {exc}.") from exc
                await asyncio.sleep(0.25)

    async def _open_pool(self) -> None:
        """Open a pool and connect once. The pool has no minimum size: it would log errors while the server is down,
        because it tries to restore that size."""
        self._pool = await self._asyncpg.create_pool(
            **self._options,
            min_size=0,
            max_size=self._pool_size,
            timeout=5,
            command_timeout=35,
            server_settings=_SERVER_SETTINGS,
            reset=_skip_reset,
        )
        async with self._pool.acquire() as db:
            await db.execute("SELECT 1")

    async def migrate_to(self, version: int) -> None:
        """Migrate the tables to a version, up or down, in one transaction and one process at a time."""
        table = migrate.SCHEMA_TABLE
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("SET LOCAL lock_timeout = 0")
            await db.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
            await db.execute("SET LOCAL statement_timeout = 0")
            columns = await self._columns(db)
            if table not in columns:
                adopted = "flows_v3" in columns
                if adopted:
                    migrate.check_adoptable(columns)
                await db.execute(f"CREATE TABLE {table} (version INTEGER NOT NULL, adopted BOOLEAN NOT NULL)")
                await db.execute(f"INSERT INTO {table} VALUES (0, $1)", adopted)
            current, adopted = await db.fetchrow(f"SELECT version, adopted FROM {table}")
            for step in migrate.plan("postgres", current, version, adopted):
                if step.sql:
                    await db.execute(step.sql, timeout=None)
                await db.execute(f"UPDATE {table} SET version = $1", step.version)

    async def _columns(self, db: Any) -> dict[str, set[str]]:
        columns: dict[str, set[str]] = {}
        for table, column in await db.fetch(_COLUMNS):
            columns.setdefault(table, set()).add(column)
        return columns

    async def stop(self) -> None:
        for group in self._groups.values():
            await group.drain()
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 5)
            except Exception:  # the server is down: there is no session to close
                self._pool.terminate()

    async def write(self, item: Write) -> Outcome:
        if isinstance(item, TagChange):
            return await self._change_tags(item)
        return await self._groups[type(item)].submit(item)

    def _applier(
        self, apply: Callable[[Any, Any], Awaitable[list[Outcome]]]
    ) -> Callable[[Sequence[Any]], Awaitable[Sequence[Outcome | Exception]]]:
        async def applied(items: Sequence[Any]) -> Sequence[Outcome | Exception]:
            try:
                return await self._tried(apply, items)
            except Rejected as exc:
                if len(items) == 1:
                    return [exc]
            results: list[
                Outcome | Exception
            ] = []  # the values of one request made the statement fail: apply each alone
            for item in items:
                results += await applied([item])
            return results

        return applied

    async def _tried(
        self, apply: Callable[[Any, Any], Awaitable[list[Outcome]]], items: Sequence[Any]
    ) -> list[Outcome]:
        for attempt in range(_ATTEMPTS):
            try:
                async with self._acquired() as db:
                    return await apply(db, items)
            except (
                self._asyncpg.TransactionRollbackError
            ) as exc:  # a deadlock with another process: nothing was written
                if attempt == _ATTEMPTS - 1:
                    raise Unavailable(str(exc)) from exc
            except Exception as exc:
                raise self._translated(exc) from exc
        raise AssertionError("unreachable")

    async def _change_tags(self, item: TagChange) -> Outcome:
        try:
            async with _turn(self._changing_tags), self._acquired() as db:
                return await postgres_writes.change_tags(db, item)
        except (self._asyncpg.LockNotAvailableError, self._asyncpg.TransactionRollbackError):
            return Outcome("busy")
        except Exception as exc:
            raise self._translated(exc) from exc

    async def read(self, sql: str, *arguments: Any) -> Sequence[Row]:
        try:
            return await self._fetched(sql, arguments)
        except _Interrupted:  # only this connection was interrupted; reads can be retried
            return await self._fetched(sql, arguments)

    async def read_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        return _part(await self.read(sql, *arguments), most)

    async def _fetched(self, sql: str, arguments: Sequence[Any]) -> Sequence[Row]:
        try:
            async with self._table(sql), self._acquired() as db:
                rows: Sequence[Row] = await db.fetch(sql, *arguments)
                return rows
        except Exception as exc:
            raise self._translated(exc) from exc

    def _acquired(self) -> Any:
        """A connection of the pool, as a context manager. Its timeout is also that of its release, which waits for a
        server that does not respond to the cancellation of a statement."""
        return self._pool.acquire(timeout=_ACQUIRE_SECONDS)

    def _table(self, sql: str) -> AbstractAsyncContextManager[None]:
        """A turn to read a table. A slow or locked table gets only some of the connections."""
        found = _FROM.search(sql)
        turns = self._reading.setdefault(
            found[1] if found else "", asyncio.Semaphore(max(1, self._pool_size * 3 // 10))
        )
        return _turn(turns)

    async def search_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        try:
            async with self._searching, self._acquired() as db, db.transaction(readonly=True):
                await db.execute(f"SET LOCAL statement_timeout = {int(1000 * SEARCH_SECONDS)}")
                return _part(await db.fetch(sql, *arguments), most)
        except self._asyncpg.QueryCanceledError:
            raise Rejected(SEARCH_TIMED_OUT) from None
        except Exception as exc:
            raise self._translated(exc) from exc

    async def ready(self) -> bool:
        try:
            await asyncio.wait_for(self._fetched("SELECT 1", ()), 3)
        except (Unavailable, asyncio.TimeoutError):
            return False
        return True

    def _translated(self, exc: Exception) -> Exception:
        if self._is_interruption(exc):
            return _Interrupted(f"{type(exc).__name__}: {exc}")
        if self._is_outage(exc):
            return Unavailable(f"{type(exc).__name__}: {exc}")
        if isinstance(exc, (self._asyncpg.DataError, self._asyncpg.IntegrityConstraintViolationError)):
            return Rejected(str(exc))
        return exc

    def _is_interruption(self, exc: Exception) -> bool:
        """Whether the connection was closed, so that another one can work. A timeout is none: the server is slow, and a
        retry would make it slower."""
        pg = self._asyncpg
        closed = (ConnectionError, pg.InterfaceError, pg.InternalClientError, pg.PostgresConnectionError)
        ended = (pg.AdminShutdownError, pg.CrashShutdownError)
        return isinstance(exc, (*closed, *ended)) and self._is_outage(exc)

    def _is_outage(self, exc: Exception) -> bool:
        pg = self._asyncpg
        outages = (
            OSError,
            asyncio.TimeoutError,
            pg.InterfaceError,
            pg.InternalClientError,  # a connection that was interrupted during a response
            pg.PostgresConnectionError,
            pg.OperatorInterventionError,
            pg.InsufficientResourcesError,
            pg.ReadOnlySQLTransactionError,
            pg.LockNotAvailableError,
        )
        data = isinstance(exc, pg.DataError) or type(exc).__name__ == "ClientConfigurationError"
        return isinstance(exc, outages) and not data


def _part(rows: Sequence[Row], most: int) -> tuple[Sequence[Row], bool]:
    """Rows without the two columns that `PostgresDialect.part` adds, and whether there can be more."""
    return [row[:-2] for row in rows], bool(rows) and rows[-1][-2] >= most


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait for a turn. Raises TimeoutError, which is an outage."""
    if turns.locked():
        await asyncio.wait_for(turns.acquire(), _ACQUIRE_SECONDS)
    else:
        await turns.acquire()
    try:
        yield
    finally:
        turns.release()


async def _skip_reset(_: Any) -> None:
    """Skip the reset of a released connection, which is a round trip: all its state ends with each transaction."""


def _asyncpg() -> Any:
    try:
        import asyncpg
    except ImportError as exc:
        raise MissingExtra(
            "PostgreSQL needs the package asyncpg.", hint=f"Run: pip install {packages('service')}"
        ) from exc
    return asyncpg
