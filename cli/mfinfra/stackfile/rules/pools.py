"""Rules for pools: one set for all clouds and backends. Each rule has the condition under which it is true.

They reject pools whose tasks could never start: machines that are not offered, mixed architectures, machines larger than
the whole pool, accelerators without drivers or taints.
"""

# ruff: noqa: E501 - one line for each message
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import aws_machines, machine_types
from .base import TITLES, Given, Place, Problem, refused, said

if TYPE_CHECKING:
    from ..schema import StackConfig
    from ..sections import Pool

_BATCH_TYPE = re.compile(r"[a-z][a-z0-9-]{1,15}(\.(nano|micro|small|medium|large|\d{0,3}xlarge|metal(-\d+xl)?))?")
_CATEGORIES = ", ".join(aws_machines.CATEGORIES)
_OF_BATCH = ("ami", "priority", "runnable_minutes", "fair_share")
_OF_MACHINES = ("instance_types", "ami", "gpu", "disk_gb", "min_vcpus")
#: AKS: the length of pool names.
_AKS_LENGTH = 12


@dataclass(frozen=True)
class Where:
    """A pool, and the stack that it is in."""

    config: StackConfig
    given: Given
    name: str
    pool: Pool

    @property
    def place(self) -> tuple[str, ...]:
        return ("compute", "pools", self.name)

    @property
    def cloud(self) -> str:
        return self.config.cloud

    @property
    def types(self) -> list[str]:
        """The machine types, also if the stack file sets none."""
        return machine_types.of_queue(self.pool) if self.is_batch else machine_types.of_pool(self.cloud, self.pool)

    @property
    def is_batch(self) -> bool:
        return self.config.compute.backend == "batch"

    @property
    def is_fargate(self) -> bool:
        return self.pool.kind.startswith("fargate")

    @property
    def has_machines(self) -> bool:
        return not self.is_fargate

    @property
    def in_cluster(self) -> bool:
        return not self.is_batch

    @property
    def has_own_image(self) -> bool:
        return self.pool.ami is not None

    def type_place(self, index: int) -> Place:
        return (*self.place, "instance_types", index)


def pools(config: StackConfig, given: Given) -> Iterator[Problem]:
    """The default pool exists, and every pool can run tasks."""
    found = config.compute.pools
    if config.compute.default not in found:
        yield ("compute", "default"), f"unknown pool '{config.compute.default}'; pools: {', '.join(found)}"
    for name, pool in found.items():
        yield from _of(Where(config, given, name, pool))


def _of(where: Where) -> Iterator[Problem]:
    """The problems of a pool. Types that do not exist are reported alone: nothing else is known about them."""
    unknown = [problem for applies, rule in _FORM if applies(where) for problem in rule(where)]
    yield from unknown
    for applies, rule in () if unknown else _RULES:
        if applies(where):
            yield from rule(where)


# The form of names and types


def _name(where: Where) -> Iterator[Problem]:
    if where.cloud == "azure":
        if len(where.name) > _AKS_LENGTH or where.name.startswith("system"):
            yield (
                where.place,
                f"an AKS pool name has at most {_AKS_LENGTH} letters and digits, and does not begin with 'system'",
            )
    elif where.name == "system":
        yield where.place, "'system' is the pool of the services of the stack; choose another name"


def _kind(where: Where) -> Iterator[Problem]:
    if where.is_fargate:
        yield (*where.place, "kind"), "Fargate is for AWS Batch; in a cluster, use on_demand or spot"


def _type_of_batch(where: Where) -> Iterator[Problem]:
    for index, name in enumerate(where.pool.instance_types):
        if name not in aws_machines.CATEGORIES and (not _BATCH_TYPE.fullmatch(name) or name.startswith("mac")):
            yield (
                where.type_place(index),
                f"'{name}' is not an instance type or family, such as c6i.large or c6i, or one of: {_CATEGORIES}",
            )


def _type_of_node(where: Where) -> Iterator[Problem]:
    for index, name in enumerate(where.pool.instance_types):
        if machine_types.vcpus(where.cloud, name) is None:
            like = machine_types.of_pool(where.cloud, where.pool.model_copy(update={"instance_types": []}))[0]
            yield where.type_place(index), f"'{name}' is not a machine type of {TITLES[where.cloud]}, such as {like}"
            return


# What a backend supports


def _fargate(where: Where) -> Iterator[Problem]:
    why = "{key} is not supported on Fargate; set kind: on_demand or spot"
    content = said(where.given, *where.place)
    yield from (found for found in refused(where.given, where.place, _OF_MACHINES, why) if content.get(found[0][-1]))


def _cluster_keys(where: Where) -> Iterator[Problem]:
    why = "{key} is for AWS Batch, and not supported in a cluster"
    yield from refused(where.given, where.place, _OF_BATCH, why)


