"""Start, stop and query a supervisor from another process."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ...errors import EngineError, MfinfraError
from .. import lock, process
from ..paths import make_folder
from . import spec, state
from .child import is_free
from .loop import LOCK_NAME, LOGS, end_left_behind
from .spec import Server
from .state import ServerState

_READY_SECONDS = 60.0
_END_SECONDS = 90.0
_TICK_SECONDS = 0.02
#: A server that exited this often before it was ready counts as failed.
_HOPELESS = 4


def is_running(folder: Path) -> bool:
    return lock.is_held(folder / LOCK_NAME)


def keep_ports(folder: Path) -> bool:
    """Whether a running supervisor and its servers keep their ports. The supervisor is stopped if one of its servers
    exited, and cannot start again because another program uses its port."""
    if not is_running(folder):
        return False
    waiting = [server for server, known in states(folder) if known is not None and known.state == "waiting"]
    if all(is_free(server.port) for server in waiting):
        return True
    stop(folder)
    return False


def start(folder: Path, servers: Sequence[Server], inherit: tuple[str, ...] = ()) -> None:
    """Start exactly these servers; returns when all are ready. Raises EngineError with the server that does not start
    and the end of its log. `inherit` are prefixes of environment variables that are passed on although they can be
    credentials; these are in the memory of the processes only."""
    if is_running(folder) and spec.load(folder) == tuple(servers):
        _await_ready(folder, servers)
        return
    stop(folder)
    make_folder(folder / LOGS)
    spec.save(folder, servers)
    state.save(folder, ())
    argv = [sys.executable, "-m", "mfinfra.machine.supervisor", str(folder)]
    process.detached(argv, folder / LOGS / "supervisor.log", _environment(inherit), str(folder))
    _await_ready(folder, servers)


def _environment(inherit: tuple[str, ...]) -> dict[str, str]:
    """The environment without the variables of flows and clouds, so that servers do not keep credentials."""
    every = ("METAFLOW_", "MFINFRA_", "MF_", "AWS_", "AZURE_", "GOOGLE_", "ARM_", "CLOUDSDK_", "PG", "TF_")
    prefixes = tuple(prefix for prefix in every if prefix not in inherit)
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def _await_ready(folder: Path, servers: Sequence[Server]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    wanted = {server.name for server in servers}
    while True:
        known = state.load(folder)
        if {one.name for one in known if one.state == "ready"} >= wanted:
            return
        hopeless = [one for one in known if one.restarts >= _HOPELESS and one.state != "ready"]
        if hopeless or time.monotonic() > deadline:
            late = hopeless or [one for one in known if one.state != "ready"]
            stop(folder)
            raise _failure(folder, late[0].name if late else "supervisor", late[0].ended if late else None)
        time.sleep(_TICK_SECONDS)


def _failure(folder: Path, name: str, ended: str | None) -> EngineError:
    log = folder / LOGS / f"{name}.log"
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    last = f": {lines[-1][:300]}" if lines else "."
    how = ended or f"did not respond within {_READY_SECONDS:.0f} seconds"
    return EngineError(f"Server '{name}' did not start; it {how}{last}", hint=f"See its log: {log}")


def stop(folder: Path) -> None:
    """Stop the supervisor and its servers, if they run. Raises MfinfraError if it does not exit."""
    deadline = time.monotonic() + _END_SECONDS
    told = False
    while is_running(folder):
        pid = _pid(folder)
        if pid is not None and not told:
            told = _signalled(pid)
        if time.monotonic() > deadline:
            raise MfinfraError(f"The supervisor (process {pid}) does not stop.", hint=f"Run: kill -9 {pid}")
        time.sleep(_TICK_SECONDS)
    end_left_behind(folder)


def _pid(folder: Path) -> int | None:
    try:
        return int(json.loads((folder / LOCK_NAME).read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is being written


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError:
        return False
    return True


def states(folder: Path) -> list[tuple[Server, ServerState | None]]:
    """Every server of a directory with its state, None if no supervisor runs it."""
    alive = is_running(folder)
    known = {one.name: one for one in state.load(folder)} if alive else {}
    return [(server, known.get(server.name)) for server in spec.load(folder)]
