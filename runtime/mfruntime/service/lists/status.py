"""The status of a task or run, computed from its metadata and its heartbeats.

completed   the last attempt succeeded             failed    the last attempt failed
running     the last heartbeat is recent           dead      heartbeats have stopped
unknown     there was no heartbeat: the client does not send any, or its version has no heartbeats
"""

from __future__ import annotations

import re
from collections.abc import Iterable

STATUSES = ("completed", "failed", "running", "dead", "unknown")

#: Clients send a heartbeat every 10 seconds; a run whose machine is suspended for less than a minute stays alive.
DEAD_AFTER_SECONDS = 60

_ATTEMPT = re.compile(r'"attempt_id:(\d+)"')


class Attempts:
    """The last attempt of a task and its result, from metadata entries in any order."""

    def __init__(self) -> None:
        self.last = -1
        self._ended: dict[int, tuple[int, bool]] = {}

    def add(self, field: str, value: str, tags: str | None, order: int) -> None:
        """Add an entry named `attempt` or `attempt_ok`; the later of two has the higher `order`."""
        if field == "attempt":
            self.last = max(self.last, int(value) if value.isascii() and value.isdigit() else 0)
            return
        found = _ATTEMPT.search(tags or "")
        attempt = int(found[1]) if found else 0
        self.last = max(self.last, attempt)
        known = self._ended.get(attempt)
        if known is None or known[0] < order:
            self._ended[attempt] = (order, value == "True")

    @property
    def ok(self) -> bool | None:
        """Whether the last attempt succeeded; None if it has not finished."""
        known = self._ended.get(self.last)
        return None if known is None else known[1]


def status(ok: bool | None, heartbeat: int | None, now: float) -> str:
    """The status; `heartbeat` and `now` are in seconds."""
    if ok is not None:
        return "completed" if ok else "failed"
    if heartbeat is None:
        return "unknown"
    return "dead" if now - heartbeat > DEAD_AFTER_SECONDS else "running"


def successful(attempts: Iterable[Attempts]) -> bool:
    """Whether an end step with these tasks succeeded."""
    found = list(attempts)
    return bool(found) and all(task.ok for task in found)
