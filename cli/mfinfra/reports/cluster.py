"""The reports of `open` and `kubeconfig`."""

from __future__ import annotations

from typing import Any

from ..console import Console
from ..machine.paths import shown


def report_open(found: dict[str, Any], opened: bool, console: Console) -> None:
    """The URL of a service, and the account to sign in with."""
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
    """The kubeconfig file and its context, and how to use it."""
    if console.as_json:
        console.document(found)
    console.done(f"Wrote context {found['context']} to {shown(found['file'])}")
    if not found["is_current"]:
        console.note(f"To use it, run: kubectl config use-context {found['context']}")
