"""GetResources of the tagging API returns all tagged resources of a stack, also those that ministack omits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ministack.services import alb, apigateway_v1, cloudwatch_logs, ec2, rds, stepfunctions, tagging

from . import batch, vpclinks
from .resources import arn

Found = Iterator[tuple[str, list[dict[str, str]]]]

#: Prefix of an id -> the kind of resource in its ARN.
EC2_KINDS = {
    "eipalloc": "elastic-ip", "fl": "vpc-flow-log", "igw": "internet-gateway", "lt": "launch-template",
    "nat": "natgateway", "rtb": "route-table", "sg": "security-group", "sgr": "security-group-rule",
    "subnet": "subnet", "vpc": "vpc", "vpce": "vpc-endpoint", "acl": "network-acl", "eni": "network-interface",
}  # fmt: skip


def install() -> None:
    tagging._COLLECTORS.update({
        "apigateway": _of_api_gateway,
        "batch": lambda: _mapped(batch.everything_tagged()),
        "ec2": _of_ec2,
        "elasticloadbalancing": _of_load_balancers,
        "logs": _of_logs,
        "rds": _of_rds,
        "secretsmanager": tagging._collect_secretsmanager,
        "ssm": tagging._collect_ssm,
        "states": _of_states,
    })  # fmt: skip


def _mapped(found: Iterable[tuple[str, dict[str, str]]]) -> Found:
    for name, tags in found:
        if tags:
            yield name, [{"Key": key, "Value": str(value)} for key, value in tags.items()]


def _of_ec2() -> Found:
    for name, tags in ec2._tags.items():
        kind = EC2_KINDS.get(name.partition("-")[0])
        deleted = ec2._nat_gateways.get(name, {}).get("State") == "deleted"
        if kind and tags and not deleted:
            yield arn("ec2", f"{kind}/{name}"), tags


def _of_load_balancers() -> Found:
    for store in (alb._lbs, alb._tgs, alb._listeners, alb._rules):
        for name in store:
            if alb._tags.get(name):
                yield name, alb._tags[name]


def _of_logs() -> Found:
    return _mapped(
        (group["arn"].removesuffix(":*"), group.get("tags", {})) for group in cloudwatch_logs._log_groups.values()
    )


def _of_rds() -> Found:
    """Tags of databases are in their record, those of other resources in a table by ARN."""
    seen = set()
    for record in (*rds._instances.values(), *rds._clusters.values()):
        name = record.get("DBInstanceArn") or record["DBClusterArn"]
        seen.add(name)
        if record.get("TagList"):
            yield name, record["TagList"]
    for name, tags in rds._tags.items():
        if tags and name not in seen:
            yield name, tags


def _of_api_gateway() -> Found:
    yield from _mapped((_api_arn(path), tags) for path, tags in vpclinks.everything_tagged())
    yield from _mapped((_full(name), tags) for name, tags in apigateway_v1._v1_tags.items())
    kept: tuple[tuple[str, Any], ...] = (
        ("apikeys", apigateway_v1._api_keys),
        ("usageplans", apigateway_v1._usage_plans),
    )
    for kind, store in kept:
        yield from _mapped((_api_arn(f"{kind}/{name}"), record.get("tags", {})) for name, record in store.items())


def _full(name: str) -> str:
    return name if name.startswith("arn:") else _api_arn(name.lstrip("/"))


def _api_arn(path: str) -> str:
    """ARNs of API Gateway contain no account."""
    region = arn("", "").split(":")[3]
    return f"arn:aws:apigateway:{region}::/{path}"


def _of_states() -> Found:
    for name, tags in stepfunctions._tags.items():
        found = [
            {"Key": item.get("key", item.get("Key")), "Value": item.get("value", item.get("Value"))} for item in tags
        ]
        if found:
            yield name, found
