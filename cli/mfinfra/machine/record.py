"""Local records of stacks: what `up` created, and the lock against concurrent commands.

For a cloud stack, the record is only a copy: the state of the engine is authoritative. It contains no secrets.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import MfinfraError, NotFound
from . import lock
from .names import check_name, is_name
from .paths import stacks_home, write_text

VERSION = 1
FILE_NAME = "stack.json"


class Corrupt(MfinfraError):
    """A record that cannot be read; `up` writes a new one."""


@dataclass(frozen=True)
class Record:
    """A stack after the last `up`. `state` is creating, ready or deleting.

    `config` is the complete stack file with defaults, and `outputs` are the outputs of the engine: both as JSON text,
    and only for cloud stacks. `data_folder` and `preset` are only for local stacks (None: `files`, the only kind
    before presets).
    """

    name: str
    cloud: str
    state: str
    created_at: str
    data_folder: str
    profile: str
    python: str | None = None
    runtime_version: str | None = None
    proven_run: str | None = None
    proven_at: str | None = None
    engine: str | None = None
    region: str | None = None
    account: str | None = None
    config: str | None = None
    outputs: str | None = None
    drift: str | None = None
    drift_at: str | None = None
    preset: str | None = None
    version: int = VERSION

    def updated(self, **changes: Any) -> Record:
        return replace(self, **changes)


def now() -> str:
    """The current time in UTC, as text."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def folder_of(name: str) -> Path:
    """The directory of a stack. The name is checked first, so that it cannot be a path."""
    return stacks_home() / check_name(name)


def save(record: Record) -> None:
    write_text(folder_of(record.name) / FILE_NAME, json.dumps(asdict(record), indent=2) + "\n")


def find(name: str) -> Record | None:
    """The record of a stack, None if it does not exist. Raises Corrupt, or MfinfraError for another version."""
    path = folder_of(name) / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
        if version == VERSION:
            return _from_json(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise Corrupt(f"Record {path} is corrupt.", hint=f"Run: mfinfra up --name {name}") from exc
    raise MfinfraError(f"Record {path} has version {version}; this mfinfra supports version {VERSION}.")


def _from_json(content: dict[str, Any]) -> Record:
    record = Record(**{f: content[f] for f in Record.__dataclass_fields__ if f in content})
    if not all(isinstance(v, (str, type(None))) for f, v in asdict(record).items() if f != "version"):
        raise ValueError("a value is not a text")
    return record


def forget(name: str) -> None:
    """Delete the record of a deleted stack, and its directory if it is empty."""
    folder = folder_of(name)
    (folder / FILE_NAME).unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return  # it contains other files


def need(name: str) -> Record:
    """Like find, but raises NotFound if there is no record."""
    record = find(name)
    if record is None:
        known = [r.name for r in every()]
        listed = f"Stacks on this machine: {', '.join(known)}" if known else f"Run: mfinfra up --name {name}"
        theirs = f"mfinfra connect --name {name}"
        hint = f"{listed}; if another user created it, run: {theirs}"
        raise NotFound(f"Stack '{name}' was not found on this machine.", hint=hint)
    return record


def every() -> list[Record]:
    """All stacks with a readable record, by name."""
    found = (_readable(name) for name in _names())
    return [record for record in found if record is not None]


def corrupt_names() -> list[str]:
    """The stacks whose records are corrupt."""
    return [name for name in _names() if _readable(name) is None]


def _names() -> list[str]:
    home = stacks_home()
    folders = home.iterdir() if home.is_dir() else ()
    return sorted(p.name for p in folders if is_name(p.name) and (p / FILE_NAME).is_file())


def _readable(name: str) -> Record | None:
    try:
        return find(name)
    except MfinfraError:
        return None


def locked(name: str) -> AbstractContextManager[None]:
    """Lock the stack for this process. Raises Locked with the holder and the time."""
    return lock.held(stacks_home() / f"{check_name(name)}.lock", f"Stack '{name}'")
