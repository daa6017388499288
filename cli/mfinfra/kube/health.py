"""The health of a cluster: nodes, pods, the workloads of the stack, and the usage of quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .api import Api, Object
from .endpoints import reason_of

POOL = "mfinfra.dev/pool"
#: The namespaces of the workloads of the stack; flows have their own namespaces.
SYSTEM = ("mfinfra", "argo", "argo-events", "airflow")
_PHASES = ("Running", "Pending", "Failed", "Succeeded", "Unknown")


def nodes(api: Api, limits: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Each pool with its ready nodes and all its nodes; `limits` are the minimum and maximum of each pool."""
    found: dict[str, list[bool]] = {name: [] for name in limits}
    for node in api.every("/api/v1/nodes"):
        pool = (node["metadata"].get("labels") or {}).get(POOL, "other")
        found.setdefault(pool, []).append(_is_ready(node))
    return [_pool(name, ready, limits.get(name)) for name, ready in sorted(found.items())]


def _pool(name: str, ready: list[bool], limits: tuple[int, int] | None) -> dict[str, Any]:
    scale = f" (scales from {limits[0]} to {limits[1]})" if limits else ""
    text = f"{sum(ready)} of {len(ready)} nodes ready{scale}"
    return {"name": name, "ready": sum(ready), "nodes": len(ready), "text": text}


def _is_ready(node: Object) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def pods(api: Api, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """Each namespace, in the form of a queue: its pods by phase, and the reasons of those that are pending."""
    return [_namespace(name, api.every(f"/api/v1/namespaces/{name}/pods")) for name in namespaces]


def _namespace(name: str, found: list[Object]) -> dict[str, Any]:
    phases = Counter(str((pod.get("status") or {}).get("phase", "Unknown")) for pod in found)
    waiting = Counter(reason_of(pod) for pod in found if (pod.get("status") or {}).get("phase") == "Pending")
    counts = {phase.lower(): phases[phase] for phase in _PHASES}
    busy = ", ".join(f"{count} {phase}" for phase, count in counts.items() if count) or "no pods"
    why = ", ".join(f"{count} {reason}" for reason, count in waiting.most_common(3) if reason != "Pending")
    text = f"{busy} ({why})" if why else busy
    return {"name": name, "state": "ENABLED", "status": "VALID", "jobs": counts, "text": text}


def workloads(api: Api) -> list[dict[str, Any]]:
    """The workloads of the stack: the number of ready and of desired pods."""
    found = []
    for namespace in SYSTEM:
        for kind in ("deployments", "statefulsets"):
            found += [_workload(namespace, one) for one in api.every(f"/apis/apps/v1/namespaces/{namespace}/{kind}")]
    return found


def _workload(namespace: str, one: Object) -> dict[str, Any]:
    name = f"{namespace}/{one['metadata']['name']}"
    ready, wanted = int((one.get("status") or {}).get("readyReplicas") or 0), int(one["spec"].get("replicas", 1))
    return {"name": name, "ready": ready, "wanted": wanted, "text": f"{ready} of {wanted} ready"}


def quotas(api: Api, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """The usage of the quotas of each namespace that has quotas."""
    found = []
    for name in namespaces:
        for quota in api.every(f"/api/v1/namespaces/{name}/resourcequotas"):
            status = quota.get("status") or {}
            hard, used = status.get("hard") or {}, status.get("used") or {}
            if hard:
                text = ", ".join(f"{key} {used.get(key, '0')} of {hard[key]}" for key in sorted(hard))
                found.append({"name": name, "used": dict(used), "hard": dict(hard), "text": text})
    return found
