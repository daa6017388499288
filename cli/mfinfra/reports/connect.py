"""What is printed after `disconnect`, and after an `unlock`."""

from __future__ import annotations

from ..console import Console
from ..machine.record import Record
from ..stackfile import rules


def report_disconnected(stack: Record, console: Console) -> None:
    """What is gone from here, and where the stack still is."""
    if console.as_json:
        console.document({"disconnected": stack.name, "cloud": stack.cloud, "region": stack.region,
                          "account": stack.account})  # fmt: skip
    console.done(
        f"This machine has let go of the stack '{stack.name}'; in {rules.TITLES[stack.cloud]} it is as it was."
    )


def report_unlocked(name: str, holder: str, console: Console) -> None:
    """Who had the lock."""
    if console.as_json:
        console.document({"stack": name, "was_held_by": holder})
    console.done(f"The lock of '{name}' is free; {holder} had it.")
