"""Where mfinfra keeps things on this machine, by the platform's conventions (XDG base directories on Linux).

Folders and files are made here and nowhere else, so that a full or read-only disk is one clear line everywhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import MfinfraError


def home() -> Path:
    """The user's home folder. Raises MfinfraError for an account that has none (as in some containers)."""
    try:
        return Path.home()
    except RuntimeError as exc:
        raise MfinfraError("This account has no home folder.", hint="Type: export HOME=FOLDER") from exc


def data_home() -> Path:
    """The folder of all stacks: $XDG_DATA_HOME/mfinfra, else the platform's own place."""
    given = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(given):  # the specification has relative ones ignored
        return Path(given) / "mfinfra"
    if sys.platform == "darwin":
        return home() / "Library" / "Application Support" / "mfinfra"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home() / "AppData" / "Local") / "mfinfra"
    return home() / ".local" / "share" / "mfinfra"


def stacks_home() -> Path:
    """One folder per local stack."""
    return data_home() / "stacks"


def crash_home() -> Path:
    """Reports of errors that should not happen."""
    return data_home() / "crashes"


def profiles_home() -> Path:
    """The folder of profile files, shared with stock Metaflow."""
    given = os.environ.get("METAFLOW_HOME")
    return Path(os.path.abspath(os.path.expanduser(given))) if given else home() / ".metaflowconfig"


def shown(path: object) -> str:
    """A path as a person reads it: the home folder is `~`."""
    text, start = str(path), os.path.expanduser("~")
    return "~" + text[len(start) :] if text == start or text.startswith(start + os.sep) else text


def make_folder(path: Path) -> None:
    """Make a folder and those around it. Raises MfinfraError naming the one that cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        hint = "Free it, or choose another place with: export XDG_DATA_HOME=FOLDER"
        raise MfinfraError(f"The folder {path} cannot be made: {exc.strerror}.", hint=hint) from exc


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """As write_bytes, for text."""
    write_bytes(path, text.encode("utf-8"), mode)


def write_bytes(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all: under a temporary name, then renamed. Raises MfinfraError naming the file.

    `mode` is for files that others must not read, as 0o600; it holds from the first byte on.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if mode is not None:
            temporary.touch(mode)
            temporary.chmod(mode)  # touch leaves one that a killed process left as it is
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as exc:
        raise MfinfraError(f"{path} cannot be written: {exc.strerror}.", hint="What was there is unchanged.") from exc
    finally:
        _forget(temporary)


def _forget(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return  # the reason is already being told
