"""Validates request bodies: returns values that every database can store, or raises a 400 that names the field."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...errors import MetaflowInvalidPathspec
from ...printable import escaped, is_plain
from ...store import layout
from ..database.base import Artifact, MetadataEntry
from ..database.tags import MAX_CHARACTERS, MAX_TAGS
from ..http_errors import malformed

#: The width of the name columns in this service and in Metaflow's.
MAX_NAME = 255
_MAX_INTEGER = 2**63 - 1
#: Maximum size of the value of a metadata entry, in bytes; Metaflow's service accepts no larger requests.
LARGEST_VALUE = 1 << 20
#: Clients of this Metaflow version or later send heartbeats.
_HEARTBEATS_SINCE = (2, 2, 12)
_VERSION_TAG = "metaflow_version:"
#: Records that are converted before other requests continue.
_RECORDS_AT_ONCE = 1000

Record = TypeVar("Record")


def parsed(body: bytes) -> Any:
    """The JSON value of a body; an empty body is an empty object."""
    if not body:
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise malformed(f"The body is not valid JSON: {str(exc)[:200]}.") from exc


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
    """A string, or None if the field is absent or null."""
    value = record.get(field)
    return None if value is None else checked_text(value, field, longest)


def required_text(record: Mapping[str, Any], field: str, longest: int | None = MAX_NAME) -> str:
    value = text(record, field, longest)
    if value is None:
        raise malformed(f"The field {field!r} is missing.")
    return value


def checked_text(value: Any, field: str, longest: int | None = MAX_NAME) -> str:
    """`value`, if it is a string that can be stored."""
    if not isinstance(value, str):
        raise malformed(f"The field {field!r} must be a string, not {_kind(value)}.")
    if value.isascii() and value.isalnum() and (longest is None or len(value) <= longest):
        return value
    if "\x00" in value:
        raise malformed(f"The field {field!r} contains a NUL character.")
    if longest is not None and len(value) > longest:
        raise malformed(f"The field {field!r} has {len(value)} characters; the maximum is {longest}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise malformed(f"The field {field!r} is not valid Unicode.") from None
    return value


def component(value: Any, field: str) -> str:
    """A name that is also a directory name in datastores."""
    name = checked_text(value, field)
    try:
        return layout.check_run_id(name) if field == "run_number" else layout.check_below_run(field, name)
    except MetaflowInvalidPathspec as exc:
        raise malformed(str(exc)) from None


def client_assigned_name(record: Mapping[str, Any], field: str) -> str | None:
    """The name that a client gave to a run or task. Numbers are rejected: only the service assigns them."""
    if record.get(field) is None:
        return None
    value = component(record[field], field)
    if value.isnumeric():
        raise malformed(
            f"The {field} {value!r} is a number, but only the service assigns numbers.",
            hint="Omit it, or use a name that is not a number.",
        )
    return value


def integer(record: Mapping[str, Any], field: str, default: int, largest: int = _MAX_INTEGER) -> int:
    value = record.get(field)
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise malformed(f"The field {field!r} must be an integer from 0 to {largest}.")
    return value


def tags(record: Mapping[str, Any], field: str) -> str:
    """The tags of a new record as JSON, as stored, within the limits of changed tags."""
    value = record.get(field)
    if not value:
        return "[]"
    if len(found := _tag_list(value, field)) > MAX_TAGS:
        raise malformed(f"The field {field!r} contains {len(found)} tags; the maximum is {MAX_TAGS}.")
    return json.dumps(found)


def changed_tags_field(record: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Tags to add or to remove."""
    return tuple(_tag_list(record.get(field, []), field))


def _tag_list(value: Any, field: str) -> list[str]:
    """A list of tags, each of 1 to 500 characters."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(f"The field {field!r} must be a list of strings, not {_kind(value)}.")
    for tag in value:
        if not 0 < len(checked_text(tag, field, None)) <= MAX_CHARACTERS:
            raise malformed(f"A tag in {field!r} has {len(tag)} characters; it must have 1 to {MAX_CHARACTERS}.")
        if not is_plain(tag):
            raise malformed(f"The tag {escaped(repr(tag[:40]))} contains a control character or a hidden character.")
    return value


def milliseconds() -> int:
    return int(time.time() * 1000)


def first_heartbeat(record: Mapping[str, Any]) -> int | None:
    """The current time in seconds if the client's version sends heartbeats, else None."""
    for tag in record.get("system_tags") or ():
        if isinstance(tag, str) and tag.startswith(_VERSION_TAG):
            return int(time.time()) if _sends_heartbeats(tag[len(_VERSION_TAG) :]) else None
    return None


def _sends_heartbeats(version: str) -> bool:
    parts = version.split("+", 1)[0].split(".")[:3]
    try:
        return tuple(int(part) for part in parts) >= _HEARTBEATS_SINCE
    except ValueError:  # versions in another format are newer
        return True


def metadata_entry(record: Mapping[str, Any], now: int) -> MetadataEntry:
    """One entry of task metadata. Values other than strings are stored as JSON."""
    value = record.get("value", " ")
    if not isinstance(value, str):
        value = json.dumps(value)
    return MetadataEntry(
        checked_text(record.get("field_name", " "), "field_name"),
        _checked_value(value),
        checked_text(record.get("type", " "), "type"),
        text(record, "user_name"),
        integer(record, "ts_epoch", now),
        tags(record, "tags"),
        tags(record, "system_tags"),
    )


def _checked_value(value: str) -> str:
    found = checked_text(value, "value", None)
    if len(found) > LARGEST_VALUE // 4 and (size := len(found.encode())) > LARGEST_VALUE:
        raise malformed(f"The field 'value' has {size} bytes; the maximum is {LARGEST_VALUE}.")
    return found


def artifact(record: Mapping[str, Any], now: int) -> Artifact:
    return Artifact(
        required_text(record, "name"),
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


async def each(body: bytes, read: Callable[[Mapping[str, Any], int], Record]) -> tuple[Record, ...]:
    """Every record of a list, converted by `metadata_entry` or `artifact`. Other requests continue meanwhile."""
    now = milliseconds()
    found = []
    for number, record in enumerate(parsed_list(body), 1):
        found.append(read(record, now))
        if not number % _RECORDS_AT_ONCE:
            await asyncio.sleep(0)
    return tuple(found)


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a Boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
