"""One server of a stack: start, check, restart, stop."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from ...errors import MfinfraError
from .. import process
from ..record import now
from .spec import Server
from .state import ServerState

#: After a server has been ready for this long, its restart delay is reset.
_STEADY_SECONDS = 60.0
_LONGEST_PAUSE = 30.0
_FIRST_PAUSE = 0.2
_GRACE_SECONDS = 40.0
_LOG_BYTES = 10 << 20


class Child:
    """A server and its process. All times are of one monotonic clock, in seconds."""

    def __init__(self, server: Server, log_folder: Path):
        self.server = server
        self._log = log_folder / f"{server.name}.log"
        self._process: process.Program | None = None
        self._state, self._since = "waiting", now()
        self._start_at = 0.0
        self._ready_at = 0.0
        self._crashes = 0
        self._restarts = 0
        self._born: str | None = None
        self._ended: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether its state can change only when its process exits."""
        return self._state in ("ready", "stopped")

    @property
    def is_ready(self) -> bool:
        return self._state == "ready"

    def look(self, time: float) -> bool:
        """Update the state at `time`, and start the server if it is due; returns whether the state changed."""
        before = (self._state, self._restarts)
        if self._process is not None and self._process.poll() is not None:
            self._has_ended(self._process.returncode, time)
        if self._state == "waiting" and time >= self._start_at:
            self._start(time)
        if self._state == "starting" and _answers(self.server):
            self._become("ready")
            self._ready_at = time
        return before != (self._state, self._restarts)

    def _start(self, time: float) -> None:
        _shorten(self._log)
        if not is_free(self.server.port):
            self._has_ended(f"could not listen: port {self.server.port} is in use by another program", time)
            return
        environment = {**os.environ, **self.server.environment}
        try:
            self._process = process.started(self.server.argv, self._log, environment, str(self._log.parent))
        except MfinfraError as exc:
            self._has_ended(exc.message, time)
            return
        self._born = process.born(self._process.pid)
        self._become("starting")

    def _has_ended(self, how: int | str, time: float) -> None:
        self._ended = how if isinstance(how, str) else _described(how)
        self._process = self._born = None
        is_steady = self._state == "ready" and time - self._ready_at > _STEADY_SECONDS
        self._crashes = 0 if is_steady else self._crashes
        self._start_at = time + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._crashes)
        self._crashes += 1
        self._restarts += 1
        self._become("waiting")

    def _become(self, state: str) -> None:
        self._state, self._since = state, now()

    def end(self) -> None:
        """Stop it; kill it if it does not exit in time."""
        if self._process is not None:
            process.end(self._process, signal.Signals[self.server.end_signal], _GRACE_SECONDS)
        self._process = self._born = None
        self._become("stopped")

    def state(self) -> ServerState:
        pid = None if self._process is None else self._process.pid
        name = self.server.name
        return ServerState(name, self._state, pid, self._born, self._since, self._restarts, self._ended)


def is_free(port: int) -> bool:
    """Whether no program listens on a local port."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _described(code: int) -> str:
    return f"exited with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"


def _answers(server: Server) -> bool:
    if server.path is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", server.port)) == 0
    import http.client  # takes longer than most commands, and these import this module too

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)
    try:
        connection.request("GET", server.path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _shorten(log: Path) -> None:
    """Rotate a large log; one older log is kept."""
    try:
        if log.stat().st_size > _LOG_BYTES:
            os.replace(log, log.with_suffix(".log.1"))
    except OSError:
        return
