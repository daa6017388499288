"""Google Cloud: ids and self links, labels, secret values, changes that force replacement, rejected names."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from .base import CERTIFICATE, Overlay, Refusal, Values, blocks, digest, merged, plain, text

PROJECT, NUMBER = "tfcloud-project", "123456789012"
_API = "https://www.googleapis.com"

#: The id of a type; {where} is its location, region or zone. Compute's own have self links that end with their id.
_FORMS = {
    "project_service": "{project}/{service}",
    "compute_network": "projects/{project}/global/networks/{name}",
    "compute_subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "compute_router": "projects/{project}/regions/{region}/routers/{name}",
    "compute_router_nat": "{project}/{region}/{router}/{name}",
    "compute_address": "projects/{project}/regions/{region}/addresses/{name}",
    "compute_forwarding_rule": "projects/{project}/regions/{region}/forwardingRules/{name}",
    "compute_global_address": "projects/{project}/global/addresses/{name}",
    "compute_firewall": "projects/{project}/global/firewalls/{name}",
    "compute_route": "projects/{project}/global/routes/{name}",
    "compute_disk": "projects/{project}/zones/{zone}/disks/{name}",
    "compute_resource_policy": "projects/{project}/regions/{region}/resourcePolicies/{name}",
    "compute_ssl_policy": "projects/{project}/global/sslPolicies/{name}",
    "compute_security_policy": "projects/{project}/global/securityPolicies/{name}",
    "compute_project_metadata_item": "{key}",
    "service_networking_connection": "{network}:{service}",
    "storage_bucket": "{name}",
    "storage_bucket_object": "{bucket}-{name}",
    "storage_notification": "{bucket}/notificationConfigs/{seed}",
    "storage_hmac_key": "projects/{project}/hmacKeys/GOOG{seed}",
    "sql_database_instance": "{name}",
    "sql_database": "projects/{project}/instances/{instance}/databases/{name}",
    "sql_user": "{name}//{instance}",
    "sql_ssl_cert": "projects/{project}/instances/{instance}/sslCerts/{seed}",
    "container_cluster": "projects/{project}/locations/{where}/clusters/{name}",
    "container_node_pool": "projects/{project}/locations/{where}/clusters/{cluster_name}/nodePools/{name}",
    "service_account": "projects/{project}/serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com",
    "service_account_key": "{service_account_id}/keys/{seed}",
    "project_iam_custom_role": "projects/{project}/roles/{role_id}",
    "kms_key_ring": "projects/{project}/locations/{where}/keyRings/{name}",
    "kms_crypto_key": "{key_ring}/cryptoKeys/{name}",
    "secret_manager_secret": "projects/{project}/secrets/{secret_id}",
    "secret_manager_secret_version": "{secret}/versions/1",
    "artifact_registry_repository": "projects/{project}/locations/{where}/repositories/{repository_id}",
    "logging_project_bucket_config": "projects/{project}/locations/{where}/buckets/{bucket_id}",
    "logging_project_sink": "projects/{project}/sinks/{name}",
    "logging_project_exclusion": "projects/{project}/exclusions/{name}",
    "logging_metric": "{name}",
    "dns_managed_zone": "projects/{project}/managedZones/{name}",
    "dns_record_set": "projects/{project}/managedZones/{managed_zone}/rrsets/{name}/{type}",
    "dns_policy": "projects/{project}/policies/{name}",
    "pubsub_topic": "projects/{project}/topics/{name}",
    "pubsub_subscription": "projects/{project}/subscriptions/{name}",
    "iam_workload_identity_pool": "projects/{project}/locations/global/workloadIdentityPools/{workload_identity_pool_id}",
    "iam_workload_identity_pool_provider": "projects/{project}/locations/global/workloadIdentityPools/{workload_identity_pool_id}/providers/{workload_identity_pool_provider_id}",
    "gke_hub_membership": "projects/{project}/locations/global/memberships/{membership_id}",
    "gke_hub_feature": "projects/{project}/locations/{where}/features/{name}",
    "project_service_identity": "projects/{project}/services/{service}",
    "monitoring_alert_policy": "projects/{project}/alertPolicies/{seed}",
    "monitoring_notification_channel": "projects/{project}/notificationChannels/{seed}",
    "monitoring_dashboard": "projects/{project}/dashboards/{seed}",
}  # fmt: skip
#: Types whose `name` is their id.
_NAMED_BY_ID = {
    "service_account", "service_account_key", "project_iam_custom_role", "secret_manager_secret", "secret_manager_secret_version", "gke_hub_membership",
    "logging_project_bucket_config", "iam_workload_identity_pool", "iam_workload_identity_pool_provider", "monitoring_alert_policy", "monitoring_notification_channel",
}  # fmt: skip
#: What a member or a binding is given on: the attribute that names it.
_IAM = re.compile(r"_iam_(member|binding|audit_config)$")
_ON = (
    "bucket",
    "crypto_key_id",
    "secret_id",
    "service_account_id",
    "repository",
    "subnetwork",
    "topic",
    "subscription",
    "project",
)

_NAMES = {
    "google_storage_bucket": ("name", r"(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "must be 3 to 63 lowercase letters, digits, dashes, underscores and dots"),
    "google_service_account": ("account_id", r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])", "must be 6 to 30 characters, lowercase letters, digits and dashes"),
    "google_sql_database_instance": ("name", r"[a-z](?:[-a-z0-9]{0,96}[a-z0-9])?", "must be at most 98 lowercase letters, digits and dashes"),
    "google_container_cluster": ("name", r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?", "must be at most 40 lowercase letters, digits and dashes"),
    "google_container_node_pool": ("name", r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?", "must be at most 40 lowercase letters, digits and dashes"),
    "google_project_iam_custom_role": ("role_id", r"[a-zA-Z0-9_.]{3,64}", "must be 3 to 64 letters, digits, underscores and periods"),
    "google_secret_manager_secret": ("secret_id", r"[a-zA-Z0-9_-]{1,255}", "must be letters, digits, dashes and underscores"),
    "google_artifact_registry_repository": ("repository_id", r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?", "must be at most 63 lowercase letters, digits and dashes"),
    "google_kms_key_ring": ("name", r"[a-zA-Z0-9_-]{1,63}", "must be 1 to 63 letters, digits, dashes and underscores"),
}  # fmt: skip
_COMPUTE_NAME = (r"(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)", "must be at most 63 lowercase letters, digits and dashes")
_LABEL = re.compile(r"[a-z][\w-]{0,62}")
_SQL = {"root_password", "root_password_wo", "server_ca_cert", "replica_configuration.password"}


class Google(Overlay):
    legacy = True
    always_new = {"name", "project", "location", "region", "zone"}
    sensitive = {
        "data.google_client_config": {"access_token"},
        "ephemeral.google_client_config": {"access_token"},
        "ephemeral.google_service_account_access_token": {"access_token"},
        "ephemeral.google_service_account_id_token": {"id_token"},
        "ephemeral.google_service_account_key": {"private_key"},
        "ephemeral.google_secret_manager_secret_version": {"secret_data"},
        "google_container_cluster": {"master_auth.client_key"},
        "data.google_container_cluster": {"master_auth"},
        "google_secret_manager_secret_version": {"secret_data", "secret_data_wo"},
        "data.google_secret_manager_secret_version": {"secret_data"},
        "google_service_account_key": {"private_key"},
        "google_sql_database_instance": _SQL,
        "data.google_sql_database_instance": {"root_password", "server_ca_cert"},
        "google_sql_ssl_cert": {"cert", "private_key", "server_ca_cert"},
        "google_sql_user": {"password", "password_wo"},
        "google_storage_hmac_key": {"secret"},
        "google_storage_bucket_object": {"content"},
    }
    force_new = {
        "google_compute_network": {"auto_create_subnetworks"},
        "google_compute_subnetwork": {"network"},
        "google_compute_router": {"network"},
        "google_compute_router_nat": {"router"},
        "google_compute_global_address": {"*"},
        "google_compute_address": {"address", "address_type", "purpose", "subnetwork"},
        "google_compute_firewall": {"network"},
        "google_compute_route": {"*"},
        "google_service_networking_connection": {"network", "service"},
        "google_storage_bucket_object": {"bucket", "content", "source"},
        "google_sql_database": {"instance"},
        "google_sql_user": {"instance", "host", "type"},
        "google_sql_ssl_cert": {"common_name", "instance"},
        "google_container_cluster": {"network", "subnetwork", "ip_allocation_policy", "initial_node_count", "enable_autopilot", "networking_mode", "datapath_provider"},
        "google_container_node_pool": {"cluster", "initial_node_count", "name_prefix", "max_pods_per_node"},
        "google_service_account": {"account_id"},
        "google_service_account_key": {"*"},
        "google_project_iam_custom_role": {"role_id"},
        "google_project_service": {"service"},
        "google_kms_crypto_key": {"key_ring", "purpose"},
        "google_secret_manager_secret": {"secret_id", "replication"},
        "google_secret_manager_secret_version": {"secret", "secret_data", "secret_data_wo_version", "is_secret_data_base64"},
        "google_artifact_registry_repository": {"repository_id", "format", "kms_key_name", "mode"},
        "google_logging_project_bucket_config": {"bucket_id"},
        "google_compute_disk": {"type", "image", "snapshot", "disk_encryption_key"},
        "google_dns_managed_zone": {"dns_name", "visibility"},
        "google_dns_record_set": {"managed_zone", "type"},
    }  # fmt: skip
    defaults = {
        "google_container_cluster": {"deletion_protection": True},
        "google_sql_database_instance": {"deletion_protection": True},
        "google_compute_network": {"auto_create_subnetworks": True},
    }

    @property
    def project(self) -> str:
        return text(self.settings, "project") or PROJECT

    def _place(self, values: Values) -> dict[str, str]:
        region = text(values, "region", text(self.settings, "region", "us-central1")).rpartition("/")[2]
        zone = text(values, "zone", text(self.settings, "zone", f"{region}-a")).rpartition("/")[2]
        location = text(values, "location", region)
        return {
            "project": text(values, "project") or self.project,
            "region": region,
            "zone": zone,
            "where": location,
            "location": location,
        }

    def forces_new(self, kind: str, attribute: str) -> bool:
        return super().forces_new(kind, attribute) or (_IAM.search(kind) is not None and attribute != "members")

    def refusals(self, kind: str, config: Values) -> list[str]:
        name, pattern, said = _NAMES.get(kind, ("name", ".*", ""))
        if kind.startswith("google_compute_") and kind not in _NAMES:
            pattern, said = _COMPUTE_NAME
        value = config.get(name)
        wrong = (
            [f'"{name}" {said}: {value!r}'] if isinstance(value, str) and not re.fullmatch(pattern, value, re.S) else []
        )
        labels = config.get("labels") if isinstance(config.get("labels"), dict) else {}
        return wrong + [
            f'the key of a label must be lowercase letters, digits, dashes: "{key}"'
            for key in labels or ()
            if not _LABEL.fullmatch(key) or key != key.lower()
        ]

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        for name in ("project", "region", "zone"):
            if (
                prior is None
                and config.get(name) is None
                and self.settings.get(name)
                and name in planned
                and not _IAM.search(kind)
            ):
                planned[name] = (
                    self.settings[name] if name != "zone" or kind == "google_compute_disk" else planned[name]
                )
        asked = config.get("labels")
        if "terraform_labels" not in planned or (asked is not None and not isinstance(asked, dict)):
            return
        own = (
            {}
            if self.settings.get("add_terraform_attribution_label") is False
            else {"goog-terraform-provisioned": "true"}
        )
        if prior is not None and text(self.settings, "terraform_attribution_label_addition_strategy") != "PROACTIVE":
            own = {key: value for key, value in own.items() if key in (prior.get("terraform_labels") or {})}
        planned["terraform_labels"] = merged(self.settings.get("default_labels"), own, asked)
        planned["effective_labels"] = planned["terraform_labels"]

    def made(self, kind: str, values: Values, config: Values) -> Values:
        short, seed = kind.removeprefix("google_"), digest(kind, plain(values), length=20)
        place = self._place(values)
        names = {**{k: v for k, v in values.items() if isinstance(v, str)}, **place, "seed": seed}
        names.setdefault("name", f"{text(values, 'name_prefix') or 'tf-'}{seed[:12]}")
        names["cluster_name"] = text(values, "cluster").rpartition("/")[2]
        own = (
            self._iam_id(values)
            if _IAM.search(kind)
            else _FORMS.get(short, "projects/{project}/{seed}").format_map(names)
        )
        found: Values = {"id": own, "name": own if short in _NAMED_BY_ID else names["name"], **place}
        found["deletion_policy"] = text(self.settings, "deletion_policy") or "DELETE"
        found["self_link"] = f"{_API}/compute/v1/{own}"
        found["etag"], found["create_time"] = f"{seed[:11]}=", "2026-01-01T00:00:00Z"
        more = _MADE.get(short)
        return found | (more({**values, **found}, seed, self) if more else {})

    def _iam_id(self, values: Values) -> str:
        on = next((text(values, name) for name in _ON if text(values, name)), "")
        return "/".join(
            part for part in (on, text(values, "role") or text(values, "service"), text(values, "member")) if part
        )

    def done(self, kind: str, state: Values, config: Values) -> None:
        if kind == "google_secret_manager_secret_version":
            said = (
                config.get("secret_data_wo") if config.get("secret_data_wo") is not None else state.get("secret_data")
            )
            self.secrets[str(state["secret"]).rpartition("/")[2]] = said

    def gone(self, kind: str, state: Values) -> None:
        if kind in self.defaults and state.get("deletion_protection"):
            raise Refusal(
                f"Cannot destroy {state.get('name')} because deletion_protection is set to true. Set it to false to proceed."
            )
        if state.get("deletion_policy") == "PREVENT":
            raise Refusal(f"Cannot destroy {state.get('name')}: its deletion_policy is PREVENT.")

    def taken(self, kind: str, identity: str) -> str | None:
        return (
            None
            if _IAM.search(kind) or kind in ("google_project_service", "google_project_service_identity")
            else f"Error 409: {identity} already exists, alreadyExists"
        )

    def data(self, kind: str, config: Values) -> Values:
        place = self._place(config)
        project = text(config, "project_id") or place["project"]
        region = place["region"]
        known: dict[str, Callable[[], Values]] = {
            "google_client_config": lambda: {"id": f"projects/{self.project}/regions/{region}/zones/{place['zone']}", "project": self.project, "region": text(self.settings, "region"), "zone": text(self.settings, "zone"), "access_token": f"ya29.{digest(self.project)}", "default_labels": merged(self.settings.get("default_labels"))},
            "google_project": lambda: {"id": f"projects/{project}", "project_id": project, "name": project, "number": NUMBER, "deletion_policy": "PREVENT"},
            "google_compute_subnetwork": lambda: {**self.made(kind, config, config), **_SUBNETWORK, "network": f"{_API}/compute/v1/projects/{place['project']}/global/networks/main"},
            "google_storage_bucket": lambda: {**self.made(kind, config, config), "uniform_bucket_level_access": True},
            "google_compute_zones": lambda: {"id": f"projects/{project}/regions/{region}", "project": project, "names": [f"{region}-{letter}" for letter in "abc"], "region": region},
            "google_compute_regions": lambda: {"id": f"projects/{project}", "project": project, "names": ["europe-west1", "us-central1"]},
            "google_container_engine_versions": lambda: _versions(place),
            "google_storage_project_service_account": lambda: _agent(f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com", "email_address"),
            "google_client_openid_userinfo": lambda: {"id": "tester@example.com", "email": "tester@example.com"},
            "google_secret_manager_secret_version": lambda: {"secret_data": self.secrets.get(text(config, "secret").rpartition("/")[2]), "version": text(config, "version") or "1"},
            "google_iam_policy": lambda: {"id": digest(config, length=10)},
        }  # fmt: skip
        if kind in known:
            return known[kind]()
        found = self.made(kind, config, config) if kind.removeprefix("google_") in _FORMS else {}
        return {"ip_cidr_range": "10.0.0.0/20", **found} if kind == "google_compute_subnetwork" else found

    def ephemeral(self, kind: str, config: Values) -> Values:
        if kind == "google_secret_manager_secret_version":
            # One that nobody wrote here is somebody else's: an account in a database.
            theirs = '{"username": "theirs", "password": "from-the-secret"}'
            return {"secret_data": self.secrets.get(text(config, "secret").rpartition("/")[2], theirs), "version": "1"}
        if kind == "google_client_config":
            return {"access_token": f"ya29.{digest(self.project)}", "project": self.project}
        return {}


#: A subnetwork that exists, in the network `main`, as examples name it.
_SUBNETWORK: Values = {
    "ip_cidr_range": "10.40.0.0/20",
    "private_ip_google_access": True,
    "secondary_ip_range": [
        {"range_name": "pods", "ip_cidr_range": "10.44.0.0/16"},
        {"range_name": "services", "ip_cidr_range": "10.40.16.0/20"},
    ],
}


def _agent(email: str, attribute: str = "email") -> Values:
    return {"id": email, attribute: email, "member": f"serviceAccount:{email}"}


def _versions(place: dict[str, str]) -> Values:
    known = ["1.34.1-gke.1000000", "1.33.5-gke.1000000"]
    channels = dict.fromkeys(("EXTENDED", "STABLE", "REGULAR", "RAPID"), known[0])
    return {
        "id": place["where"], "valid_master_versions": known, "valid_node_versions": known, "latest_master_version": known[0], "latest_node_version": known[0],
        "default_cluster_version": known[1], "release_channel_default_version": channels, "release_channel_latest_version": channels,
    }  # fmt: skip


def _address(seed: str, private: bool = False) -> str:
    numbers = [int(seed[i : i + 2], 16) for i in (0, 2, 4)]
    return f"10.{numbers[0]}.{numbers[1]}.{numbers[2]}" if private else f"34.{numbers[0]}.{numbers[1]}.{numbers[2]}"


def _sql(values: Values, seed: str, _: Google) -> Values:
    network = next((inner for outer in blocks(values, "settings") for inner in blocks(outer, "ip_configuration")), {})
    private, public = bool(network.get("private_network")), network.get("ipv4_enabled") is not False
    place = f"{values['project']}:{values['region']}:{values['name']}"
    addresses = [{"ip_address": _address(seed), "type": "PRIMARY", "time_to_retire": ""}] if public else []
    addresses += [{"ip_address": _address(seed, True), "type": "PRIVATE", "time_to_retire": ""}] if private else []
    return {
        "connection_name": place, "ip_address": addresses, "first_ip_address": addresses[0]["ip_address"] if addresses else "",
        "private_ip_address": _address(seed, True) if private else "", "public_ip_address": _address(seed) if public else "",
        "self_link": f"https://sqladmin.googleapis.com/sql/v1beta4/projects/{values['project']}/instances/{values['name']}",
        "service_account_email_address": f"p{NUMBER}-{seed[:6]}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "server_ca_cert": [{"cert": CERTIFICATE, "common_name": "tfcloud", "create_time": "2026-01-01T00:00:00Z", "expiration_time": "2099-01-01T00:00:00Z", "sha1_fingerprint": seed}],
    }  # fmt: skip


def _cluster(values: Values, seed: str, _: Google) -> Values:
    authority = base64.b64encode(CERTIFICATE.encode()).decode()
    return {
        "endpoint": _address(seed), "master_version": text(values, "min_master_version") or "1.34.1-gke.1000000", "node_version": "1.34.1-gke.1000000",
        "master_auth": [{"client_certificate": "", "client_key": "", "cluster_ca_certificate": authority}],
        "self_link": f"https://container.googleapis.com/v1/{values['id']}", "services_ipv4_cidr": "34.118.224.0/20", "cluster_ipv4_cidr": "10.88.0.0/14",
    }  # fmt: skip


def _account(values: Values, seed: str, _: Google) -> Values:
    email = f"{values['account_id']}@{values['project']}.iam.gserviceaccount.com"
    return {"email": email, "member": f"serviceAccount:{email}", "unique_id": str(int(seed, 16))[:21]}


_MADE: dict[str, Callable[[Values, str, Google], dict[str, Any]]] = {
    "sql_database_instance": _sql,
    "container_cluster": _cluster,
    "service_account": _account,
    "storage_bucket": lambda v, s, g: {"url": f"gs://{v['name']}", "self_link": f"{_API}/storage/v1/b/{v['name']}", "project_number": int(NUMBER)},
    "storage_bucket_object": lambda v, s, g: {"self_link": f"{_API}/storage/v1/b/{v['bucket']}/o/{v['name']}", "output_name": v["name"], "media_link": f"{_API}/download/storage/v1/b/{v['bucket']}/o/{v['name']}?alt=media"},
    "storage_hmac_key": lambda v, s, g: {"access_id": f"GOOG1E{s.upper()}", "secret": base64.b64encode(s.encode() * 2).decode()[:40], "state": "ACTIVE"},
    "compute_global_address": lambda v, s, g: {"address": _address(s, v.get("address_type") == "INTERNAL"), "prefix_length": v.get("prefix_length")},
    "compute_address": lambda v, s, g: {"address": _address(s, v.get("address_type") == "INTERNAL")},
    "compute_subnetwork": lambda v, s, g: {"gateway_address": re.sub(r"\d+/.*", "1", text(v, "ip_cidr_range"))},
    "artifact_registry_repository": lambda v, s, g: {"name": v["repository_id"], "registry_uri": f"{v['where']}-docker.pkg.dev/{v['project']}/{v['repository_id']}"},
    "secret_manager_secret_version": lambda v, s, g: {"version": "1"},
    "service_networking_connection": lambda v, s, g: {"peering": str(v["service"]).replace(".", "-")},
    "logging_project_sink": lambda v, s, g: {"writer_identity": f"serviceAccount:service-{NUMBER}@gcp-sa-logging.iam.gserviceaccount.com"},
    "dns_managed_zone": lambda v, s, g: {"name_servers": [f"ns-cloud-a{n}.googledomains.com." for n in range(1, 5)]},
    "project_service_identity": lambda v, s, g: _agent(f"service-{NUMBER}@{str(v['service']).partition('.')[0]}.iam.gserviceaccount.com") | {"id": v["id"]},
    "kms_crypto_key": lambda v, s, g: {"primary": [{"name": f"{v['id']}/cryptoKeyVersions/1", "state": "ENABLED"}]},
    "compute_network": lambda v, s, g: {"numeric_id": str(int(s, 16))[:19], "network_id": str(int(s, 16))[:19]},
    "service_account_key": lambda v, s, g: {"private_key": base64.b64encode(b'{"type": "service_account"}').decode(), "public_key": base64.b64encode(CERTIFICATE.encode()).decode()},
}  # fmt: skip
