"""Where mfinfra keeps things on this machine, by the platform's conventions (XDG base directories on Linux)."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data_home() -> Path:
    """The folder of all stacks: $XDG_DATA_HOME/mfinfra, else the platform's own place."""
    given = os.environ.get("XDG_DATA_HOME")
    if given:
        return Path(given) / "mfinfra"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mfinfra"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mfinfra"
    return Path.home() / ".local" / "share" / "mfinfra"


def stacks_home() -> Path:
    """One folder per local stack."""
    return data_home() / "stacks"


def crash_home() -> Path:
    """Reports of errors that should not happen."""
    return data_home() / "crashes"


def profiles_home() -> Path:
    """The folder of profile files, shared with stock Metaflow."""
    return Path(os.environ.get("METAFLOW_HOME") or "~/.metaflowconfig").expanduser()


def shown(path: object) -> str:
    """A path as a person reads it: the home folder is `~`."""
    text, home = str(path), str(Path.home())
    return "~" + text[len(home) :] if text == home or text.startswith(home + os.sep) else text


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: under a temporary name, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
