"""Types and helper functions of rules, and the rules for all clouds."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..schema import StackConfig

Place = tuple[Any, ...]
Problem = tuple[Place, str]
Given = dict[str, Any]
Rule = Callable[["StackConfig", Given], Iterator[Problem]]

#: The names of the clouds in messages.
TITLES = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}
#: The term of each cloud for the account of a stack.
ACCOUNTS = {"aws": "account", "azure": "subscription", "gcp": "project"}
CLOUD_PRESETS = ("sandbox", "team", "production")
_PRIVATE = [ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
_NEW_NETWORK = ("cidr", "zones", "nat", "endpoints", "flow_logs")


def said(given: Given, *place: str) -> dict[str, Any]:
    """The section of the stack file itself at a path; empty if it is not set."""
    node: Any = given
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def refused(given: Given, place: tuple[str, ...], keys: tuple[str, ...], why: str) -> Iterator[Problem]:
    """A problem for each key that is set but not supported. `{key}` in the reason is replaced by its name."""
    content = said(given, *place) if place else given
    for key in keys:
        if content.get(key) not in (None, [], {}):
            yield (*place, key), why.format(key=key)


def preset(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.preset not in CLOUD_PRESETS:
        yield (
            ("preset",),
            f"must be one of {', '.join(CLOUD_PRESETS)} for a cloud stack; '{config.preset}' is for local stacks",
        )


def protection(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.deletion_protection and config.preset == "sandbox":
        yield ("deletion_protection",), "is not supported in a sandbox; set preset: team or production"


def tags(config: StackConfig, _: Given) -> Iterator[Problem]:
    for key in config.tags:
        if key.lower().startswith(("aws:", "mfinfra:", "goog")):
            yield ("tags", key), "tags that begin with 'aws:', 'goog' or 'mfinfra:' are reserved"


def cidr(text: str) -> Iterator[Problem]:
    """The problems of the CIDR range of a new network."""
    place = ("network", "cidr")
    try:
        block = ipaddress.ip_network(text)
    except ValueError as exc:
        yield place, f"'{text}' is not a CIDR range: {exc}"
        return
    if not 16 <= block.prefixlen <= 21:
        yield place, f"'{text}' has the wrong size; use /16 to /21"
    elif not any(block.subnet_of(private) for private in _PRIVATE):  # type: ignore[arg-type]
        yield (
            place,
            f"'{text}' is not private; use a range of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
        )
    elif block.overlaps(ipaddress.ip_network("172.17.0.0/16")):
        yield place, f"'{text}' overlaps 172.17.0.0/16, which Docker uses on instances"


def network(config: StackConfig, given: Given) -> Iterator[Problem]:
    """The options are for a new network, or for an existing one, which mfinfra does not change."""
    if config.network.vpc is not None:
        why = f"{{key}} is for a new network; mfinfra does not change {config.network.vpc}"
        yield from refused(given, ("network",), _NEW_NETWORK, why)
        return
    yield from cidr(config.network.cidr)
    for key in ("subnets", "public_subnets"):
        if getattr(config.network, key):
            yield ("network", key), f"{key} are for an existing VPC; set network.vpc"


def cidrs(place: Place, blocks: list[str]) -> Iterator[Problem]:
    """The problems of a list of CIDR ranges."""
    for index, text in enumerate(blocks):
        try:
            ipaddress.ip_network(text)
        except ValueError as exc:
            yield (*place, index), f"'{text}' is not a CIDR range: {exc}"


def datastore(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.datastore.bucket is not None:
        why = f"{{key}} is for a new bucket; mfinfra does not change {config.datastore.bucket}"
        yield from refused(given, ("datastore",), ("versioning", "noncurrent_days", "access_logs"), why)


def storage(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.metadata.max_storage_gb < config.metadata.storage_gb:
        yield ("metadata", "max_storage_gb"), f"is less than storage_gb ({config.metadata.storage_gb})"


def registry(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.registry.image is not None and not config.registry.enabled:
        yield ("registry", "image"), "requires registry.enabled: true"


def orchestrators(config: StackConfig, given: Given) -> Iterator[Problem]:
    """Each orchestrator requires its compute backend."""
    chosen = config.orchestrator
    if config.compute.backend == "batch":
        for key in ("argo_workflows", "argo_events", "airflow"):
            if getattr(chosen, key):
                yield ("orchestrator", key), "runs in a cluster and requires compute: kubernetes"
    elif chosen.step_functions:
        yield (
            ("orchestrator", "step_functions"),
            "runs tasks on AWS Batch; with Kubernetes, use argo_workflows or airflow",
        )
    if not chosen.airflow:
        keys = ("airflow_repository", "airflow_secret", "airflow_branch", "airflow_folder")
        yield from refused(given, ("orchestrator",), keys, "{key} requires orchestrator.airflow: true")
    elif chosen.airflow_secret is not None and chosen.airflow_repository is None:
        yield ("orchestrator", "airflow_secret"), "is for a Git repository and requires orchestrator.airflow_repository"


COMMON: tuple[Rule, ...] = (preset, tags, network, datastore, storage, orchestrators, registry, protection)
