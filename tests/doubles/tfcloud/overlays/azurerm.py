"""Azure Resource Manager: ids, secret values, changes that force replacement, rejected names."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from tests.doubles.tfcloud import caller

from .base import CERTIFICATE, Overlay, Values, blocks, digest, guid, plain, text

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "aaaaaaaa-0000-0000-0000-00000000c11e"
OBJECT = "aaaaaaaa-0000-0000-0000-000000000b1e"
NOBODY = "00000000-0000-0000-0000-000000000000"

_KEYS = {
    f"{which}_{what}" for which in ("primary", "secondary") for what in ("access_key", "connection_string", "blob_connection_string")
}  # fmt: skip
_KUBE = {"kube_config", "kube_config_raw", "kube_admin_config", "kube_admin_config_raw"}

#: The id of a type: {group} is its resource group, NAME_id a parent; what is not listed is made of these two.
_FORMS = {
    "resource_group": "/subscriptions/{subscription}/resourceGroups/{name}",
    "virtual_network": "{group}/providers/Microsoft.Network/virtualNetworks/{name}",
    "virtual_network_peering": "{group}/providers/Microsoft.Network/virtualNetworks/{virtual_network_name}/virtualNetworkPeerings/{name}",
    "subnet": "{group}/providers/Microsoft.Network/virtualNetworks/{virtual_network_name}/subnets/{name}",
    "network_security_group": "{group}/providers/Microsoft.Network/networkSecurityGroups/{name}",
    "network_security_rule": "{group}/providers/Microsoft.Network/networkSecurityGroups/{network_security_group_name}/securityRules/{name}",
    "nat_gateway": "{group}/providers/Microsoft.Network/natGateways/{name}",
    "public_ip": "{group}/providers/Microsoft.Network/publicIPAddresses/{name}",
    "public_ip_prefix": "{group}/providers/Microsoft.Network/publicIPPrefixes/{name}",
    "route_table": "{group}/providers/Microsoft.Network/routeTables/{name}",
    "route": "{group}/providers/Microsoft.Network/routeTables/{route_table_name}/routes/{name}",
    "private_dns_zone": "{group}/providers/Microsoft.Network/privateDnsZones/{name}",
    "private_dns_zone_virtual_network_link": "{private_dns_zone_id}/virtualNetworkLinks/{name}",
    "private_dns_a_record": "{private_dns_zone_id}/A/{name}",
    "dns_zone": "{group}/providers/Microsoft.Network/dnsZones/{name}",
    "private_endpoint": "{group}/providers/Microsoft.Network/privateEndpoints/{name}",
    "network_watcher_flow_log": "{group}/providers/Microsoft.Network/networkWatchers/{network_watcher_name}/flowLogs/{name}",
    "subnet_network_security_group_association": "{subnet_id}",
    "subnet_nat_gateway_association": "{subnet_id}",
    "subnet_route_table_association": "{subnet_id}",
    "nat_gateway_public_ip_association": "{nat_gateway_id}|{public_ip_address_id}",
    "nat_gateway_public_ip_prefix_association": "{nat_gateway_id}|{public_ip_prefix_id}",
    "postgresql_flexible_server": "{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}",
    "postgresql_flexible_server_configuration": "{server_id}/configurations/{name}",
    "postgresql_flexible_server_database": "{server_id}/databases/{name}",
    "postgresql_flexible_server_firewall_rule": "{server_id}/firewallRules/{name}",
    "postgresql_flexible_server_active_directory_administrator": "{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{server_name}/administrators/{object_id}",
    "storage_account": "{group}/providers/Microsoft.Storage/storageAccounts/{name}",
    "storage_account_network_rules": "{storage_account_id}",
    "storage_account_customer_managed_key": "{storage_account_id}",
    "storage_container": "{storage_account_id}/blobServices/default/containers/{name}",
    "storage_queue": "{storage_account_id}/queueServices/default/queues/{name}",
    "storage_share": "{storage_account_id}/fileServices/default/shares/{name}",
    "storage_management_policy": "{storage_account_id}/managementPolicies/default",
    "storage_encryption_scope": "{storage_account_id}/encryptionScopes/{name}",
    "storage_blob": "https://{account}.blob.core.windows.net/{container}/{name}",
    "key_vault": "{group}/providers/Microsoft.KeyVault/vaults/{name}",
    "key_vault_access_policy": "{key_vault_id}/objectId/{object_id}",
    "key_vault_key": "https://{vault}.vault.azure.net/keys/{name}/{seed}",
    "key_vault_secret": "https://{vault}.vault.azure.net/secrets/{name}/{seed}",
    "key_vault_certificate": "https://{vault}.vault.azure.net/certificates/{name}/{seed}",
    "container_registry": "{group}/providers/Microsoft.ContainerRegistry/registries/{name}",
    "container_registry_cache_rule": "{container_registry_id}/cacheRules/{name}",
    "kubernetes_cluster": "{group}/providers/Microsoft.ContainerService/managedClusters/{name}",
    "kubernetes_cluster_node_pool": "{kubernetes_cluster_id}/agentPools/{name}",
    "kubernetes_cluster_trusted_access_role_binding": "{kubernetes_cluster_id}/trustedAccessRoleBindings/{name}",
    "kubernetes_cluster_extension": "{cluster_id}/providers/Microsoft.KubernetesConfiguration/extensions/{name}",
    "user_assigned_identity": "{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
    "federated_identity_credential": "{user_assigned_identity_id}/federatedIdentityCredentials/{name}",
    "role_assignment": "{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid}",
    "role_definition": "{definition}|{scope}",
    "management_lock": "{scope}/providers/Microsoft.Authorization/locks/{name}",
    "log_analytics_workspace": "{group}/providers/Microsoft.OperationalInsights/workspaces/{name}",
    "log_analytics_solution": "{group}/providers/Microsoft.OperationsManagement/solutions/{solution_name}({workspace_name})",
    "monitor_diagnostic_setting": "{target_resource_id}|{name}",
    "monitor_workspace": "{group}/providers/Microsoft.Monitor/accounts/{name}",
    "monitor_data_collection_rule": "{group}/providers/Microsoft.Insights/dataCollectionRules/{name}",
    "monitor_data_collection_endpoint": "{group}/providers/Microsoft.Insights/dataCollectionEndpoints/{name}",
    "monitor_data_collection_rule_association": "{target_resource_id}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{name}",
    "monitor_action_group": "{group}/providers/Microsoft.Insights/actionGroups/{name}",
    "monitor_metric_alert": "{group}/providers/Microsoft.Insights/metricAlerts/{name}",
    "application_insights": "{group}/providers/Microsoft.Insights/components/{name}",
    "disk_encryption_set": "{group}/providers/Microsoft.Compute/diskEncryptionSets/{name}",
    "resource_provider_registration": "/subscriptions/{subscription}/providers/{name}",
    "eventgrid_system_topic": "{group}/providers/Microsoft.EventGrid/systemTopics/{name}",
    "eventgrid_event_subscription": "{scope}/providers/Microsoft.EventGrid/eventSubscriptions/{name}",
    "servicebus_namespace": "{group}/providers/Microsoft.ServiceBus/namespaces/{name}",
    "servicebus_queue": "{namespace_id}/queues/{name}",
}  # fmt: skip

_NAMES = {
    "storage_account": (r"[a-z0-9]{3,24}", "name can only consist of lowercase letters and numbers, and must be between 3 and 24 characters long"),
    "key_vault": (r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]", "may only contain alphanumeric characters and dashes and must be between 3-24 chars"),
    "key_vault_secret": (r"[0-9a-zA-Z-]{1,127}", "may only contain alphanumeric characters and dashes"),
    "storage_container": (r"\$root|\$web|[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]", "only lowercase alphanumeric characters and hyphens allowed, between 3 and 63"),
    "container_registry": (r"[a-zA-Z0-9]{5,50}", "alpha numeric characters only are allowed, between 5 and 50"),
    "postgresql_flexible_server": (r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "may only contain lowercase letters, numbers and hyphens, between 3 and 63"),
    "kubernetes_cluster_node_pool": (r"[a-z][a-z0-9]{0,11}", "must start with a lowercase letter, have max length of 12, and only have characters a-z0-9"),
    "user_assigned_identity": (r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}", "between 3 and 128 alphanumeric characters, underscores and dashes"),
    "resource_group": (r"[-\w._()]{0,89}[-\w_()]", "may only contain alphanumeric characters, dash, underscores, parentheses and periods"),
}  # fmt: skip


class AzureRm(Overlay):
    legacy = True
    appearing = {
        "azurerm_kubernetes_cluster": {"network_profile", "windows_profile", "auto_scaler_profile"},
        "azurerm_storage_account": {"blob_properties", "network_rules"},
    }
    always_new = {"name", "location", "resource_group_name"}
    sensitive = {
        "azurerm_application_insights": {"connection_string", "instrumentation_key"},
        "azurerm_container_registry": {"admin_password"},
        "azurerm_key_vault_secret": {"value", "value_wo"},
        "data.azurerm_key_vault_secret": {"value"},
        "ephemeral.azurerm_key_vault_secret": {"value"},
        "azurerm_kubernetes_cluster": _KUBE | {"http_proxy_config.trusted_ca", "service_principal.client_secret", "windows_profile.admin_password"},
        "data.azurerm_kubernetes_cluster": _KUBE,
        "azurerm_log_analytics_workspace": {"primary_shared_key", "secondary_shared_key"},
        "data.azurerm_log_analytics_workspace": {"primary_shared_key", "secondary_shared_key"},
        "azurerm_postgresql_flexible_server": {"administrator_password", "administrator_password_wo"},
        "azurerm_storage_account": _KEYS,
        "data.azurerm_storage_account": _KEYS,
        "data.azurerm_storage_account_blob_container_sas": {"connection_string", "sas"},
        "azurerm_servicebus_namespace": {"default_primary_connection_string", "default_secondary_connection_string", "default_primary_key", "default_secondary_key"},
    }  # fmt: skip
    force_new = {
        "azurerm_subnet": {"virtual_network_name"},
        "azurerm_network_security_rule": {"network_security_group_name"},
        "azurerm_public_ip": {"allocation_method", "sku", "zones"},
        "azurerm_nat_gateway": {"zones"},
        "azurerm_subnet_network_security_group_association": {"*"},
        "azurerm_subnet_nat_gateway_association": {"*"},
        "azurerm_subnet_route_table_association": {"*"},
        "azurerm_nat_gateway_public_ip_association": {"*"},
        "azurerm_role_assignment": {"scope", "role_definition_name", "role_definition_id", "principal_id", "principal_type"},
        "azurerm_role_definition": {"scope", "role_definition_id"},
        "azurerm_federated_identity_credential": {"user_assigned_identity_id"},
        "azurerm_postgresql_flexible_server": {"administrator_login", "delegated_subnet_id", "create_mode", "geo_redundant_backup_enabled", "customer_managed_key"},
        "azurerm_postgresql_flexible_server_database": {"server_id", "charset", "collation"},
        "azurerm_postgresql_flexible_server_configuration": {"server_id"},
        "azurerm_postgresql_flexible_server_active_directory_administrator": {"*"},
        "azurerm_storage_account": {"account_kind", "account_tier", "is_hns_enabled", "infrastructure_encryption_enabled"},
        "azurerm_storage_container": {"storage_account_id"},
        "azurerm_storage_blob": {"storage_container_id", "type"},
        "azurerm_key_vault": {"tenant_id"},
        "azurerm_key_vault_key": {"key_vault_id", "key_type", "key_size", "curve"},
        "azurerm_key_vault_secret": {"key_vault_id"},
        "azurerm_key_vault_access_policy": {"key_vault_id", "object_id", "tenant_id"},
        "azurerm_kubernetes_cluster": {"dns_prefix", "private_cluster_enabled", "node_resource_group", "disk_encryption_set_id", "private_dns_zone_id"},
        "azurerm_kubernetes_cluster_node_pool": {"kubernetes_cluster_id", "vnet_subnet_id", "priority", "eviction_policy", "os_type", "spot_max_price"},
        "azurerm_kubernetes_cluster_extension": {"cluster_id", "extension_type", "release_namespace", "target_namespace"},
        "azurerm_private_endpoint": {"subnet_id", "private_service_connection"},
        "azurerm_private_dns_zone_virtual_network_link": {"private_dns_zone_id", "virtual_network_id"},
        "azurerm_management_lock": {"*"},
        "azurerm_monitor_diagnostic_setting": {"target_resource_id"},
    }  # fmt: skip

    @property
    def subscription(self) -> str:
        return text(self.settings, "subscription_id") or caller.variable("ARM_SUBSCRIPTION_ID") or NOBODY

    @property
    def tenant(self) -> str:
        return text(self.settings, "tenant_id") or TENANT

    def provider_refusals(self, config: Values) -> list[str]:
        return [] if config.get("features") else ['"features": required block is not set: add features {}']

    def configure(self, config: Values) -> list[str]:
        super().configure(config)
        if config.get("subscription_id") is None and not caller.variable("ARM_SUBSCRIPTION_ID"):
            return ["`subscription_id` is a required provider property when performing a plan/apply operation"]
        return []

    def refusals(self, kind: str, config: Values) -> list[str]:
        pattern, said = _NAMES.get(kind.removeprefix("azurerm_"), (".*", ""))
        name = config.get("name")
        wrong = isinstance(name, str) and not re.fullmatch(pattern, name, re.S)
        return [f'"name": {said}, got {name!r}'] if wrong else []

    def made(self, kind: str, values: Values, config: Values) -> Values:
        short, seed = kind.removeprefix("azurerm_"), digest(kind, plain(values), length=32)
        found = {
            "id": self._id(short, values, seed),
            "tenant_id": self.tenant,
            "principal_id": guid(kind, plain(values)),
        }
        found["identity"] = [
            {"principal_id": guid(seed, "principal"), "tenant_id": self.tenant} for _ in blocks(values, "identity")
        ]
        more = _MADE.get(short)
        return found | (more({**values, **found}, seed, self) if more else {})

    def _id(self, short: str, values: Values, seed: str) -> str:
        group = f"/subscriptions/{self.subscription}/resourceGroups/{values.get('resource_group_name')}"
        parents = [v for k, v in values.items() if k.endswith("_id") and isinstance(v, str) and v.startswith("/")]
        parent = (
            group
            if values.get("resource_group_name")
            else parents[0]
            if parents
            else f"/subscriptions/{self.subscription}"
        )
        form = _FORMS.get(short, f"{parent}/providers/Microsoft.Unknown/{short}/{{name}}")
        definition = text(values, "role_definition_id") or guid(seed, "definition")
        known = {
            "subscription": self.subscription, "group": group, "seed": seed, "uuid": text(values, "name") or guid(seed),
            "definition": f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{definition}",
            "vault": _last(values, "key_vault_id"), "container": _last(values, "storage_container_id"),
            "account": _part(values, "storage_container_id", "storageAccounts"),
        }  # fmt: skip
        return form.format_map({"name": seed[:12], **{k: v for k, v in values.items() if isinstance(v, str)}, **known})

    def done(self, kind: str, state: Values, config: Values) -> None:
        if kind == "azurerm_key_vault_secret":
            said = config.get("value_wo") if config.get("value_wo") is not None else state.get("value")
            self.secrets[f"{state['key_vault_id']}/{state['name']}"] = said

    def taken(self, kind: str, identity: str) -> str | None:
        return (
            f'A resource with the ID "{identity}" already exists - to be managed via Terraform this resource needs to be '
            f'imported into the State. Please see the resource documentation for "{kind}" for more information'
        )

    def data(self, kind: str, config: Values) -> Values:
        known: dict[str, Callable[[], Values]] = {
            "azurerm_client_config": lambda: {"id": guid(self.subscription), "client_id": CLIENT, "object_id": OBJECT, "tenant_id": self.tenant, "subscription_id": self.subscription},
            "azurerm_subscription": lambda: _subscription(text(config, "subscription_id") or self.subscription, self.tenant),
            "azurerm_kubernetes_service_versions": lambda: {"versions": ["1.33.5", "1.34.1"], "latest_version": "1.34.1", "default_version": "1.33.5"},
            "azurerm_key_vault_secret": lambda: {"value": self.secrets.get(f"{config.get('key_vault_id')}/{config.get('name')}"), "version": digest(config, length=32)},
            "azurerm_role_definition": lambda: _definition(config, self.subscription),
            "azurerm_resources": lambda: {"resources": [_resource(config, self.subscription)]},
        }  # fmt: skip
        short = kind.removeprefix("azurerm_")
        if kind in known:
            return known[kind]()
        return (
            {**_READ.get(short, {}), "location": "westeurope", **self.made(kind, config, config)}
            if short in _FORMS
            else {}
        )

    def ephemeral(self, kind: str, config: Values) -> Values:
        # One that nobody wrote here is somebody else's: an account in a database.
        theirs = '{"username": "theirs", "password": "from-the-secret"}'
        return {"value": self.secrets.get(f"{config.get('key_vault_id')}/{config.get('name')}", theirs)}


#: What data sources say of networks that no test has made.
_READ: dict[str, Values] = {
    "virtual_network": {"address_space": ["10.0.0.0/16"]},
    "subnet": {"address_prefixes": ["10.0.1.0/24"], "address_prefix": "10.0.1.0/24"},
}


def _last(values: Values, name: str) -> str:
    return text(values, name).rstrip("/").rpartition("/")[2]


def _part(values: Values, name: str, after: str) -> str:
    """The name that follows a word in an id."""
    return text(values, name).partition(f"/{after}/")[2].partition("/")[0]


def _subscription(subscription: str, tenant: str) -> Values:
    return {
        "id": f"/subscriptions/{subscription}", "subscription_id": subscription, "display_name": "tfcloud", "state": "Enabled",
        "tenant_id": tenant, "location_placement_id": "Public_2014-09-01", "quota_id": "PayAsYouGo_2014-09-01", "spending_limit": "Off",
    }  # fmt: skip


def _resource(config: Values, subscription: str) -> Values:
    """Resources of the subscription by type and name."""
    where = f"/subscriptions/{subscription}/resourceGroups/{text(config, 'resource_group_name') or 'found'}"
    return {
        "id": f"{where}/providers/{text(config, 'type')}/{text(config, 'name')}", "name": config.get("name"), "type": config.get("type"),
        "location": "westeurope", "resource_group_name": where.rpartition("/")[2], "tags": {},
    }  # fmt: skip


def _definition(config: Values, subscription: str) -> Values:
    uuid = text(config, "role_definition_id") or guid(config.get("name"))
    where = text(config, "scope") or f"/subscriptions/{subscription}"
    return {"id": f"{where}/providers/Microsoft.Authorization/roleDefinitions/{uuid}", "role_definition_id": uuid}


def _account(values: Values, seed: str, _: AzureRm) -> Values:
    name, key = values["name"], base64.b64encode(seed.encode() * 2).decode()
    found: Values = {}
    for which in ("primary", "secondary"):
        joined = f"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={key};EndpointSuffix=core.windows.net"
        found |= {
            f"{which}_access_key": key,
            f"{which}_connection_string": joined,
            f"{which}_blob_connection_string": joined,
        }
        for service in ("blob", "dfs", "file", "queue", "table"):
            host = f"{name}{'-secondary' if which == 'secondary' else ''}.{service}.core.windows.net"
            found |= {f"{which}_{service}_endpoint": f"https://{host}/", f"{which}_{service}_host": host}
    return {
        **found,
        "primary_location": text(values, "location"),
        "access_tier": "Hot",
        "large_file_share_enabled": False,
    }


def _cluster(values: Values, seed: str, azure: AzureRm) -> Values:
    where = text(values, "location") or "westeurope"
    private = values.get("private_cluster_enabled") is True
    host = f"{text(values, 'dns_prefix') or values['name']}-{seed[:8]}.hcp.{where}.azmk8s.io"
    authority = base64.b64encode(CERTIFICATE.encode()).decode()
    config = {
        "host": f"https://{host}:443", "username": f"clusterUser_{values.get('resource_group_name')}_{values['name']}", "password": digest(seed, "password", length=64),
        "client_certificate": authority, "client_key": base64.b64encode(b"no key").decode(), "cluster_ca_certificate": authority,
    }  # fmt: skip
    if (
        values.get("local_account_disabled") is True
    ):  # people come with tokens of their own; nothing secret is given out
        config |= {"username": "", "password": "", "client_certificate": "", "client_key": ""}
    nodes = text(values, "node_resource_group") or f"MC_{values.get('resource_group_name')}_{values['name']}_{where}"
    group = f"/subscriptions/{azure.subscription}/resourceGroups/{nodes}"
    kubelet = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{values['name']}-agentpool"
    return {
        "fqdn": "" if private else host, "private_fqdn": host if private else "", "node_resource_group": nodes, "node_resource_group_id": group,
        "oidc_issuer_url": f"https://{where}.oic.prod-aks.azure.com/{azure.tenant}/{guid(seed, 'issuer')}/",
        "kube_config": [config], "kube_config_raw": f"apiVersion: v1\nkind: Config\nclusters: [{{name: {values['name']}, cluster: {{server: '{config['host']}'}}}}]\n",
        "kube_admin_config": [], "kube_admin_config_raw": "", "current_kubernetes_version": text(values, "kubernetes_version") or "1.33.5",
        "kubernetes_version": "1.33.5",
        "kubelet_identity": [{"client_id": guid(seed, "kubelet client"), "object_id": guid(seed, "kubelet"), "user_assigned_identity_id": kubelet}],
    }  # fmt: skip


def _secret(collection: str) -> Callable[[Values, str, AzureRm], Values]:
    def made(values: Values, seed: str, _: AzureRm) -> Values:
        base = f"{text(values, 'key_vault_id')}/{collection}/{values['name']}"
        plain_id = values["id"].rpartition("/")[0]
        return {
            "version": seed,
            "versionless_id": plain_id,
            "resource_id": f"{base}/versions/{seed}",
            "resource_versionless_id": base,
        }

    return made


_MADE: dict[str, Callable[[Values, str, AzureRm], Values]] = {
    "storage_account": _account,
    "kubernetes_cluster": _cluster,
    "key_vault": lambda v, s, a: {"vault_uri": f"https://{v['name']}.vault.azure.net/", "tenant_id": v.get("tenant_id")},
    "key_vault_secret": _secret("secrets"),
    "key_vault_key": _secret("keys"),
    "key_vault_certificate": _secret("certificates"),
    "postgresql_flexible_server": lambda v, s, a: {"fqdn": f"{v['name']}.postgres.database.azure.com", "version": "17", "public_network_access_enabled": v.get("delegated_subnet_id") is None},
    "storage_container": lambda v, s, a: {"url": f"https://{_part(v, 'storage_account_id', 'storageAccounts')}.blob.core.windows.net/{v['name']}"},
    "storage_blob": lambda v, s, a: {"url": v["id"]},
    "container_registry": lambda v, s, a: {"login_server": f"{v['name']}.azurecr.io", "admin_username": v["name"] if v.get("admin_enabled") else "", "admin_password": s if v.get("admin_enabled") else ""},
    "user_assigned_identity": lambda v, s, a: {"client_id": guid(s, "client"), "principal_id": guid(s, "principal")},
    "public_ip": lambda v, s, a: {"ip_address": f"20.{int(s[:2], 16)}.{int(s[2:4], 16)}.{int(s[4:6], 16)}"},
    "public_ip_prefix": lambda v, s, a: {"ip_prefix": f"20.{int(s[:2], 16)}.{int(s[2:4], 16)}.0/28"},
    "log_analytics_workspace": lambda v, s, a: {"workspace_id": guid(s, "workspace")},
    "role_definition": lambda v, s, a: {"role_definition_resource_id": v["id"].partition("|")[0], "role_definition_id": v["id"].partition("|")[0].rpartition("/")[2]},
    "role_assignment": lambda v, s, a: {"name": v["id"].rpartition("/")[2], "role_definition_id": _definition({"name": v.get("role_definition_name")}, a.subscription)["id"], "principal_type": "ServicePrincipal"},
    "private_endpoint": lambda v, s, a: {"network_interface": [{"id": f"{v['id']}.nic", "name": f"{v['name']}.nic"}], "private_service_connection": [{"private_ip_address": f"10.0.{int(s[:2], 16)}.{int(s[2:4], 16)}"} for _ in blocks(v, "private_service_connection")]},
    "subnet": lambda v, s, a: {"network_security_group_id": "", "route_table_id": ""},
    "virtual_network": lambda v, s, a: {"guid": guid(s, "network")},
    "application_insights": lambda v, s, a: {"app_id": guid(s, "app"), "instrumentation_key": guid(s, "key"), "connection_string": f"InstrumentationKey={guid(s, 'key')}"},
}  # fmt: skip
