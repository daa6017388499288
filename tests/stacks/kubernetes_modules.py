"""The modules of Kubernetes, each with what a sandbox and what a large stack tells it, planned by the real terraform."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.programs import ROOT

MODULES = ROOT / "terraform" / "modules" / "kubernetes"
PROVIDERS = """
provider "kubernetes" {
  host = "https://127.0.0.1"
}
provider "helm" {
  kubernetes = { host = "https://127.0.0.1" }
}
"""
SYSTEM: dict[str, Any] = {
    "node_selector": {"mfinfra.dev/pool": "system"},
    "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
}
PRODUCTION: dict[str, Any] = {**SYSTEM, "high_availability": True}
PASSWORD = "not-a-secret-of-thirty-two-letters"
DATABASE: dict[str, Any] = {
    "database": {"host": "db.example.com", "port": 5432, "name": "x"},
    "database_account": {"username": "x", "password": PASSWORD},
}
ARGO: dict[str, Any] = {"chart_version": "1.0.0", "namespaces": ["flows", "research"], **DATABASE}
EVENTS: dict[str, Any] = {
    "chart_version": "1.0.0",
    "jetstream_version": "2.14.4",
    "exporter_version": "0.20.1",
    "reloader_version": "0.23.0",
    "namespaces": ["flows", "research"],
    "default_namespace": "flows",
}
AIRFLOW: dict[str, Any] = {
    "chart_version": "1.0.0",
    "airflow_version": "3.2.2",
    "sync_image": "rclone:1",
    "namespaces": ["flows"],
    "secrets": dict.fromkeys(("fernet_password", "api_secret_key", "jwt_secret", "admin_password"), PASSWORD),
    **DATABASE,
}
IDENTITY: dict[str, Any] = {
    "service_account_annotations": {"azure.workload.identity/client-id": "x"},
    "pod_labels": {"azure.workload.identity/use": "true"},
}
S3 = {"bucket": "b", "endpoint": "s3.example.com", "region": "eu-west-1"}
AZURE = {"endpoint": "https://a.blob.core.windows.net", "container": "c"}
WASB = {"url": "wasb://c/x/dags", "account": "a"}

#: module -> what it is told, twice or more
WISHES: dict[str, list[dict[str, Any]]] = {
    "argo_workflows": [
        {**ARGO, "artifact_repository": {"prefix": "x", "s3": S3}},
        {**ARGO, **PRODUCTION, **IDENTITY, "metrics": True, "artifact_repository": {"prefix": "x", "azure": AZURE}},
        {**ARGO, **PRODUCTION, **IDENTITY, "artifact_repository": {"prefix": "x", "gcs": {"bucket": "b"}}},
    ],
    "argo_events": [EVENTS, {**EVENTS, **PRODUCTION, "metrics": True, "storage_class": "encrypted", "labels": {"a": "b"}}],
    "airflow": [
        {**AIRFLOW, "connection": "aws://", "log_url": "s3://b/x/logs", "dags": {"url": "s3://b/x/dags"}},
        {**AIRFLOW, **PRODUCTION, **IDENTITY, "connection": "{}", "log_url": "wasb://c/x/logs", "dags": WASB},
        {**AIRFLOW, "connection": "google-cloud-platform://", "log_url": "gs://b/x", "dags": {"repository": "https://example.com/x"}},
    ],
    "jobset": [{"chart_version": "1.0.0"}, {"chart_version": "1.0.0", **PRODUCTION}],
    "gpu": [{"chart_version": "1.0.0", "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}],
    "autoscaler": [
        {"chart_version": "1.0.0", "image_tag": "v1", "cluster_name": "x", "region": "eu-west-1", "metrics": True, **PRODUCTION}
    ],
}  # fmt: skip


def planned(noun: str, wish: dict[str, Any], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The plan of a module as JSON."""
    shutil.copytree(MODULES / noun, folder, ignore=shutil.ignore_patterns("tests"))
    (folder / "providers.tf").write_text(PROVIDERS)
    (folder / "terraform.tfvars.json").write_text(json.dumps(wish))
    env = {**os.environ, **environment}
    for argv in (["init"], ["plan", "-out=p"], ["show", "-json", "p"]):
        done = subprocess.run(["terraform", *argv, "-no-color"], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def releases(plan: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Chart, values and all else of each release in a plan."""
    resources = plan["planned_values"]["root_module"]["resources"]
    found = [resource["values"] for resource in resources if resource["type"] == "helm_release"]
    return [(Path(release["chart"]).name, YAML(typ="safe").load(release["values"][0]), release) for release in found]
