"""Terraform's values on the wire: msgpack, with a marker for unknown values."""

from __future__ import annotations

import json
from typing import Any

import msgpack


class _Unknown:
    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = _Unknown()


def decode(value: Any) -> Any:
    """A DynamicValue as plain Python, with UNKNOWN for unknown values."""
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, ext_hook=lambda _code, _data: UNKNOWN, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def encode(value: Any) -> bytes:
    """The msgpack of plain Python."""
    return msgpack.packb(value, default=lambda _: msgpack.ExtType(0, b"\x00"))  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """A value of a dynamic type, without the type that is sent with it."""
    return value[1] if isinstance(value, list) and len(value) == 2 and isinstance(value[0], bytes) else value


def is_known(value: Any) -> bool:
    """Whether a value contains no unknown values."""
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    return all(is_known(item) for item in value) if isinstance(value, list) else True


def fitted(kind: Any, value: Any) -> Any:
    """A value converted to a type: missing members are null, members that the type lacks are omitted."""
    if value is None or isinstance(kind, str):
        return value
    if kind[0] == "object":
        return (
            {key: fitted(inner, value.get(key)) for key, inner in kind[1].items()} if isinstance(value, dict) else None
        )
    if kind[0] == "map":
        return value if isinstance(value, dict) else {}
    return [fitted(kind[1], item) for item in value] if isinstance(value, list) else []
