"""Names of stacks. They become names of directories, files and cloud resources, so few characters are allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import StackFileError

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"
NAME_RULE = "a lower-case letter first, then up to 30 lower-case letters, digits and dashes"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def is_name(name: str) -> bool:
    """Whether a stack can have this name."""
    return _NAME.fullmatch(name) is not None


def stack_tags(name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of all resources of a stack: those of the stack file, and those by which mfinfra finds them."""
    return {**tags, "mfinfra:stack": name, "mfinfra:managed-by": "mfinfra"}


def check_name(name: str) -> str:
    """Return a valid name of a stack. Raises StackFileError with the rule if it is invalid."""
    if not is_name(name):
        shown = name if len(name) <= 40 else name[:37] + "..."
        raise StackFileError(f"{shown!r} is not a valid stack name: {NAME_RULE}.")
    return name
