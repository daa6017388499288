"""What clients send, checked: a body becomes values that every database can hold, or a 400 that names the field."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import MetaflowInvalidPathspec
from ...ids import check_component
from ..database.base import Artifact, Fact
from ..http_errors import Fault, malformed

#: The width of the name columns that both services share.
MAX_NAME = 255
_MAX_INTEGER = 2**63 - 1
#: Values in one body. A byte of JSON can become a hundred bytes of memory; this many can be had.
MOST_VALUES = 2_000_000
_SEPARATORS = (b",", b"[", b"{")
#: A client of this version or a later one sends heartbeats.
_BEATING_SINCE = (2, 2, 12)
_VERSION_TAG = "metaflow_version:"


def parsed(body: bytes) -> Any:
    """The JSON value of a body; nothing at all is an empty object."""
    if not body:
        return {}
    if len(body) > MOST_VALUES and sum(map(body.count, _SEPARATORS)) > MOST_VALUES:
        raise Fault(413, f"The body holds more than {MOST_VALUES} values.", "Send it in several requests.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise malformed(f"The body is not JSON: {str(exc)[:200]}.") from exc


def parsed_object(body: bytes) -> dict[str, Any]:
    value = parsed(body)
    if not isinstance(value, dict):
        raise malformed(f"The body must be a JSON object, not {_kind(value)}.")
    return value


def parsed_list(body: bytes) -> list[dict[str, Any]]:
    value = parsed(body)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise malformed("The body must be a JSON list of objects.")
    return value


def text(record: Mapping[str, Any], field: str, longest: int | None = MAX_NAME) -> str | None:
    """A text, or None where it is absent or null."""
    value = record.get(field)
    return None if value is None else checked_text(value, field, longest)


def needed_text(record: Mapping[str, Any], field: str, longest: int | None = MAX_NAME) -> str:
    value = text(record, field, longest)
    if value is None:
        raise malformed(f"The field {field!r} is missing.")
    return value


def checked_text(value: Any, field: str, longest: int | None = MAX_NAME) -> str:
    """`value` where it is a text that can be stored."""
    if not isinstance(value, str):
        raise malformed(f"The field {field!r} must be a text, not {_kind(value)}.")
    if value.isascii() and value.isalnum() and (longest is None or len(value) <= longest):
        return value
    if "\x00" in value:
        raise malformed(f"The field {field!r} holds a NUL character.")
    if longest is not None and len(value) > longest:
        raise malformed(f"The field {field!r} has {len(value)} characters; {longest} are allowed.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise malformed(f"The field {field!r} is not valid Unicode text.") from None
    return value


def component(value: Any, field: str) -> str:
    """A name that becomes a folder in the datastores."""
    name = checked_text(value, field)
    try:
        return check_component(field, name)
    except MetaflowInvalidPathspec as exc:
        raise malformed(str(exc)) from None


def own_id(record: Mapping[str, Any], field: str) -> str | None:
    """The name that a client gives to a run or task; numbers are the service's to give."""
    if record.get(field) is None:
        return None
    value = component(record[field], field)
    if value.isnumeric():
        raise malformed(
            f"The {field} {value!r} is a number, and numbers are given by the service.",
            hint="Leave it out, or give a name that is not a number.",
        )
    return value


def integer(record: Mapping[str, Any], field: str, default: int, largest: int = _MAX_INTEGER) -> int:
    value = record.get(field)
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise malformed(f"The field {field!r} must be a whole number from 0 to {largest}.")
    return value


def tags(record: Mapping[str, Any], field: str) -> str:
    """A list of tags, as the JSON text that is stored."""
    value = record.get(field)
    return json.dumps(tag_list(value, field)) if value else "[]"


def tag_list(value: Any, field: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(f"The field {field!r} must be a list of texts, not {_kind(value)}.")
    return [checked_text(tag, field, None) for tag in value]


def mutated_tags(record: Mapping[str, Any], field: str, longest: int) -> tuple[str, ...]:
    """Tags to add or to remove, each of 1 to `longest` characters."""
    for tag in (found := tag_list(record.get(field, []), field)):
        if not 0 < len(tag) <= longest:
            raise malformed(f"A tag in {field!r} has {len(tag)} characters; 1 to {longest} are allowed.")
    return tuple(found)


def milliseconds() -> int:
    return int(time.time() * 1000)


def first_heartbeat(record: Mapping[str, Any]) -> int | None:
    """Now, in seconds, where the client's version says that it will send heartbeats; None where it will not."""
    for tag in record.get("system_tags") or ():
        if isinstance(tag, str) and tag.startswith(_VERSION_TAG):
            return int(time.time()) if _beats(tag[len(_VERSION_TAG) :]) else None
    return None


def _beats(version: str) -> bool:
    parts = version.split("+", 1)[0].split(".")[:3]
    try:
        return tuple(int(part) for part in parts) >= _BEATING_SINCE
    except ValueError:  # a version of some other form is a new one
        return True


def fact(record: Mapping[str, Any], now: int) -> Fact:
    """One metadata datum. Values other than texts are kept as JSON texts."""
    value = record.get("value", " ")
    if not isinstance(value, str):
        value = json.dumps(value)
    return Fact(
        checked_text(record.get("field_name", " "), "field_name"),
        checked_text(value, "value", None),
        checked_text(record.get("type", " "), "type"),
        text(record, "user_name"),
        integer(record, "ts_epoch", now),
        tags(record, "tags"),
        tags(record, "system_tags"),
    )


def artifact(record: Mapping[str, Any], now: int) -> Artifact:
    return Artifact(
        needed_text(record, "name"),
        checked_text(record.get("location", " "), "location"),
        checked_text(record.get("ds_type", " "), "ds_type"),
        text(record, "sha"),
        text(record, "type"),
        text(record, "content_type"),
        text(record, "user_name"),
        integer(record, "attempt_id", 0, 32767),
        integer(record, "ts_epoch", now),
        tags(record, "tags"),
        tags(record, "system_tags"),
    )


def each(body: bytes, read: Callable[[Mapping[str, Any], int], Any]) -> Iterable[Any]:
    """Every record of a list, read by `fact` or `artifact`."""
    now = milliseconds()
    return [read(record, now) for record in parsed_list(body)]


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
