"""Resource rules of Azure."""

# ruff: noqa: E501 - one line for each rule
from __future__ import annotations

import re
from typing import Any

from ..cidr import EVERYWHERE, between
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
    falls,
    first,
    grows,
    leaves,
    named,
    sinks,
)

_RUNS = "the metadata of all runs"
_STATEFUL = {
    "azurerm_resource_group": "everything in the resource group",
    "azurerm_storage_account": "runs and artifacts",
    "azurerm_storage_container": "runs and artifacts",
    "azurerm_storage_blob": "a file",
    "azurerm_storage_queue": "messages",
    "azurerm_storage_share": "files",
    "azurerm_postgresql_flexible_server": _RUNS,
    "azurerm_postgresql_flexible_server_database": _RUNS,
    "azurerm_key_vault": "keys and passwords",
    "azurerm_key_vault_key": "the key; data encrypted with it becomes unreadable",
    "azurerm_key_vault_secret": "a password",
    "azurerm_key_vault_certificate": "a certificate",
    "azurerm_container_registry": "images",
    "azurerm_kubernetes_cluster": "the cluster and everything that runs in it",
    "azurerm_kubernetes_cluster_node_pool": "the tasks that run on its nodes",
    "azurerm_servicebus_namespace": "messages",
    "azurerm_servicebus_queue": "messages",
}

_REPLACED = "its nodes are replaced; the tasks on them are stopped"
_PUBLIC = "becomes reachable from the internet"
_PUBLIC_MACHINES = "nodes get public addresses"
_TLS = falls("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")
_COPIES = falls("LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS")
_POOL = ("vm_size", "os_disk_size_gb", "os_disk_type", "os_sku", "max_pods", "zones", "host_encryption_enabled")
_WEAKER = {
    "azurerm_storage_account": (
        Weaker("blob_properties.versioning_enabled", "data loss", "stops keeping old versions", leaves(True)),
        Weaker("blob_properties.delete_retention_policy.days", "data loss", "keeps deleted blobs for fewer days", sinks),
        Weaker("blob_properties.container_delete_retention_policy.days", "data loss", "keeps deleted containers for fewer days", sinks),
        Weaker("account_replication_type", "data loss", "stores fewer copies", _COPIES),
        Weaker("public_network_access_enabled", "exposure", _PUBLIC, becomes(True)),
        Weaker("public_network_access", "exposure", _PUBLIC, becomes("Enabled")),
        Weaker("allow_nested_items_to_be_public", "exposure", "may make its containers public", becomes(True)),
        Weaker("shared_access_key_enabled", "exposure", "allows access with an account key, without Entra ID", becomes(True)),
        Weaker("local_user_enabled", "exposure", "allows access for local users with passwords", becomes(True)),
        Weaker("sftp_enabled", "exposure", "allows access by SFTP", becomes(True)),
        Weaker("https_traffic_only_enabled", "exposure", "allows unencrypted access", leaves(True)),
        Weaker("min_tls_version", "exposure", "accepts older versions of TLS", _TLS),
        Weaker("cross_tenant_replication_enabled", "exposure", "data may be copied to other tenants", becomes(True)),
        Weaker("network_rules.virtual_network_subnet_ids", "exposure", "grants access to another subnet", grows),
    ),
    "azurerm_storage_account_network_rules": (
        Weaker("virtual_network_subnet_ids", "exposure", "grants access to another subnet", grows),
    ),
    "azurerm_storage_container": (
        Weaker("container_access_type", "exposure", "everyone can read it", becomes("blob", "container")),
    ),
    "azurerm_postgresql_flexible_server": (
        Weaker("backup_retention_days", "data loss", "keeps backups for fewer days", sinks),
        Weaker("geo_redundant_backup_enabled", "data loss", "stops storing backups in a second region", leaves(True)),
        Weaker("public_network_access_enabled", "exposure", _PUBLIC, becomes(True)),
    ),
    "azurerm_key_vault": (
        Weaker("purge_protection_enabled", "data loss", "deleted objects can be purged at once", leaves(True)),
        Weaker("soft_delete_retention_days", "data loss", "keeps deleted objects for fewer days", sinks),
        Weaker("public_network_access_enabled", "exposure", _PUBLIC, becomes(True)),
        Weaker("network_acls.virtual_network_subnet_ids", "exposure", "grants access to another subnet", grows),
        Weaker("rbac_authorization_enabled", "iam", "access no longer depends on Azure roles", leaves(True)),
    ),
    "azurerm_container_registry": (
        Weaker("public_network_access_enabled", "exposure", _PUBLIC, becomes(True)),
        Weaker("anonymous_pull_enabled", "exposure", "everyone can pull images", becomes(True)),
        Weaker("admin_enabled", "exposure", "allows access with the admin password, without Entra ID", becomes(True)),
    ),
    "azurerm_kubernetes_cluster": (
        *(Weaker(f"default_node_pool.{name}", "replacement", _REPLACED, changes) for name in _POOL),
        Weaker("default_node_pool.node_public_ip_enabled", "exposure", _PUBLIC_MACHINES, becomes(True)),
        Weaker("run_command_enabled", "exposure", "allows running commands in it from outside its network", becomes(True)),
        Weaker("local_account_disabled", "iam", "allows access with a local account, without Entra ID", leaves(True)),
        Weaker("role_based_access_control_enabled", "iam", "every user with access can do everything", leaves(True)),
        Weaker("azure_active_directory_role_based_access_control.azure_rbac_enabled", "iam", "permissions no longer depend on Azure roles", leaves(True)),
        Weaker("azure_active_directory_role_based_access_control.admin_group_object_ids", "iam", "another group becomes its administrator", grows),
    ),
    "azurerm_kubernetes_cluster_node_pool": (
        *(Weaker(name, "replacement", _REPLACED, changes) for name in _POOL),
        Weaker("node_public_ip_enabled", "exposure", _PUBLIC_MACHINES, becomes(True)),
    ),
}  # fmt: skip
_OPENS_ACCESS = {
    "azurerm_public_ip": Presence("creates a public address"),
    "azurerm_storage_container": Presence("everyone can read it", {"container_access_type": ("blob", "container")}),
}
_BLOCKS_ACCESS = {
    "azurerm_subnet_network_security_group_association": Presence(
        "removes the rules that restrict access to the subnet", guarded=named("azurerm_subnet", "subnet_id")
    ),
}
_LOCKS = {"azurerm_management_lock": Presence("deletes the lock that prevents deletion")}
#: Azure's names for all addresses.
_ANYBODY = ("*", "any", "internet", "0.0.0.0")


