"""The reports of a cloud stack after `up`, `down` and `status`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..console import Console
from ..machine import profile
from ..machine.paths import shown
from ..printable import without_credentials
from ..stackfile import rules
from .servers import server_text

if TYPE_CHECKING:
    from ..stacks.results import Down, Up


def _where(cloud: str, region: str | None, account: str | None, engine: str | None) -> str:
    """The location of a stack: cloud, region, account and engine."""
    return f"{rules.TITLES[cloud]} {region}, {rules.ACCOUNTS[cloud]} {account}, engine {engine}"


def report_up(result: Up, console: Console) -> None:
    """The table at the end of `up`: each component, where it is, and the next command."""
    stack, name = result.stack, result.stack.name
    settings = profile.read(result.profile.path) or {}
    if console.as_json:
        console.document({"name": name, "cloud": stack.cloud, "engine": stack.engine, "region": stack.region,
                          "account": stack.account, "profile": str(result.profile.path), "state": stack.state,
                          "proven_at": stack.proven_at, "next": result.next_command})  # fmt: skip
        return
    where = _where(stack.cloud, stack.region, stack.account, stack.engine)
    rows = [
        ("stack", f"{name}: {where}", f"mfinfra status {name}"),
        ("data", _data(settings), f"mfinfra outputs {name}"),
        ("metadata", without_credentials(settings.get("METAFLOW_SERVICE_URL", "")), ""),
        ("profile", shown(result.profile.path), "" if result.profile.is_default else f"mfinfra use {name}"),
        ("runtime", f"mfruntime {result.runtime.version} in {shown(result.runtime.python)}", "mfinfra runtime info"),
        ("smoke flow", result.smoke_run.run if result.smoke_run else "not run", result.next_command),
    ]
    console.table(("component", "where", "next command"), rows)


def _data(settings: dict[str, str]) -> str:
    """The datastore root of the stack."""
    store = settings.get("METAFLOW_DEFAULT_DATASTORE", "s3").upper()
    return settings.get(f"METAFLOW_DATASTORE_SYSROOT_{store}", "")


def report_down(result: Down, console: Console) -> None:
    """What was deleted, and what remains."""
    if console.as_json:
        console.document({"removed": result.name, "left": list(result.left)})
    console.done(f"Deleted stack '{result.name}'")
    if result.left:
        console.warn(f"Not deleted: {', '.join(result.left[:10])}")


def _service(service: dict[str, Any]) -> str:
    """The health of the metadata service as text."""
    if service["ok"]:
        schema = f", schema {service['schema']}" if service["schema"] else ""
        return f"{service['version'] or 'healthy'}{schema} ({service['seconds'] * 1000:.0f} ms)"
    if not service["is_public"]:
        return f"private, cannot be reached from this machine ({service['problem']})"
    return f"unhealthy: {service['problem']}"


def _drift(found: dict[str, Any]) -> str:
    """The number of drifted resources, and the age of the check."""
    if not found["at"]:
        return "never checked"
    things = "1 resource" if found["changes"] == "1" else f"{found['changes']} resources"
    return f"{things}, checked {_ago(found['at'])} ({found['at']})"


def _ago(moment: str) -> str:
    """The age of a time in a record, in its largest unit."""
    passed = datetime.now(timezone.utc) - datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if (count := int(passed.total_seconds() // seconds)) > 0:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _cluster(found: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The rows of a cluster; one row with the reason if it is unreachable."""
    if found is None:
        return []
    if found["problem"] is not None:
        return [("cluster", f"{found['name'] or 'none'}: {found['problem']}")]
    rows = [("cluster", f"{found['name']}, Kubernetes {found['version']}")]
    rows += [(f"pool {pool['name']}", pool["text"]) for pool in found["pools"]]
    rows += [(one["name"], one["text"]) for one in found["workloads"]]
    return rows + [(f"quota {one['name']}", one["text"]) for one in found["quotas"]]


def report_status(document: dict[str, Any], console: Console) -> None:
    """The status of a stack; with --json, the document."""
    if console.as_json:
        console.document(document)
        return
    service, drifted = document["service"], document["drift"]
    rows = [
        ("state", document["state"]),
        ("where", _where(*(document[key] for key in ("cloud", "region", "account", "engine")))),
        ("created", document["created_at"] or "unknown"),
        ("resources", str(document["resources"])),
        *((key.removeprefix("METAFLOW_").lower(), value) for key, value in document["endpoints"].items()),
        ("service", _service(service)),
        *(("server", server_text(server)) for server in document["servers"]),
        *_cluster(document["cluster"]),
        *((f"queue {queue['name']}", queue["text"]) for queue in document["queues"]),
        ("drift", _drift(drifted)),
        (
            "profile",
            shown(document["profile"]["path"]) + (" (the default)" if document["profile"]["is_default"] else ""),
        ),
    ]
    console.table((document["name"], ""), rows)
