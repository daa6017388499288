"""The capability table: the components of a stack, and which clouds and engines support each of them.

Support is read from the templates: a module that a root calls and a word in it, a part of the CloudFormation template,
or one of its parameters. A test renders the component for every `yes`, and checks for every `no` that it is rejected.
"""

# ruff: noqa: E501 - one line for the sources of a component
from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from mfinfra.render import cloudformation_parameters, templates
from mfinfra.stackfile import sections


@dataclass(frozen=True)
class Place:
    """A cloud, a compute backend and an engine. `key` is the name of its attribute in Component."""

    key: str
    cloud: str
    backend: str
    engine: str
    title: str


PLACES = (
    Place("batch", "aws", "batch", "terraform", "AWS Batch, Terraform"),
    Place("cloudformation", "aws", "batch", "cloudformation", "AWS Batch, CloudFormation"),
    Place("eks", "aws", "kubernetes", "terraform", "AWS, EKS"),
    Place("aks", "azure", "kubernetes", "terraform", "Azure, AKS"),
    Place("gke", "gcp", "kubernetes", "terraform", "Google Cloud, GKE"),
)


@dataclass(frozen=True)
class Component:
    """A component of a stack: its name, its key in the stack file, and for each place where it is implemented: a source
    (module, part, `root` or `parameters`) and a word in it."""

    text: str
    key: str
    batch: str | None = None
    cloudformation: str | None = None
    eks: str | None = None
    aks: str | None = None
    gke: str | None = None

    def made_by(self, place: Place) -> tuple[str, str] | None:
        """Source and word in a place; None if the place does not support the component."""
        found = getattr(self, place.key)
        return tuple(found.split(" ", 1)) if found is not None else None


