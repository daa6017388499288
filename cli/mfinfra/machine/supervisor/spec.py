"""The list of servers that a supervisor runs, in the order in which they start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...errors import MfinfraError
from ..paths import write_text

FILE_NAME = "servers.json"
VERSION = 1


@dataclass(frozen=True)
class Server:
    """A program that listens on a local port.

    `path` is the HTTP path of its readiness check; without it, an open port is enough. `environment` is added to that
    of the supervisor. `end_signal` is the name of the signal for a clean stop.
    """

    name: str
    argv: tuple[str, ...]
    port: int
    path: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    end_signal: str = "SIGTERM"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def save(folder: Path, servers: Sequence[Server]) -> None:
    """Write the list of servers. Only the owner can read it: environments contain passwords."""
    document = {"version": VERSION, "servers": [asdict(server) for server in servers]}
    write_text(folder / FILE_NAME, json.dumps(document, indent=2) + "\n", 0o600)


def load(folder: Path) -> tuple[Server, ...]:
    """Read the list of servers; empty without a file. Raises MfinfraError if it is corrupt or of another version."""
    path = folder / FILE_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise ValueError("another version")
        return tuple(Server(**{**server, "argv": tuple(server["argv"])}) for server in document["servers"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MfinfraError(f"{path} is corrupt ({exc}).", hint="Run: mfinfra up") from exc
