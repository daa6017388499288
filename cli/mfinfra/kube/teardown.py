"""Deletes from a cluster what must be deleted before the cluster: runs, load balancers and disks. The cluster created
the last two in the cloud, where Terraform does not manage them: they would remain, and block deletion of the network.

What creates such resources again is deleted first. Each step has a timeout and reports its progress.
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
#: In the order of deletion: what starts other objects comes before the objects that it starts.
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
    """Delete the runs in namespaces, then every load balancer and disk of the cluster. Raises CloudError with the names
    of the objects that still exist after the timeout."""
    for namespace in namespaces:
        _delete_runs(api, namespace, report, pause)
    for path in _BUSES:
        for one in api.every(path):
            api.delete(_path(one, path))
    _delete_load_balancers(api, report, pause)
    _delete_disks(api, report, pause)


def _delete_runs(api: Api, namespace: str, report: Report, pause: float) -> None:
    for template, what in _RUNS:
        path = template.format(namespace)
        _delete_all(lambda path=path: api.every(path), lambda one, path=path: api.delete(_path(one, path)),  # type: ignore[misc]
              f"{what} in {namespace}", report, pause, _RUNS_SECONDS)  # fmt: skip
    pods = f"/api/v1/namespaces/{namespace}/pods"
    _delete_all(lambda: [p for p in api.every(pods) if _is_alive(p) and not _has_controller(p)],
          lambda one: api.delete(_path(one, pods)), f"pods in {namespace}", report, pause, _RUNS_SECONDS)  # fmt: skip


def _is_alive(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _has_controller(pod: Object) -> bool:
    """Whether a controller would create the pod again; it is deleted with its owner."""
    kinds = {owner.get("kind") for owner in pod["metadata"].get("ownerReferences") or []}
    return bool(kinds & {"ReplicaSet", "StatefulSet", "DaemonSet"})


def _delete_load_balancers(api: Api, report: Report, pause: float) -> None:
    path = "/api/v1/services"
    _delete_all(lambda: [s for s in api.every(path) if s["spec"].get("type") == "LoadBalancer"],
          lambda one: api.delete(_path(one, path)), "load balancers", report, pause, _REMOVAL_SECONDS)  # fmt: skip


def _delete_disks(api: Api, report: Report, pause: float) -> None:
    """Delete all volume claims. A claim is deleted when no pod uses it, so the owners of such pods are deleted too."""
    claims = "/api/v1/persistentvolumeclaims"

    def remove(claim: Object) -> None:
        api.delete(_path(claim, claims))
        for owner in _users(api, claim):
            api.delete(owner)

    _delete_all(lambda: api.every(claims), remove, "disks", report, pause, _REMOVAL_SECONDS)
    volumes = "/api/v1/persistentvolumes"
    _delete_all(lambda: [v for v in api.every(volumes) if v["spec"].get("persistentVolumeReclaimPolicy") == "Delete"],
          lambda one: None, "disks in the cloud", report, pause, _REMOVAL_SECONDS)  # fmt: skip


def _users(api: Api, claim: Object) -> list[str]:
    """The paths of the owners of pods that use a claim: their outermost owner, or the pods themselves."""
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
    """The path of an object that was listed at another path."""
    meta = one["metadata"]
    head, _, plural = listed.rpartition("/")
    inside = "" if "/namespaces/" in head or "namespace" not in meta else f"/namespaces/{meta['namespace']}"
    return f"{head}{inside}/{plural}/{meta['name']}"


def _delete_all(
    listed: Callable[[], list[Object]],
    remove: Callable[[Object], None],
    what: str,
    report: Report,
    pause: float,
    seconds: float,
) -> None:
    """Delete all listed objects until none is listed. Each is deleted once; an object created again has another UID."""
    deadline, deleted, before = time.monotonic() + seconds, set[str](), 0
    while found := listed():
        if time.monotonic() > deadline:
            names = ", ".join(str(one["metadata"]["name"]) for one in found[:5])
            message = f"{len(found)} {what} still exist after {seconds / 60:.0f} minutes: {names}."
            raise CloudError(message, hint="Check them with kubectl, then run the command again")
        if len(found) != before:
            report(f"Deleting {len(found)} {what}")
            before = len(found)
        for one in found:
            if str(one["metadata"].get("uid")) not in deleted:
                remove(one)
                deleted.add(str(one["metadata"].get("uid")))
        time.sleep(pause)
