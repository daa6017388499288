"""Drift of types that ministack does not check: the current state of services, in the form of template properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from ministack.services import alb, batch, ec2, ecs, rds, s3
from ministack.services.cloudformation import drift

from .stepfunctions import raised

Props = dict[str, Any]
Reader = Callable[[str, Props], Props | None]

BATCH_FIELDS = frozenset({"ComputeResources", "ServiceRole", "State", "Type"})
QUEUE_FIELDS = frozenset({"ComputeEnvironmentOrder", "Priority", "SchedulingPolicyArn", "State"})
DATABASE_FIELDS = frozenset({
    "AllocatedStorage", "BackupRetentionPeriod", "DBInstanceClass", "DeletionProtection", "EngineVersion", "MultiAZ",
    "PubliclyAccessible",
})  # fmt: skip
BUCKET_FIELDS = frozenset(
    {"BucketEncryption", "BucketName", "PublicAccessBlockConfiguration", "VersioningConfiguration"}
)


def install() -> None:
    readers = drift._DRIFT_READERS
    readers["AWS::Batch::ComputeEnvironment"] = (_environment, BATCH_FIELDS)
    readers["AWS::Batch::JobQueue"] = (_queue, QUEUE_FIELDS)
    readers["AWS::RDS::DBInstance"] = (_database, DATABASE_FIELDS)
    readers["AWS::S3::Bucket"] = (_bucket(drift._read_s3_bucket), BUCKET_FIELDS)
    readers["AWS::ECS::Service"] = (_service, frozenset({"DesiredCount"}))
    there = {
        "AWS::EC2::FlowLog": lambda: ec2._flow_logs,
        "AWS::EC2::InternetGateway": lambda: ec2._internet_gateways,
        "AWS::EC2::LaunchTemplate": lambda: ec2._launch_templates,
        "AWS::EC2::RouteTable": lambda: ec2._route_tables,
        "AWS::EC2::SecurityGroup": lambda: ec2._security_groups,
        "AWS::EC2::Subnet": lambda: ec2._subnets,
        "AWS::EC2::VPC": lambda: ec2._vpcs,
        "AWS::EC2::VPCEndpoint": lambda: ec2._vpc_endpoints,
        "AWS::ElasticLoadBalancingV2::LoadBalancer": lambda: alb._lbs,
        "AWS::ElasticLoadBalancingV2::TargetGroup": lambda: alb._tgs,
    }
    for kind, store in there.items():
        readers.setdefault(kind, (drift._exists_in(store), frozenset()))
    for direction, place in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        readers[f"AWS::EC2::SecurityGroup{direction}"] = (_rule(place), frozenset())


def _environment(physical_id: str, props: Props) -> Props | None:
    found = batch._compute_envs.get(physical_id.rpartition("/")[2])
    if found is None:
        return None
    names = {"State": "state", "Type": "type", "ServiceRole": "serviceRole"}
    wanted = props.get("ComputeResources", {})
    # What is only ever written, and what AWS does not compare, is as the template has it.
    unread = {key: wanted[key] for key in ("Tags", "UpdateToLatestImageVersion") if key in wanted}
    compute = {**raised(found["computeResources"]), **unread}
    return {**{name: found[key] for name, key in names.items()}, "ComputeResources": compute}


def _queue(physical_id: str, props: Props) -> Props | None:
    found = batch._job_queues.get(physical_id.rpartition("/")[2])
    if found is None:
        return None
    return {
        "State": found["state"],
        "Priority": found["priority"],
        "ComputeEnvironmentOrder": raised(found["computeEnvironmentOrder"]),
        "SchedulingPolicyArn": found.get("schedulingPolicyArn"),
    }


def _database(physical_id: str, props: Props) -> Props | None:
    found = rds._instances.get(physical_id)
    return None if found is None else {key: found[key] for key in DATABASE_FIELDS if key in found}


def _bucket(read: Reader) -> Reader:
    """More properties of a bucket, above all a removed public access block."""

    def reader(physical_id: str, props: Props) -> Props | None:
        found = read(physical_id, props)
        if found is None:
            return None
        return {**found, **_public_access(physical_id), **_encryption(physical_id)}

    return reader


def _public_access(bucket: str) -> Props:
    stored = s3._buckets[bucket].get("_public_access_block")
    if not stored:
        return {}
    return {"PublicAccessBlockConfiguration": {_name(item): item.text == "true" for item in fromstring(stored)}}


def _encryption(bucket: str) -> Props:
    stored = s3._bucket_encryption.get(bucket)
    if not stored:
        return {}
    rules = []
    for rule in fromstring(stored):
        members = {_name(item): item for item in rule}
        applied = {_name(item): item.text for item in members["ApplyServerSideEncryptionByDefault"]}
        made: Props = {"ServerSideEncryptionByDefault": applied}
        if "BucketKeyEnabled" in members and members["BucketKeyEnabled"].text == "true":
            made["BucketKeyEnabled"] = True
        rules.append(made)
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}


def _name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _service(physical_id: str, props: Props) -> Props | None:
    for service in ecs._services.values():
        if physical_id in (service["serviceArn"], service["serviceName"]) and service["status"] != "INACTIVE":
            return {"DesiredCount": service["desiredCount"]}
    return None


def _rule(place: str) -> Reader:
    def reader(physical_id: str, props: Props) -> Props | None:
        group = ec2._security_groups.get(props["GroupId"]) or {}
        known = [rule.get("SecurityGroupRuleId") for rule in group.get(place, [])]
        return {} if physical_id in known else None

    return reader
