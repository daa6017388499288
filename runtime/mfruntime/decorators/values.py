"""Converts attributes of decorators to numbers and Booleans; from a command line they are strings."""

from __future__ import annotations

from typing import Any

from ..errors import MetaflowException


def number(step: str, decorator: str, name: str, value: Any, *, minimum: float = 0, integer: bool = False) -> float:
    """A finite number of at least `minimum`. Raises MetaflowException with the allowed values."""
    try:
        found = float(value)
        if (integer and found != int(found)) or found != found or found in (float("inf"), float("-inf")):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        kind = "an integer" if integer else "a number"
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be {kind}, not {value!r}.") from None
    if found < minimum:
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be at least {minimum:g}, not {value!r}.")
    return found


def flag(value: Any) -> bool:
    """A value as a Boolean; the strings `false`, `0` and `no` are False."""
    return value.lower() not in ("false", "0", "no") if isinstance(value, str) else bool(value)
