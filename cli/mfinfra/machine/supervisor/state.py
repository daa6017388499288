"""The state of the servers of a stack, as the supervisor last wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..paths import write_text

FILE_NAME = "state.json"

#: starting: not ready yet. ready: responds. waiting: exited, will be restarted. stopped: was stopped.
STATES = ("starting", "ready", "waiting", "stopped")


@dataclass(frozen=True)
class ServerState:
    """One server. `born` distinguishes its process from another one with the same PID; `ended` is its last exit."""

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
    """The last written state; empty if there is no readable file."""
    try:
        return tuple(ServerState(**state) for state in json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ()
