"""What is known of the resources of Google Cloud."""

# ruff: noqa: E501 - a fact is one line
from __future__ import annotations

import json
import re
from typing import Any

from ..cidr import EVERYWHERE
from .base import (
    Facts,
    Presence,
    Reach,
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
    "google_sql_user": "an account of the database",
    "google_kms_crypto_key": "the key, without which what it encrypts can never be read again",
    "google_secret_manager_secret": "a password",
    "google_secret_manager_secret_version": "a password",
    "google_artifact_registry_repository": "images",
    "google_container_cluster": "the cluster, and all that runs in it",
    "google_container_node_pool": "the tasks that run on its machines",
    "google_compute_disk": "what is on the disk",
    "google_pubsub_topic": "messages",
    "google_pubsub_subscription": "messages",
}

_PROTECTION = "deletion protection goes"
_ANEW = "its machines are made anew; tasks that run on them end"
_BACKUP = "settings.backup_configuration"
_ADDRESS = "settings.ip_configuration"
_SSL = falls("ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
_POLICY = Weaker("deletion_policy", "data loss", _PROTECTION, leaves("PREVENT"))
_WEAKER = {
    "google_storage_bucket": (
        _POLICY,
        Weaker("versioning.enabled", "data loss", "old versions are no longer kept", leaves(True)),
        Weaker("soft_delete_policy.retention_duration_seconds", "data loss", "what is deleted is kept for less time", sinks),
        Weaker("retention_policy.retention_period", "data loss", "objects may be deleted sooner", sinks),
        Weaker("force_destroy", "data loss", "it may now be removed with all it holds", becomes(True)),
        Weaker("public_access_prevention", "exposure", "the bucket may become public", leaves("enforced")),
        Weaker("uniform_bucket_level_access", "exposure", "single objects may be shared with anybody", leaves(True)),
    ),
    "google_sql_database_instance": (
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
        Weaker("settings.deletion_protection_enabled", "data loss", _PROTECTION, leaves(True)),
        Weaker(f"{_BACKUP}.enabled", "data loss", "no backups are kept any more", leaves(True)),
        Weaker(f"{_BACKUP}.point_in_time_recovery_enabled", "data loss", "it can no longer be taken back to a moment", leaves(True)),
        Weaker(f"{_BACKUP}.transaction_log_retention_days", "data loss", "it can be taken back for fewer days", sinks),
        Weaker(f"{_BACKUP}.backup_retention_settings.retained_backups", "data loss", "fewer backups are kept", sinks),
        Weaker("settings.retain_backups_on_delete", "data loss", "backups go with the database", leaves(True)),
        Weaker("settings.final_backup_config.enabled", "data loss", "no last backup is made when it is removed", leaves(True)),
        Weaker(f"{_ADDRESS}.ipv4_enabled", "exposure", "gets a public address", becomes(True)),
        Weaker(f"{_ADDRESS}.ssl_mode", "exposure", "connections may be less secure", _SSL),
    ),
    "google_kms_crypto_key": (_POLICY,),
    "google_artifact_registry_repository": (_POLICY,),
    "google_secret_manager_secret": (
        _POLICY,
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
    ),
    "google_container_cluster": (
        Weaker("deletion_protection", "data loss", _PROTECTION, leaves(True)),
        Weaker("private_cluster_config.enable_private_nodes", "exposure", "machines get public addresses", leaves(True)),
        Weaker("network_policy.enabled", "exposure", "policies of the network no longer hold", leaves(True)),
        Weaker("master_authorized_networks_config.gcp_public_cidrs_access_enabled", "exposure", "every machine of Google Cloud may come in", becomes(True)),
        Weaker("control_plane_endpoints_config.dns_endpoint_config.allow_external_traffic", "exposure", "its API is reached by name from the internet", becomes(True)),
        Weaker("enable_legacy_abac", "iam", "everybody who gets in may do everything", becomes(True)),
        Weaker("master_auth.client_certificate_config.issue_client_certificate", "iam", "a certificate gets in, without a sign-on", becomes(True)),
        Weaker("workload_identity_config.workload_pool", "iam", "pods act as their machines", gone),
    ),
    "google_container_node_pool": (
        *(Weaker(f"node_config.{name}", "replacement", _ANEW, changes) for name in ("machine_type", "disk_size_gb", "disk_type", "image_type")),
        Weaker("network_config.enable_private_nodes", "exposure", "machines get public addresses", leaves(True)),
        Weaker("node_config.workload_metadata_config.mode", "iam", "pods act as their machines", leaves("GKE_METADATA")),
    ),
}  # fmt: skip
_OPENS_ACCESS = {
    "google_compute_address": Presence("a public address", {"address_type": "EXTERNAL"}),
    "google_compute_global_address": Presence("a public address", {"address_type": "EXTERNAL"}),
    "google_sql_database_instance": Presence("a database gets a public address", {f"{_ADDRESS}.ipv4_enabled": True}),
    "google_compute_forwarding_rule": Presence(
        "a load balancer becomes reachable from the internet",
        {"load_balancing_scheme": ("EXTERNAL", "EXTERNAL_MANAGED")},
    ),
}


def _rule(values: Values, block: str) -> list[Any]:
    """Where no source is said, Google means everybody."""
    is_ingress = values.get("direction") == "INGRESS" and values.get("disabled") is not True
    if not is_ingress or not every(values, block):
        return []
    tags = [*every(values, "source_tags"), *every(values, "source_service_accounts")]
    return [*every(values, "source_ranges"), *tags] or [EVERYWHERE]


def _open_ports(values: Values) -> list[Any]:
    return [port for block in values.get("allow") or [] for port in every(block, "ports") or ["*"]]


def _cluster(values: Values) -> list[Any]:
    """The API of a cluster: without the block everybody gets in, with an empty one nobody."""
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

#: Any resource's rights have the same three forms.
_IAM = re.compile(r"google_(?P<on>.+)_iam_(?P<form>member|binding|policy)")
_PROJECT = ("project", "folder", "organization", "organizations")
_NOT_PLACES = ("id", "etag", "role", "member", "condition", "project", "location")


def _given(kind: str, values: Values) -> list[Right]:
    match = _IAM.fullmatch(kind)
    if kind in ("google_service_account_key", "google_storage_hmac_key"):
        account = (
            values.get("service_account_id") or values.get("service_account_email") or "an account that is made with it"
        )
        return [Right("whoever has the new key", "act as", str(account))]
    if match is None:
        return []
    place = _place(match["on"], values)
    bindings = [values] if match["form"] != "policy" else _of_policy(values.get("policy_data"))
    return [_right(binding, str(member), place) for binding in bindings for member in _members(binding)]


def _place(on: str, values: Values) -> str:
    """What a right is a right to: the project and its like by name, anything else by the argument that names it."""
    if on in _PROJECT:
        return f"{on} {first(values, on) or first(values, 'org_id') or '?'}"
    names = [str(value) for key, value in sorted(values.items()) if isinstance(value, str) and key not in _NOT_PLACES]
    return names[0] if names else f"a {on.replace('_', ' ')} that is made with it"


def _members(binding: Values) -> list[Any]:
    return [*every(binding, "member"), *every(binding, "members")] or ["what is made with it"]


def _right(binding: Values, member: str, place: str) -> Right:
    condition = first(binding, "condition.expression") or ""
    return Right(member, f"do what {binding.get('role')} says", place, str(condition))


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
    """Owner, editor or an administrator of a whole project, or of what is above it."""
    match = _IAM.fullmatch(kind)
    role = right.what.removeprefix("do what ").removesuffix(" says").lower()
    is_mighty = role in ("roles/owner", "roles/editor") or role.endswith("admin")
    return match is not None and match["on"] in _PROJECT and is_mighty


GOOGLE = Facts(
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
