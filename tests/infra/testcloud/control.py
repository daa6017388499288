"""What a test asked of the cloud, and what the cloud was asked: the state behind `/_testcloud`."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id

PREFIX = "/_testcloud"


@dataclass
class Control:
    """Delays, failures and facts of the account. README.md describes each."""

    delay: dict[str, Any] = field(default_factory=dict)
    fail: dict[str, dict[str, str]] = field(default_factory=dict)
    deny: dict[str, Any] = field(default_factory=dict)
    throttle: dict[str, int] = field(default_factory=dict)
    expired: bool = False
    identity: str = ""
    quotas: dict[str, float] = field(default_factory=dict)
    job_environment: dict[str, str] = field(default_factory=dict)
    time_scale: float = 1.0

    def change(self, wanted: dict[str, Any]) -> None:
        """Take over the named fields; what is not named stays."""
        known = [item.name for item in dataclasses.fields(self)]
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"No control is named {name!r}. There are: {', '.join(known)}")
            setattr(self, name, value)

    def caller(self) -> str:
        return self.identity or f"arn:aws:iam::{get_account_id()}:user/tester"


state = Control()
calls: list[dict[str, str]] = []
#: Counts resets, so that work begun before one notices it.
generation = 0


def reset() -> None:
    global generation
    generation += 1
    calls.clear()
    fresh = Control()
    state.change({item.name: getattr(fresh, item.name) for item in dataclasses.fields(fresh)})


def answer(path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Answer a request to the control's own address; a reset of the whole cloud is made elsewhere."""
    if path == f"{PREFIX}/control":
        try:
            state.change(json.loads(body or b"{}"))
        except ValueError as exc:
            return 400, {"message": str(exc)}
        return 200, dataclasses.asdict(state)
    if path == f"{PREFIX}/calls":
        return 200, {"calls": calls}
    return 404, {"message": f"Nothing is at {path}"}