def _one_type(where: Where) -> Iterator[Problem]:
    place, types = (*where.place, "instance_types"), where.pool.instance_types
    if where.cloud != "aws" and len(types) > 1:
        yield place, f"a pool on {TITLES[where.cloud]} has one machine type; create a pool for each"
    elif len({machine_types.vcpus(where.cloud, name) for name in types}) > 1:
        yield (
            place,
            "the machine types of a pool in a cluster must have the same number of vCPUs; create a pool for each",
        )


# What can run


def _bounds(where: Where) -> Iterator[Problem]:
    if where.pool.min_vcpus > where.pool.max_vcpus:
        yield (*where.place, "min_vcpus"), f"is more than max_vcpus ({where.pool.max_vcpus})"


def _one_architecture(where: Where) -> Iterator[Problem]:
    """AWS Batch and EKS select one image for all machines of a pool."""
    if len({machine_types.architecture(where.cloud, name) for name in where.pool.instance_types}) > 1:
        yield (*where.place, "instance_types"), "mixes ARM and x86 instance types; create a pool for each"


def _fits(where: Where) -> Iterator[Problem]:
    """At least one machine of the pool has no more vCPUs than the pool."""
    sizes = {name: machine_types.fewest_vcpus(where.cloud, name) for name in where.types}
    known = [size for size in sizes.values() if size is not None]
    if not known or len(known) < len(sizes) or min(known) <= where.pool.max_vcpus:
        return
    place = (*where.place, "max_vcpus")
    if where.in_cluster:
        yield place, f"is less than the vCPUs of one node ({min(known)})"
    else:
        smallest = next(name for name, size in sizes.items() if size == min(known))
        yield (
            place,
            f"is {where.pool.max_vcpus}, less than the vCPUs of the smallest machine of the pool: {smallest} has {min(known)}",
        )


def _nodes(where: Where) -> Iterator[Problem]:
    """Both limits are numbers of nodes: the least number of nodes is rounded up, the largest down."""
    least, most = machine_types.nodes(where.cloud, where.pool)
    if where.pool.min_vcpus <= where.pool.max_vcpus and least > most:
        yield (
            (*where.place, "min_vcpus"),
            f"needs {least} nodes, and max_vcpus allows {most}; use multiples of the vCPUs of a node",
        )


def _accelerators(where: Where) -> Iterator[Problem]:
    """Machines with GPUs are in pools with `gpu`, and those with other accelerators have their own image."""
    for index, name in enumerate(where.pool.instance_types):
        text = _accelerator(where, name)
        if text is not None:
            yield where.type_place(index), text


def _accelerator(where: Where, name: str) -> str | None:
    """What is wrong with the accelerators of a machine type, None if nothing is."""
    other = machine_types.other_accelerator(where.cloud, name)
    if other is not None and not (where.is_batch and where.has_own_image and not where.pool.gpu):
        hint = "set ami to an image with drivers, without gpu" if where.is_batch else "use a type with NVIDIA GPUs"
        return f"{name} has {other}, for which the stack has no drivers; {hint}"
    if other is not None:
        return None
    if where.pool.gpu and not machine_types.can_have_gpu(where.cloud, name):
        return f"{name} has no GPU"
    if not where.pool.gpu and machine_types.has_gpu(where.cloud, name) and not where.has_own_image:
        return f"{name} has GPUs, which have no drivers and no taint without gpu: true; set gpu: true, or use a type without GPUs"
    return None


def _image(where: Where) -> Iterator[Problem]:
    """AWS Batch has an image for the machines, or the pool has its own."""
    for index, name in enumerate(where.pool.instance_types):
        why = aws_machines.needs_own_image(name)
        if why is not None and machine_types.other_accelerator(where.cloud, name) is None:
            yield where.type_place(index), f"{name} requires an ami of its own: {why}"


def _image_of_nodes(where: Where) -> Iterator[Problem]:
    for index, name in enumerate(where.pool.instance_types):
        if aws_machines.family_of(name) == "a1":
            yield where.type_place(index), f"{name} is not supported: Amazon Linux 2023 does not run on it"


Rule = Callable[[Where], Iterator[Problem]]
Applies = Callable[[Where], bool]


def _always(_: Where) -> bool:
    return True


_FORM: tuple[tuple[Applies, Rule], ...] = (
    (lambda where: where.in_cluster, _name),
    (lambda where: where.in_cluster, _kind),
    (lambda where: where.is_batch and where.cloud == "aws" and where.has_machines, _type_of_batch),
    (lambda where: where.in_cluster, _type_of_node),
)
_RULES: tuple[tuple[Applies, Rule], ...] = (
    (_always, _bounds),
    (lambda where: where.is_batch and where.is_fargate, _fargate),
    (lambda where: where.in_cluster, _cluster_keys),
    (lambda where: where.in_cluster, _one_type),
    (lambda where: where.has_machines and where.cloud == "aws", _one_architecture),
    (lambda where: where.has_machines, _fits),
    (lambda where: where.in_cluster, _nodes),
    (lambda where: where.has_machines, _accelerators),
    (lambda where: where.has_machines and where.is_batch and where.cloud == "aws" and not where.has_own_image, _image),
    (lambda where: where.in_cluster and where.cloud == "aws", _image_of_nodes),
)
