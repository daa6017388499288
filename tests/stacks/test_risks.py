"""What is dangerous in Azure, Google Cloud and clusters: true plans of stacks with everything, with one value changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from mfinfra.engines.terraform import plan as tf_plan
from mfinfra.engines.terraform.program import Terraform
from mfinfra.plans import risk
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import read
from tests.programs import ROOT

Make = Callable[[schema.StackConfig], Terraform]
_SHOWN: dict[str, dict[str, Any]] = {}


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Callable[[str], dict[str, Any]]:
    """What `terraform show -json` says of the first plan of a stack with everything."""

    def plan(cloud: str) -> dict[str, Any]:
        if cloud not in _SHOWN:
            make: Make = request.getfixturevalue("stack")
            name = "aws-eks-everything" if cloud == "aws" else f"{cloud}-everything"
            terraform = make(load.validated(read(ROOT / "examples" / "stacks" / f"{name}.yaml")))
            found = terraform.plan("demo", terraform.folder / "p")
            assert found.exit_code == 2, found.dangerous
            _SHOWN[cloud] = terraform._json("show", str(terraform.folder / "p"))
        return _SHOWN[cloud]

    return plan


def at(shown: dict[str, Any], address: str) -> dict[str, Any]:
    """The values of a resource, by the end of its address."""
    return next(dict(e["change"]["after"]) for e in shown["resource_changes"] if e["address"].endswith(address))


def kind_of(address: str) -> str:
    return next(
        part for part in address.split(".") if part.startswith(("aws_", "azurerm_", "google_", "kubernetes_", "helm_"))
    )


def put(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with a value at a path, where a block that there is one of is entered."""
    changed = copy.deepcopy(values)
    node: Any = changed
    *parents, last = path.split(".")
    for part in parents:
        if not node.get(part):
            node[part] = [{}]
        node = node[part][0] if isinstance(node[part], list) else node[part]
    node[last] = value
    return changed


def verdict(kind: str, before: Any, after: Any, action: str, is_new: bool = False) -> risk.Verdict:
    return risk.of_terraform({"type": kind, "change": {"before": before, "after": after}}, action, is_new)


ACCOUNT, VAULT = "module.datastore.azurerm_storage_account.this[0]", "module.vault.azurerm_key_vault.this"
AKS, POOL = "azurerm_kubernetes_cluster.this", 'azurerm_kubernetes_cluster_node_pool.this["cpu"]'
POSTGRES, REGISTRY = "azurerm_postgresql_flexible_server.this", "azurerm_container_registry.this"
CONTAINER, NSG = "azurerm_storage_container.this[0]", 'azurerm_network_security_rule.this["cluster-from-cluster"]'
DENY, ROLE = (
    'azurerm_network_security_rule.this["cluster-from-internet"]',
    "module.aks.azurerm_role_assignment.deployer",
)
SQL, BUCKET, GKE = (
    "google_sql_database_instance.this",
    "module.datastore.google_storage_bucket.this[0]",
    "google_container_cluster.this",
)
NODES, SHUT = 'google_container_node_pool.this["cpu"]', "google_compute_firewall.deny"
HOOKS, MEMBER = "google_compute_firewall.webhooks", 'google_storage_bucket_iam_member.look["ui"]'
EKS, ENTRY = "module.eks.aws_eks_cluster.this", 'aws_eks_pod_identity_association.task["flows"]'
SERVICE, POLICY = "module.metadata.kubernetes_service_v1.this", 'kubernetes_network_policy_v1.flows["flows"]'
RIGHTS, BOUND = 'kubernetes_role_v1.workflow["flows"]', 'kubernetes_role_binding_v1.workflow["flows"]'
SPACE, USER = 'kubernetes_namespace_v1.flows["flows"]', 'kubernetes_service_account_v1.flows["flows"]'
ANYONE = "grants access to any IP address"

