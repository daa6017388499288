"""The embedded database: one SQLite file in WAL mode, one writer thread, a few reader threads.

`synchronous=FULL`: acknowledged writes survive a crash of the machine. Group commit makes up for its cost.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from ...errors import CommandException
from . import migrate, regex, sqlite_writes
from .base import SEARCH_SECONDS, SEARCH_TIMED_OUT, SEARCHES, Outcome, Rejected, Row, Unavailable, Write
from .group_commit import Group

READERS = 4
#: The same as statement_timeout in PostgreSQL.
READ_SECONDS = 30.0
#: Large sorts use temporary files, which is SQLite's default: in memory they would have no limit.
_PRAGMAS = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;"
_ARGUMENT = re.compile(r"\$(\d+)")


class SQLiteDialect:
    """SQL that is specific to SQLite."""

    def tags(self, column: str) -> str:
        return column

    def has_tags(self, columns: Sequence[str], argument: int, every: bool) -> str:
        wanted = f"SELECT value FROM json_each(${argument})"
        held = " UNION ALL ".join(f"SELECT value FROM json_each({column})" for column in columns)
        if every:
            return f"NOT EXISTS ({wanted} WHERE value NOT IN ({held}))"
        return f"EXISTS ({wanted} WHERE value IN ({held}))"

    def tag_like(self, columns: Sequence[str], argument: int) -> str:
        held = " UNION ALL ".join(f"SELECT value FROM json_each({column})" for column in columns)
        return f"EXISTS (SELECT 1 FROM ({held}) WHERE value LIKE ${argument} ESCAPE '\\')"

    def one_of(self, column: str, argument: int) -> str:
        return f"{column} IN (SELECT value FROM json_each(${argument}))"

    def like(self, column: str, argument: int) -> str:
        return f"{column} LIKE ${argument} ESCAPE '\\'"

    def matches(self, column: str, argument: int) -> str:
        return f"mf_matches(${argument}, {column})"

    def part(self, sql: str, texts: Sequence[str], order: str, most: int) -> str:
        """The same SQL: `read_part` counts the bytes itself. SQLite would keep the rows of a window in memory."""
        return sql

    def check_pattern(self, pattern: str) -> None:
        try:
            regex.compiled(pattern)
        except ValueError as exc:
            raise Rejected(str(exc)) from None


@lru_cache(256)
def _translated(sql: str) -> tuple[str, tuple[int, ...]]:
    """The SQL with `?` for each `$n`, and the index of the argument for each `?`."""
    return _ARGUMENT.sub("?", sql), tuple(int(n) - 1 for n in _ARGUMENT.findall(sql))


def _matches(pattern: str, value: str | None) -> bool:
    return value is not None and regex.compiled(pattern)(value)


class Deadline:
    """Interrupts a statement after a timeout. SQLite calls the check every few thousand virtual machine steps."""

    _STEPS = 20_000

    def __init__(self, db: sqlite3.Connection):
        self._at = 0.0
        db.set_progress_handler(self._passed, self._STEPS)

    def after(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def _passed(self) -> bool:
        return time.monotonic() > self._at


class _TimedOut(Unavailable):
    """A read exceeded its timeout."""


class SQLite:
    """The Database protocol over one file, or in memory for `:memory:` (as long as a connection is open)."""

    name = "sqlite"

    def __init__(self, path: str, observe: Callable[[int], None] | None = None):
        self.dialect = SQLiteDialect()
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._writing = ThreadPoolExecutor(1, "mf-write")
        self._reading = ThreadPoolExecutor(READERS, "mf-read")
        self._searching = asyncio.Semaphore(SEARCHES)
        self._group: Group[Write, Outcome] = Group(self._apply, observe)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writing, self._open)

    def _open(self) -> None:
        try:
            self._writer = db = self._connect()
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            self._migrate(db, migrate.latest("sqlite"))
        except sqlite3.Error as exc:
            raise CommandException(
                f"The database file {self._path} cannot be used: {exc}.",
                hint="Use a file in an existing, writable directory: --database sqlite:////path/metadata.db",
            ) from exc

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=256)
        db.executescript(_PRAGMAS)
        db.create_function("mf_matches", 2, _matches, deterministic=True)
        self._connections.append(db)
        return db

    def migrate_to(self, version: int) -> None:
        """Migrate the tables to a version, up or down; for the command line, without `start`."""
        try:
            self._migrate(self._connect(), version)
        except sqlite3.Error as exc:
            raise CommandException(f"The database file {self._path} cannot be migrated: {exc}.") from exc
        finally:
            self._close()

    def _migrate(self, db: sqlite3.Connection, target: int) -> None:
        table = migrate.SCHEMA_TABLE
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(f"CREATE TABLE IF NOT EXISTS {table} (version INTEGER NOT NULL, adopted INTEGER NOT NULL)")
            row = db.execute(f"SELECT version, adopted FROM {table}").fetchone()
            if row is None:
                row = (0, self._is_adopted(db))
                db.execute(f"INSERT INTO {table} VALUES (?, ?)", row)
            for step in migrate.plan("sqlite", row[0], target, bool(row[1])):
                for statement in _statements(step.sql):
                    db.execute(statement)
                db.execute(f"UPDATE {table} SET version = ?", (step.version,))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _is_adopted(self, db: sqlite3.Connection) -> int:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "flows_v3" not in tables:
            return 0
        columns = {t: {row[1] for row in db.execute(f"PRAGMA table_info({t})")} for t in migrate.ADOPTED_COLUMNS}
        migrate.check_adoptable(columns)
        return 1

    async def stop(self) -> None:
        await self._group.drain()
        self._writing.shutdown()
        self._reading.shutdown()
        self._close()

    def _close(self) -> None:
        for db in self._connections:
            db.close()
        self._connections.clear()

    async def write(self, item: Write) -> Outcome:
        return await self._group.submit(item)

    async def _apply(self, items: Sequence[Write]) -> Sequence[Outcome | Exception]:
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._transaction, items)

    def _transaction(self, items: Sequence[Write]) -> Sequence[Outcome | Exception]:
        db = self._writer
        assert db is not None
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                results = [_tried(db, item) for item in items]
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as exc:  # the disk is full, or another process holds the file
            raise Unavailable(f"the database cannot be written: {exc}") from exc
        return results

    async def read(self, sql: str, *arguments: Any) -> Sequence[Row]:
        return (await self._selected(sql, arguments, READ_SECONDS))[0]

    async def read_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        return await self._selected(sql, arguments, READ_SECONDS, most)

    async def search_part(self, sql: str, arguments: Sequence[Any], most: int) -> tuple[Sequence[Row], bool]:
        async with self._searching:
            try:
                return await self._selected(sql, arguments, SEARCH_SECONDS, most)
            except _TimedOut:
                raise Rejected(SEARCH_TIMED_OUT) from None

    async def _selected(
        self, sql: str, arguments: Sequence[Any], seconds: float, most: int | None = None
    ) -> tuple[list[Row], bool]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, self._select, sql, arguments, seconds, most)

    def _select(self, sql: str, arguments: Sequence[Any], seconds: float, most: int | None) -> tuple[list[Row], bool]:
        db, deadline = self._reader()
        text, order = _translated(sql)
        deadline.after(seconds)
        try:
            cursor = db.execute(text, [arguments[n] for n in order])
            return (cursor.fetchall(), False) if most is None else _first_rows(cursor, most)
        except sqlite3.OperationalError as exc:
            if "interrupted" in str(exc):
                raise _TimedOut(f"the database was read for more than {seconds:g} s") from exc
            raise Unavailable(f"the database cannot be read: {exc}") from exc

    def _reader(self) -> tuple[sqlite3.Connection, Deadline]:
        """The connection of this thread."""
        if not hasattr(self._local, "db"):
            self._local.db = self._connect()
            self._local.db.execute("PRAGMA query_only = ON")
            self._local.deadline = Deadline(self._local.db)
        return self._local.db, self._local.deadline

    async def ready(self) -> bool:
        try:
            await self.read("SELECT 1")
        except Unavailable:
            return False
        return True


def _first_rows(cursor: sqlite3.Cursor, most: int) -> tuple[list[Row], bool]:
    """The rows up to the one with which their text reaches `most` bytes, and whether there can be more."""
    rows: list[Row] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) if value.isascii() else len(value.encode()) for value in row if type(value) is str)
        if size >= most:
            cursor.close()
            return rows, True
    return rows, False


def _tried(db: sqlite3.Connection, item: Write) -> Outcome | Exception:
    """The outcome of one write; rejected values fail only their own request, not the group."""
    try:
        return sqlite_writes.apply(db, item)
    except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as exc:
        return Rejected(str(exc))


def _statements(sql: str) -> list[str]:
    """The statements of a migration. Its string literals must not contain semicolons."""
    lines = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
    return [text for part in "\n".join(lines).split(";") if (text := part.strip())]
