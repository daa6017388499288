"""What mfinfra knows of a local stack: a record of everything `up` made, and the lock that keeps others out."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import process
from .errors import Locked, MfinfraError, NotFound
from .names import check_name
from .paths import stacks_home, write_text

VERSION = 1
FILE_NAME = "stack.json"


@dataclass(frozen=True)
class Record:
    """A local stack as `up` left it. `state` is creating, ready or deleting."""

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
    """The record of a stack, None where there is none. Raises MfinfraError for a damaged one."""
    path = folder_of(name) / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise MfinfraError(f"The record {path} is damaged: {exc}.", hint=f"Type: mfinfra up --name {name}") from exc
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise MfinfraError(f"The record {path} was written by another version of mfinfra.")
    known = {f: content[f] for f in Record.__dataclass_fields__ if f in content}
    return Record(**known)


def need(name: str) -> Record:
    """As find, but a stack must be there."""
    record = find(name)
    if record is None:
        known = [r.name for r in every()]
        listed = f"Stacks here: {', '.join(known)}." if known else f"Type: mfinfra up --name {name}"
        raise NotFound(f"There is no stack named '{name}'.", hint=listed)
    return record


def every() -> list[Record]:
    """All stacks of this account whose records can be read, by name."""
    home = stacks_home()
    names = sorted(p.name for p in home.iterdir() if (p / FILE_NAME).is_file()) if home.is_dir() else []
    found = []
    for name in names:
        try:
            record = find(name)
        except MfinfraError:
            continue
        if record is not None:
            found.append(record)
    return found


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the stack for this process. Raises Locked saying who has it and since when; a dead holder is passed over."""
    path = stacks_home() / f"{check_name(name)}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    _take(path, name)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path, name: str) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": now()}
    for _ in range(2):
        try:
            with open(path, "x", encoding="utf-8") as file:
                json.dump(holder, file)
            return
        except FileExistsError:
            _refuse_unless_stale(path, name)
            path.unlink(missing_ok=True)
    raise Locked(f"The stack '{name}' is being changed by another mfinfra.", hint="Try again when it is done.")


def _refuse_unless_stale(path: Path, name: str) -> None:
    try:
        other = json.loads(path.read_text(encoding="utf-8"))
        pid, host, since = int(other["pid"]), str(other["host"]), str(other["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return  # written half by a process that died
    if host != socket.gethostname() or process.is_alive(pid):
        raise Locked(
            f"The stack '{name}' is being changed by process {pid} on {host} since {since}.",
            hint=f"Wait for it, or, if it is gone for good, remove {path}",
        )
