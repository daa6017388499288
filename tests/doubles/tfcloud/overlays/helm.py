"""Helm: releases are identified by namespace and name, and are stored."""

from __future__ import annotations

import json
import re

from tests.doubles.tfcloud.values import UNKNOWN

from .base import Overlay, Refusal, Values, exec_command, text, token_refusals

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_SECRET = {"repository_password", "set_sensitive.value", "set_wo.value"}


class Helm(Overlay):
    always_new = {"name", "namespace"}
    sensitive = {"helm_release": _SECRET, "data.helm_template": {"repository_password", "set_sensitive.value"}}
    defaults = {
        "helm_release": {
            "namespace": "default", "timeout": 300, "wait": True, "wait_for_jobs": False, "atomic": False, "cleanup_on_fail": False, "create_namespace": False, "dependency_update": False,
            "disable_crd_hooks": False, "disable_openapi_validation": False, "disable_webhooks": False, "force_update": False, "lint": False, "max_history": 0,
            "pass_credentials": False, "recreate_pods": False, "render_subchart_notes": True, "replace": False, "reset_values": False, "reuse_values": False,
            "skip_crds": False, "verify": False,
        }
    }  # fmt: skip

    def configure(self, config: Values) -> list[str]:
        return [*super().configure(config), *token_refusals((config.get("kubernetes") or {}).get("token"))]

    def exec_plugin(self, config: Values) -> list[str]:
        return exec_command((config.get("kubernetes") or {}).get("exec"))

    def refusals(self, kind: str, config: Values) -> list[str]:
        name = config.get("name")
        if not isinstance(name, str) or (_NAME.fullmatch(name) and len(name) <= 53):
            return []
        return [f"invalid release name, must match regex and the length must not be longer than 53: {name}"]

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        """Every change creates a new revision, so the metadata of the release is unknown in the plan."""
        if prior is not None and any(planned.get(name) != prior.get(name) for name in planned if name != "metadata"):
            planned["metadata"] = UNKNOWN

    def made(self, kind: str, values: Values, config: Values) -> Values:
        return self._release(values, 1)

    def changed(self, kind: str, values: Values, config: Values) -> Values:
        return self._release(values, 2)

    def _release(self, values: Values, revision: int) -> Values:
        chart = text(values, "chart").rstrip("/").rpartition("/")[2]
        version = text(values, "version") or "1.0.0"
        metadata = {
            "app_version": version, "chart": chart, "first_deployed": 1767225600, "last_deployed": 1767225600 + revision - 1, "name": values["name"], "namespace": values["namespace"],
            "notes": "", "revision": revision, "values": json.dumps({}), "version": version,
        }  # fmt: skip
        return {"id": values["name"], "metadata": metadata, "status": "deployed", "version": version, "manifest": ""}

    def identity(self, kind: str, state: Values) -> str | None:
        return f"{state.get('namespace')}/{state.get('name')}"

    def taken(self, kind: str, identity: str) -> str | None:
        return "installation failed: cannot re-use a name that is still in use"

    def data(self, kind: str, config: Values) -> Values:
        raise Refusal(f"helm_template needs the chart {config.get('chart')}, and charts cannot be rendered here")