COMPONENTS = (
    Component("new network with NAT", "network.cidr",
              batch="aws/network aws_nat_gateway", cloudformation="network AWS::EC2::NatGateway", eks="aws/network aws_nat_gateway",
              aks="azure/network azurerm_nat_gateway", gke="gcp/network google_compute_router_nat"),
    Component("network flow logs", "network.flow_logs",
              batch="aws/network aws_flow_log", cloudformation="network AWS::EC2::FlowLog", eks="aws/network aws_flow_log",
              aks="azure/network azurerm_resource_group_template_deployment", gke="gcp/network log_config"),
    Component("selected VPC endpoints", "network.endpoints",
              batch="aws/network aws_vpc_endpoint", cloudformation="network AWS::EC2::VPCEndpoint", eks="aws/network aws_vpc_endpoint"),
    Component("network without internet access", "network.nat",
              batch="aws/network aws_vpc_endpoint", cloudformation="network AWS::EC2::VPCEndpoint"),
    Component("existing network", "network.vpc",
              batch="aws/existing_network aws_vpc", cloudformation="parameters VpcId", eks="aws/existing_network aws_vpc",
              aks="azure/existing_network virtual_network_id", gke="gcp/existing_network google_compute_subnetwork"),
    Component("new bucket with versioning and access logs", "datastore.versioning",
              batch="aws/datastore aws_s3_bucket_versioning", cloudformation="datastore VersioningConfiguration", eks="aws/datastore aws_s3_bucket_versioning",
              aks="azure/datastore azurerm_storage_account", gke="gcp/datastore google_storage_bucket"),
    Component("existing bucket", "datastore.bucket",
              batch="aws/datastore create_bucket", cloudformation="parameters BucketName", eks="aws/datastore create_bucket",
              aks="azure/datastore create_container", gke="gcp/datastore create_bucket"),
    Component("new encryption key", "datastore.kms",
              batch="aws/key aws_kms_key", cloudformation="key AWS::KMS::Key", eks="aws/key aws_kms_key",
              aks="azure/key azurerm_key_vault_key", gke="gcp/key google_kms_crypto_key"),
    Component("new PostgreSQL database with backups", "metadata.backup_days",
              batch="aws/metadata aws_db_instance", cloudformation="database AWS::RDS::DBInstance", eks="aws/metadata aws_db_instance",
              aks="azure/database azurerm_postgresql_flexible_server", gke="gcp/database google_sql_database_instance"),
    Component("standby of the database", "metadata.high_availability",
              batch="aws/metadata multi_az", cloudformation="database MultiAZ", eks="aws/metadata multi_az",
              aks="azure/database high_availability", gke="gcp/database availability_type"),
    Component("existing database", "metadata.database",
              batch="aws/metadata make_database", cloudformation="parameters DatabaseHost", eks="aws/metadata make_database",
              aks="azure/existing_database secret_id", gke="gcp/existing_database google_secret_manager_secret_version"),
    Component("metadata service", "metadata.replicas",
              batch="aws/metadata aws_ecs_service", cloudformation="metadata AWS::ECS::Service", eks="aws/metadata aws_ecs_service",
              aks="kubernetes/metadata kubernetes_deployment_v1", gke="kubernetes/metadata kubernetes_deployment_v1"),
    Component("public API of the metadata service with an API key", "metadata.api",
              batch="aws/metadata aws_api_gateway_rest_api", cloudformation="api AWS::ApiGateway::RestApi", eks="aws/metadata aws_api_gateway_rest_api"),
    Component("AWS Batch job queue for each pool", "compute.backend",
              batch="aws/batch aws_batch_job_queue", cloudformation="batch AWS::Batch::JobQueue"),
    Component("Kubernetes cluster with nodes for each pool", "compute.backend",
              eks="aws/eks aws_eks_node_group", aks="azure/aks azurerm_kubernetes_cluster_node_pool", gke="gcp/gke google_container_node_pool"),
    Component("Spot instances", "compute.pools.cpu.kind",
              batch="aws/batch spot", cloudformation="batch SPOT_PRICE_CAPACITY_OPTIMIZED", eks="aws/eks capacity_type",
              aks="azure/aks priority", gke="gcp/gke spot"),
    Component("instances with GPUs", "compute.pools.cpu.gpu",
              batch="aws/batch gpu", cloudformation="batch ECS_AL2023_NVIDIA", eks="kubernetes/gpu helm_release",
              aks="kubernetes/gpu helm_release", gke="gcp/gke gpu_driver_installation_config"),
    Component("Fargate", "compute.pools.cpu.kind",
              batch="aws/batch fargate", cloudformation="batch AWS::Batch::ComputeEnvironment"),
    Component("fair-share queues", "compute.pools.cpu.fair_share",
              batch="aws/batch aws_batch_scheduling_policy", cloudformation="batch AWS::Batch::SchedulingPolicy"),
    Component("namespaces with quotas", "kubernetes.namespaces",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/namespaces kubernetes_resource_quota_v1")),
    Component("private API server of the cluster", "kubernetes.endpoint",
              eks="aws/eks endpoint_public_access", aks="azure/aks private_cluster_enabled", gke="gcp/gke enable_private_endpoint"),
    Component("Step Functions", "orchestrator.step_functions",
              batch="aws/step_functions aws_dynamodb_table", cloudformation="step_functions AWS::DynamoDB::Table"),
    Component("Argo Workflows", "orchestrator.argo_workflows",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/argo_workflows helm_release")),
    Component("Argo Events", "orchestrator.argo_events",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/argo_events helm_release")),
    Component("Airflow", "orchestrator.airflow",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/airflow helm_release")),
    Component("Metaflow UI in the cluster, opened with `mfinfra open ui`", "ui.enabled",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/ui kubernetes_deployment_v1")),
    Component("Metaflow UI behind a load balancer with sign-in", "ui.certificate",
              batch="aws/ui aws_lb", cloudformation="ui AWS::ElasticLoadBalancingV2::LoadBalancer", eks="aws/ui aws_lb"),
    Component("container registry", "registry.enabled",
              batch="aws/registry aws_ecr_repository", cloudformation="registry AWS::ECR::Repository", eks="aws/registry aws_ecr_repository",
              aks="azure/registry azurerm_container_registry", gke="gcp/registry google_artifact_registry_repository"),
    Component("secrets that tasks can read", "secrets.allow",
              batch="aws/batch secretsmanager:GetSecretValue", cloudformation="batch secretsmanager:GetSecretValue", eks="aws/eks secretsmanager:GetSecretValue",
              aks="azure/secrets task_roles", gke="gcp/secrets google_secret_manager_secret_iam_member"),
    Component("password rotation", "password_generation",
              batch="aws/metadata password_generation", eks="aws/account generation", aks="azure/password generation", gke="gcp/passwords generation"),
    Component("logs in the logging service of the cloud", "log_retention_days",
              batch="aws/metadata aws_cloudwatch_log_group", cloudformation="metadata AWS::Logs::LogGroup", eks="aws/eks aws_cloudwatch_log_group",
              aks="azure/monitoring azurerm_log_analytics_workspace", gke="gcp/gke logging_config"),
    Component("more principals with access", "people",
              eks="aws/eks admin_arns", aks="root azurerm_role_assignment", gke="gcp/identity people"),
    Component("IAM permissions boundary", "permissions_boundary",
              batch="aws/batch permissions_boundary", cloudformation="batch PermissionsBoundary", eks="aws/eks permissions_boundary"),
    Component("deletion protection", "deletion_protection",
              batch="aws/metadata deletion_protection", cloudformation="database DeletionProtection", eks="aws/eks deletion_protection",
              aks="root azurerm_management_lock", gke="gcp/database deletion_protection"),
)  # fmt: skip


def has(component: Component, place: Place) -> bool:
    """Whether the templates of a place have a component."""
    made_by = component.made_by(place)
    return made_by is not None and contains(made_by[1], _source(place, made_by[0]))


def contains(word: str, text: str) -> bool:
    """Whether a text contains a word."""
    return re.search(rf"(?<![\w:]){re.escape(word)}(?!\w|::)", text) is not None


def _source(place: Place, name: str) -> str:
    if name == "parameters":
        return inspect.getsource(cloudformation_parameters) + inspect.getsource(sections)
    if place.engine == "cloudformation":
        part = templates.cloudformation_folder() / "parts" / f"{name}.yaml.j2"
        return part.read_text(encoding="utf-8") if part.is_file() else ""
    root = "".join([*templates.root_templates(place.cloud).values(), *templates.shared_templates().values()])
    if name == "root":
        return root
    cloud, _, noun = name.partition("/")
    is_called = f'"./modules/{name}"' in root and noun in templates.modules(cloud)
    return "".join(templates.module_files(cloud, noun).values()) if is_called else ""
