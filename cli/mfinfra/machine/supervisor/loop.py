"""The supervisor: starts the servers of a directory, restarts those that exit, and stops all on a signal."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from ...errors import MfinfraError
from .. import lock, process
from . import spec, state
from .child import Child

LOCK_NAME = "supervisor.lock"
LOGS = "logs"
#: How often a server that is not ready yet is checked, and how long another process can hold the lock for a query.
_TICK_SECONDS = 0.05
_LOOK_SECONDS = 2.0
#: How often an idle supervisor checks whether its directory still exists.
_IDLE_SECONDS = 5.0


class Supervisor:
    """Runs the servers of one directory until it gets SIGTERM or SIGINT."""

    def __init__(self, folder: Path, tell: Callable[[str], None]):
        self._folder = folder
        self._tell = tell
        self._children = [Child(server, folder / LOGS) for server in spec.load(folder)]
        self._is_stopping = False

    def run(self) -> None:
        """Run until a signal. Raises Locked if another supervisor runs this directory."""
        with lock.held(self._folder / LOCK_NAME, f"Directory {self._folder}", _LOOK_SECONDS):
            end_left_behind(self._folder)
            wake = self._listen()
            try:
                while not self._is_stopping:
                    self._look()
                    is_settled = all(child.is_settled for child in self._children)
                    _sleep(wake, _IDLE_SECONDS if is_settled else _TICK_SECONDS)
                    self._is_stopping |= not self._is_wanted()
            finally:
                self._end()

    def _listen(self) -> socket.socket:
        """A socket that becomes readable on a signal: a server exited, or the supervisor must stop."""
        wake, inner = socket.socketpair()
        wake.setblocking(False)
        inner.setblocking(False)
        signal.set_wakeup_fd(inner.fileno())
        self._inner = inner  # kept open
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return wake

    def _is_wanted(self) -> bool:
        """False if its directory was deleted: no command could stop the supervisor any more."""
        return (self._folder / LOCK_NAME).exists()

    def _request_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _look(self) -> None:
        """Start and check the servers in order: each waits until those before it are ready."""
        changed = False
        for child in self._children:
            changed |= child.look(time.monotonic())
            if not child.is_ready:
                break
        if changed:
            self._note()

    def _end(self) -> None:
        for child in reversed(self._children):
            child.end()
        self._note()

    def _note(self) -> None:
        if not self._folder.is_dir():
            return
        try:
            state.save(self._folder, [child.state() for child in self._children])
        except MfinfraError as exc:  # a full disk: the servers continue
            self._tell(exc.message)


def _sleep(wake: socket.socket, seconds: float | None) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(wake, selectors.EVENT_READ)
        if selector.select(seconds):
            wake.recv(4096)


def end_left_behind(folder: Path) -> None:
    """Stop servers whose supervisor was killed: they would run forever and occupy the ports."""
    left = [(known.pid, known.born) for known in state.load(folder) if known.pid is not None]
    signals = {server.name: signal.Signals[server.end_signal] for server in spec.load(folder)}
    names = {known.pid: known.name for known in state.load(folder)}
    for pid, born in reversed(left):
        if born is None or process.born(pid) != born:
            continue
        _ended(pid, born, signals.get(names[pid], signal.SIGTERM))


def _ended(pid: int, born: str, number: signal.Signals) -> None:
    for wanted, patience in ((number, 20.0), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, wanted)
        except OSError:
            return
        deadline = time.monotonic() + patience
        while process.born(pid) == born and time.monotonic() < deadline:
            time.sleep(_TICK_SECONDS)
        if process.born(pid) != born:
            return
