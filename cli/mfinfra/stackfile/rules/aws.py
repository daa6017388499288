"""Rules for stacks on AWS: regions, ARNs, Batch, limits of services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..sections import ARN_PATTERN
from . import names
from .base import COMMON, Given, Place, Problem, Rule, cidrs, refused

if TYPE_CHECKING:
    from ..schema import StackConfig

_REGION = re.compile(r"(us-gov|us-iso[a-z]?|[a-z]{2})-[a-z]{4,10}-\d")
_ACCOUNT = re.compile(r"\d{12}")
_VPC, _SUBNET = re.compile(r"vpc-[0-9a-f]{8,17}"), re.compile(r"subnet-[0-9a-f]{8,17}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_DATABASE_CLASS = re.compile(r"db\.[a-z0-9]{2,8}\.[a-z0-9]{4,10}")
_PERSON = re.compile(r"arn:[a-z-]+:iam::\d{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,200}")
_ARN = re.compile(ARN_PATTERN.removesuffix("$"))
#: Instance classes that RDS no longer offers for new PostgreSQL databases.
_RETIRED_CLASSES = re.compile(r"db\.(t1|t2|m1|m2|m3|m4|r3|r4|x1|x1e)\.")
_ECR_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.")
_NO_NAT_ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs", "ecs-agent", "ecs-telemetry")
#: The memory in MB that Fargate supports for each CPU size: smallest, largest.
_FARGATE_MEMORY = {256: (512, 2048), 512: (1024, 4096), 1024: (2048, 8192), 2048: (4096, 16384), 4096: (8192, 30720)}
#: The retention periods of CloudWatch, in days.
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def partition_of(region: str) -> str:
    """The AWS partition of a region."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _region(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.region is None:
        yield ("region",), "a stack on AWS requires a region, such as 'region: us-east-1'"
    elif not _REGION.fullmatch(config.region) or config.region.startswith("us-iso"):
        yield (
            ("region",),
            f"'{config.region}' is not an AWS region; examples: us-east-1, cn-north-1, us-gov-west-1",
        )
    elif config.partition != partition_of(config.region):
        yield ("partition",), f"must be {partition_of(config.region)}, the partition of region {config.region}"