def _sources(values: Values) -> list[Any]:
    found = [*every(values, "source_address_prefix"), *every(values, "source_address_prefixes")]
    return [EVERYWHERE if str(one).lower() in _ANYBODY else one for one in found]


def _rules(values: Values, access: str) -> list[Values]:
    """The inbound rules, from a resource for one rule or from the blocks of a security group."""
    listed = values.get("security_rule")
    rules = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else [values]
    return [rule for rule in rules if (rule.get("direction"), rule.get("access")) == ("Inbound", access)]


def _let_in(values: Values) -> list[Any]:
    return [source for rule in _rules(values, "Allow") for source in _sources(rule)]


def _kept_out(values: Values) -> list[Any]:
    return [source for rule in _rules(values, "Deny") for source in _sources(rule)]


def _open_ports(values: Values) -> list[Any]:
    names = ("destination_port_range", "destination_port_ranges")
    return [port for rule in _rules(values, "Allow") for name in names for port in every(rule, name)]


def _cluster(values: Values) -> list[Any]:
    if not values or values.get("private_cluster_enabled") is True:
        return []
    return every(values, "api_server_access_profile.authorized_ip_ranges") or [EVERYWHERE]


def _with_rules(block: str) -> Any:
    """The sources of a resource that lists addresses and has a default action. Without the block, all have access."""

    def reach(values: Values) -> list[Any]:
        if not values or values.get("public_network_access_enabled") is False:
            return []
        inside = values if not block else first(values, block)
        is_open = not inside or str(first(inside, "default_action")) != "Deny"
        return [EVERYWHERE] if is_open else [*every(inside, "ip_rules"), *every(inside, "ip_rule.ip_range")]

    return reach


