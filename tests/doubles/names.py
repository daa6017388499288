"""The rules of services on the names of their resources. Both doubles of clouds check every name that they create.

Sources: the API references of each AWS service, with `NAME_PREFIX` cut by what the provider appends (26 characters);
"Naming rules and restrictions for Azure resources" and "Resolve errors for reserved resource names"; the naming pages of
Compute Engine, Cloud Storage, GKE, Cloud SQL, Secret Manager and service accounts.
"""

from __future__ import annotations

import re
from typing import Any

#: Attribute -> pattern of the complete name, by type. `(?!...)` excludes what a service reserves.
_LABEL = r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_S3 = r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_GCS = r"(?!goog)(?!.*g[o0]{2}g[l1]e)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]"
_RDS = r"(?!.*--)[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,%d}"
_AZURE = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,%d}[A-Za-z0-9_])?"
_PUBLIC = r"(?i:(?!login)(?!.*(microsoft|windows)))"

RULES: dict[str, dict[str, str]] = {
    "aws_s3_bucket": {"bucket": _S3},
    "aws_lb": {"name": r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"},
    "aws_lb_target_group": {"name_prefix": r"[A-Za-z0-9][A-Za-z0-9-]{0,5}"},
    "aws_security_group": {"name": r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}"},
    "aws_iam_role": {"name": r"[A-Za-z0-9_+=,.@-]{1,64}"},
    "aws_iam_instance_profile": {"name": r"[A-Za-z0-9_+=,.@-]{1,128}"},
    "aws_iam_role_policy": {"name": r"[A-Za-z0-9_+=,.@-]{1,128}"},
    "aws_db_instance": {"identifier": _RDS, "final_snapshot_identifier": r"(?!.*--)[A-Za-z]([A-Za-z0-9-]{0,253}[A-Za-z0-9])?"},
    "aws_db_subnet_group": {"name": r"(?!default$)[a-z0-9 ._-]{1,255}"},
    "aws_db_parameter_group": {"name_prefix": r"(?!.*--)[a-z][a-z0-9.-]{0,228}"},
    "aws_dynamodb_table": {"name": r"[A-Za-z0-9_.-]{3,255}"},
    "aws_ecr_repository": {"name": r"(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*"},
    "aws_cognito_user_pool_domain": {"domain": r"(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"},
    "aws_cognito_user_pool": {"name": r"[\w\s+=,.@-]{1,128}"},
    "aws_cloudwatch_log_group": {"name": r"(?!aws/)[A-Za-z0-9._/#-]{1,512}"},
    "aws_kms_alias": {"name": r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}"},
    "aws_secretsmanager_secret": {"name": r"[A-Za-z0-9/_+=.@-]{1,512}", "name_prefix": r"[A-Za-z0-9/_+=.@-]{1,486}"},
    "aws_batch_compute_environment": {"name": _PLAIN % 127},
    "aws_batch_job_queue": {"name": _PLAIN % 127},
    "aws_batch_scheduling_policy": {"name": _PLAIN % 127},
    "aws_ecs_cluster": {"name": _PLAIN % 254},
    "aws_ecs_service": {"name": _PLAIN % 254},
    "aws_ecs_task_definition": {"family": _PLAIN % 254},
    "aws_launch_template": {"name": r"[A-Za-z0-9()./_-]{3,128}", "name_prefix": r"[A-Za-z0-9()./_-]{1,102}"},
    "aws_eks_cluster": {"name": _PLAIN % 99},
    "aws_eks_node_group": {"node_group_name_prefix": _PLAIN % 36},
    "aws_sfn_state_machine": {"name": r"[A-Za-z0-9_-]{1,80}"},
    "azurerm_resource_group": {"name": r"[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]"},
    "azurerm_virtual_network": {"name": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]"},
    "azurerm_subnet": {"name": _AZURE % 78},
    "azurerm_network_security_group": {"name": _AZURE % 78},
    "azurerm_nat_gateway": {"name": _AZURE % 78},
    "azurerm_public_ip": {"name": _AZURE % 78},
    "azurerm_private_endpoint": {"name": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]"},
    "azurerm_storage_account": {"name": _PUBLIC + r"[a-z0-9]{3,24}"},
    "azurerm_storage_container": {"name": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"},
    "azurerm_key_vault": {"name": _PUBLIC + r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]"},
    "azurerm_key_vault_key": {"name": r"[A-Za-z0-9-]{1,127}"},
    "azurerm_key_vault_secret": {"name": r"[A-Za-z0-9-]{1,127}"},
    "azurerm_container_registry": {"name": _PUBLIC + r"[A-Za-z0-9]{5,50}"},
    "azurerm_kubernetes_cluster": {
        "name": _PUBLIC + r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
        "dns_prefix": r"[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?",
        "node_resource_group": r"[A-Za-z0-9_.()-]{0,79}[A-Za-z0-9_()-]",
    },
    "azurerm_kubernetes_cluster_node_pool": {"name": r"[a-z][a-z0-9]{0,11}"},
    "azurerm_log_analytics_workspace": {"name": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"},
    "azurerm_postgresql_flexible_server": {"name": _PUBLIC + r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"},
    "azurerm_user_assigned_identity": {"name": r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}"},
    "azurerm_federated_identity_credential": {"name": r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}"},
    "google_compute_network": {"name": rf"(?!default$){_LABEL}"},
    "google_compute_subnetwork": {"name": _LABEL},
    "google_compute_router": {"name": _LABEL},
    "google_compute_router_nat": {"name": _LABEL},
    "google_compute_address": {"name": _LABEL},
    "google_compute_global_address": {"name": _LABEL},
    "google_compute_firewall": {"name": _LABEL},
    "google_storage_bucket": {"name": _GCS},
    "google_container_cluster": {"name": r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?"},
    "google_container_node_pool": {"name": r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "name_prefix": r"[a-z][a-z0-9-]{0,13}"},
    "google_sql_database_instance": {"name": r"[a-z][a-z0-9-]{0,62}"},
    "google_service_account": {"account_id": r"[a-z][a-z0-9-]{4,28}[a-z0-9]"},
    "google_secret_manager_secret": {"secret_id": r"[A-Za-z0-9_-]{1,255}"},
    "google_artifact_registry_repository": {"repository_id": _LABEL},
    "google_kms_key_ring": {"name": r"[A-Za-z0-9_-]{1,63}"},
    "google_kms_crypto_key": {"name": r"[A-Za-z0-9_-]{1,63}"},
}  # fmt: skip
_PATTERNS = {kind: {key: re.compile(rule) for key, rule in rules.items()} for kind, rules in RULES.items()}


#: CloudFormation: the type and property of each name, and the Terraform type and argument with the same rule.
PROPERTIES = {
    "AWS::S3::Bucket": {"BucketName": ("aws_s3_bucket", "bucket")},
    "AWS::IAM::Role": {"RoleName": ("aws_iam_role", "name")},
    "AWS::IAM::InstanceProfile": {"InstanceProfileName": ("aws_iam_instance_profile", "name")},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"Name": ("aws_lb", "name")},
    "AWS::EC2::SecurityGroup": {"GroupName": ("aws_security_group", "name")},
    "AWS::RDS::DBInstance": {"DBInstanceIdentifier": ("aws_db_instance", "identifier")},
    "AWS::DynamoDB::Table": {"TableName": ("aws_dynamodb_table", "name")},
    "AWS::ECR::Repository": {"RepositoryName": ("aws_ecr_repository", "name")},
    "AWS::Cognito::UserPoolDomain": {"Domain": ("aws_cognito_user_pool_domain", "domain")},
    "AWS::Cognito::UserPool": {"UserPoolName": ("aws_cognito_user_pool", "name")},
    "AWS::Logs::LogGroup": {"LogGroupName": ("aws_cloudwatch_log_group", "name")},
    "AWS::KMS::Alias": {"AliasName": ("aws_kms_alias", "name")},
    "AWS::Batch::JobQueue": {"JobQueueName": ("aws_batch_job_queue", "name")},
    "AWS::Batch::SchedulingPolicy": {"Name": ("aws_batch_scheduling_policy", "name")},
    "AWS::ECS::Cluster": {"ClusterName": ("aws_ecs_cluster", "name")},
    "AWS::ECS::Service": {"ServiceName": ("aws_ecs_service", "name")},
}


def refusals(kind: str, values: dict[str, Any]) -> list[str]:
    """The names of a resource that its service does not accept; values that are not known yet are not checked."""
    return [
        f"{kind}: invalid {key} {values[key]!r}"
        for key, pattern in _PATTERNS.get(kind, {}).items()
        if isinstance(values.get(key), str) and values[key] and not pattern.fullmatch(values[key])
    ]


def of_cloudformation(kind: str, properties: dict[str, Any]) -> list[str]:
    """Like refusals, for a resource of CloudFormation."""
    found = PROPERTIES.get(kind, {}).items()
    return [wrong for key, (like, argument) in found for wrong in refusals(like, {argument: properties.get(key)})]
