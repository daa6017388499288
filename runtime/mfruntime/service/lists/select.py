"""Lists as SELECTs: which columns, in which order, under which conditions.

Names of tables and columns come from the tables below, never from a request; what a request says is always an argument.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..database.base import Dialect
from . import rows_as_json
from .query_string import COMPARING, LIKE, Filter, ListQuery, TagFilter, Type


class Kind(NamedTuple):
    """A record type. `order` contains indexes of columns; `tagged` is the table whose tags `_tags` filters. With
    `sorts_ids`, no index has the order of a list: ids are sorted first, because records can be large."""

    name: str
    source: str
    columns: tuple[str, ...]
    fields: dict[str, Type]
    order: tuple[int, ...]
    keys: tuple[type, ...]
    descending: bool
    tagged: str
    sorts_ids: bool = False


_COMMON: dict[str, Type] = {"flow_id": "text", "user_name": "text", "ts_epoch": "number"}
_STEP: dict[str, Type] = {**_COMMON, "run_number": "id", "step_name": "text"}
_IN_TASK: dict[str, Type] = {**_STEP, "task_id": "id"}
_JOINED = "JOIN runs_v3 r ON r.flow_id = x.flow_id AND r.run_number = x.run_number"

FLOWS = Kind("flow", "flows_v3 x", rows_as_json.FLOW, _COMMON, (0,), (str,), False, "x")
RUNS = Kind(
    "run",
    "runs_v3 x",
    rows_as_json.RUN,
    {**_COMMON, "run_number": "id", "last_heartbeat_ts": "number", "status": "status"},
    (1,),
    (int,),
    True,
    "x",
)
STEPS = Kind("step", f"steps_v3 x {_JOINED}", rows_as_json.STEP, _STEP, (5, 3), (int, str), False, "r")
TASKS = Kind(
    "task",
    f"tasks_v3 x {_JOINED}",
    rows_as_json.TASK,
    {**_IN_TASK, "last_heartbeat_ts": "number", "status": "status"},
    (4,),
    (int,),
    False,
    "r",
)
METADATA = Kind(
    "metadata",
    "metadata_v3 x",
    rows_as_json.METADATA,
    {**_IN_TASK, "id": "number", "field_name": "text", "value": "text", "type": "text"},
    (0,),
    (int,),
    False,
    "x",
    sorts_ids=True,
)
ARTIFACTS = Kind(
    "artifact",
    f"artifact_v3 x {_JOINED}",
    rows_as_json.ARTIFACT,
    {
        **_IN_TASK, "name": "text", "location": "text", "ds_type": "text", "sha": "text", "type": "text",
        "content_type": "text", "attempt_id": "number",
    },
    (3, 4, 6, 13),
    (str, int, str, int),
    False,
    "r",
)  # fmt: skip

#: The columns that hold the names and numbers of runs and tasks.
_IDS = {"run_number": ("run_id", "run_number"), "task_id": ("task_name", "task_id")}


_NUMBERS = {"id", "run_number", "task_id", "attempt_id", "ts_epoch", "last_heartbeat_ts"}


class Select:
    """A SELECT under construction."""

    def __init__(self, dialect: Dialect, kind: Kind):
        self._dialect, self._kind = dialect, kind
        self._conditions: list[str] = []
        self.arguments: list[Any] = []

    def argument(self, value: Any) -> int:
        """Add an argument and return its number."""
        self.arguments.append(value)
        return len(self.arguments)

    def where(self, column: str, value: Any) -> Select:
        self._conditions.append(f"x.{column} = ${self.argument(value)}")
        return self

    def condition(self, sql: str) -> Select:
        self._conditions.append(sql)
        return self

    def narrow(self, listing: ListQuery) -> Select:
        """Add the filters of a query, but neither its limit nor its cursor."""
        self._conditions += [self._filter(f) for f in listing.filters]
        self._conditions += [c for t in listing.tags for c in self._tags(t)]
        return self

    def after(self, cursor: Sequence[Any]) -> Select:
        """Select only rows after the row with these values in the sort columns."""
        columns = ", ".join(f"x.{self._kind.columns[n]}" for n in self._kind.order)
        values = ", ".join(f"${self.argument(value)}" for value in cursor)
        self._conditions.append(f"({columns}) {'<' if self._kind.descending else '>'} ({values})")
        return self

    def sql(self, limit: int | None = None) -> str:
        columns = ", ".join(self._column(column) for column in self._kind.columns)
        direction = " DESC" if self._kind.descending else ""
        order = ", ".join(f"x.{self._kind.columns[n]}{direction}" for n in self._kind.order)
        found = f"{' AND '.join(self._conditions) or 'true'} ORDER BY {order}"
        found += f" LIMIT {limit:d}" if limit is not None else ""
        if self._kind.sorts_ids and limit is not None:
            found = f"x.id IN (SELECT x.id FROM {self._kind.source} WHERE {found}) ORDER BY {order}"
        return f"SELECT {columns} FROM {self._kind.source} WHERE {found}"

    def part(self, limit: int, most: int) -> str:
        """The SELECT for `Database.read_part`: at most `limit` rows, of about `most` bytes of text."""
        order = ", ".join(
            f"{self._kind.columns[n]}{' DESC' if self._kind.descending else ''}" for n in self._kind.order
        )
        texts = [column for column in self._kind.columns if column not in _NUMBERS]
        return self._dialect.part(self.sql(limit), texts, order, most)

    def _column(self, column: str) -> str:
        return self._dialect.tags(f"x.{column}") if column in ("tags", "system_tags") else f"x.{column}"

    def _filter(self, filter: Filter) -> str:
        joiner = " AND " if filter.operator == "ne" else " OR "
        return f"({joiner.join(self._comparison(filter, value) for value in filter.values)})"

    def _comparison(self, filter: Filter, value: Any) -> str:
        column = f"x.{filter.field}"
        if filter.field in _IDS and self._kind.fields[filter.field] == "id":
            name, number = _IDS[filter.field]
            column = f"x.{number}" if isinstance(value, int) else f"coalesce(x.{name}, CAST(x.{number} AS TEXT))"
        if value is None:
            return f"{column} IS {'NOT ' if filter.operator == 'ne' else ''}NULL"
        if filter.operator in LIKE:
            return self._dialect.like(column, self.argument(value))
        argument = f"CAST(${self.argument(value)} AS BIGINT)" if isinstance(value, int) else f"${self.argument(value)}"
        return f"{column} {COMPARING[filter.operator]} {argument}"

    def _tags(self, filter: TagFilter) -> list[str]:
        columns = [f"{self._kind.tagged}.tags", f"{self._kind.tagged}.system_tags"]
        if not filter.mode.startswith("like"):
            argument = self.argument(json.dumps(filter.tags))
            return [self._dialect.has_tags(columns, argument, every=filter.mode == "all")]
        each = [self._dialect.tag_like(columns, self.argument(f"%{tag}%")) for tag in filter.tags]
        return each if filter.mode == "likeall" else [f"({' OR '.join(each)})"]
