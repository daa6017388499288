"""Query strings of lists: filters, tags, limit and cursor.

    field=value  field:op=value[,value...]      op: eq ne lt le gt ge co sw ew li is; values are alternatives
    _tags=a,b  _tags:all=a,b  _tags:any=a,b     likeall and likeany compare with LIKE '%value%'
    _limit=50  _cursor=<value of X-Next-Cursor>

Unknown fields are ignored, as are other names that start with an underscore. Without any of these parameters the
complete list is returned.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from ..http_errors import malformed
from .status import STATUSES

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_VALUES = 100
#: Maximum number of values in all filters of a query: SQLite compiles no deeper conditions.
MAX_CONDITIONS = 500
#: Maximum characters of one value; SQLite accepts no patterns of more than 50,000 bytes.
MAX_CHARACTERS = 1000

Type = Literal["text", "number", "id", "status"]
COMPARING = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
#: The LIKE wildcards before and after a value; None if the value is a pattern already.
LIKE = {"co": ("%", "%"), "sw": ("", "%"), "ew": ("%", ""), "li": None}
OPERATORS = (*COMPARING, *LIKE, "is")
TAG_MODES = ("all", "any", "likeall", "likeany")


class Filter(NamedTuple):
    """Alternatives for one field. A value is a string, a number, or None for null."""

    field: str
    operator: str
    values: tuple[Any, ...]


class TagFilter(NamedTuple):
    mode: str
    tags: tuple[str, ...]


class ListQuery(NamedTuple):
    """The requested part of a list. Without `limit`, all of it."""

    filters: tuple[Filter, ...] = ()
    tags: tuple[TagFilter, ...] = ()
    statuses: frozenset[str] | None = None
    limit: int | None = None
    cursor: tuple[Any, ...] | None = None


def parse(query: str, fields: Mapping[str, Type], keys: Sequence[type]) -> ListQuery:
    """Parse a query string. `keys` are the types of the values in a cursor. Raises HttpError 400."""
    if not query:
        return ListQuery()
    filters: list[Filter] = []
    tags: list[TagFilter] = []
    statuses: frozenset[str] | None = None
    limit = cursor = None
    for name, value in _pairs(query):
        field, _, operator = name.partition(":")
        if field == "_tags":
            tags.append(_tag_filter(operator or "all", value))
        elif name == "_limit":
            limit = _limit(value)
        elif name == "_cursor":
            cursor = read_cursor(value, keys)
        elif fields.get(field) == "status":
            chosen = _statuses(operator or "eq", value)
            statuses = chosen if statuses is None else statuses & chosen
        elif field in fields:
            filters.append(_filter(field, fields[field], operator or "eq", value))
    _check_size(filters, tags)
    asked = filters or tags or statuses is not None or limit or cursor is not None
    return ListQuery(tuple(filters), tuple(tags), statuses, limit or (DEFAULT_LIMIT if asked else None), cursor)


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError as exc:
        raise malformed(f"The query string is invalid: {exc}.") from exc
    if any("\x00" in name + value for name, value in pairs):
        raise malformed("The query string contains a NUL character.")
    return pairs


def _check_size(filters: Sequence[Filter], tags: Sequence[TagFilter]) -> None:
    conditions = sum(len(filter.values) for filter in filters) + sum(len(filter.tags) for filter in tags)
    if conditions > MAX_CONDITIONS:
        raise malformed(f"The filters have {conditions} values; the maximum is {MAX_CONDITIONS}.")


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
        raise malformed(f"_limit must be an integer from 1 to {MAX_LIMIT}, not {value[:40]!r}.")
    return min(int(value), MAX_LIMIT)


def _values(value: str) -> list[str]:
    values = value.split(",")
    if len(values) > MAX_VALUES:
        raise malformed(f"A filter has {len(values)} alternatives; the maximum is {MAX_VALUES}.")
    longest = max(map(len, values))
    if longest > MAX_CHARACTERS:
        raise malformed(f"A filter has a value of {longest} characters; the maximum is {MAX_CHARACTERS}.")
    return values


def _tag_filter(mode: str, value: str) -> TagFilter:
    if mode not in TAG_MODES:
        raise malformed(
            f"_tags does not support the operator {mode[:40]!r}.", hint=f"Supported: {', '.join(TAG_MODES)}."
        )
    return TagFilter(mode, tuple(_values(value)))


def _statuses(operator: str, value: str) -> frozenset[str]:
    chosen = frozenset(_values(value))
    unknown = chosen - {*STATUSES}
    if unknown or operator not in ("eq", "ne"):
        wrong = f"Unknown status {min(unknown)[:40]!r}." if unknown else f"Unknown status operator {operator[:40]!r}."
        raise malformed(wrong, hint=f"Supported: {', '.join(STATUSES)}, with the operators eq and ne.")
    if "failed" in chosen:  # other clients and services treat a task without heartbeats as failed
        chosen |= {"dead"}
    return chosen if operator == "eq" else frozenset(STATUSES) - chosen


def _filter(field: str, type: Type, operator: str, value: str) -> Filter:
    if operator not in OPERATORS:
        raise malformed(
            f"The field {field} does not support the operator {operator[:40]!r}.",
            hint=f"Supported: {', '.join(OPERATORS)}.",
        )
    return Filter(field, operator, tuple(_value(field, type, operator, v) for v in _values(value)))


def _value(field: str, type: Type, operator: str, value: str) -> Any:
    if value == "null" and operator in ("eq", "ne", "is"):
        return None
    if operator == "is":
        raise malformed(f"The value of {field}:is must be null, not {value[:40]!r}.")
    if operator in LIKE:
        return _like(field, operator, value)
    if type == "number" or (type == "id" and operator not in ("eq", "ne")):
        return _integer(field, value)
    return _numeric_id(value) if type == "id" else value


def _like(field: str, operator: str, value: str) -> str:
    around = LIKE[operator]
    if around is None:
        if (len(value) - len(value.rstrip("\\"))) % 2:
            raise malformed(f"The pattern of {field} ends with a backslash that escapes nothing.")
        return value
    return around[0] + escaped(value) + around[1]


def escaped(value: str) -> str:
    """A LIKE pattern that matches only this string."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _integer(field: str, value: str) -> int:
    digits = value[1:] if value.startswith("-") else value
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise malformed(f"The field {field} must be compared with an integer, not with {value[:40]!r}.")
    return int(value)


def _numeric_id(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else value


def write_cursor(values: Sequence[Any]) -> str:
    """The cursor for the position after the row that has these values in the sort columns."""
    return base64.urlsafe_b64encode(json.dumps(list(values), separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, keys: Sequence[type]) -> tuple[Any, ...]:
    """The values that `write_cursor` encoded. Raises HttpError 400 for an invalid cursor."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or [type(v) for v in values] != list(keys) or not all(map(_storable, values)):
        raise malformed("_cursor is not a value of X-Next-Cursor for this list.", hint="Start without a cursor.")
    return tuple(values)


def _storable(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**63
    return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
