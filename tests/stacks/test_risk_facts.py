"""The resource rules, checked against the schemas of the providers and the Terraform modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mfinfra.plans import resource_types
from mfinfra.plans.resource_types.kubernetes import CHARTS
from tests.programs import ROOT

#: Types of the modules that store no data. Logs do not count as data here.
_STATELESS = """
aws_api_gateway_api_key aws_api_gateway_deployment aws_api_gateway_integration aws_api_gateway_method
aws_api_gateway_resource aws_api_gateway_rest_api aws_api_gateway_rest_api_policy aws_api_gateway_stage
aws_api_gateway_usage_plan aws_api_gateway_usage_plan_key aws_api_gateway_vpc_link aws_autoscaling_group_tag
aws_batch_compute_environment aws_batch_job_queue aws_batch_scheduling_policy aws_cloudwatch_log_group
aws_cognito_user_pool_client aws_cognito_user_pool_domain aws_db_parameter_group aws_db_subnet_group
aws_default_security_group aws_ecr_lifecycle_policy aws_ecs_cluster aws_ecs_service aws_ecs_task_definition aws_eip
aws_eks_access_entry aws_eks_access_policy_association aws_eks_addon aws_eks_pod_identity_association aws_flow_log
aws_iam_instance_profile aws_iam_role aws_iam_role_policy aws_iam_role_policy_attachment aws_internet_gateway aws_kms_alias
aws_launch_template aws_lb aws_lb_listener aws_lb_listener_rule aws_lb_target_group aws_nat_gateway aws_route aws_route_table
aws_route_table_association aws_s3_bucket_lifecycle_configuration aws_s3_bucket_logging aws_s3_bucket_ownership_controls
aws_s3_bucket_policy aws_s3_bucket_public_access_block aws_s3_bucket_server_side_encryption_configuration
aws_s3_bucket_versioning aws_security_group aws_subnet aws_vpc aws_vpc_endpoint aws_vpc_security_group_egress_rule
aws_vpc_security_group_ingress_rule
azurerm_disk_encryption_set azurerm_federated_identity_credential azurerm_log_analytics_workspace azurerm_management_lock
azurerm_monitor_data_collection_rule azurerm_monitor_data_collection_rule_association azurerm_monitor_diagnostic_setting
azurerm_nat_gateway azurerm_nat_gateway_public_ip_association azurerm_network_security_group azurerm_network_security_rule
azurerm_postgresql_flexible_server_configuration azurerm_private_dns_zone azurerm_private_dns_zone_virtual_network_link
azurerm_private_endpoint azurerm_public_ip azurerm_resource_group_template_deployment azurerm_role_assignment
azurerm_storage_management_policy azurerm_subnet azurerm_subnet_nat_gateway_association
azurerm_subnet_network_security_group_association azurerm_user_assigned_identity azurerm_virtual_network
google_artifact_registry_repository_iam_member google_compute_address google_compute_firewall google_compute_global_address
google_compute_network google_compute_router google_compute_router_nat google_compute_subnetwork
google_kms_crypto_key_iam_member google_kms_key_ring google_project_iam_member google_project_service
google_project_service_identity google_secret_manager_secret_iam_member google_service_account
google_service_networking_connection google_storage_bucket_iam_member
kubernetes_config_map kubernetes_default_service_account kubernetes_deployment kubernetes_horizontal_pod_autoscaler
kubernetes_job kubernetes_limit_range kubernetes_network_policy kubernetes_pod_disruption_budget kubernetes_resource_quota
kubernetes_role kubernetes_role_binding kubernetes_service_account kubernetes_service kubernetes_storage_class
random_id terraform_data time_sleep
"""
STATELESS = set(_STATELESS.split())
#: Charts of the modules that store no data.
STATELESS_CHARTS = {"cluster-autoscaler", "nvidia-device-plugin"}
PROVIDERS = ("aws", "azurerm", "google", "kubernetes")


def schemas() -> dict[str, Any]:
    folder = ROOT / "tests" / "doubles" / "tfcloud" / "schemas"
    read = [json.loads((folder / f"{name}.json").read_text())["resource_schemas"] for name in PROVIDERS]
    return {kind: schema["block"] for found in read for kind, schema in found.items()}


SCHEMAS = schemas()


def texts() -> Iterator[str]:
    for folder in ("modules", "stacks"):
        for path in (ROOT / "terraform" / folder).rglob("*.tf*"):
            if path.is_file() and not path.name.endswith(".tftest.hcl"):
                yield path.read_text()


def block_of(kind: str) -> Any:
    """The schema of a type, whatever version its name has."""
    return SCHEMAS.get(kind) or next((SCHEMAS[name] for v in (1, 2) if (name := f"{kind}_v{v}") in SCHEMAS), None)


def test_every_type_of_the_modules_is_known_to_hold_data_or_not() -> None:
    found = {
        resource_types.plain(kind) for text in texts() for kind in re.findall(r'^resource "(\w+)"', text, re.MULTILINE)
    }
    found.remove("helm_release")  # it depends on the chart, see below
    assert found - set(resource_types.STATEFUL) == STATELESS, "add it to plans/resource_types, or to STATELESS here"
    assert not STATELESS & set(resource_types.STATEFUL)


def test_every_chart_of_the_modules_is_known_to_hold_data_or_not() -> None:
    releases = [match for text in texts() for match in re.findall(r'resource "helm_release".*?\n}', text, re.DOTALL)]
    charts = {re.search(r'\n +chart += "([^"]+)"', release)[1] for release in releases}  # type: ignore[index]
    names = {name[1] for release in releases if (name := re.search(r'\n +name += "([^"]+)"', release))}
    own = {name for name in names if name not in charts and not name.startswith("argo")}
    assert {chart for chart in charts if not chart.startswith("$")} | own == set(CHARTS) | STATELESS_CHARTS


@pytest.mark.parametrize("kind", [kind for kind in resource_types.STATEFUL if "::" not in kind])
def test_what_holds_data_is_a_type_of_its_provider(kind: str) -> None:
    assert block_of(kind) is not None or kind == "aws_rds_cluster"


def paths() -> Iterator[tuple[str, Any]]:
    for rules in map(resource_types.of, ("aws_", "azurerm_", "google_", "kubernetes_")):
        for kind, listed in rules.weaker.items():
            yield from ((kind, fact.path) for fact in listed)
        for presences in (rules.opens_access, rules.blocks_access, rules.locks):
            yield from ((kind, path) for kind, presence in presences.items() for path in presence.where)
            yield from ((kind, "") for kind in presences)
        yield from ((kind, path) for kind, reach in rules.reach.items() for path in reach.paths)


@pytest.mark.parametrize(("kind", "path"), [one for one in paths() if one[0] != "aws_rds_cluster"])
def test_every_argument_that_is_looked_at_exists(kind: str, path: Any) -> None:
    node = block_of(kind)
    assert node is not None, kind
    parts = path.split(".") if isinstance(path, str) else path
    for part in parts if path else ():
        if part in node.get("block_types", {}):
            node = node["block_types"][part]["block"]
            continue
        assert part in node["attributes"], (kind, path)
        kind_of = node["attributes"][part]["type"]
        if isinstance(kind_of, list) and kind_of[0] == "map":
            return
        while isinstance(kind_of, list) and kind_of[0] != "object":
            kind_of = kind_of[1]
        node = {"attributes": {n: {"type": t} for n, t in kind_of[1].items()}} if isinstance(kind_of, list) else {}
