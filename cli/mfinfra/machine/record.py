"""What mfinfra knows of a stack: a record of everything `up` made, and the lock that keeps others out.

For a stack in a cloud it is a memory, not the truth: that lies in the engine's state. It never holds a secret.
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


class Damaged(MfinfraError):
    """A record that cannot be read; `up` writes it anew."""


@dataclass(frozen=True)
class Record:
    """A stack as `up` left it. `state` is creating, ready or deleting.

    `config` is the whole stack file, defaults filled in, and `outputs` what the engine gave: both as JSON text, and
    only for stacks in a cloud. `data_folder` is empty for those; `preset` is only for local ones (None: `files`, which
    is what there was before presets).
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
    """This moment as text, UTC."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def folder_of(name: str) -> Path:
    """The folder of a stack; the name is checked first, so it cannot lead elsewhere."""
    return stacks_home() / check_name(name)


def save(record: Record) -> None:
    write_text(folder_of(record.name) / FILE_NAME, json.dumps(asdict(record), indent=2) + "\n")


def find(name: str) -> Record | None:
    """The record of a stack, None where there is none. Raises Damaged, or MfinfraError for one of another version."""
    path = folder_of(name) / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
        if version == VERSION:
            return _from_json(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise Damaged(f"The record {path} is damaged.", hint=f"Type: mfinfra up --name {name}") from exc
    raise MfinfraError(f"The record {path} has version {version}; this mfinfra reads version {VERSION}.")


def _from_json(content: dict[str, Any]) -> Record:
    record = Record(**{f: content[f] for f in Record.__dataclass_fields__ if f in content})
    if not all(isinstance(v, (str, type(None))) for f, v in asdict(record).items() if f != "version"):
        raise ValueError("a value is not a text")
    return record


def forget(name: str) -> None:
    """Remove the record of a stack that is gone, and its folder where nothing else is in it."""
    folder = folder_of(name)
    (folder / FILE_NAME).unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return  # it holds what is not ours


def need(name: str) -> Record:
    """As find, but a stack must be there."""
    record = find(name)
    if record is None:
        known = [r.name for r in every()]
        listed = f"Stacks here: {', '.join(known)}" if known else f"Type: mfinfra up --name {name}"
        theirs = f"mfinfra connect --name {name}"
        raise NotFound(f"There is no stack named '{name}'.", hint=f"{listed}; if somebody else made it: {theirs}")
    return record


def every() -> list[Record]:
    """All stacks of this account whose records can be read, by name."""
    found = (_readable(name) for name in _names())
    return [record for record in found if record is not None]


def damaged() -> list[str]:
    """The stacks whose records cannot be read."""
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
    """Hold the stack for this process. Raises Locked saying who has it and since when."""
    return lock.held(stacks_home() / f"{check_name(name)}.lock", f"The stack '{name}'")
