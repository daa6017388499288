"""The pods of the charts that stacks install, hooks included: where their values place them, and what they download.

Read in the templates of the charts: argo-helm, apache/airflow, kubernetes-sigs/jobset, NVIDIA/k8s-device-plugin and
kubernetes/autoscaler. Charts themselves are not in this repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]


def always(_: Values) -> bool:
    return True


@dataclass(frozen=True)
class ChartPod:
    """A pod of a chart. `places` are the keys that contain its nodeSelector and tolerations; the first that is set applies."""

    name: str
    places: tuple[str, ...] = ()
    exists: Callable[[Values], bool] = always
    downloads: bool = False


@dataclass(frozen=True)
class Node:
    """A node with its labels, and its taints by key."""

    labels: dict[str, str]
    taints: dict[str, str] = field(default_factory=dict)


def at(values: Values, path: str, default: Any = None) -> Any:
    """The value at a path of keys; an empty path is the root."""
    node: Any = values
    for key in path.split(".") if path else ():
        node = node.get(key) if isinstance(node, dict) else None
    return default if node is None else node


def on(path: str, default: bool) -> Callable[[Values], bool]:
    """Whether a key with this default is true."""
    return lambda values: bool(at(values, path, default))


def _full_definitions(values: Values) -> bool:
    return bool(at(values, "crds.install", True) and at(values, "crds.full", True))


#: Chart -> all its pods. One that is not listed here has none.
PODS: dict[str, tuple[ChartPod, ...]] = {
    "argo-workflows": (
        ChartPod("controller", ("controller",)),
        ChartPod("server", ("server",), on("server.enabled", True)),
        # templates/crds-install-job.yaml: kubectl applies files of raw.githubusercontent.com.
        ChartPod("crd-install", ("crds.upgradeJob",), _full_definitions, downloads=True),
    ),
    "argo-events": (
        ChartPod("controller", ("controller",)),
        ChartPod("webhook", ("webhook",), on("webhook.enabled", False)),
    ),
    "airflow": (
        *(ChartPod(name, (name, "")) for name in ("apiServer", "scheduler", "triggerer", "dagProcessor", "workers")),
        *(ChartPod(name, (name, "")) for name in ("migrateDatabaseJob", "createUserJob")),
        ChartPod("statsd", ("statsd", ""), on("statsd.enabled", True)),
        ChartPod("redis", ("redis", ""), on("redis.enabled", True)),
        ChartPod("postgresql", ("postgresql.primary",), on("postgresql.enabled", True)),
        ChartPod("pgbouncer", ("pgbouncer", ""), on("pgbouncer.enabled", False)),
        ChartPod("cleanup", ("cleanup", ""), on("cleanup.enabled", False)),
    ),
    "jobset": (ChartPod("controller", ("controller",)),),
    "nvidia-device-plugin": (ChartPod("plugin", ("",)),),
    "cluster-autoscaler": (ChartPod("autoscaler", ("",)),),
    "chart": (ChartPod("event bus", ("",)), ChartPod("event source", ("",))),
}


def of(chart: str, values: Values) -> Iterator[ChartPod]:
    """The pods that a release with these values has."""
    yield from (pod for pod in PODS[chart] if pod.exists(values))


def problem(pod: ChartPod, values: Values, nodes: list[Node]) -> str | None:
    """Why a pod cannot run on any of the nodes, or what it downloads; None if it can run."""
    if pod.downloads:
        return f"{pod.name} downloads files whose content is not pinned"
    if not any(_fits(pod, values, node) for node in nodes):
        return f"{pod.name} fits on no node: {_placed(pod, values, 'nodeSelector', {})}"
    return None


def _placed(pod: ChartPod, values: Values, key: str, default: Any) -> Any:
    found = (at(values, f"{place}.{key}" if place else key) for place in pod.places)
    return next((value for value in found if value), default)


def _fits(pod: ChartPod, values: Values, node: Node) -> bool:
    labels = {"kubernetes.io/os": "linux", **node.labels}
    selected = _placed(pod, values, "nodeSelector", {}).items() <= labels.items()
    tolerations = _placed(pod, values, "tolerations", [])
    return selected and all(any(_tolerates(one, taint) for one in tolerations) for taint in node.taints.items())


def _tolerates(toleration: Values, taint: tuple[str, str]) -> bool:
    key, value = taint
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, key)
    return (toleration.get("key"), toleration.get("value")) == (key, value)
