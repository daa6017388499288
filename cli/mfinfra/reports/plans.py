"""What is printed of plans and of drift."""

from __future__ import annotations

from ..console import Console
from ..plans import formats
from ..plans.changes import Plan


def report_plan(found: Plan, form: str, console: Console) -> int:
    """Print a plan; returns what the command ends with."""
    console.line(formats.rendered(found, form))
    return found.exit_code


def report_drift(found: Plan, console: Console) -> int:
    """Print what has drifted; returns what the command ends with."""
    if console.as_json:
        console.document({**found.document(), "exit_code": 2 if found.changes else 0})
    else:
        rows = [(change.address, change.action, change.reason) for change in found.changes]
        if rows:
            console.table(("what", "would", "why"), rows)
            console.warn(f"{len(rows)} resources are not as deployed.", hint=f"Type: mfinfra plan --name {found.stack}")
        else:
            console.done(f"The stack '{found.stack}' is as it was deployed.")
    return 2 if found.changes else 0
