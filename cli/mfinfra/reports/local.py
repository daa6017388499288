"""The reports of a local stack after `up`, `down` and `status`."""

from __future__ import annotations

from typing import Any

from ..console import Console
from ..machine.paths import shown
from ..stacks.local import LocalStack
from ..stacks.results import Down, Up
from .servers import server_text


def report_up(result: Up, console: Console) -> None:
    """The table at the end of `up`: each component, where it is, and the next command."""
    name = result.stack.name
    if console.as_json:
        console.document({"status": LocalStack(name, console).status(), "next": result.next_command})
        return
    rows = [
        ("stack", name, f"mfinfra status {name}"),
        ("data", shown(result.stack.data_folder), f"mfinfra outputs {name}"),
        ("profile", shown(result.profile.path), "" if result.profile.is_default else f"mfinfra use {name}"),
        ("runtime", f"mfruntime {result.runtime.version} in {shown(result.runtime.python)}", "mfinfra runtime info"),
        ("smoke flow", result.smoke_run.run if result.smoke_run else "not run", result.next_command),
    ]
    console.table(("component", "where", "next command"), rows)


def report_down(result: Down, console: Console) -> None:
    """What was deleted, and what remains."""
    if console.as_json:
        console.document({"removed": result.name, "left": list(result.left)})
    console.done(f"Deleted stack '{result.name}'")
    if result.left:
        console.warn(f"Not deleted: {', '.join(shown(path) for path in result.left)}")
    if result.others:
        console.warn("There is no default stack now.", hint=f"Run: mfinfra use {result.others[0]}")


def report_status(document: dict[str, Any], console: Console) -> None:
    """The status of a stack; with --json, the document."""
    if console.as_json:
        console.document(document)
        return
    data, profiled, runtime, smoke = (document[key] for key in ("data", "profile", "runtime", "proof"))
    rows = [
        ("state", document["state"]),
        ("cloud", document["cloud"]),
        ("created", document["created_at"]),
        ("data", f"{shown(data['folder'])} ({data['bytes'] / 1e6:.1f} MB)"),
        ("runs", _runs_text(data["runs"])),
        *(("server", server_text(server)) for server in document["servers"]),
        ("profile", shown(profiled["path"]) + (" (the default)" if profiled["is_default"] else "")),
        ("runtime", f"{runtime['version'] or 'not installed'} in {shown(runtime['python'] or 'any Python')}"),
        ("smoke test", f"{smoke['run']} at {smoke['at']}" if smoke["run"] else "not run"),
    ]
    console.table((document["name"], ""), rows)
    again = f"Run: mfinfra up --name {document['name']}"
    if document["state"] in ("stopped", "starting"):
        console.warn("Some servers of the stack are not running.", hint=f"Run: mfinfra start {document['name']}")
    elif document["state"] == "deleting":
        console.warn("The stack is only partly deleted.", hint=f"Run: mfinfra down {document['name']}")
    elif document["state"] != "ready":
        what = "broken" if document["state"] == "broken" else "incomplete"
        console.warn(f"The stack is {what}.", hint=again)
    elif not runtime["is_current"]:
        console.warn("The runtime is not the version of this mfinfra.", hint=again)


def _runs_text(runs: dict[str, int] | None) -> str:
    if runs is None:
        return "unknown while the metadata service is stopped"
    return ", ".join(f"{flow}: {count}" for flow, count in runs.items()) or "none"
