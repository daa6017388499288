"""Names and pathspecs: validated, joined and split.

Ids become directory names in every datastore, so each is validated before it is used in a path: one component, no
control or hidden characters, not `.` or `..`, at most 255 bytes (the file name limit of Linux and macOS file systems).
"""

from __future__ import annotations

from .errors import MetaflowInvalidPathspec
from .printable import escaped, is_plain

MAX_COMPONENT_BYTES = 255
_KINDS = ("flow", "run", "step", "task", "artifact")


def check_component(kind: str, name: str) -> str:
    """Return `name` if it can be one component of a path, else raise MetaflowInvalidPathspec with the reason."""
    if name.isalnum() and name.isascii() and len(name) <= MAX_COMPONENT_BYTES:  # most names, most of the time
        return name
    problem = _problem(name)
    if problem:
        raise MetaflowInvalidPathspec(f"The {kind} {_shown(name)} is invalid: {problem}.")
    return name


def _problem(name: str) -> str | None:
    if not name:
        return "it is empty"
    if "/" in name or "\\" in name:
        return "it contains a path separator"
    if name in (".", ".."):
        return "it is a relative path"
    if not is_plain(name):
        return "it contains a control character or a hidden character"
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if size > MAX_COMPONENT_BYTES:
        return f"it has {size} bytes, but the maximum is {MAX_COMPONENT_BYTES}"
    return None


def _shown(name: str) -> str:
    return escaped(repr(name if len(name) <= 60 else name[:57] + "..."))


def join_pathspec(*parts: str) -> str:
    """`Flow/run/step/task`, with each component validated."""
    return "/".join(check_component(kind, part) for kind, part in zip(_KINDS, parts))


def split_pathspec(pathspec: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Split a pathspec into exactly `kinds` components, each validated."""
    parts = tuple(pathspec.split("/"))
    if len(parts) != len(kinds):
        wanted = "/".join(f"<{k}>" for k in kinds)
        raise MetaflowInvalidPathspec(f"{_shown(pathspec)} must have the format {wanted}.")
    return tuple(check_component(kind, part) for kind, part in zip(kinds, parts))
