"""Formats names in columns, as `ls` does."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 100
_GAP = 4


def format_columns(names: Sequence[str], indent: int = 0) -> str:
    """The names in columns, sorted top to bottom, at most WIDTH characters wide."""
    if not names:
        return ""
    cell = max(len(name) for name in names) + _GAP
    columns = max(1, (WIDTH - indent) // cell)
    rows = -(-len(names) // columns)
    lines = []
    for row in range(rows):
        lines.append(" " * indent + "".join(name.ljust(cell) for name in names[row::rows]).rstrip())
    return "\n".join(lines)
