"""The planned changes of an engine and its progress events, in one form for all engines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

#: Why a change is dangerous, the worst first.
RISKS = ("data loss", "replacement", "exposure", "iam")
ACTIONS = ("create", "update", "replace", "delete", "read")


@dataclass(frozen=True)
class Change:
    """One resource that changes. `risk` is one of RISKS, None for a harmless change; `reason` explains it."""

    address: str
    kind: str
    action: str
    risk: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Event:
    """A progress event of an engine. `state` is start, done or failed."""

    address: str
    kind: str
    action: str
    state: str
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """The changes that `apply` would make. `handle` identifies the plan for the engine: a file, or a change set."""

    stack: str
    engine: str
    changes: tuple[Change, ...]
    handle: str

    @property
    def is_empty(self) -> bool:
        return not self.changes

    @property
    def dangerous(self) -> tuple[Change, ...]:
        """The changes with a risk, the worst first."""
        risky = [change for change in self.changes if change.risk is not None]
        return tuple(sorted(risky, key=lambda change: RISKS.index(str(change.risk))))

    @property
    def exit_code(self) -> int:
        """The exit code of `mfinfra plan`: 0 no changes, 2 changes, 3 dangerous changes."""
        if self.is_empty:
            return 0
        return 3 if self.dangerous else 2

    def counts(self) -> dict[str, int]:
        """The number of changes of each action."""
        return {action: sum(change.action == action for change in self.changes) for action in ACTIONS}

    def document(self) -> dict[str, Any]:
        """The plan as a JSON document."""
        return {
            "version": 1,
            "stack": self.stack,
            "engine": self.engine,
            "exit_code": self.exit_code,
            "counts": self.counts(),
            "changes": [asdict(change) for change in self.changes],
        }
