"""What the options of a stack must be together: checked offline, each with the place in the stack file it is about."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .options import Pool
    from .stackfile import StackConfig

Place = tuple[Any, ...]
Problem = tuple[Place, str]
Given = dict[str, Any]

_REGION = re.compile(r"(us-gov|us-iso[a-z]?|[a-z]{2})-[a-z]{4,10}-\d")
_PRIVATE = [ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
_MADE_NETWORK = ("cidr", "zones", "nat", "endpoints", "flow_logs")
#: Instance classes that RDS no longer offers for new PostgreSQL databases.
_RETIRED_CLASSES = re.compile(r"db\.(t1|t2|m1|m2|m3|m4|r3|r4|x1|x1e)\.")
_ECR_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.")
_NO_NAT_ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs", "ecs-agent", "ecs-telemetry")
_INSTANCE = re.compile(r"[a-z]+\d+([a-z-]*)(\..+)?")
_GPU_FAMILY = re.compile(r"(p[2-9]|g[3-9]|gr\d|trn|inf)")
#: Memory in MB that Fargate has for each CPU size: smallest, largest.
_FARGATE_MEMORY = {256: (512, 2048), 512: (1024, 4096), 1024: (2048, 8192), 2048: (4096, 16384), 4096: (8192, 30720)}
_LOCAL_KEYS = ("name", "cloud", "preset", "runtime")
LOCAL_PRESETS = ("sandbox", "files", "services")
CLOUD_PRESETS = ("sandbox", "team", "production")
#: CloudWatch keeps logs for one of these numbers of days.
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def partition_of(region: str) -> str:
    """The partition of AWS that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def problems(config: StackConfig, given: Given) -> list[Problem]:
    """All that is wrong with a stack whose single values are right; `given` is what the stack file itself says."""
    if config.cloud == "local":
        return list(_local(config, given))
    return [problem for rule in _RULES for problem in rule(config, given)]


