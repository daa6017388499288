"""Times as the client returns them."""

from __future__ import annotations

from datetime import datetime


def from_milliseconds(value: int | float | str) -> datetime:
    """Convert milliseconds since 1970 to local time."""
    return datetime.fromtimestamp(int(value) / 1000.0)
