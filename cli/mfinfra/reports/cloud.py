"""What is printed of a stack in a cloud: what is there, what is gone."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..console import Console
from ..machine import profile
from ..machine.paths import shown
from ..stackfile import rules
from .servers import server_text

if TYPE_CHECKING:
    from ..stacks.results import Down, Up


def _where(cloud: str, region: str | None, account: str | None, engine: str | None) -> str:
    """The place of a stack in the words of its cloud."""
    return f"{rules.TITLES[cloud]} {region}, {rules.ACCOUNTS[cloud]} {account}, by {engine}"


def report_up(result: Up, console: Console) -> None:
    """The table at the end of `up`: what exists, where, what to type next."""
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
        ("metadata", settings.get("METAFLOW_SERVICE_URL", ""), ""),
        ("profile", shown(result.profile.path), "" if result.profile.is_default else f"mfinfra use {name}"),
        ("runtime", f"mfruntime {result.runtime.version} in {shown(result.runtime.python)}", "mfinfra runtime info"),
        ("smoke flow", result.smoke_run.run if result.smoke_run else "not run", result.next_command),
    ]
    console.table(("what", "where", "what to type next"), rows)


def _data(settings: dict[str, str]) -> str:
    """Where artifacts lie, by whichever store the stack has."""
    store = settings.get("METAFLOW_DEFAULT_DATASTORE", "s3").upper()
    return settings.get(f"METAFLOW_DATASTORE_SYSROOT_{store}", "")


def report_down(result: Down, console: Console) -> None:
    """What is gone, what is left."""
    if console.as_json:
        console.document({"removed": result.name, "left": list(result.left)})
    console.done(f"The stack '{result.name}' is gone.")
    if result.left:
        console.warn(f"Still there: {', '.join(result.left[:10])}")


def _service(service: dict[str, Any]) -> str:
    """The health of the metadata service in words."""
    if service["ok"]:
        schema = f", schema {service['schema']}" if service["schema"] else ""
        return f"{service['version'] or 'answers'}{schema} ({service['seconds'] * 1000:.0f} ms)"
    if not service["is_public"]:
        return f"private, and not reachable from here ({service['problem']})"
    return f"not well: {service['problem']}"


def _drift(found: dict[str, Any]) -> str:
    """How much had drifted, and how long ago that was looked for."""
    if not found["at"]:
        return "never looked for"
    things = "1 resource" if found["changes"] == "1" else f"{found['changes']} resources"
    return f"{things}, looked for {_ago(found['at'])} ({found['at']})"


def _ago(moment: str) -> str:
    """How long ago a moment of a record was, in its largest unit."""
    passed = datetime.now(timezone.utc) - datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if (count := int(passed.total_seconds() // seconds)) > 0:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _cluster(found: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The rows of a cluster; one that tells why, where it does not answer."""
    if found is None:
        return []
    if found["problem"] is not None:
        return [("cluster", f"{found['name'] or 'none'}: {found['problem']}")]
    rows = [("cluster", f"{found['name']}, Kubernetes {found['version']}")]
    rows += [(f"pool {pool['name']}", pool["text"]) for pool in found["pools"]]
    rows += [(one["name"], one["text"]) for one in found["workloads"]]
    return rows + [(f"quota {one['name']}", one["text"]) for one in found["quotas"]]


def report_status(document: dict[str, Any], console: Console) -> None:
    """How a stack is; for programs as the document it is."""
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
