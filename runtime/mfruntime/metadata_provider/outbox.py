"""Writes on their way to a metadata service: sent in order by one thread, kept on disk where the service is away.

Every write says the same thing however often it arrives, so it may be sent again: after a lost answer, by another
process, on another day. What cannot be delivered in time lies in a spool folder, one file per process, and goes out
before the next run of the account does anything.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..store import durable
from .http import Connection, ServiceError, ServiceUnavailable

_DEADLINE_SECONDS = 60.0
_MERGED = 200


class Write(NamedTuple):
    """A POST that may be repeated. `body` is a list where neighbours to the same path may be sent as one."""

    path: str
    body: Any


class Outbox:
    """The writes of this process. `idle` is called by the sending thread about every `interval` seconds of silence."""

    def __init__(
        self, connection: Connection, spool: str, idle: Callable[[], None] = lambda: None, interval: float = 10.0
    ):
        self._connection = connection
        self._spool = spool
        self._idle = idle
        self._interval = interval
        self._queue: queue.Queue[Write | threading.Event] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._undelivered: list[Write] = []
        self._until: float | None = None  # when those who wait for a flush go on without the service
        self.refused: list[str] = []

    def put(self, write: Write) -> None:
        """Take a write; it is sent after all that were taken before."""
        self._start()
        self._queue.put(write)

    def flush(self) -> None:
        """Wait until everything taken so far is delivered, refused or spooled."""
        if self._thread is None or self._pid != os.getpid():
            return
        done = threading.Event()
        self._until = time.monotonic() + _DEADLINE_SECONDS
        self._queue.put(done)
        while not done.wait(0.2) and self._thread.is_alive():
            pass

    def _start(self) -> None:
        if self._pid != os.getpid():  # a fork has its own queue and thread
            self._pid, self._thread, self._queue = os.getpid(), None, queue.Queue()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="metadata-outbox", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                first = self._queue.get(timeout=self._interval)
            except queue.Empty:
                self._idle()
                continue
            self._deliver(self._with_neighbours(first))

    def _with_neighbours(self, first: Write | threading.Event) -> list[Write | threading.Event]:
        """What else waits now; facts of one task become one request."""
        batch = [first]
        while len(batch) < _MERGED:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return _merged(batch)

    def _deliver(self, batch: list[Write | threading.Event]) -> None:
        for item in batch:
            if isinstance(item, threading.Event):
                self._settle()
                self._until = None
                item.set()
            elif self._undelivered:
                self._undelivered.append(item)  # order is kept: nothing overtakes what could not be sent
            else:
                self._try(item)

    def _try(self, write: Write) -> None:
        try:
            started = time.monotonic()
            send(self._connection, write, lambda: self._until or started + _DEADLINE_SECONDS)
        except ServiceUnavailable:
            self._undelivered.append(write)
        except ServiceError as exc:
            self.refused.append(str(exc))

    def _settle(self) -> None:
        """Send what is left until the deadline; what is left then goes to the spool."""
        deadline = self._until or time.monotonic() + _DEADLINE_SECONDS
        while self._undelivered and time.monotonic() < deadline:
            waiting, self._undelivered = self._undelivered, []
            self._deliver(list(waiting))
        if self._undelivered:
            _spooled(self._spool, self._connection.url, self._undelivered)
            self._undelivered = []


def _merged(batch: list[Write | threading.Event]) -> list[Write | threading.Event]:
    found: list[Write | threading.Event] = []
    for item in batch:
        last = found[-1] if found else None
        if _may_join(last, item):
            found[-1] = Write(last.path, last.body + item.body)  # type: ignore[union-attr]
        else:
            found.append(item)
    return found


def _may_join(last: Any, item: Any) -> bool:
    both = isinstance(item, Write) and isinstance(last, Write) and item.path == last.path
    return both and isinstance(item.body, list) and isinstance(last.body, list)


def send(connection: Connection, write: Write, until: Callable[[], float] | None = None) -> None:
    """Deliver one write. What is there already is no error; what the service refuses raises ServiceError."""
    answer = connection.request("POST", write.path, write.body, until=until)
    if answer.status in (200, 201, 409):
        return
    detail = answer.body.get("detail") or answer.body.get("message") if isinstance(answer.body, dict) else answer.body
    hint = "Check METAFLOW_SERVICE_AUTH_KEY." if answer.status in (401, 403) else None
    raise ServiceError(f"The metadata service refuses {write.path} ({answer.status}): {detail}.", hint=hint)


# -- the spool ---------------------------------------------------------------------------------------------------------


def _spooled(folder: str, url: str, writes: list[Write]) -> None:
    content = {"url": url, "writes": [list(write) for write in writes]}
    durable.write_atomic(f"{folder}/{time.time_ns():020d}-{os.getpid()}.json", json.dumps(content).encode())


def drain(connection: Connection, folder: str) -> int:
    """Send what earlier processes had to keep for this service, oldest first; the number of files left over."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return 0
    return sum(not _drained(connection, f"{folder}/{name}") for name in names)


def _drained(connection: Connection, path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return True  # another process has sent it
    if content["url"] != connection.url:
        return True
    try:
        for target, body in content["writes"]:
            send(connection, Write(target, body))
    except ServiceUnavailable:
        return False
    except ServiceError:
        pass  # refused for good: sending it again would change nothing
    durable.remove(path)
    return True
