"""Names of stacks: they become folder, file and later cloud resource names, so little is allowed."""

from __future__ import annotations

import re

from .errors import StackFileError

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"
_NAME = re.compile(NAME_PATTERN)


def check_name(name: str) -> str:
    """Return a name that a stack can have; raise StackFileError saying what is allowed."""
    if not _NAME.match(name) or name != name.strip():
        shown = name if len(name) <= 40 else name[:37] + "..."
        raise StackFileError(
            f"{shown!r} cannot be the name of a stack: a lower-case letter first, then up to 30 lower-case letters, "
            "digits and dashes."
        )
    return name
