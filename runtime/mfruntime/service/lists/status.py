"""What a task or a run is doing, told from its facts and its heartbeat.

completed   its last attempt ended well            failed    its last attempt ended otherwise
running     it gave a sign of life lately          dead      it promised signs of life and stopped giving them
unknown     it never gave one: its client sends none, or is older than heartbeats
"""

from __future__ import annotations

import re
from collections.abc import Iterable

STATUSES = ("completed", "failed", "running", "dead", "unknown")

#: Clients beat every 10 seconds; a run whose machine is suspended for less than a minute is not given up.
DEAD_AFTER_SECONDS = 60

_ATTEMPT = re.compile(r'"attempt_id:(\d+)"')


class Attempts:
    """The last attempt of a task and how it ended, from facts in any order."""

    def __init__(self) -> None:
        self.last = -1
        self._ended: dict[int, tuple[int, bool]] = {}

    def add(self, field: str, value: str, tags: str | None, order: int) -> None:
        """One fact named `attempt` or `attempt_ok`; `order` tells which of two was later."""
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
        """Whether the last attempt ended well; None where it has not ended."""
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
    """Whether an end step whose tasks are these ended well."""
    found = list(attempts)
    return bool(found) and all(task.ok for task in found)
