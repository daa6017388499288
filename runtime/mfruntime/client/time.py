"""Times as the client shows them."""

from __future__ import annotations

from datetime import datetime


def from_milliseconds(value: int | float | str) -> datetime:
    """Milliseconds since 1970 as local time."""
    return datetime.fromtimestamp(int(value) / 1000.0)
