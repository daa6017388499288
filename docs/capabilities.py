"""What can be deployed where: one table of what people ask for, and of what makes it true in each place.

What makes it true is read off the templates: a module that a root calls and a word that stands in it, a part of the
CloudFormation template, or one of its parameters. A test renders every cell that says yes, and has every other refused.
"""

# ruff: noqa: E501 - what makes a component is one line
from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from mfinfra.render import cloudformation_parameters, templates
from mfinfra.stackfile import sections


@dataclass(frozen=True)
class Place:
    """A way to run tasks in a cloud, by one of the engines. `key` names the column of COMPONENTS."""

    key: str
    cloud: str
    backend: str
    engine: str
    title: str


PLACES = (
    Place("batch", "aws", "batch", "terraform", "AWS Batch, by Terraform"),
    Place("cloudformation", "aws", "batch", "cloudformation", "AWS Batch, by CloudFormation"),
    Place("eks", "aws", "kubernetes", "terraform", "AWS, EKS"),
    Place("aks", "azure", "kubernetes", "terraform", "Azure, AKS"),
    Place("gke", "gcp", "kubernetes", "terraform", "Google Cloud, GKE"),
)


@dataclass(frozen=True)
class Component:
    """Something that a stack can have: in words, the key of the stack file that is about it, and for each place what
    makes it there: a source (module, part, `root` or `parameters`) and a word that stands in it."""

    text: str
    key: str
    batch: str | None = None
    cloudformation: str | None = None
    eks: str | None = None
    aks: str | None = None
    gke: str | None = None

    def made_by(self, place: Place) -> tuple[str, str] | None:
        """Source and word in a place; None where there is no such thing."""
        found = getattr(self, place.key)
        return tuple(found.split(" ", 1)) if found is not None else None