def _local(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.preset not in LOCAL_PRESETS:
        yield ("preset",), f"a local stack is one of {', '.join(LOCAL_PRESETS)}; '{config.preset}' is for clouds"
    for key in given:
        if key not in _LOCAL_KEYS:
            yield (key,), f"a local stack has no {key}; it is for clouds"


def _preset(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.preset not in CLOUD_PRESETS:
        yield (
            ("preset",),
            f"a stack in a cloud is one of {', '.join(CLOUD_PRESETS)}; '{config.preset}' is for local ones",
        )


def _region(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.region is None:
        yield ("region",), "a stack in AWS needs a region, as in 'region: us-east-1'"
    elif not _REGION.fullmatch(config.region) or config.region.startswith("us-iso"):
        yield (
            ("region",),
            f"'{config.region}' is not a region of AWS; they look like us-east-1, cn-north-1, us-gov-west-1",
        )
    elif config.partition != partition_of(config.region):
        yield ("partition",), f"the region {config.region} is in the partition {partition_of(config.region)}"


def _logs(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.log_retention_days not in LOG_DAYS:
        allowed = ", ".join(map(str, LOG_DAYS))
        yield ("log_retention_days",), f"CloudWatch keeps logs for one of {allowed} days"


def _tags(config: StackConfig, _: Given) -> Iterator[Problem]:
    for key in config.tags:
        if key.lower().startswith(("aws:", "mfinfra:")):
            yield ("tags", key), "tags that begin with 'aws:' or 'mfinfra:' are not yours to set"


def _new_network(config: StackConfig, given: Given) -> Iterator[Problem]:
    network = config.network
    if network.vpc is not None:
        return
    yield from _cidr(network.cidr, network.zones)
    for key in ("subnets", "public_subnets"):
        if getattr(network, key):
            yield ("network", key), f"{key} belong to an existing VPC; name it with network.vpc"
    if network.nat == "none":
        yield from _no_nat(config)


def _cidr(text: str, zones: int) -> Iterator[Problem]:
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


def _no_nat(config: StackConfig) -> Iterator[Problem]:
    if not _ECR_IMAGE.match(config.metadata.image):
        yield (
            ("network", "nat"),
            f"without NAT the image {config.metadata.image} cannot be pulled; use one in ECR, or nat: one",
        )
    missing = [name for name in _NO_NAT_ENDPOINTS if name not in config.network.endpoints]
    if missing:
        yield ("network", "nat"), f"without NAT the network needs more endpoints: {', '.join(missing)}"


def _old_network(config: StackConfig, given: Given) -> Iterator[Problem]:
    network, said = config.network, given.get("network") or {}
    if network.vpc is None:
        return
    for key in _MADE_NETWORK:
        if key in said:
            yield ("network", key), f"{key} is for a network that is made; {network.vpc} is left as it is"
    if len(set(network.subnets)) < 2:
        yield ("network", "subnets"), "an existing VPC needs two private subnets or more, in different zones"
    if config.ui.enabled and not config.ui.internal and len(set(network.public_subnets)) < 2:
        yield ("network", "public_subnets"), "the UI needs two public subnets or more; or set ui.internal"


def _datastore(config: StackConfig, given: Given) -> Iterator[Problem]:
    said = given.get("datastore") or {}
    if config.datastore.bucket is not None:
        for key in ("versioning", "noncurrent_days", "access_logs"):
            if key in said:
                yield (
                    ("datastore", key),
                    f"{key} is for a bucket that is made; {config.datastore.bucket} is left as it is",
                )


def _metadata(config: StackConfig, given: Given) -> Iterator[Problem]:
    metadata = config.metadata
    if _RETIRED_CLASSES.match(metadata.instance_class):
        yield (
            ("metadata", "instance_class"),
            f"{metadata.instance_class} is no longer offered; take db.t4g.micro, db.t4g.small, db.m7g.large or larger",
        )
    if metadata.max_storage_gb < metadata.storage_gb:
        yield ("metadata", "max_storage_gb"), f"is less than storage_gb ({metadata.storage_gb})"
    low, high = _FARGATE_MEMORY[metadata.cpu]
    if not low <= metadata.memory <= high or (metadata.memory % 1024 and metadata.memory != 512):
        steps = "in steps of 1024" if metadata.cpu > 256 else "512, 1024 or 2048"
        yield ("metadata", "memory"), f"with cpu {metadata.cpu} Fargate has {low} to {high} MB, {steps}"
    if metadata.api == "private" and metadata.allow:
        yield ("metadata", "allow"), "is for the public API; this one is private"
    yield from _cidrs(("metadata", "allow"), metadata.allow)


def _cidrs(place: Place, blocks: list[str]) -> Iterator[Problem]:
    for index, text in enumerate(blocks):
        try:
            ipaddress.ip_network(text)
        except ValueError as exc:
            yield (*place, index), f"'{text}' is not a block of addresses: {exc}"


def _pools(config: StackConfig, given: Given) -> Iterator[Problem]:
    pools = config.compute.pools
    if config.compute.default not in pools:
        yield ("compute", "default"), f"there is no pool '{config.compute.default}'; pools: {', '.join(pools)}"
    said = ((given.get("compute") or {}).get("pools")) or {}
    for name, pool in pools.items():
        place = ("compute", "pools", name)
        if pool.min_vcpus > pool.max_vcpus:
            yield (*place, "min_vcpus"), f"is more than max_vcpus ({pool.max_vcpus})"
        if pool.kind.startswith("fargate"):
            yield from _fargate(place, pool, said.get(name) or {})
        else:
            yield from _machines(place, pool)


def _fargate(place: Place, pool: Pool, said: Given) -> Iterator[Problem]:
    for key in ("instance_types", "ami", "gpu", "disk_gb", "min_vcpus"):
        if said.get(key):
            yield (*place, key), f"Fargate has no {key}; take kind: ec2 or spot for it"


def _machines(place: Place, pool: Pool) -> Iterator[Problem]:
    arms = {"g" in found.group(1) for t in pool.instance_types if (found := _INSTANCE.fullmatch(t))}
    if len(arms) > 1:
        yield (*place, "instance_types"), "mixes ARM and x86 machines; make a pool of each"
    if pool.gpu and not pool.instance_types:
        yield (*place, "instance_types"), "a pool with gpu needs instance types that have one, as in [g5.xlarge]"
    for index, name in enumerate(pool.instance_types):
        if pool.gpu and not _GPU_FAMILY.match(name):
            yield (*place, "instance_types", index), f"{name} has no GPU"


def _ui(config: StackConfig, given: Given) -> Iterator[Problem]:
    ui = config.ui
    if not ui.enabled:
        for key in set(given.get("ui") or {}) - {"enabled"}:
            yield ("ui", key), "the UI is off; set ui.enabled"
        return
    for key, why in (("certificate", "the ARN of a certificate in ACM"), ("domain", "its host name")):
        if getattr(ui, key) is None:
            yield ("ui", key), f"the UI needs {why}"
    if ui.auth == "oidc" and ui.oidc is None:
        yield ("ui", "oidc"), "auth: oidc needs the oidc section"
    if ui.auth == "cognito" and ui.oidc is not None:
        yield ("ui", "oidc"), "is for auth: oidc"
    if ui.auth == "cognito" and config.partition == "aws-cn":
        yield ("ui", "auth"), "load balancers in China have no Cognito; use oidc"
    yield from _cidrs(("ui", "allow"), ui.allow)


def _registry(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.registry.image is not None and not config.registry.enabled:
        yield ("registry", "image"), "the registry is off; set registry.enabled"


def _arns(config: StackConfig, given: Given) -> Iterator[Problem]:
    """Every ARN is in the stack's partition, and where that matters in its region."""
    named: list[tuple[Place, str | None, str]] = [
        (("permissions_boundary",), config.permissions_boundary, "iam"),
        (("ui", "certificate"), config.ui.certificate, "acm"),
        *((("secrets", "allow", i), arn, "secretsmanager") for i, arn in enumerate(config.secrets.allow)),
    ]
    if config.datastore.kms.startswith("arn:"):
        named.append((("datastore", "kms"), config.datastore.kms, "kms"))
    if config.metadata.database is not None:
        named.append((("metadata", "database", "secret"), config.metadata.database.secret, "secretsmanager"))
    if config.ui.oidc is not None:
        named.append((("ui", "oidc", "client_secret"), config.ui.oidc.client_secret, "secretsmanager"))
    for place, arn, service in named:
        if arn is not None:
            yield from _arn(place, arn, service, config)


def _arn(place: Place, arn: str, service: str, config: StackConfig) -> Iterator[Problem]:
    _, partition, of, region, *_rest = arn.split(":", 5)
    if of != service:
        yield place, f"{arn} is not an ARN of {service}"
    elif partition != config.partition:
        yield place, f"{arn} is in the partition {partition}, the stack in {config.partition}"
    elif service != "iam" and region != config.region:
        yield place, f"{arn} is in the region {region or 'of none'}, the stack in {config.region}"
    elif "*" in arn and (
        service != "secretsmanager"
        or not arn.endswith("*")
        or arn.count("*") > 1
        or len(_rest) < 2
        or _rest[1] in ("*", "secret:*")
    ):
        yield place, f"{arn}: a star may only end the name of a secret"


def _protection(config: StackConfig, given: Given) -> Iterator[Problem]:
    if config.deletion_protection and config.preset == "sandbox":
        yield ("deletion_protection",), "a sandbox is made to be removed; take preset: team or production"


_RULES: tuple[Callable[[StackConfig, Given], Iterator[Problem]], ...] = (
    _preset,
    _region,
    _logs,
    _tags,
    _new_network,
    _old_network,
    _datastore,
    _metadata,
    _pools,
    _ui,
    _registry,
    _arns,
    _protection,
)
