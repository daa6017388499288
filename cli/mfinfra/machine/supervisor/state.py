"""How the servers of a stack are doing, as the supervisor last wrote it down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..paths import write_text

FILE_NAME = "state.json"

#: starting: does not answer yet. ready: answers. waiting: ended, started again in a moment. stopped: ended as told.
STATES = ("starting", "ready", "waiting", "stopped")


@dataclass(frozen=True)
class ServerState:
    """One server. `born` tells its process from another that has the same number; `ended` is how it last ended."""

    name: str
    state: str
    pid: int | None
    born: str | None
    since: str
    restarts: int
    ended: str | None = None


def save(folder: Path, states: Iterable[ServerState]) -> None:
    write_text(folder / FILE_NAME, json.dumps([asdict(state) for state in states], indent=2) + "\n")


def load(folder: Path) -> tuple[ServerState, ...]:
    """As last written; nothing where nothing (readable) is there."""
    try:
        return tuple(ServerState(**state) for state in json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ()