_GROUP = ("azurerm_network_security_rule", "azurerm_network_security_group")
_PREFIXES = ("source_address_prefix", "source_address_prefixes")
_RANGE = ("start_ip_address", "end_ip_address")
_REACH = {
    _GROUP[0]: Reach(_let_in, _PREFIXES, adds=True),
    _GROUP[1]: Reach(_let_in, tuple(f"security_rule.{name}" for name in _PREFIXES), adds=True),
    "azurerm_kubernetes_cluster": Reach(_cluster, ("api_server_access_profile.authorized_ip_ranges",)),
    "azurerm_storage_account": Reach(_with_rules("network_rules"), ("network_rules.ip_rules",)),
    "azurerm_storage_account_network_rules": Reach(_with_rules(""), ("ip_rules",)),
    "azurerm_key_vault": Reach(_with_rules("network_acls"), ("network_acls.ip_rules",)),
    "azurerm_container_registry": Reach(_with_rules("network_rule_set"), ("network_rule_set.ip_rule.ip_range",)),
    "azurerm_postgresql_flexible_server_firewall_rule": Reach(
        lambda values: between(*(values.get(name) for name in _RANGE)), _RANGE, adds=True
    ),
}

#: Roles that can do everything, or grant it, by name and by the ID that each has in every subscription.
_MIGHTY = {
    "owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "user access administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "role based access control administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
}
#: A subscription, a management group, or the root.
_WIDE = re.compile(
    r"/?|/subscriptions/[^/]+/?|/providers/Microsoft\.Management/managementGroups/[^/]+/?", re.IGNORECASE
)


def _given(kind: str, values: Values) -> list[Right]:
    if kind == "azurerm_role_assignment":
        role = values.get("role_definition_name") or str(values.get("role_definition_id")).rpartition("/")[2]
        who = str(values.get("principal_id") or "a principal (known after apply)")
        return [Right(who, f"use the permissions of role {role}", _scope(values), str(values.get("condition") or ""))]
    if kind == "azurerm_federated_identity_credential":
        identity = str(
            values.get("user_assigned_identity_id") or values.get("parent_id") or "an identity (known after apply)"
        )
        return [Right(f"{values.get('subject')} of {values.get('issuer') or 'a cluster'}", f"act as {identity}")]
    if kind == "azurerm_key_vault_access_policy":
        names = ("key_permissions", "secret_permissions", "certificate_permissions", "storage_permissions")
        pairs = [(name.partition("_")[0], verb) for name in names for verb in every(values, name)]
        return [
            Right(str(values.get("object_id")), f"{verb} {what}s", str(values.get("key_vault_id")))
            for what, verb in pairs
        ]
    return []


def _scope(values: Values) -> str:
    """The scope of a permission. A wildcard at the end of a subscription or above covers what is below it."""
    scope = str(values.get("scope") or "a scope (known after apply)")
    return f"{scope.rstrip('/')}/*" if _WIDE.fullmatch(scope) else scope


def _defined(kind: str, values: Values) -> list[Right]:
    """The permissions of a custom role. Its not_actions are a condition of each of them."""
    if kind != "azurerm_role_definition":
        return []
    found = []
    for block in values.get("permissions") or []:
        for name in ("actions", "data_actions"):
            without = ", ".join(sorted(map(str, every(block, f"not_{name}"))))
            found += [
                Right("", str(verb), str(scope), without)
                for verb in every(block, name)
                for scope in every(values, "assignable_scopes") or ["*"]
            ]
    return found  # fmt: skip


def _is_too_much(kind: str, right: Right) -> bool:
    if kind == "azurerm_role_definition":
        return right.what == "*" and not right.condition
    role = right.what.removeprefix("use the permissions of role ").lower()
    is_mighty = role in _MIGHTY or role in _MIGHTY.values()
    return kind == "azurerm_role_assignment" and is_mighty and right.where.endswith("/*")


AZURE = ResourceRules(
    _STATEFUL,
    _WEAKER,
    _LOCKS,
    _OPENS_ACCESS,
    _BLOCKS_ACCESS,
    _REACH,
    ports=dict.fromkeys(_GROUP, _open_ports),
    denied=dict.fromkeys(_GROUP, _kept_out),
    given=_given,
    defined=_defined,
    is_too_much=_is_too_much,
)
