"""The objects of a cluster by kind, namespace and name, with a number for each change, for lists and watches."""

from __future__ import annotations

import copy
import itertools
import re
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

Object = dict[str, Any]
#: group -> plural -> (kind, is in a namespace)
KINDS: dict[str, dict[str, tuple[str, bool]]] = {
    "": {
        "namespaces": ("Namespace", False), "nodes": ("Node", False), "persistentvolumes": ("PersistentVolume", False),
        "pods": ("Pod", True), "services": ("Service", True), "endpoints": ("Endpoints", True), "events": ("Event", True),
        "secrets": ("Secret", True), "configmaps": ("ConfigMap", True), "serviceaccounts": ("ServiceAccount", True),
        "persistentvolumeclaims": ("PersistentVolumeClaim", True), "resourcequotas": ("ResourceQuota", True),
    },
    "apps": {"deployments": ("Deployment", True), "statefulsets": ("StatefulSet", True), "replicasets": ("ReplicaSet", True)},
    "batch": {"jobs": ("Job", True), "cronjobs": ("CronJob", True)},
    "discovery.k8s.io": {"endpointslices": ("EndpointSlice", True)},
}  # fmt: skip
#: Kinds that are there once somebody has installed them.
CUSTOM: dict[str, dict[str, tuple[str, bool]]] = {
    "argoproj.io": {
        "workflows": ("Workflow", True), "cronworkflows": ("CronWorkflow", True), "sensors": ("Sensor", True),
        "eventsources": ("EventSource", True), "eventbus": ("EventBus", True), "workflowtemplates": ("WorkflowTemplate", True),
    },
    "jobset.x-k8s.io": {"jobsets": ("JobSet", True)},
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    group: str
    plural: str
    namespace: str
    name: str


class Conflict(Exception):
    """An object of this name already exists, or has changed in the meantime."""


class Store:
    """Used only by the thread of the server."""

    def __init__(self) -> None:
        self.kinds = {group: dict(kinds) for group, kinds in KINDS.items()}
        self.objects: dict[Key, Object] = {}
        self.changes: deque[tuple[int, str, Key, Object]] = deque(maxlen=10_000)
        self._numbers = itertools.count(1)
        self.version = 0

    def install(self, *groups: str) -> None:
        for group in groups:
            self.kinds[group] = dict(CUSTOM[group])

    def kind(self, group: str, plural: str) -> tuple[str, bool] | None:
        return self.kinds.get(group, {}).get(plural)

    def get(self, key: Key) -> Object | None:
        return self.objects.get(key)

    def list(self, group: str, plural: str, namespace: str = "") -> list[tuple[Key, Object]]:
        found = [
            (key, value)
            for key, value in self.objects.items()
            if (key.group, key.plural) == (group, plural) and namespace in ("", key.namespace)
        ]
        return sorted(found, key=lambda one: (one[0].namespace, one[0].name))

    def add(self, group: str, plural: str, namespace: str, body: Object) -> Object:
        found = copy.deepcopy(body)
        meta = found.setdefault("metadata", {})
        if not meta.get("name"):
            meta["name"] = f"{meta.get('generateName', 'x-')}{uuid.uuid4().hex[:5]}"
        key = Key(group, plural, namespace, meta["name"])
        if key in self.objects:
            raise Conflict(f'{plural} "{key.name}" already exists')
        if namespace:
            meta["namespace"] = namespace
        meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        self.put(key, found, "ADDED")
        return found

    def put(self, key: Key, body: Object, event: str = "MODIFIED") -> None:
        self.version = next(self._numbers)
        body.setdefault("metadata", {})["resourceVersion"] = str(self.version)
        self.objects[key] = body
        self.changes.append((self.version, event, key, copy.deepcopy(body)))

    def drop(self, key: Key) -> None:
        body = self.objects.pop(key, None)
        if body is not None:
            self.version = next(self._numbers)
            body["metadata"]["resourceVersion"] = str(self.version)
            self.changes.append((self.version, "DELETED", key, body))


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def selected(body: Object, labels: str, fields: str) -> bool:
    """Whether an object matches selectors."""
    known = (body.get("metadata") or {}).get("labels") or {}
    return all(_matches(known, term) for term in _terms(labels)) and all(
        _field(body, term) for term in fields.split(",") if term
    )


def _terms(selector: str) -> list[str]:
    return [term.strip() for term in re.split(r",(?![^(]*\))", selector) if term.strip()]


def _matches(labels: dict[str, str], term: str) -> bool:
    among = re.fullmatch(r"(\S+) (in|notin) \((.*)\)", term)
    if among:
        is_in = labels.get(among[1]) in [value.strip() for value in among[3].split(",")]
        return is_in if among[2] == "in" else not is_in
    if "!=" in term:
        name, _, value = term.partition("!=")
        return labels.get(name) != value
    if "=" in term:
        name, _, value = term.replace("==", "=").partition("=")
        return labels.get(name) == value
    return term[1:] not in labels if term.startswith("!") else term in labels


def _field(body: Object, term: str) -> bool:
    path, _, value = term.replace("==", "=").partition("=")
    differs = path.endswith("!")
    node: Any = body
    for part in path.rstrip("!").split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return (str(node if node is not None else "") == value) != differs
