"""The grammar of listings: filters, tags, limit and cursor in the query string.

    field=value  field:op=value[,value...]      op: eq ne lt le gt ge co sw ew li is; values are alternatives
    _tags=a,b  _tags:all=a,b  _tags:any=a,b     likeall and likeany compare with LIKE '%value%'
    _limit=50  _cursor=<what X-Next-Cursor said>

A field that the record does not have is ignored, as are other names that start with an underscore. Without any element
of the grammar the whole list is given.
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

Type = Literal["text", "number", "id", "status"]
COMPARING = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
#: Before and after a value that is looked for inside of a text; None: the value is a pattern already.
LIKE = {"co": ("%", "%"), "sw": ("", "%"), "ew": ("%", ""), "li": None}
OPERATORS = (*COMPARING, *LIKE, "is")
TAG_MODES = ("all", "any", "likeall", "likeany")


class Filter(NamedTuple):
    """Alternatives for one field. A value is a text, a number, or None for null."""

    field: str
    operator: str
    values: tuple[Any, ...]


class TagFilter(NamedTuple):
    mode: str
    tags: tuple[str, ...]


class Listing(NamedTuple):
    """What part of a list is asked for. `limit` None: all of it."""

    filters: tuple[Filter, ...] = ()
    tags: tuple[TagFilter, ...] = ()
    statuses: frozenset[str] | None = None
    limit: int | None = None
    cursor: tuple[Any, ...] | None = None


def parse(query: str, fields: Mapping[str, Type], keys: Sequence[type]) -> Listing:
    """Read a query string. `keys` are the types of the values in a cursor. Raises Fault 400."""
    if not query:
        return Listing()
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
    asked = filters or tags or statuses is not None or limit or cursor is not None
    return Listing(tuple(filters), tuple(tags), statuses, limit or (DEFAULT_LIMIT if asked else None), cursor)


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError as exc:
        raise malformed(f"The query string cannot be read: {exc}.") from exc
    if any("\x00" in name + value for name, value in pairs):
        raise malformed("The query string holds a NUL character.")
    return pairs


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
        raise malformed(f"_limit must be a whole number from 1 to {MAX_LIMIT}, not {value[:40]!r}.")
    return min(int(value), MAX_LIMIT)


def _values(value: str) -> list[str]:
    values = value.split(",")
    if len(values) > MAX_VALUES:
        raise malformed(f"A filter can have {MAX_VALUES} alternatives; {len(values)} were given.")
    return values


def _tag_filter(mode: str, value: str) -> TagFilter:
    if mode not in TAG_MODES:
        raise malformed(f"_tags cannot be compared with {mode[:40]!r}.", hint=f"Known: {', '.join(TAG_MODES)}.")
    return TagFilter(mode, tuple(_values(value)))


def _statuses(operator: str, value: str) -> frozenset[str]:
    chosen = frozenset(_values(value))
    unknown = chosen - {*STATUSES}
    if unknown or operator not in ("eq", "ne"):
        wrong = f"The status {min(unknown)[:40]!r}" if unknown else f"The comparison {operator[:40]!r} of a status"
        raise malformed(f"{wrong} is not known.", hint=f"Known: {', '.join(STATUSES)}, compared by eq or ne.")
    if "failed" in chosen:  # elsewhere a task whose heartbeat stopped counts as failed
        chosen |= {"dead"}
    return chosen if operator == "eq" else frozenset(STATUSES) - chosen


def _filter(field: str, type: Type, operator: str, value: str) -> Filter:
    if operator not in OPERATORS:
        raise malformed(
            f"The field {field} cannot be compared with {operator[:40]!r}.", hint=f"Known: {', '.join(OPERATORS)}."
        )
    return Filter(field, operator, tuple(_value(field, type, operator, v) for v in _values(value)))


def _value(field: str, type: Type, operator: str, value: str) -> Any:
    if value == "null" and operator in ("eq", "ne", "is"):
        return None
    if operator == "is":
        raise malformed(f"{field}:is can only be null, not {value[:40]!r}.")
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
    """A text as a LIKE pattern that matches only this text."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _integer(field: str, value: str) -> int:
    digits = value[1:] if value.startswith("-") else value
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise malformed(f"The field {field} is compared with whole numbers, not with {value[:40]!r}.")
    return int(value)


def _numeric_id(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else value


def write_cursor(values: Sequence[Any]) -> str:
    """The place in a list after the row that has these values in the columns of its order."""
    return base64.urlsafe_b64encode(json.dumps(list(values), separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, keys: Sequence[type]) -> tuple[Any, ...]:
    """The values that `write_cursor` was given. Raises Fault 400 for anything else."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or [type(v) for v in values] != list(keys) or not all(map(_storable, values)):
        raise malformed("_cursor is not one that X-Next-Cursor gave for this list.", hint="Start without a cursor.")
    return tuple(values)


def _storable(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**63
    return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
