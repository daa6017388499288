"""Profile files, which connect flows to a stack. Stock Metaflow reads the same files.

A file that contains MFINFRA_STACK was written by mfinfra. Other files are never overwritten or deleted.
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
_PRIVATE = 0o600  # the profile of a cloud stack contains the API key of its metadata service


@dataclass(frozen=True)
class Profile:
    """A written profile: its file, and whether it is the default."""

    path: Path
    is_default: bool


def in_force() -> Path:
    """The profile file that flows of this shell use: that of METAFLOW_PROFILE, else the default."""
    name = os.environ.get("METAFLOW_PROFILE")
    return profiles_home() / f"config_{name}.json" if name else default_path()


def path_of(name: str) -> Path:
    """The profile file of a stack."""
    return profiles_home() / f"config_{check_name(name)}.json"


def default_path() -> Path:
    """The default profile file, for flows without METAFLOW_PROFILE."""
    return profiles_home() / "config.json"


def read(path: Path) -> dict[str, str] | None:
    """The settings in a file, None if it does not exist. Raises MfinfraError if it is not a profile."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as exc:
        raise MfinfraError(f"Profile {path} cannot be read: {exc}.", hint="Fix the file, or move it") from exc
    if not isinstance(content, dict):
        raise MfinfraError(f"Profile {path} must contain one JSON object.", hint="Fix the file, or move it")
    return {str(k): str(v) for k, v in content.items()}


def owner(path: Path) -> str | None:
    """The stack of a profile file; None if the file does not exist or was not written by mfinfra."""
    try:
        content = read(path)
    except MfinfraError:
        return None
    return content.get(MARKER) if content else None


def default_stack() -> str | None:
    """The stack of the default profile."""
    return owner(default_path())


def check_free(name: str) -> Path:
    """The profile file of a stack. Raises Refused if a file that mfinfra did not write has its path."""
    path = path_of(name)
    if _is_taken(path) and owner(path) != name:
        raise Refused(
            f"Profile {path} exists, and was not written by mfinfra for this stack. It was not changed.",
            hint="Choose another stack name with --name, or move the file",
        )
    return path


def write(name: str, settings: dict[str, str]) -> Profile:
    """Write a stack's profile, and make it the default if there is no other. Raises Refused if mfinfra did not write
    the existing file."""
    path = check_free(name)
    text = _text(name, settings)
    write_text(path, text, _PRIVATE)
    if not _is_taken(default_path()) or default_stack() == name:
        write_text(default_path(), text, _PRIVATE)
    return Profile(path, default_stack() == name)


def use(name: str) -> Path:
    """Make a stack's profile the default. Raises Refused if mfinfra did not write the current default."""
    settings = read(path_of(name))
    if settings is None or settings.get(MARKER) != name:
        raise Refused(f"Stack '{name}' has no profile.", hint=f"Run: mfinfra up --name {name}")
    if _is_taken(default_path()) and default_stack() is None:
        raise Refused(
            f"{default_path()} was not written by mfinfra. It was not changed.",
            hint=f"Run: export METAFLOW_PROFILE={name}, or move that file first",
        )
    write_text(default_path(), _text(name, settings), _PRIVATE)
    return default_path()


def remove(name: str) -> list[Path]:
    """Delete the files that `write` and `use` wrote for a stack; returns the deleted files."""
    removed = []
    for path in (path_of(name), default_path()):
        if owner(path) == name:
            _unlink(path)
            removed.append(path)
    return removed


def _is_taken(path: Path) -> bool:
    return os.path.lexists(path)  # a broken link counts as a file of the user too


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be deleted: {exc.strerror}.", hint="Run the command again") from exc


def _text(name: str, settings: dict[str, str]) -> str:
    return json.dumps({**settings, MARKER: name}, indent=2, sort_keys=True) + "\n"
