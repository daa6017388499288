"""The settings that a test has made, and the log of requests: the state behind `/_testcloud`.

A test sets them over HTTP, or in the file that TESTCLOUD_CONTROL names, which is read again whenever it changes.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id

PREFIX = "/_testcloud"


@dataclass
class Control:
    """Delays, failures and attributes of the account."""

    #: Resource type, logical id or "*" -> seconds that CloudFormation needs for it, or {"create": seconds, "delete": ...}.
    delay: dict[str, Any] = field(default_factory=dict)
    #: "TYPE:create" or "LOGICAL_ID:delete" -> the reason for which CloudFormation fails that operation.
    fail: dict[str, str] = field(default_factory=dict)
    #: Pattern of IAM actions, such as "iam:Create*" -> True, or the resource that the message names, or {"on": pattern of
    #: resources that are denied, "resource": ..., "because": ...}.
    deny: dict[str, Any] = field(default_factory=dict)
    #: Pattern of IAM actions -> how many of the next calls are throttled.
    throttle: dict[str, int] = field(default_factory=dict)
    #: Whether all credentials have expired.
    expired: bool = False
    #: ARN of the caller; the default is the user `tester` of the account.
    identity: str = ""
    #: Quota code -> value, instead of the default of AWS.
    quotas: dict[str, float] = field(default_factory=dict)
    #: Environment variables that each Batch job gets in addition to its own.
    job_environment: dict[str, str] = field(default_factory=dict)
    #: Factor for the times that jobs and state machines wait, so that a test of a timeout does not take that long.
    time_scale: float = 1.0

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the named fields; others do not change."""
        known = [item.name for item in dataclasses.fields(self)]
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"No control is named {name!r}. There are: {', '.join(known)}")
            setattr(self, name, value)

    def caller(self) -> str:
        return self.identity or f"arn:aws:iam::{get_account_id()}:user/tester"


FILE = os.environ.get("TESTCLOUD_CONTROL", "")

state = Control()
calls: list[dict[str, str]] = []
#: Counts resets, so that work begun before one notices it.
generation = 0


def reset() -> None:
    global generation
    generation += 1
    calls.clear()
    _forget()


def _forget() -> None:
    fresh = Control()
    state.change({item.name: getattr(fresh, item.name) for item in dataclasses.fields(fresh)})


_file_seen: tuple[int, int] | None = None


def look() -> None:
    """Load the control file, if it exists and has changed."""
    global _file_seen
    if not FILE or not os.path.exists(FILE):
        return
    seen = os.stat(FILE)
    if (seen.st_mtime_ns, seen.st_size) == _file_seen:
        return
    _file_seen = (seen.st_mtime_ns, seen.st_size)
    with open(FILE, encoding="utf-8") as file:
        text = file.read()
    _forget()
    try:
        state.change(json.loads(text or "{}"))
    except json.JSONDecodeError:  # caught in the middle of being written
        _file_seen = None


def answer(path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Handle a request to the control endpoint, except for a reset of the whole cloud."""
    if path == f"{PREFIX}/control":
        try:
            state.change(json.loads(body or b"{}"))
        except ValueError as exc:
            return 400, {"message": str(exc)}
        return 200, dataclasses.asdict(state)
    if path == f"{PREFIX}/calls":
        return 200, {"calls": calls}
    return 404, {"message": f"Nothing is at {path}"}