#: Cloud, resource, argument, its value before (... is what the plan has) and after, the class, and words of the reason.
CHANGED: list[tuple[str, str, str, Any, Any, str | None, str]] = [
    ("azure", ACCOUNT, "blob_properties.versioning_enabled", ..., False, "data loss", "old versions"),
    ("azure", ACCOUNT, "blob_properties.delete_retention_policy", ..., [{"days": 3}], "data loss", "fewer days"),
    ("azure", ACCOUNT, "blob_properties.delete_retention_policy", ..., [], "data loss", "fewer days"),
    ("azure", ACCOUNT, "blob_properties.delete_retention_policy", ..., [{"days": 365}], None, ""),
    ("azure", ACCOUNT, "account_replication_type", "GRS", "LRS", "data loss", "fewer copies"),
    ("azure", ACCOUNT, "account_replication_type", "LRS", "ZRS", None, ""),
    ("azure", ACCOUNT, "public_network_access_enabled", False, True, "exposure", "internet"),
    ("azure", ACCOUNT, "shared_access_key_enabled", ..., True, "exposure", "key"),
    ("azure", ACCOUNT, "allow_nested_items_to_be_public", ..., True, "exposure", "public"),
    ("azure", ACCOUNT, "min_tls_version", ..., "TLS1_0", "exposure", "TLS"),
    ("azure", ACCOUNT, "min_tls_version", ..., "TLS1_3", None, ""),
    ("azure", ACCOUNT, "https_traffic_only_enabled", ..., False, "exposure", "unencrypted"),
    ("azure", ACCOUNT, "network_rules", [{"default_action": "Deny", "ip_rules": []}], [{"default_action": "Allow", "ip_rules": []}], "exposure", ANYONE),
    ("azure", ACCOUNT, "network_rules", [{"default_action": "Deny", "ip_rules": ["192.0.2.0/24"]}], [{"default_action": "Deny", "ip_rules": ["192.0.2.1"]}], None, ""),
    ("azure", ACCOUNT, "network_rules", [{"default_action": "Deny", "ip_rules": ["192.0.2.1"]}], [{"default_action": "Deny", "ip_rules": ["192.0.2.0/24"]}], "exposure", "192.0.2.0/24"),
    ("azure", CONTAINER, "container_access_type", ..., "blob", "exposure", "read"),
    ("azure", VAULT, "purge_protection_enabled", True, False, "data loss", "purged"),
    ("azure", VAULT, "soft_delete_retention_days", 90, 7, "data loss", "fewer days"),
    ("azure", VAULT, "network_acls.default_action", "Deny", "Allow", "exposure", ANYONE),
    ("azure", VAULT, "rbac_authorization_enabled", ..., False, "iam", "roles"),
    ("azure", REGISTRY, "anonymous_pull_enabled", ..., True, "exposure", "pull"),
    ("azure", REGISTRY, "public_network_access_enabled", False, True, "exposure", "internet"),
    ("azure", POSTGRES, "backup_retention_days", ..., 7, "data loss", "fewer days"),
    ("azure", POSTGRES, "geo_redundant_backup_enabled", True, False, "data loss", "second region"),
    ("azure", POSTGRES, "public_network_access_enabled", ..., True, "exposure", "internet"),
    ("azure", AKS, "private_cluster_enabled", True, False, "exposure", ""),
    ("azure", AKS, "api_server_access_profile", [{"authorized_ip_ranges": ["192.0.2.0/24"]}], [], "exposure", ANYONE),
    ("azure", AKS, "api_server_access_profile", [{"authorized_ip_ranges": ["192.0.2.0/24"]}], [{"authorized_ip_ranges": ["192.0.2.0/28"]}], None, ""),
    ("azure", AKS, "local_account_disabled", ..., False, "iam", "without Entra ID"),
    ("azure", AKS, "run_command_enabled", ..., True, "exposure", "commands"),
    ("azure", AKS, "default_node_pool.vm_size", ..., "Standard_D8s_v5", "replacement", "tasks"),
    ("azure", AKS, "default_node_pool.max_count", ..., 99, None, ""),
    ("azure", POOL, "vm_size", ..., "Standard_D64s_v5", "replacement", "tasks"),
    ("azure", POOL, "node_public_ip_enabled", False, True, "exposure", "public addresses"),
    ("azure", NSG, "source_address_prefixes", ..., ["0.0.0.0/0"], "exposure", ANYONE),
    ("azure", NSG, "source_address_prefixes", ["10.0.0.0/8"], ["10.30.0.0/24"], None, ""),
    ("azure", NSG, "destination_port_range", "443", "*", "exposure", "more ports"),
    ("azure", NSG, "destination_port_range", "*", "443", None, ""),
    ("azure", DENY, "access", ..., "Allow", "exposure", ANYONE),
    ("azure", DENY, "source_address_prefix", ..., "192.0.2.0/24", "exposure", "no longer denied"),
    ("azure", ROLE, "role_definition_name", ..., "Owner", "iam", "Owner"),
    ("gcp", SQL, "deletion_protection", ..., False, "data loss", "protection"),
    ("gcp", SQL, "settings.deletion_protection_enabled", ..., False, "data loss", "protection"),
    ("gcp", SQL, "settings.backup_configuration.enabled", ..., False, "data loss", "disables backups"),
    ("gcp", SQL, "settings.backup_configuration.point_in_time_recovery_enabled", ..., False, "data loss", "point-in-time recovery"),
    ("gcp", SQL, "settings.backup_configuration.backup_retention_settings.retained_backups", ..., 1, "data loss", "fewer backups"),
    ("gcp", SQL, "settings.ip_configuration.ipv4_enabled", ..., True, "exposure", "public address"),
    ("gcp", SQL, "settings.ip_configuration", [{"ipv4_enabled": True, "authorized_networks": [{"value": "192.0.2.0/24"}]}], [{"ipv4_enabled": True, "authorized_networks": [{"value": "192.0.0.0/8"}]}], "exposure", "192.0.0.0/8"),
    ("gcp", SQL, "settings.ip_configuration.ssl_mode", ..., "ALLOW_UNENCRYPTED_AND_ENCRYPTED", "exposure", "secure"),
    ("gcp", SQL, "settings.ip_configuration.ssl_mode", ..., "TRUSTED_CLIENT_CERTIFICATE_REQUIRED", None, ""),
    ("gcp", SQL, "settings.disk_autoresize_limit", ..., 5000, None, ""),
    ("gcp", BUCKET, "versioning.enabled", ..., False, "data loss", "old versions"),
    ("gcp", BUCKET, "versioning", ..., [], "data loss", "old versions"),
    ("gcp", BUCKET, "soft_delete_policy.retention_duration_seconds", ..., 0, "data loss", "less time"),
    ("gcp", BUCKET, "force_destroy", ..., True, "data loss", "all its objects"),
    ("gcp", BUCKET, "public_access_prevention", ..., "inherited", "exposure", "public"),
    ("gcp", BUCKET, "uniform_bucket_level_access", ..., False, "exposure", "individual objects"),
    ("gcp", "google_kms_crypto_key.this[0]", "deletion_policy", ..., "DELETE", "data loss", "protection"),
    ("gcp", GKE, "deletion_protection", ..., False, "data loss", "protection"),
    ("gcp", GKE, "private_cluster_config.enable_private_nodes", ..., False, "exposure", "public addresses"),
    ("gcp", GKE, "private_cluster_config.enable_private_endpoint", True, False, "exposure", "192.0.2.0/24"),
    ("gcp", GKE, "master_authorized_networks_config", ..., [], "exposure", ANYONE),
    ("gcp", GKE, "master_authorized_networks_config.cidr_blocks", ..., [{"cidr_block": "192.0.0.0/16"}], "exposure", "192.0.0.0/16"),
    ("gcp", GKE, "master_authorized_networks_config.cidr_blocks", ..., [{"cidr_block": "192.0.2.0/30"}], None, ""),
    ("gcp", GKE, "enable_legacy_abac", ..., True, "iam", "everything"),
    ("gcp", NODES, "node_config.machine_type", ..., "n2-standard-64", "replacement", "tasks"),
    ("gcp", NODES, "node_config.workload_metadata_config.mode", ..., "GCE_METADATA", "iam", "node"),
    ("gcp", SHUT, "source_ranges", ..., ["10.0.0.0/8"], "exposure", "no longer denied"),
    ("gcp", SHUT, "disabled", False, True, "exposure", "no longer denied"),
    ("gcp", HOOKS, "source_ranges", ["10.0.0.2/32"], [], "exposure", ANYONE),
    ("gcp", MEMBER, "member", ..., "allUsers", "exposure", "allUsers"),
    ("gcp", MEMBER, "role", ..., "roles/storage.admin", "iam", "roles/storage.admin"),
    ("gcp", 'google_storage_bucket_iam_member.read["ui metaflow"]', "condition", ..., [], "iam", "objectViewer"),
    ("aws", EKS, "deletion_protection", True, False, "data loss", "protection"),
    ("aws", EKS, "vpc_config", [{"endpoint_public_access": False, "public_access_cidrs": None}], [{"endpoint_public_access": True, "public_access_cidrs": ["0.0.0.0/0"]}], "exposure", ANYONE),
    ("aws", EKS, "vpc_config", [{"endpoint_public_access": True, "public_access_cidrs": ["192.0.2.0/24"]}], [{"endpoint_public_access": True, "public_access_cidrs": ["192.0.2.0/28"]}], None, ""),
    ("aws", ENTRY, "role_arn", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "iam", "role/b"),
    ("gcp", SERVICE, "spec.type", "ClusterIP", "NodePort", "exposure", "outside the cluster"),
    ("gcp", SERVICE, "spec.type", ..., "LoadBalancer", "exposure", ANYONE),
    ("gcp", SERVICE, "spec", [{"type": "LoadBalancer", "load_balancer_source_ranges": ["192.0.2.0/24"]}], [{"type": "LoadBalancer", "load_balancer_source_ranges": []}], "exposure", ANYONE),
    ("gcp", POLICY, "spec.ingress", ..., [{"from": [], "ports": []}], "exposure", "any source can reach"),
    ("gcp", POLICY, "spec.ingress", ..., [], None, ""),
    ("gcp", POLICY, "spec.policy_types", ..., ["Egress"], "exposure", "any source can reach"),
    ("gcp", RIGHTS, "rule", ..., [{"api_groups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["*"]}], "iam", "* workflowtaskresults"),
    ("gcp", RIGHTS, "rule", ..., [{"api_groups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create"]}], None, ""),
    ("gcp", RIGHTS, "rule", ..., [{"api_groups": [""], "resources": ["secrets"], "verbs": ["get"]}], "iam", "get secrets"),
    ("gcp", BOUND, "subject", ..., [{"kind": "Group", "name": "system:authenticated", "namespace": ""}], "iam", "system:authenticated"),
    ("gcp", SPACE, "metadata.labels", ..., {"pod-security.kubernetes.io/enforce": "privileged"}, "iam", "pods"),
    ("gcp", SPACE, "metadata.labels", ..., {}, "iam", "restrictions"),
    ("azure", USER, "metadata.annotations", {"azure.workload.identity/client-id": "a"}, {"azure.workload.identity/client-id": "b"}, "iam", "act as b"),
]  # fmt: skip


@pytest.mark.parametrize(("cloud", "address", "path", "before", "after", "expected", "words"), CHANGED)
def test_one_value_makes_a_change_dangerous(
    shown: Any, cloud: str, address: str, path: str, before: Any, after: Any, expected: str | None, words: str
) -> None:
    values = at(shown(cloud), address)
    old = values if before is ... else put(values, path, before)
    assert verdict(kind_of(address), old, old, "update") == risk.SAFE
    found, reason = verdict(kind_of(address), old, put(values, path, after), "update")
    assert (found, bool(reason)) == (expected, expected is not None), reason
    assert words in reason


SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"


def owner(role: str, scope: str) -> dict[str, Any]:
    return {"role_definition_name": role, "scope": scope, "principal_id": "p"}


#: What is new: type, values, the class in a stack that exists, and in one that does not yet.
NEW: list[tuple[str, dict[str, Any], str | None, str | None]] = [
    ("azurerm_role_assignment", owner("Reader", f"{SUBSCRIPTION}/resourceGroups/x"), "iam", None),
    ("azurerm_role_assignment", owner("Owner", f"{SUBSCRIPTION}/resourceGroups/x"), "iam", None),
    ("azurerm_role_assignment", owner("Owner", SUBSCRIPTION), "iam", "iam"),
    ("azurerm_role_assignment", owner("User Access Administrator", f"{SUBSCRIPTION}/"), "iam", "iam"),
    ("azurerm_role_assignment", owner("Contributor", "/providers/Microsoft.Management/managementGroups/all"), "iam", "iam"),
    ("azurerm_role_assignment", {"role_definition_id": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "scope": SUBSCRIPTION}, "iam", "iam"),
    ("azurerm_role_assignment", owner("Reader", SUBSCRIPTION), "iam", None),
    ("azurerm_federated_identity_credential", {"subject": "system:serviceaccount:x:y", "issuer": "https://i"}, "iam", None),
    ("azurerm_key_vault_access_policy", {"object_id": "o", "key_vault_id": "v", "secret_permissions": ["Get"]}, "iam", None),
    ("azurerm_role_definition", {"permissions": [{"actions": ["*"]}], "assignable_scopes": [SUBSCRIPTION]}, "iam", "iam"),
    ("azurerm_role_definition", {"permissions": [{"actions": ["Microsoft.Storage/*"]}], "assignable_scopes": [SUBSCRIPTION]}, None, None),
    ("azurerm_public_ip", {"name": "x"}, "exposure", None),
    ("azurerm_network_security_rule", {"direction": "Inbound", "access": "Allow", "source_address_prefix": "Internet"}, "exposure", None),
    ("azurerm_network_security_rule", {"direction": "Outbound", "access": "Allow", "source_address_prefix": "*"}, None, None),
    ("azurerm_postgresql_flexible_server_firewall_rule", {"start_ip_address": "192.0.2.0", "end_ip_address": "192.0.2.255"}, "exposure", None),
    ("google_project_iam_member", {"project": "p", "role": "roles/owner", "member": "user:a@example.com"}, "iam", "iam"),
    ("google_project_iam_binding", {"project": "p", "role": "roles/editor", "members": ["user:a@example.com"]}, "iam", "iam"),
    ("google_project_iam_member", {"project": "p", "role": "roles/iam.securityAdmin", "member": "user:a@example.com"}, "iam", "iam"),
    ("google_project_iam_member", {"project": "p", "role": "roles/viewer", "member": "user:a@example.com"}, "iam", None),
    ("google_storage_bucket_iam_member", {"bucket": "b", "role": "roles/storage.objectViewer", "member": "allUsers"}, "exposure", None),
    ("google_storage_bucket_iam_binding", {"bucket": "b", "role": "r", "members": ["allAuthenticatedUsers"]}, "exposure", None),
    ("google_project_iam_policy", {"project": "p", "policy_data": json.dumps({"bindings": [{"role": "roles/owner", "members": ["user:a@example.com"]}]})}, "iam", "iam"),
    ("google_service_account_key", {"service_account_id": "s"}, "iam", None),
    ("google_compute_firewall", {"direction": "INGRESS", "allow": [{"protocol": "tcp"}], "source_ranges": ["192.0.2.0/24"]}, "exposure", None),
    ("google_compute_firewall", {"direction": "INGRESS", "deny": [{"protocol": "all"}], "source_ranges": ["0.0.0.0/0"]}, None, None),
    ("google_compute_address", {"address_type": "EXTERNAL"}, "exposure", None),
    ("google_compute_address", {"address_type": "INTERNAL"}, None, None),
    ("aws_eks_access_entry", {"principal_arn": "arn:aws:iam::1:role/a", "cluster_name": "c"}, "iam", None),
    ("aws_eks_access_policy_association", {"principal_arn": "arn:aws:iam::1:role/a", "policy_arn": "x/AmazonEKSClusterAdminPolicy", "access_scope": [{"type": "cluster"}]}, "iam", None),
    ("aws_eks_pod_identity_association", {"namespace": "n", "service_account": "s", "role_arn": None}, "iam", None),
    ("kubernetes_service_v1", {"spec": [{"type": "LoadBalancer"}]}, "exposure", None),
    ("kubernetes_service_v1", {"spec": [{"type": "ClusterIP"}]}, None, None),
    ("kubernetes_ingress_v1", {"spec": [{"rule": [{"host": "x.example.com"}]}]}, "exposure", None),
    ("kubernetes_cluster_role_v1", {"rule": [{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]}, "iam", "iam"),
    ("kubernetes_cluster_role_v1", {"rule": [{"api_groups": [""], "resources": ["pods"], "verbs": ["get"]}]}, None, None),
    ("kubernetes_cluster_role_binding_v1", {"role_ref": [{"kind": "ClusterRole", "name": "cluster-admin"}], "subject": [{"kind": "User", "name": "a"}]}, "iam", "iam"),
    ("kubernetes_role_binding", {"role_ref": [{"kind": "Role", "name": "r"}], "subject": [{"kind": "User", "name": "a"}]}, "iam", None),
    ("kubernetes_network_policy_v1", {"spec": [{"policy_types": ["Ingress"], "pod_selector": [{}]}]}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values", "later", "at_first"), NEW)
def test_what_is_new_is_told_where_there_is_a_stack(
    kind: str, values: dict[str, Any], later: str | None, at_first: str | None
) -> None:
    assert verdict(kind, None, values, "create")[0] == later
    assert verdict(kind, None, values, "create", is_new=True)[0] == at_first


#: What goes: cloud, resource, the class.
GONE = [
    *(("azure", address, "data loss") for address in (ACCOUNT, CONTAINER, VAULT, POSTGRES, REGISTRY, AKS, POOL)),
    ("azure", "azurerm_postgresql_flexible_server_database.this", "data loss"),
    ("azure", "azurerm_key_vault_key.this[0]", "data loss"),
    ("azure", 'module.password["argo"].azurerm_key_vault_secret.this', "data loss"),
    ("azure", "azurerm_management_lock.database", "data loss"),
    ("azure", "azurerm_subnet_network_security_group_association.cluster", "exposure"),
    ("azure", DENY, "exposure"),
    ("azure", NSG, None),
    ("azure", ROLE, None),
    *(("gcp", address, "data loss") for address in (SQL, BUCKET, GKE, NODES, "google_kms_crypto_key.this[0]")),
    ("gcp", "google_artifact_registry_repository.this", "data loss"),
    ("gcp", 'google_secret_manager_secret.this["argo"]', "data loss"),
    ("gcp", 'google_sql_database.this["argo"]', None),  # Google keeps it
    ("gcp", SHUT, "exposure"),
    ("gcp", MEMBER, None),
    ("aws", EKS, "data loss"),
    ("aws", 'aws_eks_node_group.this["cpu"]', "data loss"),
    ("gcp", SPACE, "data loss"),
    ("gcp", "module.argo_workflows.helm_release.this", "data loss"),
    ("gcp", 'module.argo_events.helm_release.events["flows"]', "data loss"),
    ("gcp", "module.airflow.helm_release.this", "data loss"),
    ("gcp", POLICY, "exposure"),
    ("gcp", RIGHTS, None),
]


@pytest.mark.parametrize(("cloud", "address", "expected"), GONE)
def test_what_goes_is_told_where_something_is_lost(shown: Any, cloud: str, address: str, expected: str | None) -> None:
    values = at(shown(cloud), address)
    assert verdict(kind_of(address), values, None, "delete")[0] == expected
    if expected == "data loss" and "lock" not in address:
        assert verdict(kind_of(address), values, values, "replace")[0] == "replacement"


def test_a_guard_goes_in_peace_with_what_it_guards(shown: Any) -> None:
    def gone(address: str, identity: str = "") -> dict[str, Any]:
        values = {**at(shown("gcp"), address), **({"id": identity} if identity else {})}
        return {
            "address": address,
            "type": kind_of(address),
            "change": {"actions": ["delete"], "before": values, "after": None},
        }

    there = {"values": {"root_module": {"resources": [{"mode": "managed"}]}}}
    alone = tf_plan.changes({"prior_state": there, "resource_changes": [gone(POLICY)]})
    together = tf_plan.changes({"prior_state": there, "resource_changes": [gone(POLICY), gone(SPACE, "flows")]})
    assert [change.risk for change in alone] == ["exposure"]
    assert [change.risk for change in together] == [None, "data loss"]


@pytest.mark.parametrize("cloud", ["azure", "gcp", "aws"])
def test_nothing_of_a_true_plan_breaks_the_rules(shown: Any, cloud: str) -> None:
    """Everything comes, stays, is made anew and goes, with values that are there and that are not known yet."""
    for entry in shown(cloud)["resource_changes"]:
        values, unknown = entry["change"]["after"] or {}, entry["change"].get("after_unknown") or {}
        assert (
            risk.of_terraform({"type": entry["type"], "change": {"before": values, "after": values}}, "update", False)
            == risk.SAFE
        )
        for action in ("create", "update", "replace", "delete"):
            change = {"before": values, "after": None if action == "delete" else values, "after_unknown": unknown}
            found, reason = risk.of_terraform({"type": entry["type"], "change": change}, action, False)
            assert (found is None) == (reason == ""), entry["address"]
