"""What is printed of the cluster of a stack: what can be opened, and the entry for kubectl."""

from __future__ import annotations

from typing import Any

from ..console import Console
from ..machine.paths import shown


def report_open(found: dict[str, Any], opened: bool, console: Console) -> None:
    """Where a service is, and who opens it."""
    if console.as_json:
        console.document(found)
        return
    console.line(found["url"])
    if "account" in found:
        console.note(f"Account {found['account']}" + (f"; {found['how']}" if "how" in found else ""))
    if "secret" in found:
        console.line(found["secret"])
    if opened:
        console.done("Opened in the browser")


def report_kubeconfig(found: dict[str, Any], console: Console) -> None:
    """Where the context is, and how to use it."""
    if console.as_json:
        console.document(found)
    console.done(f"The context {found['context']} is in {shown(found['file'])}")
    if not found["is_current"]:
        console.note(f"To use it: kubectl config use-context {found['context']}")
