"""A cluster: objects are identified by namespace and name, and are stored."""

from __future__ import annotations

import re
from typing import Any

from tests.doubles.tfcloud.values import plain

from .base import Overlay, Values, blocks, exec_command, guid, text, token_refusals

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
#: Objects whose names may hold more: rbac allows what a path segment may hold.
_FREE = {"role", "role_binding", "cluster_role", "cluster_role_binding"}
_SECRET = {"data", "binary_data", "data_wo", "binary_data_wo"}
_READ = {"data", "binary_data"}
_CLUSTER_WIDE = {
    "namespace", "cluster_role", "cluster_role_binding", "storage_class", "priority_class", "persistent_volume", "api_service", "csi_driver", "ingress_class",
    "mutating_webhook_configuration", "validating_webhook_configuration", "runtime_class", "certificate_signing_request", "node_taint",
}  # fmt: skip


class Kubernetes(Overlay):
    legacy = True
    appearing = {}
    always_new = {"metadata.name", "metadata.namespace", "metadata.generate_name"}
    sensitive = {
        "kubernetes_secret": _SECRET, "kubernetes_secret_v1": _SECRET, "data.kubernetes_secret": _READ, "data.kubernetes_secret_v1": _READ, "kubernetes_secret_v1_data": {"data"},
        "kubernetes_token_request_v1": {"token"}, "ephemeral.kubernetes_token_request_v1": {"token"},
    }  # fmt: skip
    force_new = {
        "kubernetes_secret": {"type"}, "kubernetes_secret_v1": {"type"}, "kubernetes_job_v1": {"spec"},
        "kubernetes_role_binding": {"role_ref"}, "kubernetes_role_binding_v1": {"role_ref"},
        "kubernetes_cluster_role_binding": {"role_ref"}, "kubernetes_cluster_role_binding_v1": {"role_ref"},
        "kubernetes_storage_class_v1": {"parameters", "storage_provisioner", "volume_binding_mode"}, "kubernetes_storage_class": {"parameters", "storage_provisioner", "volume_binding_mode"},
        "kubernetes_priority_class_v1": {"value"}, "kubernetes_priority_class": {"value"},
    }  # fmt: skip

    def configure(self, config: Values) -> list[str]:
        return [*super().configure(config), *token_refusals(config.get("token"))]

    def exec_plugin(self, config: Values) -> list[str]:
        return exec_command(next(iter(blocks(config, "exec")), None))

    def family(self, kind: str) -> str:
        return re.sub(r"_v\d+(beta\d+)?$", "", kind)

    def _short(self, kind: str) -> str:
        return self.family(kind).removeprefix("kubernetes_")

    def refusals(self, kind: str, config: Values) -> list[str]:
        if kind == "kubernetes_manifest":
            return _manifest_refusals(config.get("manifest"))
        name = _metadata(config).get("name")
        if self._short(kind) in _FREE or not isinstance(name, str) or _NAME.fullmatch(name):
            return []
        return [
            f'metadata.0.name a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, got "{name}"'
        ]

    def made(self, kind: str, values: Values, config: Values) -> Values:
        if kind == "kubernetes_manifest":
            return {"object": values.get("manifest")}
        known = _metadata(values)
        name = text(known, "name") or f"{text(known, 'generate_name')}{guid(kind, str(values))[:5]}"
        wide = self._short(kind) in _CLUSTER_WIDE
        where = "" if wide else text(known, "namespace", "default")
        own = name if wide else f"{where}/{name}"
        metadata = {"name": name, "generation": 1, "resource_version": "1", "uid": guid(kind, own)}
        if not wide:
            metadata["namespace"] = where
        return {"id": own, "metadata": [metadata], "status": _status(self._short(kind), values)}

    def identity(self, kind: str, state: Values) -> str | None:
        if kind != "kubernetes_manifest":
            return super().identity(kind, state)
        manifest = plain(state.get("manifest")) or {}
        meta = manifest.get("metadata") or {}
        return f"{manifest.get('apiVersion')}/{manifest.get('kind')}/{meta.get('namespace')}/{meta.get('name')}"

    def taken(self, kind: str, identity: str) -> str | None:
        if self._short(kind) in ("annotations", "labels", "env", "config_map_v1_data", "secret_v1_data", "node_taint"):
            return None
        return f'{self._short(kind).replace("_", "")}s "{identity.rpartition("/")[2]}" already exists'

    def data(self, kind: str, config: Values) -> Values:
        if kind == "kubernetes_server_version":
            return {"id": "1.34", "version": "1.34.1", "git_version": "v1.34.1", "major": "1", "minor": "34"}
        return {
            "id": "/".join(
                part for part in (text(_metadata(config), "namespace"), text(_metadata(config), "name")) if part
            )
        }


def _metadata(values: Values) -> Values:
    found = values.get("metadata")
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def _manifest_refusals(manifest: Any) -> list[str]:
    manifest = plain(manifest)
    if not isinstance(manifest, dict):
        return []
    wrong = [
        f"Missing required attribute: '{key}'" for key in ("apiVersion", "kind", "metadata") if key not in manifest
    ]
    return wrong + (["Forbidden attribute key in \"manifest\" value: 'status'"] if "status" in manifest else [])


def _status(short: str, values: Values) -> list[Values]:
    """The address of a load balancer, for objects that have one."""
    balanced = short == "ingress" or any(spec.get("type") == "LoadBalancer" for spec in blocks(values, "spec"))
    return [{"load_balancer": [{"ingress": [{"hostname": "", "ip": "10.0.0.10"}] if balanced else []}]}]
