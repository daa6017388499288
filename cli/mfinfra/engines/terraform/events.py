"""The JSON lines that terraform prints, and its known errors.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui (types planned_change, apply_start,
apply_progress, apply_complete, apply_errored, diagnostic).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ...errors import EngineError, Locked, MfinfraError, Refused
from ...plans.changes import Event

Explain = Callable[[str], "MfinfraError | None"]
_STATES = {"apply_start": "start", "apply_complete": "done", "apply_errored": "failed"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Reader:
    """Converts lines to events, and collects errors."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._plain: list[str] = []
        self.errors: list[dict[str, Any]] = []

    def line(self, text: str) -> None:
        """Read one line of terraform's output."""
        message = _message(text)
        if message is None:
            self._plain.append(text)
            return
        kind = message.get("type")
        if kind in _STATES:
            self._on_event(_event(_STATES[kind], message.get("hook") or {}))
        elif kind == "diagnostic":
            diagnostic = message.get("diagnostic") or {}
            if diagnostic.get("severity") == "error":
                self.errors.append(diagnostic)

    def failure(self, explain: Explain) -> MfinfraError:
        """The first error, with the number of further ones."""
        if not self.errors:
            return failure_of_text("\n".join(self._plain), explain)
        first, others = self.errors[0], len(self.errors) - 1
        error = _explained(_text(first), one_line(first), explain, first.get("address"))
        if others:
            error.message += f" (and {others} more)"
        return error


def _message(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _event(state: str, hook: dict[str, Any]) -> Event:
    resource = hook.get("resource") or {}
    return Event(
        address=str(resource.get("addr", "?")),
        kind=str(resource.get("resource_type", "?")),
        action=str(hook.get("action", "?")),
        state=state,
        seconds=float(hook.get("elapsed_seconds") or 0),
    )


def one_line(diagnostic: dict[str, Any]) -> str:
    """A diagnostic as one line: address, summary, detail."""
    address = diagnostic.get("address")
    summary = str(diagnostic.get("summary", "Terraform failed")).strip().rstrip(".")
    detail = " ".join(str(diagnostic.get("detail", "")).split())
    start = f"{address}: " if address else ""
    return f"{start}{summary}" + (f": {_cut(detail)}" if detail else ".")


def _cut(text: str, most: int = 400) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _text(diagnostic: dict[str, Any]) -> str:
    return f"{diagnostic.get('summary', '')}\n{diagnostic.get('detail', '')}"


def failure_of_text(text: str, explain: Explain) -> MfinfraError:
    """Like failure, for commands that print text."""
    plain = _ANSI.sub("", text)
    lines = [line.strip("│╷╵ \t") for line in plain.splitlines()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Error:")), None)
    joined = " ".join(line for line in lines[start or 0 :] if line)
    message = joined.removeprefix("Error: ") or "terraform exited without a message."
    return _explained(plain, _cut(message), explain)


#: Texts of terraform, the error class, the meaning, and a hint.
_KNOWN: tuple[tuple[str, type[MfinfraError], str, str], ...] = (
    (
        "Saved plan is stale",
        Refused,
        "The plan is stale: the stack has changed since it was created. Nothing was changed.",
        "Run: mfinfra plan --out FILE",
    ),
    (
        "Saved plan does not match the given state",
        Refused,
        "The plan was created for another state. Nothing was changed.",
        "Run: mfinfra plan --out FILE",
    ),
    (
        "Cycle: ",
        Refused,
        "Terraform cannot change a cluster and delete resources in it in one apply. Nothing was changed.",
        "Run mfinfra up twice: first with the removals in the stack file, then with the other changes",
    ),
    (
        "lifecycle.prevent_destroy",
        Refused,
        "The change would delete resources with data that are protected from deletion. Nothing was changed.",
        "Set deletion_protection: false in the stack file and run: mfinfra up; then make the change",
    ),
    (
        "Failed to query available provider packages",
        EngineError,
        "The providers cannot be downloaded: the registry cannot be reached, or has no such version.",
        "Check the network, or configure a mirror under provider_installation in your terraform.rc",
    ),
    (
        "Failed to install provider",
        EngineError,
        "A provider cannot be installed: the download failed.",
        "Run the command again",
    ),
    (
        "state file could not be",
        EngineError,
        "The state of the stack cannot be read: it is corrupt, or not a state of terraform.",
        "In the workspace of the stack, run: terraform state pull; the state bucket keeps older versions",
    ),
    (
        "Unsupported state file format",
        EngineError,
        "The state of the stack cannot be read: it is corrupt, or not a state of terraform.",
        "In the workspace of the stack, run: terraform state pull; the state bucket keeps older versions",
    ),
)


def _explained(text: str, message: str, explain: Explain, address: str | None = None) -> MfinfraError:
    known = explain(text)
    # A lock with a holder is held; without a holder, permission to write the lock can be missing.
    if "acquiring the state lock" in text and (known is None or _field("ID", text)):
        return _locked(text)
    for sign, kind, meaning, hint in _KNOWN:
        if sign in text:
            return kind(meaning, hint=hint)
    if known is None:
        return EngineError(_start(message), hint="Completed changes are kept; run the command again")
    if address:
        known.message = f"{address}: {known.message}"
    return known


def _start(message: str) -> str:
    return message[:1].upper() + message[1:]


def _locked(text: str) -> Locked:
    fields = {key: found.group(1).strip() for key in ("ID", "Who", "Created") if (found := _field(key, text))}
    since = fields.get("Created", "an unknown time")
    return Locked(
        f"The state is being changed by {fields.get('Who', 'another user')} since {since[:19]}.",
        hint="Wait until it ends. If that process no longer exists, run: mfinfra unlock",
    )


def _field(key: str, text: str) -> re.Match[str] | None:
    return re.search(rf"^[│ ]*{key}:\s+(.+)$", text, re.M)
