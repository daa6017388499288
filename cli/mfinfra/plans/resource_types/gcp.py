"""Resource rules of Google Cloud."""

# ruff: noqa: E501 - one line for each rule
from __future__ import annotations

import json
import re
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
    falls,
    first,
    gone,
    leaves,
    sinks,
)

_RUNS = "the metadata of all runs"
_STATEFUL = {
    "google_storage_bucket": "runs and artifacts",
    "google_storage_bucket_object": "a file",
    "google_sql_database_instance": _RUNS,
    "google_sql_database": _RUNS,
    "google_sql_user": "a user of the database",
    "google_kms_crypto_key": "the key; data encrypted with it becomes unreadable",
    "google_secret_manager_secret": "a password",
    "google_secret_manager_secret_version": "a password",
    "google_artifact_registry_repository": "images",
    "google_container_cluster": "the cluster and everything that runs in it",
    "google_container_node_pool": "the tasks that run on its nodes",
    "google_compute_disk": "the data on the disk",
    "google_pubsub_topic": "messages",
    "google_pubsub_subscription": "messages",
}

_PROTECTION = "removes deletion protection"
_REPLACED = "its nodes are replaced; the tasks on them are stopped"
_BACKUP = "settings.backup_configuration"
_ADDRESS = "settings.ip_configuration"
_SSL = falls("ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
_POLICY = Weaker("deletion_policy", "data loss", _PROTECTION, leaves("PREVENT"))
_WEAKER = {
    "google_storage_bucket": (
        _POLICY,
        Weaker("versioning.enabled", "data loss", "stops keeping old versions", leaves(True)),
        Weaker("soft_delete_policy.retention_duration_seconds", "data loss", "keeps deleted objects for less time", sinks),
        Weaker("retention_policy.retention_period", "data loss", "objects can be deleted sooner", sinks),
        Weaker("force_destroy", "data loss", "allows deleting the bucket with all its objects", becomes(True)),
        Weaker("public_access_prevention", "exposure", "may make the bucket public", leaves("enforced")),
        Weaker("uniform_bucket_level_access", "exposure", "individual objects can be shared with everyone", leaves(True)),
    ),
    "google_sql_database_instance": (
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
        Weaker("settings.deletion_protection_enabled", "data loss", _PROTECTION, leaves(True)),
        Weaker(f"{_BACKUP}.enabled", "data loss", "disables backups", leaves(True)),
        Weaker(f"{_BACKUP}.point_in_time_recovery_enabled", "data loss", "disables point-in-time recovery", leaves(True)),
        Weaker(f"{_BACKUP}.transaction_log_retention_days", "data loss", "keeps the logs for point-in-time recovery for fewer days", sinks),
        Weaker(f"{_BACKUP}.backup_retention_settings.retained_backups", "data loss", "keeps fewer backups", sinks),
        Weaker("settings.retain_backups_on_delete", "data loss", "backups are deleted with the database", leaves(True)),
        Weaker("settings.final_backup_config.enabled", "data loss", "no final backup is created when it is deleted", leaves(True)),
        Weaker(f"{_ADDRESS}.ipv4_enabled", "exposure", "gets a public address", becomes(True)),
        Weaker(f"{_ADDRESS}.ssl_mode", "exposure", "connections can be less secure", _SSL),
    ),
    "google_kms_crypto_key": (_POLICY,),
    "google_artifact_registry_repository": (_POLICY,),
    "google_secret_manager_secret": (
        _POLICY,
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
    ),
    "google_container_cluster": (
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
        Weaker("private_cluster_config.enable_private_nodes", "exposure", "nodes get public addresses", leaves(True)),
        Weaker("network_policy.enabled", "exposure", "disables network policies", leaves(True)),
        Weaker("master_authorized_networks_config.gcp_public_cidrs_access_enabled", "exposure", "grants access to all public addresses of Google Cloud", becomes(True)),
        Weaker("control_plane_endpoints_config.dns_endpoint_config.allow_external_traffic", "exposure", "its API server becomes reachable by DNS name from the internet", becomes(True)),
        Weaker("enable_legacy_abac", "iam", "every user with access can do everything", becomes(True)),
        Weaker("master_auth.client_certificate_config.issue_client_certificate", "iam", "allows access with a client certificate, without signing in", becomes(True)),
        Weaker("workload_identity_config.workload_pool", "iam", "pods use the identity of their node", gone),
    ),
    "google_container_node_pool": (
        *(Weaker(f"node_config.{name}", "replacement", _REPLACED, changes) for name in ("machine_type", "disk_size_gb", "disk_type", "image_type")),
        Weaker("network_config.enable_private_nodes", "exposure", "nodes get public addresses", leaves(True)),
        Weaker("node_config.workload_metadata_config.mode", "iam", "pods use the identity of their node", leaves("GKE_METADATA")),
    ),
}  # fmt: skip
_OPENS_ACCESS = {
    "google_compute_address": Presence("creates a public address", {"address_type": "EXTERNAL"}),
    "google_compute_global_address": Presence("creates a public address", {"address_type": "EXTERNAL"}),
    "google_sql_database_instance": Presence("a database gets a public address", {f"{_ADDRESS}.ipv4_enabled": True}),
    "google_compute_forwarding_rule": Presence(
        "a load balancer becomes reachable from the internet",
        {"load_balancing_scheme": ("EXTERNAL", "EXTERNAL_MANAGED")},
    ),
}


def _rule(values: Values, block: str) -> list[Any]:
    """The sources of an ingress rule. A rule without sources applies to all."""
    is_ingress = values.get("direction") == "INGRESS" and values.get("disabled") is not True
    if not is_ingress or not every(values, block):
        return []
    tags = [*every(values, "source_tags"), *every(values, "source_service_accounts")]
    return [*every(values, "source_ranges"), *tags] or [EVERYWHERE]


def _open_ports(values: Values) -> list[Any]:
    return [port for block in values.get("allow") or [] for port in every(block, "ports") or ["*"]]


def _cluster(values: Values) -> list[Any]:
    """Sources with access to the API server: all without the block, none if it is empty."""
    if not values or first(values, "private_cluster_config.enable_private_endpoint") is True:
        return []
    return every(values, _BLOCKS) if every(values, _BLOCKS.partition(".")[0]) else [EVERYWHERE]


def _database(values: Values) -> list[Any]:
    is_public = first(values, f"{_ADDRESS}.ipv4_enabled") is True
    return every(values, f"{_ADDRESS}.authorized_networks.value") if is_public else []


_BLOCKS = "master_authorized_networks_config.cidr_blocks.cidr_block"
_REACH = {
    "google_compute_firewall": Reach(lambda values: _rule(values, "allow"), ("source_ranges",), adds=True),
    "google_container_cluster": Reach(_cluster, (_BLOCKS,)),
    "google_sql_database_instance": Reach(_database, (f"{_ADDRESS}.authorized_networks.value",)),
}
_DENIED = {"google_compute_firewall": lambda values: _rule(values, "deny")}

#: The IAM resources of every type have the same three forms.
_IAM = re.compile(r"google_(?P<on>.+)_iam_(?P<form>member|binding|policy)")
_PROJECT = ("project", "folder", "organization", "organizations")
_NOT_PLACES = ("id", "etag", "role", "member", "condition", "project", "location")


def _given(kind: str, values: Values) -> list[Right]:
    match = _IAM.fullmatch(kind)
    if kind in ("google_service_account_key", "google_storage_hmac_key"):
        account = (
            values.get("service_account_id") or values.get("service_account_email") or "an account (known after apply)"
        )
        return [Right("the owner of the new key", f"act as {account}")]
    if match is None:
        return []
    place = _place(match["on"], values)
    bindings = [values] if match["form"] != "policy" else _of_policy(values.get("policy_data"))
    return [_right(binding, str(member), place) for binding in bindings for member in _members(binding)]


def _place(on: str, values: Values) -> str:
    """The resource of a permission: a project, folder or organization by its name, others by the naming argument."""
    if on in _PROJECT:
        return f"{on} {first(values, on) or first(values, 'org_id') or '?'}"
    names = [str(value) for key, value in sorted(values.items()) if isinstance(value, str) and key not in _NOT_PLACES]
    return names[0] if names else f"a {on.replace('_', ' ')} (known after apply)"


def _members(binding: Values) -> list[Any]:
    return [*every(binding, "member"), *every(binding, "members")] or ["a member (known after apply)"]


def _right(binding: Values, member: str, place: str) -> Right:
    condition = first(binding, "condition.expression") or ""
    return Right(member, f"use the permissions of {binding.get('role')}", place, str(condition))


def _of_policy(text: Any) -> list[Values]:
    try:
        found = json.loads(text).get("bindings")
    except (TypeError, ValueError, AttributeError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _defined(kind: str, values: Values) -> list[Right]:
    is_role = kind in ("google_project_iam_custom_role", "google_organization_iam_custom_role")
    return [Right("", str(name)) for name in every(values, "permissions")] if is_role else []


def _is_too_much(kind: str, right: Right) -> bool:
    """Whether it grants owner, editor or an admin role on a project, folder or organization."""
    match = _IAM.fullmatch(kind)
    role = right.what.removeprefix("use the permissions of ").lower()
    is_mighty = role in ("roles/owner", "roles/editor") or role.endswith("admin")
    return match is not None and match["on"] in _PROJECT and is_mighty


GOOGLE = ResourceRules(
    _STATEFUL,
    _WEAKER,
    opens_access=_OPENS_ACCESS,
    reach=_REACH,
    ports={"google_compute_firewall": _open_ports},
    denied=_DENIED,
    given=_given,
    defined=_defined,
    is_too_much=_is_too_much,
)
