"""The directories of mfinfra on this machine, by the conventions of the platform (XDG on Linux).

Folders and files are made here and nowhere else, so that a full or read-only disk is one clear line everywhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import MfinfraError

_PRIVATE = 0o700


def home() -> Path:
    """The home directory of the user. Raises MfinfraError if it is unknown, as in some containers."""
    try:
        return Path.home()
    except RuntimeError as exc:
        raise MfinfraError("This user has no home directory.", hint="Run: export HOME=DIRECTORY") from exc


def data_home() -> Path:
    """The data directory: $XDG_DATA_HOME/mfinfra, else the default of the platform."""
    given = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(given):  # the specification says to ignore relative paths
        return Path(given) / "mfinfra"
    if sys.platform == "darwin":
        return home() / "Library" / "Application Support" / "mfinfra"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home() / "AppData" / "Local") / "mfinfra"
    return home() / ".local" / "share" / "mfinfra"


def stacks_home() -> Path:
    """One directory for each stack."""
    return data_home() / "stacks"


def crash_home() -> Path:
    """Reports of unexpected errors."""
    return data_home() / "crashes"


def profiles_home() -> Path:
    """The directory of profile files, shared with stock Metaflow."""
    given = os.environ.get("METAFLOW_HOME")
    return Path(os.path.abspath(os.path.expanduser(given))) if given else home() / ".metaflowconfig"


def shown(path: object) -> str:
    """A path for messages, with `~` for the home directory."""
    text, start = str(path), os.path.expanduser("~")
    return "~" + text[len(start) :] if text == start or text.startswith(start + os.sep) else text


def make_folder(path: Path) -> None:
    """Create a directory and its parents. Raises MfinfraError with the path that cannot be created. Only its owner can
    enter the directory of a stack, which contains data, logs and keys."""
    try:
        stack = _stack_folder(path)
        if stack is not None:
            stack.parent.mkdir(parents=True, exist_ok=True)
            _make_private(stack)
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        hint = "Fix the cause, or select another directory, run: export XDG_DATA_HOME=DIRECTORY"
        raise MfinfraError(f"Directory {path} cannot be created: {exc.strerror}.", hint=hint) from exc


def _stack_folder(path: Path) -> Path | None:
    """The directory of the stack that a path is in."""
    home = stacks_home()
    return home / path.relative_to(home).parts[0] if home in path.parents else None


def _make_private(folder: Path) -> None:
    """Create a directory for its owner only; one of an earlier version is restricted. The target of a symbolic link is
    not changed."""
    folder.mkdir(_PRIVATE, exist_ok=True)
    if os.name != "nt" and not folder.is_symlink() and folder.stat().st_mode & 0o077:
        folder.chmod(_PRIVATE)


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """Like write_bytes, for text."""
    write_bytes(path, text.encode("utf-8"), mode)


def write_bytes(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file atomically: under a temporary name, then renamed. Raises MfinfraError with the path of the file.

    `mode` is for files that other users must not read, such as 0o600; it applies from the first byte.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if mode is not None:
            temporary.touch(mode)
            temporary.chmod(mode)  # touch does not change the mode of a file that a killed process left
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as exc:
        raise MfinfraError(
            f"{path} cannot be written: {exc.strerror}.", hint="The previous file was not changed"
        ) from exc
    finally:
        _forget(temporary)


def _forget(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return  # the first error is already raised
