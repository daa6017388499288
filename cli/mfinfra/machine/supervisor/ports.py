"""Local ports of a stack's servers: selected once and stored; a port in use by another program is replaced."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import EngineError
from ..paths import write_text
from .child import is_free

FILE_NAME = "ports.json"
#: Below the ephemeral ports of operating systems.
PORTS = range(17000, 20000)


def assigned(folder: Path, wanted: Sequence[str], running: bool) -> dict[str, int]:
    """A port for each name in `wanted`: the stored one, unless another program uses it now.

    The ports are stored in `folder`. `running`: its own servers use them.
    """
    path = folder / FILE_NAME
    known = _known(path)
    kept = {name: known[name] for name in wanted if name in known and (running or is_free(known[name]))}
    free = _free_from(str(folder), set(kept.values()))
    ports = {name: kept.get(name) or next(free) for name in wanted}
    if ports != known:
        write_text(path, json.dumps(ports, indent=2) + "\n")
    return ports


def _known(path: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _free_from(owner: str, taken: set[int]) -> Iterator[int]:
    """Free ports, searched from a start that depends on the stack's directory, so that two stacks rarely collide."""
    start = zlib.crc32(owner.encode()) % len(PORTS)
    for offset in range(len(PORTS)):
        port = PORTS[(start + offset) % len(PORTS)]
        if port not in taken and is_free(port):
            yield port
    raise EngineError(f"No port from {PORTS[0]} to {PORTS[-1]} is free.", hint="Stop a program that uses one")
