"""What a supervisor runs: a list of servers, in the order in which they are started."""

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
    """A program that listens on `port` of this machine.

    `path` is what it answers by HTTP when it is ready; without one, an open port is enough. `environment` is laid over
    that of the supervisor. `end_signal` is the name of the signal that makes it end in order.
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
    """Write what to run, readable by its owner only: environments hold passwords."""
    document = {"version": VERSION, "servers": [asdict(server) for server in servers]}
    write_text(folder / FILE_NAME, json.dumps(document, indent=2) + "\n", 0o600)


def load(folder: Path) -> tuple[Server, ...]:
    """What to run; nothing where no file is. Raises MfinfraError for a file that is damaged or of another version."""
    path = folder / FILE_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise ValueError("another version")
        return tuple(Server(**{**server, "argv": tuple(server["argv"])}) for server in document["servers"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MfinfraError(f"{path} is damaged ({exc}).", hint="Type: mfinfra up") from exc
