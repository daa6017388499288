"""Profile files: what connects flows to a stack. Stock Metaflow reads the same files.

A file is ours when it holds MFINFRA_STACK. Files of others are never overwritten and never removed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import MfinfraError, Refused
from .names import check_name
from .paths import profiles_home, write_text

MARKER = "MFINFRA_STACK"
_PRIVATE = 0o600  # the profile of a stack in a cloud holds the key of its metadata service


@dataclass(frozen=True)
class Profile:
    """A written profile: its file, and whether flows use it without being told to."""

    path: Path
    is_default: bool


def in_force() -> Path:
    """The file that flows of this shell use: of the profile named by METAFLOW_PROFILE, else the default."""
    name = os.environ.get("METAFLOW_PROFILE")
    return profiles_home() / f"config_{name}.json" if name else default_path()


def path_of(name: str) -> Path:
    """The profile file of a stack."""
    return profiles_home() / f"config_{check_name(name)}.json"


def default_path() -> Path:
    """The file that is used where no profile is named."""
    return profiles_home() / "config.json"


def read(path: Path) -> dict[str, str] | None:
    """The settings in a file, None where there is no file. Raises MfinfraError for one that is not settings."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as exc:
        raise MfinfraError(f"The profile {path} cannot be read: {exc}.", hint="Mend it or move it away.") from exc
    if not isinstance(content, dict):
        raise MfinfraError(f"The profile {path} must hold one JSON object.", hint="Mend it or move it away.")
    return {str(k): str(v) for k, v in content.items()}


def owner(path: Path) -> str | None:
    """The stack whose profile a file is; None for a file of somebody else, or none."""
    try:
        content = read(path)
    except MfinfraError:
        return None
    return content.get(MARKER) if content else None


def default_stack() -> str | None:
    """The stack that flows use where no profile is named."""
    return owner(default_path())


def check_free(name: str) -> Path:
    """The profile file of a stack. Raises Refused where somebody else's file is in its place."""
    path = path_of(name)
    if _is_taken(path) and owner(path) != name:
        raise Refused(
            f"The profile {path} exists and was not written by mfinfra for this stack; it is left as it is.",
            hint="Choose another stack name with --name, or move the file away.",
        )
    return path


def write(name: str, settings: dict[str, str]) -> Profile:
    """Write a stack's profile, and make it the default where there is none. Raises Refused for a foreign file."""
    path = check_free(name)
    text = _text(name, settings)
    write_text(path, text, _PRIVATE)
    if not _is_taken(default_path()) or default_stack() == name:
        write_text(default_path(), text, _PRIVATE)
    return Profile(path, default_stack() == name)


def use(name: str) -> Path:
    """Make a stack's profile the default. Raises Refused where the default is a file of somebody else."""
    settings = read(path_of(name))
    if settings is None or settings.get(MARKER) != name:
        raise Refused(f"The stack '{name}' has no profile of its own.", hint=f"Type: mfinfra up --name {name}")
    if _is_taken(default_path()) and default_stack() is None:
        raise Refused(
            f"{default_path()} was not written by mfinfra; it is left as it is.",
            hint=f"Type: export METAFLOW_PROFILE={name}, or move that file away first.",
        )
    write_text(default_path(), _text(name, settings), _PRIVATE)
    return default_path()


def remove(name: str) -> list[Path]:
    """Remove what `write` and `use` wrote for a stack, and nothing else; returns what was removed."""
    removed = []
    for path in (path_of(name), default_path()):
        if owner(path) == name:
            _unlink(path)
            removed.append(path)
    return removed


def _is_taken(path: Path) -> bool:
    return os.path.lexists(path)  # a link that leads nowhere is somebody's file too


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be removed: {exc.strerror}.", hint="Type the same again.") from exc


def _text(name: str, settings: dict[str, str]) -> str:
    return json.dumps({**settings, MARKER: name}, indent=2, sort_keys=True) + "\n"
