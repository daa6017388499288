"""The types of parameters: conversion of strings from the command line, and of defaults, to values.

A type is str, int, float, bool or JSONType; a parameter type of click (`click.Choice(...)`, `click.DateTime()`); or a
function of one string. Types of click are recognized by their interface, so that click is only imported by flows that
use it.
"""

from __future__ import annotations

import json
from typing import Any

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})
_NAMES: dict[Any, str] = {str: "text", int: "integer", float: "float", bool: "boolean"}


class JSONTypeClass:
    """The type of parameters that are given as JSON."""

    name = "JSON"

    def __repr__(self) -> str:
        return "JSON"


JSONType = JSONTypeClass()


def is_click_type(kind: Any) -> bool:
    """Whether `kind` is an instance of click's ParamType."""
    return not isinstance(kind, type) and callable(getattr(kind, "convert", None)) and hasattr(kind, "name")


def is_type(kind: Any) -> bool:
    """Whether a parameter can have this type."""
    return kind is JSONType or is_click_type(kind) or (callable(kind) and kind not in (list, tuple, dict, set))


def type_of(value: Any) -> Any:
    """The type of a parameter without type whose default is `value`."""
    for known in (bool, int, float, str):
        if type(value) is known:
            return known
    return JSONType if isinstance(value, (dict, list)) else str


def name(kind: Any) -> str:
    """The name of a type in help texts and error messages."""
    if kind in _NAMES:
        return _NAMES[kind]
    return str(getattr(kind, "name", None) or getattr(kind, "__name__", None) or kind)


def parse(kind: Any, text: str) -> Any:
    """The value of a string. Raises ValueError; its message is the reason, or empty if the type's name says enough."""
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in _TRUE | _FALSE:
            raise ValueError
        return lowered in _TRUE
    if kind is JSONType:
        return json.loads(text)
    if is_click_type(kind):
        return _clicked(kind, text)
    try:
        return kind(text)
    except (ValueError, ArithmeticError):
        raise ValueError from None  # the messages of int and float repeat the value


def check(kind: Any, value: Any) -> Any:
    """The value of a default that is no string. Raises TypeError, or ValueError with the reason."""
    if kind is JSONType:
        json.dumps(value)
        return value
    if is_click_type(kind):
        return _clicked(kind, value)
    if kind is float and type(value) is int:
        return float(value)
    if kind in _NAMES and type(value) is not kind:
        raise TypeError(f"is a {type(value).__name__}, but the parameter's type is {name(kind)}")
    return value


def _clicked(kind: Any, value: Any) -> Any:
    try:
        return kind.convert(value, None, None)
    except Exception as exc:
        if hasattr(exc, "format_message"):  # click's error of an invalid value
            raise ValueError(str(getattr(exc, "message", exc)).rstrip(".")) from None
        raise
