"""The reports of `plan` and `drift`."""

from __future__ import annotations

from ..console import Console
from ..plans import formats
from ..plans.changes import Plan


def report_plan(found: Plan, form: str, console: Console) -> int:
    """Print a plan; returns the exit code."""
    console.line(formats.rendered(found, form))
    return found.exit_code


def report_drift(found: Plan, console: Console) -> int:
    """Print the drift; returns the exit code."""
    if console.as_json:
        console.document({**found.document(), "exit_code": 2 if found.changes else 0})
    else:
        rows = [(change.address, change.action, change.reason) for change in found.changes]
        if rows:
            console.table(("resource", "change", "reason"), rows)
            console.warn(
                f"Drift: {len(rows)} resources differ from the state.", hint=f"Run: mfinfra plan --name {found.stack}"
            )
        else:
            console.done(f"Stack '{found.stack}' has no drift")
    return 2 if found.changes else 0
