"""Names and pathspecs: what they may hold, how they are joined and taken apart.

Ids become folder names in every datastore, so each is checked before it touches a path: one component, no control
characters, not a relative step, at most 255 bytes (the file name limit of Linux and macOS file systems).
"""

from __future__ import annotations

from .errors import MetaflowInvalidPathspec

MAX_COMPONENT_BYTES = 255
_KINDS = ("flow", "run", "step", "task", "artifact")


def check_component(kind: str, name: str) -> str:
    """Return `name` if it can be one component of a path; raise MetaflowInvalidPathspec saying why not."""
    if name.isalnum() and name.isascii() and len(name) <= MAX_COMPONENT_BYTES:  # most names, most of the time
        return name
    problem = _problem(name)
    if problem:
        raise MetaflowInvalidPathspec(f"The {kind} {_shown(name)} is not valid: {problem}.")
    return name


def _problem(name: str) -> str | None:
    if not name:
        return "it is empty"
    if "/" in name or "\\" in name:
        return "it holds a path separator"
    if name in (".", ".."):
        return "it is a relative path"
    if not name.isprintable() and any(c < " " or c == "\x7f" for c in name):
        return "it holds a control character"
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "it is not valid Unicode text"
    if size > MAX_COMPONENT_BYTES:
        return f"it has {size} bytes, {MAX_COMPONENT_BYTES} are allowed"
    return None


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")


def join_pathspec(*parts: str) -> str:
    """`Flow/run/step/task` of checked components."""
    return "/".join(check_component(kind, part) for kind, part in zip(_KINDS, parts))


def split_pathspec(pathspec: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Take a pathspec apart into exactly `kinds` components, each checked."""
    parts = tuple(pathspec.split("/"))
    if len(parts) != len(kinds):
        wanted = "/".join(f"<{k}>" for k in kinds)
        raise MetaflowInvalidPathspec(f"{_shown(pathspec)} is not of the form {wanted}.")
    return tuple(check_component(kind, part) for kind, part in zip(kinds, parts))
