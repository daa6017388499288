"""The reports of `disconnect` and `unlock`."""

from __future__ import annotations

from ..console import Console
from ..machine.record import Record
from ..stackfile import rules


def report_disconnected(stack: Record, console: Console) -> None:
    """The stack that was disconnected, and its location."""
    if console.as_json:
        console.document({"disconnected": stack.name, "cloud": stack.cloud, "region": stack.region,
                          "account": stack.account})  # fmt: skip
    console.done(f"Disconnected from stack '{stack.name}'. The stack on {rules.TITLES[stack.cloud]} was not changed.")


def report_unlocked(name: str, holder: str, console: Console) -> None:
    """The previous holder of the lock."""
    if console.as_json:
        console.document({"stack": name, "was_held_by": holder})
    console.done(f"Released the state lock of stack '{name}' that {holder} held")
