"""Resource rules of Kubernetes and Helm."""

# ruff: noqa: E501 - one line for each rule
from __future__ import annotations

import json
from typing import Any

from ..cidr import EVERYWHERE
from .base import Presence, Reach, ResourceRules, Right, Values, Weaker, becomes, every, falls, first, gone, grows

_STATEFUL = {
    "kubernetes_namespace": "everything in the namespace",
    "kubernetes_persistent_volume_claim": "the data on the volume",
    "kubernetes_persistent_volume": "the data on the volume",
    "kubernetes_stateful_set": "the data on its volumes",
    "kubernetes_secret": "a password",
}
#: What is deleted with a Helm release, by the last part of its chart name; other charts store nothing.
CHARTS = {
    "argo-workflows": "deployed flows, their schedules, and runs that are not archived yet",
    "argo-events": "triggers of flows",
    "flow-events": "pending events",
    "airflow": "the runs in Airflow; their history remains in the database",
    "jobset": "steps that run on several machines",
}

_POD_SECURITY = ("metadata", "labels", "pod-security.kubernetes.io/enforce")
_WEAKER = {
    "kubernetes_namespace": (
        Weaker(_POD_SECURITY, "iam", "pods get more permissions on their nodes", falls("privileged", "baseline", "restricted")),
        Weaker(_POD_SECURITY, "iam", "removes the restrictions of pods on their nodes", gone),
    ),
    "kubernetes_persistent_volume": (
        Weaker("spec.persistent_volume_reclaim_policy", "data loss", "its data is deleted with its claim", becomes("Delete")),
    ),
    "kubernetes_service": (
        Weaker("spec.type", "exposure", "becomes reachable from outside the cluster", falls("LoadBalancer", "NodePort", "ClusterIP")),
        Weaker("spec.external_ips", "exposure", "becomes reachable at other addresses", grows),
    ),
}  # fmt: skip
_OPENS_ACCESS = {
    "kubernetes_service": Presence(
        "a service becomes reachable from outside the cluster", {"spec.type": ("LoadBalancer", "NodePort")}
    ),
    "kubernetes_ingress": Presence("a service becomes reachable from outside the cluster"),
}


def _isolated(values: Values) -> list[tuple[str, str]]:
    """What a network policy protects: a namespace, or the deployment of the same name as mfinfra creates them."""
    place = str(first(values, "metadata.namespace"))
    return [("kubernetes_namespace", place), ("kubernetes_deployment", f"{place}/{first(values, 'metadata.name')}")]


_BLOCKS_ACCESS = {
    "kubernetes_network_policy": Presence("removes the restrictions of access to these pods", guarded=_isolated),
}


def _service(values: Values) -> list[Any]:
    if first(values, "spec.type") != "LoadBalancer":
        return []
    return every(values, "spec.load_balancer_source_ranges") or [EVERYWHERE]


_REACH = {"kubernetes_service": Reach(_service, ("spec.load_balancer_source_ranges",))}


def _cluster_bindings(kind: str, values: Values) -> list[Right]:
    """The sources that can reach pods, and the host names of services."""
    if kind == "kubernetes_ingress":
        hosts = [first(rule, "host") or "any name" for rule in every(values, "spec.rule")]
        return [Right("", host, text=f"a service becomes reachable as {host}") for host in hosts]
    if kind != "kubernetes_network_policy" or not values:
        return []
    pods = _text(every(values, "spec.pod_selector"))
    if "Ingress" not in every(values, "spec.policy_types"):
        return [_passage("*", "*", pods)]
    return [found for rule in every(values, "spec.ingress") for found in _of_rule(rule, pods)]


def _of_rule(rule: Any, pods: str) -> list[Right]:
    """The permissions of a rule. A rule without sources applies to all sources, without ports to all ports."""
    sources = [_source(one) for one in every(rule, "from")] or ["*"]
    ports = [f"{first(one, 'protocol') or 'TCP'} {first(one, 'port') or '*'}" for one in every(rule, "ports")] or ["*"]
    return [_passage(source, port, pods) for source in sources for port in ports]


def _passage(source: str, port: str, pods: str) -> Right:
    words = ("any source" if source == "*" else source, "any port" if port == "*" else port)
    return Right(source, port, pods, text=f"{words[0]} can reach pods on {words[1]}")


def _source(peer: Any) -> str:
    return _text({key: value for key, value in peer.items() if value}) if isinstance(peer, dict) else str(peer)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


#: Annotations that give a service account an identity in a cloud.
_IDENTITIES = ("eks.amazonaws.com/role-arn", "azure.workload.identity/client-id", "iam.gke.io/gcp-service-account")
_ROLES = ("kubernetes_role", "kubernetes_cluster_role")
_BINDINGS = ("kubernetes_role_binding", "kubernetes_cluster_role_binding")
_EVERYWHERE = "the entire cluster"


def _given(kind: str, values: Values) -> list[Right]:
    place = first(values, "metadata.namespace") or _EVERYWHERE
    if kind == "kubernetes_service_account":
        found = [every(values, ("metadata", "annotations", name)) for name in _IDENTITIES]
        account = f"{place}/{first(values, 'metadata.name')}"
        return [Right(account, f"act as {identity}") for one in found for identity in one]
    if kind not in _BINDINGS:
        return []
    role = f"use the permissions of {first(values, 'role_ref.kind')} {first(values, 'role_ref.name')}"
    return [Right(_subject(one), role, place) for one in every(values, "subject")]


def _subject(subject: Any) -> str:
    names = [str(first(subject, key)) for key in ("namespace", "name") if first(subject, key)]
    return f"{first(subject, 'kind')} {'/'.join(names) or '(known after apply)'}"


def _defined(kind: str, values: Values) -> list[Right]:
    return [right for rule in every(values, "rule") for right in _of_role(rule)] if kind in _ROLES else []


def _of_role(rule: Any) -> list[Right]:
    """The permissions of a rule: all combinations of its verbs, groups and resources; resource names are a condition."""
    only = ", ".join(sorted(map(str, every(rule, "resource_names"))))
    things = [
        (str(what), str(group)) for what in every(rule, "resources") for group in every(rule, "api_groups") or [""]
    ]
    things += [(str(url), "") for url in every(rule, "non_resource_urls")]
    return [
        Right(str(verb), what, group, only, f"its holders can {verb} {what}{f' of {group}' if group else ''}")
        for verb in every(rule, "verbs")
        for what, group in things
    ]


def _is_too_much(kind: str, right: Right) -> bool:
    """Whether it grants all permissions, by a custom role or by cluster-admin."""
    is_all = kind in _ROLES and (right.who, right.what, right.condition) == ("*", "*", "")
    return is_all or (kind in _BINDINGS and right.what == "use the permissions of ClusterRole cluster-admin")


KUBERNETES = ResourceRules(
    _STATEFUL,
    _WEAKER,
    opens_access=_OPENS_ACCESS,
    blocks_access=_BLOCKS_ACCESS,
    reach=_REACH,
    given=_given,
    defined=_defined,
    cluster_bindings=_cluster_bindings,
    is_too_much=_is_too_much,
)