def _logs(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.log_retention_days not in LOG_DAYS:
        allowed = ", ".join(map(str, LOG_DAYS))
        yield ("log_retention_days",), f"CloudWatch supports only these numbers of days: {allowed}"


def _ids(config: StackConfig, _: Given) -> Iterator[Problem]:
    """IDs have the formats of AWS."""
    network, database = config.network, config.metadata.database
    if config.account is not None and not _ACCOUNT.fullmatch(config.account):
        yield ("account",), f"'{config.account}' is not an AWS account ID: 12 digits"
    if network.vpc is not None and not _VPC.fullmatch(network.vpc):
        yield ("network", "vpc"), f"'{network.vpc}' is not a VPC ID, such as vpc-0123456789abcdef0"
    for key in ("subnets", "public_subnets"):
        for index, name in enumerate(getattr(network, key)):
            if not _SUBNET.fullmatch(name):
                yield ("network", key, index), f"'{name}' is not a subnet ID, such as subnet-0123456789abcdef0"
    if config.datastore.bucket is not None and not _BUCKET.fullmatch(config.datastore.bucket):
        yield ("datastore", "bucket"), f"'{config.datastore.bucket}' is not an S3 bucket name"
    if config.datastore.kms not in ("create", "managed") and not _ARN.fullmatch(config.datastore.kms):
        yield (
            ("datastore", "kms"),
            f"'{config.datastore.kms}' is not one of: create, managed, the ARN of a key",
        )
    if not _DATABASE_CLASS.fullmatch(str(config.metadata.instance_class)):
        yield (
            ("metadata", "instance_class"),
            f"'{config.metadata.instance_class}' is not an RDS instance class, such as db.t4g.micro",
        )
    if database is not None and database.security_group is None:
        yield (
            ("metadata", "database", "security_group"),
            "is missing: mfinfra adds a rule for the metadata service to it",
        )


def _new_network(config: StackConfig, _: Given) -> Iterator[Problem]:
    if config.network.vpc is not None:
        return
    if config.network.zones < 2:
        yield ("network", "zones"), "must be at least 2: the database requires subnets in two zones"
    if config.network.nat == "none":
        yield from _no_nat(config)


def _people(config: StackConfig, _: Given) -> Iterator[Problem]:
    """`people` is for clusters; access to everything else on AWS is granted in IAM."""
    if config.people and config.compute.backend == "batch":
        yield ("people",), "is for clusters; on AWS Batch, grant access in IAM"
    for index, person in enumerate(config.people):
        if not _PERSON.fullmatch(person):
            yield ("people", index), f"'{person}' is not the ARN of an IAM role or user"
        elif not person.startswith(f"arn:{config.partition}:"):
            yield ("people", index), f"{person} is not in partition {config.partition}"


def _no_nat(config: StackConfig) -> Iterator[Problem]:
    if config.compute.backend == "kubernetes":
        yield ("network", "nat"), "without NAT, a cluster cannot pull the images of its charts; set nat: one"
        return
    if not _ECR_IMAGE.match(config.metadata.image):
        yield (
            ("network", "nat"),
            f"without NAT, image {config.metadata.image} cannot be pulled; use an image in ECR, or nat: one",
        )
    missing = [name for name in _NO_NAT_ENDPOINTS if name not in config.network.endpoints]
    if missing:
        yield ("network", "nat"), f"without NAT, the network requires more endpoints: {', '.join(missing)}"


def _old_network(config: StackConfig, _: Given) -> Iterator[Problem]:
    network = config.network
    if network.vpc is None:
        return
    if len(set(network.subnets)) < 2:
        yield ("network", "subnets"), "an existing VPC requires at least two private subnets, in different zones"
    if (
        config.ui.enabled
        and not config.ui.internal
        and _has_load_balancer(config)
        and len(set(network.public_subnets)) < 2
    ):
        yield ("network", "public_subnets"), "the UI requires at least two public subnets, or ui.internal: true"


def _metadata(config: StackConfig, given: Given) -> Iterator[Problem]:
    metadata = config.metadata
    if _RETIRED_CLASSES.match(str(metadata.instance_class)):
        yield (
            ("metadata", "instance_class"),
            f"{metadata.instance_class} is no longer available; use db.t4g.micro, db.t4g.small, db.m7g.large or larger",
        )
    low, high = _FARGATE_MEMORY[metadata.cpu]
    if not low <= metadata.memory <= high or (metadata.memory % 1024 and metadata.memory != 512):
        steps = "in steps of 1024" if metadata.cpu > 256 else "512, 1024 or 2048"
        yield ("metadata", "memory"), f"with cpu {metadata.cpu}, Fargate supports {low} to {high} MB, {steps}"
    if metadata.api == "private" and metadata.allow:
        yield ("metadata", "allow"), "is for a public API, and this API is private"
    yield from cidrs(("metadata", "allow"), metadata.allow)


def _has_load_balancer(config: StackConfig) -> bool:
    """Whether the UI has its own load balancer, which is optional in a cluster."""
    return config.compute.backend == "batch" or config.ui.certificate is not None


_LOAD_BALANCER_KEYS = ("domain", "auth", "cognito_prefix", "oidc", "internal", "allow")


def _ui(config: StackConfig, given: Given) -> Iterator[Problem]:
    ui = config.ui
    if not ui.enabled:
        for key in set(given.get("ui") or {}) - {"enabled"}:
            yield ("ui", key), "requires ui.enabled: true"
        return
    if not _has_load_balancer(config):
        yield from refused(
            given, ("ui",), _LOAD_BALANCER_KEYS, "{key} is for a load balancer and requires ui.certificate"
        )
        return
    for key, why in (("certificate", "the ARN of a certificate in ACM"), ("domain", "its host name")):
        if getattr(ui, key) is None:
            yield ("ui", key), f"is missing: the UI requires {why}"
    if ui.auth == "oidc" and ui.oidc is None:
        yield ("ui", "oidc"), "is missing: auth: oidc requires it"
    if ui.auth == "cognito" and ui.oidc is not None:
        yield ("ui", "oidc"), "is for auth: oidc"
    if ui.auth == "cognito" and config.partition == "aws-cn":
        yield ("ui", "auth"), "load balancers in China do not support Cognito; use oidc"
    yield from cidrs(("ui", "allow"), ui.allow)


def _arns(config: StackConfig, given: Given) -> Iterator[Problem]:
    """Every ARN is in the partition of the stack and, for regional services, in its region."""
    named: list[tuple[Place, str | None, str]] = [
        (("permissions_boundary",), config.permissions_boundary, "iam"),
        (("ui", "certificate"), config.ui.certificate, "acm"),
        *((("secrets", "allow", i), arn, "secretsmanager") for i, arn in enumerate(config.secrets.allow)),
    ]
    if config.datastore.kms not in ("create", "managed"):
        named.append((("datastore", "kms"), config.datastore.kms, "kms"))
    if config.metadata.database is not None:
        named.append((("metadata", "database", "secret"), config.metadata.database.secret, "secretsmanager"))
    if config.orchestrator.airflow_secret is not None:
        named.append((("orchestrator", "airflow_secret"), config.orchestrator.airflow_secret, "secretsmanager"))
    if config.ui.oidc is not None:
        named.append((("ui", "oidc", "client_secret"), config.ui.oidc.client_secret, "secretsmanager"))
    for place, arn, service in named:
        if arn is not None:
            yield from _arn(place, arn, service, config)


def _arn(place: Place, arn: str, service: str, config: StackConfig) -> Iterator[Problem]:
    if not _ARN.fullmatch(arn):
        yield place, f"'{arn}' is not an ARN of {service}"
        return
    _, partition, of, region, *_rest = arn.split(":", 5)
    if of != service:
        yield place, f"{arn} is not an ARN of {service}"
    elif partition != config.partition:
        yield place, f"{arn} is in partition {partition}, the stack in {config.partition}"
    elif service != "iam" and region != config.region:
        yield place, f"{arn} is in {f'region {region}' if region else 'no region'}, the stack in {config.region}"
    elif "*" in arn and (
        service != "secretsmanager"
        or not arn.endswith("*")
        or arn.count("*") > 1
        or len(_rest) < 2
        or _rest[1] in ("*", "secret:*")
    ):
        yield place, f"{arn}: a wildcard is allowed only at the end of a secret name"


RULES: tuple[Rule, ...] = (
    *COMMON,
    names.aws,
    _region,
    _logs,
    _ids,
    _people,
    _new_network,
    _old_network,
    _metadata,
    _ui,
    _arns,
)
