"""Attributes of decorators as numbers and flags; from a command line they come as text."""

from __future__ import annotations

from typing import Any

from ..errors import MetaflowException


def number(step: str, decorator: str, name: str, value: Any, *, minimum: float = 0, whole: bool = False) -> float:
    """A finite number of at least `minimum`. Raises MetaflowException saying what is allowed."""
    try:
        found = float(value)
        if (whole and found != int(found)) or found != found or found in (float("inf"), float("-inf")):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        kind = "a whole number" if whole else "a number"
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be {kind}, not {value!r}.") from None
    if found < minimum:
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be at least {minimum:g}, not {value!r}.")
    return found


def flag(value: Any) -> bool:
    """Whether something is on; the texts `false`, `0` and `no` say that it is not."""
    return value.lower() not in ("false", "0", "no") if isinstance(value, str) else bool(value)
