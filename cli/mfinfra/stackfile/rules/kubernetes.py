"""Rules for stacks whose tasks run in a cluster, on every cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from .. import component_versions as versions
from ..sections import Kubernetes
from .base import TITLES, Given, Problem, cidrs, refused

if TYPE_CHECKING:
    from ..schema import StackConfig

#: Namespaces of the stack itself, and those of every cluster.
_TAKEN = re.compile(r"kube-.*|default|mfinfra|argo|argo-events|airflow|jobset-system|gke-.*|aks-.*|calico-.*")


def absent(_: StackConfig, given: Given) -> Iterator[Problem]:
    """Without a cluster, its options are not supported."""
    keys = tuple(Kubernetes.model_fields)
    yield from refused(given, ("kubernetes",), keys, "{key} is for a cluster and requires compute: kubernetes")


def _today() -> date:
    return date.today()


def _version(config: StackConfig, _: Given) -> Iterator[Problem]:
    offered, wanted = versions.KUBERNETES_SUPPORT[config.cloud], config.kubernetes.version
    lasting = {version: end for version, end in offered.items() if end >= _today().isoformat()}
    known = (
        ", ".join(f"{version} (until {end})" for version, end in lasting.items())
        or "none known to this version of mfinfra"
    )
    url, read = versions.KUBERNETES_SOURCES[config.cloud]
    known += f" (read on {read} from {url})"
    place, title = ("kubernetes", "version"), TITLES[config.cloud]
    if config.kubernetes.extended_support or wanted in lasting:
        return
    if wanted in offered:
        yield place, f"Kubernetes {wanted} is out of support on {title} since {offered[wanted]}; supported: {known}"
    else:
        yield place, f"Kubernetes {wanted} is not supported on {title}; supported: {known}"


def _namespaces(config: StackConfig, _: Given) -> Iterator[Problem]:
    kubernetes = config.kubernetes
    for name in kubernetes.namespaces:
        if _TAKEN.fullmatch(name):
            yield ("kubernetes", "namespaces", name), f"'{name}' is reserved for the cluster or the stack itself"
    if kubernetes.default_namespace not in kubernetes.namespaces:
        known = ", ".join(kubernetes.namespaces)
        yield (
            ("kubernetes", "default_namespace"),
            f"unknown namespace '{kubernetes.default_namespace}'; namespaces: {known}",
        )


def _endpoint(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.kubernetes.endpoint == "private" and config.kubernetes.allow:
        yield ("kubernetes", "allow"), "is for a public endpoint, and this endpoint is private"
    yield from cidrs(("kubernetes", "allow"), config.kubernetes.allow)


RULES = (_version, _namespaces, _endpoint)
