"""What must go from a cluster before the cluster goes: runs, balancers and disks. The cluster made the last two in the
cloud, where Terraform does not know them: nobody would remove them, and they keep its network from being removed.

What makes such things again is ended first. Each step is bounded in time, and tells how it goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..errors import CloudError
from .api import Api, Object, Report

_RUNS_SECONDS = 300.0
_REMOVAL_SECONDS = 900.0
_PAUSE_SECONDS = 2.0
_ARGO, _JOBSET = "/apis/argoproj.io/v1alpha1", "/apis/jobset.x-k8s.io/v1alpha2"
#: In the order in which they end: what starts others comes before what is started.
_RUNS = (
    (f"{_ARGO}/namespaces/{{}}/sensors", "sensors"),
    (f"{_ARGO}/namespaces/{{}}/cronworkflows", "schedules"),
    ("/apis/batch/v1/namespaces/{}/cronjobs", "schedules"),
    (f"{_ARGO}/namespaces/{{}}/workflows", "workflows"),
    (f"{_JOBSET}/namespaces/{{}}/jobsets", "jobs"),
    ("/apis/batch/v1/namespaces/{}/jobs", "jobs"),
)
_BUSES = (f"{_ARGO}/eventsources", f"{_ARGO}/eventbus")


def empty(api: Api, namespaces: Iterable[str], report: Report, pause: float = _PAUSE_SECONDS) -> None:
    """End the runs in namespaces, then remove every balancer and every disk of the cluster. Raises CloudError naming
    what does not go in time."""
    for namespace in namespaces:
        _end_runs(api, namespace, report, pause)
    for path in _BUSES:
        for one in api.every(path):
            api.delete(_path(one, path))
    _remove_balancers(api, report, pause)
    _remove_disks(api, report, pause)


def _end_runs(api: Api, namespace: str, report: Report, pause: float) -> None:
    for template, what in _RUNS:
        path = template.format(namespace)
        _gone(lambda path=path: api.every(path), lambda one, path=path: api.delete(_path(one, path)),  # type: ignore[misc]
              f"{what} in {namespace}", report, pause, _RUNS_SECONDS)  # fmt: skip
    pods = f"/api/v1/namespaces/{namespace}/pods"
    _gone(lambda: [p for p in api.every(pods) if _is_alive(p) and not _is_kept(p)],
          lambda one: api.delete(_path(one, pods)), f"pods in {namespace}", report, pause, _RUNS_SECONDS)  # fmt: skip


def _is_alive(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _is_kept(pod: Object) -> bool:
    """Whether somebody would make it anew; it goes with its owner."""
    kinds = {owner.get("kind") for owner in pod["metadata"].get("ownerReferences") or []}
    return bool(kinds & {"ReplicaSet", "StatefulSet", "DaemonSet"})


def _remove_balancers(api: Api, report: Report, pause: float) -> None:
    path = "/api/v1/services"
    _gone(lambda: [s for s in api.every(path) if s["spec"].get("type") == "LoadBalancer"],
          lambda one: api.delete(_path(one, path)), "load balancers", report, pause, _REMOVAL_SECONDS)  # fmt: skip


def _remove_disks(api: Api, report: Report, pause: float) -> None:
    """A claim goes when no pod uses it: what runs such pods goes with them."""
    claims = "/api/v1/persistentvolumeclaims"

    def remove(claim: Object) -> None:
        api.delete(_path(claim, claims))
        for owner in _users(api, claim):
            api.delete(owner)

    _gone(lambda: api.every(claims), remove, "disks", report, pause, _REMOVAL_SECONDS)
    volumes = "/api/v1/persistentvolumes"
    _gone(lambda: [v for v in api.every(volumes) if v["spec"].get("persistentVolumeReclaimPolicy") == "Delete"],
          lambda one: None, "disks in the cloud", report, pause, _REMOVAL_SECONDS)  # fmt: skip


def _users(api: Api, claim: Object) -> list[str]:
    """The paths of what runs pods with a claim: their outermost owner, or the pods themselves."""
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    pods = api.every(f"/api/v1/namespaces/{namespace}/pods")
    return [_owner(api, pod, namespace) for pod in pods if name in _claims(pod)]


def _claims(pod: Object) -> list[str]:
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return [str((volume.get("persistentVolumeClaim") or {}).get("claimName")) for volume in volumes]


_PLURALS = {"ReplicaSet": "apps/v1/namespaces/{}/replicasets", "Deployment": "apps/v1/namespaces/{}/deployments",
            "StatefulSet": "apps/v1/namespaces/{}/statefulsets", "DaemonSet": "apps/v1/namespaces/{}/daemonsets",
            "Job": "batch/v1/namespaces/{}/jobs"}  # fmt: skip


def _owner(api: Api, one: Object, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/pods/{one['metadata']['name']}"
    seen: Object | None = one
    while seen is not None:
        owners = [o for o in seen["metadata"].get("ownerReferences") or [] if o.get("kind") in _PLURALS]
        if not owners:
            return path
        path = f"/apis/{_PLURALS[owners[0]['kind']].format(namespace)}/{owners[0]['name']}"
        seen = api.find(path)
    return path


def _path(one: Object, listed: str) -> str:
    """Where an object lies that was listed at a path."""
    meta = one["metadata"]
    head, _, plural = listed.rpartition("/")
    inside = "" if "/namespaces/" in head or "namespace" not in meta else f"/namespaces/{meta['namespace']}"
    return f"{head}{inside}/{plural}/{meta['name']}"


def _gone(
    there: Callable[[], list[Object]],
    remove: Callable[[Object], None],
    what: str,
    report: Report,
    pause: float,
    seconds: float,
) -> None:
    """Remove all that is there until nothing is. Each is told once; what somebody made anew is another."""
    deadline, told, before = time.monotonic() + seconds, set[str](), 0
    while found := there():
        if time.monotonic() > deadline:
            names = ", ".join(str(one["metadata"]["name"]) for one in found[:5])
            raise CloudError(f"{len(found)} {what} do not go: {names}.", hint="Look at them, then type the same again.")
        if len(found) != before:
            report(f"Removing {len(found)} {what}")
            before = len(found)
        for one in found:
            if str(one["metadata"].get("uid")) not in told:
                remove(one)
                told.add(str(one["metadata"].get("uid")))
        time.sleep(pause)
