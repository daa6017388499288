"""Migrations: the SQL between two versions of the tables.

Migrations are pairs of files `migrations/<database>/NNN_<name>.{up,down}.sql`. The first creates the tables of
Metaflow's metadata service. A database that already has them is adopted: its tables are neither created nor ever
dropped, and only indexes and the tables of this service are added.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...errors import CommandException

#: The table with the version, which has one row.
SCHEMA_TABLE = "mfruntime_schema"
#: Columns that a database must have to be adopted; older versions of Metaflow's service lack them.
ADOPTED_COLUMNS = {"runs_v3": {"run_id", "last_heartbeat_ts"}, "tasks_v3": {"run_id", "task_name", "last_heartbeat_ts"}}

_FOLDER = Path(__file__).parent / "migrations"


class Migration(NamedTuple):
    number: int
    name: str
    up: str
    down: str


class Step(NamedTuple):
    """SQL to execute, and the version of the tables after it."""

    sql: str
    version: int


def migrations(database: str) -> list[Migration]:
    """All migrations of `postgres` or `sqlite`, in order."""
    found = []
    for path in sorted((_FOLDER / database).glob("*.up.sql")):
        number, name = path.name.removesuffix(".up.sql").split("_", 1)
        down = path.with_name(path.name.replace(".up.", ".down."))
        found.append(Migration(int(number), name, path.read_text("utf-8"), down.read_text("utf-8")))
    return found


def latest(database: str) -> int:
    """The table version that this release needs."""
    return migrations(database)[-1].number


def plan(database: str, current: int, target: int, adopted: bool) -> list[Step]:
    """The steps from one version to another. Raises CommandException for a version that this release lacks."""
    known = migrations(database)
    for version in (current, target):
        if not 0 <= version <= known[-1].number:
            raise CommandException(
                f"The table version {version} is not supported: "
                f"this release of the service supports versions 0 to {known[-1].number}.",
                hint="Run: pip install --upgrade 'mfinfra-runtime[service]'",
            )
    if target >= current:
        chosen = [Step(_own(m.up, m, adopted), m.number) for m in known if current < m.number <= target]
    else:
        chosen = [Step(_own(m.down, m, adopted), m.number - 1) for m in reversed(known) if target < m.number <= current]
    return chosen


def _own(sql: str, migration: Migration, adopted: bool) -> str:
    """The SQL of a migration; empty if it creates tables that Metaflow's service already created."""
    return "" if adopted and migration.number == 1 else sql


def check_adoptable(columns: dict[str, set[str]]) -> None:
    """Raise CommandException if existing tables lack columns that this service needs."""
    for table, needed in ADOPTED_COLUMNS.items():
        lacking = needed - columns.get(table, set())
        if lacking:
            raise CommandException(
                f"The table {table} of this database has no column {', '.join(sorted(lacking))}: "
                "it was created by an old version of Metaflow's metadata service.",
                hint="Run the migrations of Metaflow's metadata service, then start this service again.",
            )
