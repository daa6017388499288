"""What the rules of all clouds are made of, and those that are the same on each."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .. import machine_types

if TYPE_CHECKING:
    from ..schema import StackConfig
    from ..sections import Pool

Place = tuple[Any, ...]
Problem = tuple[Place, str]
Given = dict[str, Any]
Rule = Callable[["StackConfig", Given], Iterator[Problem]]

#: What people call the clouds.
TITLES = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}
#: What each cloud calls what a stack goes to.
ACCOUNTS = {"aws": "account", "azure": "subscription", "gcp": "project"}
CLOUD_PRESETS = ("sandbox", "team", "production")
_PRIVATE = [ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
_MADE_NETWORK = ("cidr", "zones", "nat", "endpoints", "flow_logs")


def said(given: Given, *place: str) -> dict[str, Any]:
    """The section of the stack file itself at a place; {} where it has none."""
    node: Any = given
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def refused(given: Given, place: tuple[str, ...], keys: tuple[str, ...], why: str) -> Iterator[Problem]:
    """A problem for each key that the stack file has and that means nothing there. `{key}` stands for its name."""
    content = said(given, *place) if place else given
    for key in keys:
        if content.get(key) not in (None, [], {}):
            yield (*place, key), why.format(key=key)


def preset(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.preset not in CLOUD_PRESETS:
        yield (
            ("preset",),
            f"a stack in a cloud is one of {', '.join(CLOUD_PRESETS)}; '{config.preset}' is for local ones",
        )


def protection(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.deletion_protection and config.preset == "sandbox":
        yield ("deletion_protection",), "a sandbox is made to be removed; take preset: team or production"


def tags(config: StackConfig, _: Given) -> Iterator[Problem]:
    for key in config.tags:
        if key.lower().startswith(("aws:", "mfinfra:", "goog")):
            yield ("tags", key), "tags that begin with 'aws:', 'goog' or 'mfinfra:' are not yours to set"


def cidr(text: str) -> Iterator[Problem]:
    """What is wrong with the addresses of a network that is made."""
    place = ("network", "cidr")
    try:
        block = ipaddress.ip_network(text)
    except ValueError as exc:
        yield place, f"'{text}' is not a block of addresses: {exc}"
        return
    if not 16 <= block.prefixlen <= 21:
        yield place, f"'{text}' has the wrong size; allowed are /16 to /21"
    elif not any(block.subnet_of(private) for private in _PRIVATE):  # type: ignore[arg-type]
        yield (
            place,
            f"'{text}' is not private; take one from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
        )
    elif block.overlaps(ipaddress.ip_network("172.17.0.0/16")):
        yield place, f"'{text}' overlaps 172.17.0.0/16, which containers use on their machine"


def network(config: StackConfig, given: Given) -> Iterator[Problem]:
    """A network is made, with addresses of its own, or one that exists is used as it is."""
    if config.network.vpc is not None:
        why = f"{{key}} is for a network that is made; {config.network.vpc} is left as it is"
        yield from refused(given, ("network",), _MADE_NETWORK, why)
        return
    yield from cidr(config.network.cidr)
    for key in ("subnets", "public_subnets"):
        if getattr(config.network, key):
            yield ("network", key), f"{key} belong to an existing VPC; name it with network.vpc"


def cidrs(place: Place, blocks: list[str]) -> Iterator[Problem]:
    """What is wrong with a list of blocks of addresses."""
    for index, text in enumerate(blocks):
        try:
            ipaddress.ip_network(text)
        except ValueError as exc:
            yield (*place, index), f"'{text}' is not a block of addresses: {exc}"


def datastore(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.datastore.bucket is not None:
        why = f"{{key}} is for a bucket that is made; {config.datastore.bucket} is left as it is"
        yield from refused(given, ("datastore",), ("versioning", "noncurrent_days", "access_logs"), why)


def storage(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.metadata.max_storage_gb < config.metadata.storage_gb:
        yield ("metadata", "max_storage_gb"), f"is less than storage_gb ({config.metadata.storage_gb})"


def registry(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.registry.image is not None and not config.registry.enabled:
        yield ("registry", "image"), "the registry is off; set registry.enabled"


def pools(config: StackConfig, _: Given) -> Iterator[Problem]:
    """The default is one of them, and each can be what it says."""
    found = config.compute.pools
    if config.compute.default not in found:
        yield ("compute", "default"), f"there is no pool '{config.compute.default}'; pools: {', '.join(found)}"
    for name, pool in found.items():
        place = ("compute", "pools", name)
        if pool.min_vcpus > pool.max_vcpus:
            yield (*place, "min_vcpus"), f"is more than max_vcpus ({pool.max_vcpus})"
        if pool.gpu:
            yield from _gpus(config.cloud, place, pool)


def _gpus(cloud: str, place: Place, pool: Pool) -> Iterator[Problem]:
    for index, name in enumerate(pool.instance_types):
        if not machine_types.has_gpu(cloud, name):
            yield (*place, "instance_types", index), f"{name} has no GPU"


def orchestrators(config: StackConfig, given: Given) -> Iterator[Problem]:
    """Each belongs to what runs the tasks."""
    chosen = config.orchestrator
    if config.compute.backend == "batch":
        for key in ("argo_workflows", "argo_events", "airflow"):
            if getattr(chosen, key):
                yield ("orchestrator", key), "runs in a cluster; it needs compute: kubernetes"
    elif chosen.step_functions:
        yield (
            ("orchestrator", "step_functions"),
            "runs tasks on AWS Batch; with Kubernetes take argo_workflows or airflow",
        )
    if not chosen.airflow:
        keys = ("airflow_repository", "airflow_branch", "airflow_folder")
        yield from refused(given, ("orchestrator",), keys, "{key} is for Airflow; set orchestrator.airflow")


COMMON: tuple[Rule, ...] = (preset, tags, network, datastore, storage, pools, orchestrators, registry, protection)
