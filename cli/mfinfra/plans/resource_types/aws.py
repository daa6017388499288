"""Resource rules of AWS: for Terraform and, for deletion and replacement, also for CloudFormation."""

# ruff: noqa: E501 - one line for each rule
from __future__ import annotations

from typing import Any

from ..cidr import EVERYWHERE
from .base import (
    Presence,
    Reach,
    ResourceRules,
    Right,
    Values,
    Weaker,
    becomes,
    changes,
    every,
    first,
    gone,
    grows,
    leaves,
    named,
    sinks,
)

_RUNS = "the metadata of all runs"
_KEY = "the key; data encrypted with it becomes unreadable"
_STATEFUL = {
    "aws_s3_bucket": "runs and artifacts",
    "aws_db_instance": _RUNS,
    "aws_rds_cluster": _RUNS,
    "aws_dynamodb_table": "the state of running foreach steps",
    "aws_kms_key": _KEY,
    "aws_secretsmanager_secret": "the password of the database",
    "aws_secretsmanager_secret_version": "a password",
    "aws_ecr_repository": "images",
    "aws_cognito_user_pool": "the user accounts",
    "aws_eks_cluster": "the cluster and everything that runs in it",
    "aws_eks_node_group": "the tasks that run on its nodes",
    "AWS::S3::Bucket": "runs and artifacts",
    "AWS::RDS::DBInstance": _RUNS,
    "AWS::RDS::DBCluster": _RUNS,
    "AWS::DynamoDB::Table": "the state of running foreach steps",
    "AWS::KMS::Key": _KEY,
    "AWS::SecretsManager::Secret": "the password of the database",
    "AWS::ECR::Repository": "images",
    "AWS::Cognito::UserPool": "the user accounts",
}

_PROTECTION = "removes deletion protection"
_PUBLIC_BUCKET = "may make the bucket public"
_PUBLIC_MACHINES = "instances get public addresses"
_DATABASE = (
    Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
    Weaker("backup_retention_period", "data loss", "keeps backups for fewer days, or not at all", sinks),
    Weaker("storage_encrypted", "data loss", "disables encryption of the disk", leaves(True)),
)
_WEAKER = {
    "aws_db_instance": (
        *_DATABASE,
        Weaker("publicly_accessible", "exposure", "becomes reachable from the internet", becomes(True)),
    ),
    "aws_rds_cluster": _DATABASE,
    "aws_dynamodb_table": (
        Weaker("deletion_protection_enabled", "data loss", _PROTECTION, leaves(True)),
        Weaker("point_in_time_recovery.enabled", "data loss", "disables point-in-time recovery of the table", leaves(True)),
    ),
    "aws_cognito_user_pool": (Weaker("deletion_protection", "data loss", _PROTECTION, leaves("ACTIVE")),),
    "aws_s3_bucket": (
        Weaker("force_destroy", "data loss", "allows deleting the bucket with all its objects", becomes(True)),
    ),
    "aws_s3_bucket_versioning": (
        Weaker("versioning_configuration.status", "data loss", "stops keeping old versions", leaves("Enabled")),
    ),
    "aws_s3_bucket_public_access_block": tuple(
        Weaker(name, "exposure", _PUBLIC_BUCKET, leaves(True))
        for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    ),
    "aws_eks_cluster": (
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
        Weaker("access_config.authentication_mode", "iam", "the aws-auth ConfigMap grants access too", leaves("API")),
    ),
    "aws_eks_node_group": (
        Weaker("launch_template.version", "replacement", "its nodes are replaced; the tasks on them are stopped", changes),
    ),
    "aws_api_gateway_method": (Weaker("api_key_required", "exposure", "the API no longer requires a key", leaves(True)),),
    "aws_lb": (Weaker("internal", "exposure", "makes the load balancer public", leaves(True)),),
    "aws_launch_template": (
        Weaker("network_interfaces.associate_public_ip_address", "exposure", _PUBLIC_MACHINES, becomes("true", True)),
    ),
    "aws_subnet": (Weaker("map_public_ip_on_launch", "exposure", _PUBLIC_MACHINES, becomes(True)),),
    "aws_iam_role": (
        Weaker("permissions_boundary", "iam", "removes the permissions boundary", gone),
    ),
    "aws_ecs_service": (
        Weaker("network_configuration.assign_public_ip", "exposure", _PUBLIC_MACHINES, becomes(True)),
    ),
    "aws_eks_access_entry": (Weaker("kubernetes_groups", "iam", "adds groups of the cluster", grows),),
}  # fmt: skip
_OPENS_ACCESS = {
    "aws_api_gateway_stage": Presence("the API becomes reachable from the internet"),
    "aws_lb": Presence("a load balancer becomes reachable from the internet", {"internal": False}),
}
_BLOCKS_ACCESS = {
    "aws_s3_bucket_public_access_block": Presence(_PUBLIC_BUCKET, guarded=named("aws_s3_bucket", "bucket")),
    "aws_s3_bucket_policy": Presence(
        "deletes the policy that restricts access", guarded=named("aws_s3_bucket", "bucket")
    ),
    "aws_api_gateway_rest_api_policy": Presence(
        "deletes the policy that restricts access", guarded=named("aws_api_gateway_rest_api", "rest_api_id")
    ),
}


def _rule(values: Values) -> list[Any]:
    return [block for name in _RULE for block in every(values, name)]


def _cluster(values: Values) -> list[Any]:
    """Sources with access to the API server: without a list of CIDR ranges, EKS allows all."""
    if first(values, "vpc_config.endpoint_public_access") is not True:
        return []
    return every(values, "vpc_config.public_access_cidrs") or [EVERYWHERE]


_RULE = ("cidr_ipv4", "cidr_ipv6", "cidr_blocks")
_REACH = {
    "aws_vpc_security_group_ingress_rule": Reach(_rule, _RULE[:2], adds=True),
    "aws_security_group_rule": Reach(
        lambda values: _rule(values) if values.get("type") == "ingress" else [], _RULE[2:], adds=True
    ),
    "aws_eks_cluster": Reach(_cluster, ("vpc_config.public_access_cidrs",)),
}


def _given(kind: str, values: Values) -> list[Right]:
    """Permissions in clusters, and the roles of pods. IAM policies are in iam_policies.py."""
    if kind == "aws_eks_access_entry":
        return [Right(_who(values), "authenticate", f"cluster {values.get('cluster_name')}")]
    if kind == "aws_eks_access_policy_association":
        scopes = every(values, "access_scope.namespaces") or ["*"]
        name = str(values.get("policy_arn")).rpartition("/")[2]
        return [
            Right(_who(values), f"use the permissions of {name}", f"namespace {scope}" if scope != "*" else "*")
            for scope in scopes
        ]
    if kind == "aws_eks_pod_identity_association":
        account = f"{values.get('namespace')}/{values.get('service_account')}"
        return [Right(account, f"act as {values.get('role_arn') or 'a role (known after apply)'}")]
    return []


def _who(values: Values) -> str:
    return str(values.get("principal_arn") or "a principal (known after apply)")


AWS = ResourceRules(
    _STATEFUL, _WEAKER, opens_access=_OPENS_ACCESS, blocks_access=_BLOCKS_ACCESS, reach=_REACH, given=_given
)
