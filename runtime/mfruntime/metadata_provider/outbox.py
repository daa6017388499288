"""The queue of writes to a metadata service: sent in order by one thread, stored on disk if the service is unavailable.

Every write is idempotent, so it can be retried: after a lost response, by another process, on another day. Writes that
cannot be delivered in time are stored in a spool directory, one file per process, and are sent first by the next run of
the same user account.
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
    """An idempotent POST. If `body` is a list, consecutive writes to the same path can be merged."""

    path: str
    body: Any


class Outbox:
    """The write queue of this process. The sending thread calls `idle` about every `interval` seconds without
    writes."""

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
        self._until: float | None = None  # when a flush stops waiting for the service
        self.refused: list[str] = []

    def put(self, write: Write) -> None:
        """Add a write to the queue; it is sent after all earlier ones."""
        self._start()
        self._queue.put(write)

    def flush(self) -> None:
        """Wait until all queued writes are delivered, rejected or spooled."""
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
        """The write and all waiting ones; metadata of one task is merged into one request."""
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
                self._send_rest()
                self._until = None
                item.set()
            elif self._undelivered:
                self._undelivered.append(item)  # keeps the order: no write is sent before an earlier one that failed
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

    def _send_rest(self) -> None:
        """Send the remaining writes until the deadline, then spool the rest."""
        deadline = self._until or time.monotonic() + _DEADLINE_SECONDS
        while self._undelivered and time.monotonic() < deadline:
            waiting, self._undelivered = self._undelivered, []
            self._deliver(list(waiting))
        if self._undelivered:
            _spool(self._spool, self._connection, self._undelivered)
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
    """Deliver one write, in halves if it is too large. An existing record is no error; a rejected write raises
    ServiceError."""
    response = connection.request("POST", write.path, write.body, until=until)
    if response.status in (200, 201, 409):
        return
    if response.status == 413 and isinstance(write.body, list) and len(write.body) > 1:
        middle = len(write.body) // 2
        for half in (write.body[:middle], write.body[middle:]):
            send(connection, Write(write.path, half), until)
        return
    detail = (
        response.body.get("detail") or response.body.get("message")
        if isinstance(response.body, dict)
        else response.body
    )
    hint = "Check METAFLOW_SERVICE_AUTH_KEY." if response.status in (401, 403) else None
    raise ServiceError(f"The metadata service rejected {write.path} ({response.status}): {detail}.", hint=hint)


# -- the spool ---------------------------------------------------------------------------------------------------------


def _spool(folder: str, connection: Connection, writes: list[Write]) -> None:
    content = {"url": connection.url, "stack": connection.stack, "writes": [list(write) for write in writes]}
    durable.write_atomic(f"{folder}/{time.time_ns():020d}-{os.getpid()}.json", json.dumps(content).encode())


def drain(connection: Connection, folder: str) -> int:
    """Send the spooled writes of earlier processes to this service, oldest first; returns the number of files left."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return 0
    return sum(not _drain_file(connection, f"{folder}/{name}") for name in names)


def _drain_file(connection: Connection, path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return True  # another process has sent it
    is_same_stack = connection.stack is not None and content.get("stack") == connection.stack
    if content["url"] != connection.url and not is_same_stack:  # the port of a stack can change
        return True
    try:
        for target, body in content["writes"]:
            send(connection, Write(target, body))
    except ServiceUnavailable:
        return False
    except ServiceError:
        pass  # rejected permanently: retries cannot succeed
    durable.remove(path)
    return True