COMPONENTS = (
    Component("a network of its own, with NAT", "network.cidr",
              batch="aws/network aws_nat_gateway", cloudformation="network AWS::EC2::NatGateway", eks="aws/network aws_nat_gateway",
              aks="azure/network azurerm_nat_gateway", gke="gcp/network google_compute_router_nat"),
    Component("a log of the network's connections", "network.flow_logs",
              batch="aws/network aws_flow_log", cloudformation="network AWS::EC2::FlowLog", eks="aws/network aws_flow_log",
              aks="azure/network azurerm_resource_group_template_deployment", gke="gcp/network log_config"),
    Component("endpoints inside the network, chosen one by one", "network.endpoints",
              batch="aws/network aws_vpc_endpoint", cloudformation="network AWS::EC2::VPCEndpoint", eks="aws/network aws_vpc_endpoint"),
    Component("no way to the internet at all", "network.nat",
              batch="aws/network aws_vpc_endpoint", cloudformation="network AWS::EC2::VPCEndpoint"),
    Component("a network that exists", "network.vpc",
              batch="aws/existing_network aws_vpc", cloudformation="parameters VpcId", eks="aws/existing_network aws_vpc",
              aks="azure/existing_network virtual_network_id", gke="gcp/existing_network google_compute_subnetwork"),
    Component("a bucket of its own, with old versions and access logs", "datastore.versioning",
              batch="aws/datastore aws_s3_bucket_versioning", cloudformation="datastore VersioningConfiguration", eks="aws/datastore aws_s3_bucket_versioning",
              aks="azure/datastore azurerm_storage_account", gke="gcp/datastore google_storage_bucket"),
    Component("a bucket that exists", "datastore.bucket",
              batch="aws/datastore create_bucket", cloudformation="parameters BucketName", eks="aws/datastore create_bucket",
              aks="azure/datastore create_container", gke="gcp/datastore create_bucket"),
    Component("an encryption key of its own", "datastore.kms",
              batch="aws/key aws_kms_key", cloudformation="key AWS::KMS::Key", eks="aws/key aws_kms_key",
              aks="azure/key azurerm_key_vault_key", gke="gcp/key google_kms_crypto_key"),
    Component("PostgreSQL of its own, with backups", "metadata.backup_days",
              batch="aws/metadata aws_db_instance", cloudformation="database AWS::RDS::DBInstance", eks="aws/metadata aws_db_instance",
              aks="azure/database azurerm_postgresql_flexible_server", gke="gcp/database google_sql_database_instance"),
    Component("a standby of the database", "metadata.high_availability",
              batch="aws/metadata multi_az", cloudformation="database MultiAZ", eks="aws/metadata multi_az",
              aks="azure/database high_availability", gke="gcp/database availability_type"),
    Component("a database that exists", "metadata.database",
              batch="aws/metadata make_database", cloudformation="parameters DatabaseHost", eks="aws/metadata make_database",
              aks="azure/existing_database secret_id", gke="gcp/existing_database google_secret_manager_secret_version"),
    Component("the metadata service", "metadata.replicas",
              batch="aws/metadata aws_ecs_service", cloudformation="metadata AWS::ECS::Service", eks="aws/metadata aws_ecs_service",
              aks="kubernetes/metadata kubernetes_deployment_v1", gke="kubernetes/metadata kubernetes_deployment_v1"),
    Component("a public API of the metadata service, with a key", "metadata.api",
              batch="aws/metadata aws_api_gateway_rest_api", cloudformation="api AWS::ApiGateway::RestApi", eks="aws/metadata aws_api_gateway_rest_api"),
    Component("queues of AWS Batch, one for each pool", "compute.backend",
              batch="aws/batch aws_batch_job_queue", cloudformation="batch AWS::Batch::JobQueue"),
    Component("a cluster, and nodes for each pool", "compute.backend",
              eks="aws/eks aws_eks_node_group", aks="azure/aks azurerm_kubernetes_cluster_node_pool", gke="gcp/gke google_container_node_pool"),
    Component("Spot machines", "compute.pools.cpu.kind",
              batch="aws/batch spot", cloudformation="batch SPOT_PRICE_CAPACITY_OPTIMIZED", eks="aws/eks capacity_type",
              aks="azure/aks priority", gke="gcp/gke spot"),
    Component("machines with GPUs", "compute.pools.cpu.gpu",
              batch="aws/batch gpu", cloudformation="batch ECS_AL2023_NVIDIA", eks="kubernetes/gpu helm_release",
              aks="kubernetes/gpu helm_release", gke="gcp/gke gpu_driver_installation_config"),
    Component("Fargate", "compute.pools.cpu.kind",
              batch="aws/batch fargate", cloudformation="batch AWS::Batch::ComputeEnvironment"),
    Component("queues that are shared fairly", "compute.pools.cpu.fair_share",
              batch="aws/batch aws_batch_scheduling_policy", cloudformation="batch AWS::Batch::SchedulingPolicy"),
    Component("namespaces with bounds", "kubernetes.namespaces",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/namespaces kubernetes_resource_quota_v1")),
    Component("an API of the cluster inside the network only", "kubernetes.endpoint",
              eks="aws/eks endpoint_public_access", aks="azure/aks private_cluster_enabled", gke="gcp/gke enable_private_endpoint"),
    Component("Step Functions", "orchestrator.step_functions",
              batch="aws/step_functions aws_dynamodb_table", cloudformation="step_functions AWS::DynamoDB::Table"),
    Component("Argo Workflows", "orchestrator.argo_workflows",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/argo_workflows helm_release")),
    Component("Argo Events", "orchestrator.argo_events",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/argo_events helm_release")),
    Component("Airflow", "orchestrator.airflow",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/airflow helm_release")),
    Component("the UI in the cluster, reached with `mfinfra open ui`", "ui.enabled",
              **dict.fromkeys(("eks", "aks", "gke"), "kubernetes/ui kubernetes_deployment_v1")),
    Component("the UI behind a load balancer that signs people on", "ui.certificate",
              batch="aws/ui aws_lb", cloudformation="ui AWS::ElasticLoadBalancingV2::LoadBalancer", eks="aws/ui aws_lb"),
    Component("a registry for images", "registry.enabled",
              batch="aws/registry aws_ecr_repository", cloudformation="registry AWS::ECR::Repository", eks="aws/registry aws_ecr_repository",
              aks="azure/registry azurerm_container_registry", gke="gcp/registry google_artifact_registry_repository"),
    Component("secrets that tasks may read", "secrets.allow",
              batch="aws/batch secretsmanager:GetSecretValue", cloudformation="batch secretsmanager:GetSecretValue", eks="aws/eks secretsmanager:GetSecretValue",
              aks="azure/secrets task_roles", gke="gcp/secrets google_secret_manager_secret_iam_member"),
    Component("new passwords of its accounts when asked for", "password_generation",
              batch="aws/metadata password_generation", eks="aws/account generation", aks="azure/password generation", gke="gcp/passwords generation"),
    Component("logs in the cloud's own place for them", "log_retention_days",
              batch="aws/metadata aws_cloudwatch_log_group", cloudformation="metadata AWS::Logs::LogGroup", eks="aws/eks aws_cloudwatch_log_group",
              aks="azure/monitoring azurerm_log_analytics_workspace", gke="gcp/gke logging_config"),
    Component("more people, by their names in the cloud", "people",
              eks="aws/eks admin_arns", aks="root azurerm_role_assignment", gke="gcp/identity people"),
    Component("a boundary of every role", "permissions_boundary",
              batch="aws/batch permissions_boundary", cloudformation="batch PermissionsBoundary", eks="aws/eks permissions_boundary"),
    Component("protection from removal", "deletion_protection",
              batch="aws/metadata deletion_protection", cloudformation="database DeletionProtection", eks="aws/eks deletion_protection",
              aks="root azurerm_management_lock", gke="gcp/database deletion_protection"),
)  # fmt: skip


def has(component: Component, place: Place) -> bool:
    """Whether the templates of a place have a component."""
    made_by = component.made_by(place)
    return made_by is not None and stands(made_by[1], _source(place, made_by[0]))


def stands(word: str, text: str) -> bool:
    """Whether a word stands in a text by itself."""
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
