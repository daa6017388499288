"""Stacks with a cluster on three clouds, by the real terraform: rendered, validated, planned, applied in one go, planned
again, removed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfinfra import presets, stackfile
from mfinfra.changes import Event, Plan
from mfinfra.engines.terraform import Terraform
from mfinfra.yamlfile import Document, read

from .conftest import ROOT, TfCloud

REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}


def config(cloud: str, **said: Any) -> stackfile.StackConfig:
    values = {"name": "demo", "cloud": cloud, "region": REGIONS[cloud], "engine": "terraform", "compute": "kubernetes"}
    return stackfile.validated(Document({**values, **said}, {}, ""))


EXAMPLES = {path.stem: stackfile.validated(read(path)) for path in sorted((ROOT / "examples/stacks").glob("*.yaml"))}
CONFIGS = {name: found for name, found in EXAMPLES.items() if found.compute.backend == "kubernetes"}
CONFIGS |= {f"{cloud}-{preset}": config(cloud, preset=preset) for cloud in REGIONS for preset in presets.PRESETS}

ALWAYS = {"DEFAULT_DATASTORE", "DEFAULT_METADATA", "SERVICE_INTERNAL_URL", "KUBERNETES_NAMESPACE", "KUBERNETES_SERVICE_ACCOUNT",
          "DEFAULT_SECRETS_BACKEND_TYPE"}  # fmt: skip
OF_CLOUD = {
    "aws": {"DATASTORE_SYSROOT_S3", "DATATOOLS_S3ROOT", "CARD_S3ROOT", "CONDA_PACKAGE_S3ROOT", "AWS_SECRETS_MANAGER_DEFAULT_REGION"},
    "azure": {"DATASTORE_SYSROOT_AZURE", "AZURE_STORAGE_BLOB_SERVICE_ENDPOINT", "CARD_AZUREROOT", "CONDA_PACKAGE_AZUREROOT",
              "AZURE_KEY_VAULT_PREFIX", "KUBERNETES_LABELS"},
    "gcp": {"DATASTORE_SYSROOT_GS", "CARD_GSROOT", "CONDA_PACKAGE_GSROOT", "GCP_SECRET_MANAGER_PREFIX"},
}  # fmt: skip
EVENTS = {f"ARGO_EVENTS_{name}" for name in ("EVENT", "EVENT_BUS", "EVENT_SOURCE", "SERVICE_ACCOUNT", "WEBHOOK_URL",
                                             "INTERNAL_WEBHOOK_URL", "SENSOR_NAMESPACE")}  # fmt: skip


def ignore(_: Event) -> None:
    return


def plan(terraform: Terraform, **options: Any) -> Plan:
    return terraform.plan("demo", terraform.folder / "p", **options)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_stack_lives_its_whole_life(name: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    config = CONFIGS[name]
    terraform = stack(config)
    assert terraform.fmt_check() == []
    assert terraform.validate() == []
    began = time.monotonic()
    wanted = plan(terraform)
    print(f"{name}: {len(wanted.changes)} resources, planned in {time.monotonic() - began:.1f} s")
    assert {change.action for change in wanted.changes} == {"create"}
    assert wanted.exit_code == 2, wanted.dangerous
    terraform.apply(Path(wanted.handle), ignore)
    assert plan(terraform).is_empty
    check_settings(config, terraform.outputs())
    check_secrets(terraform)
    if config.deletion_protection:  # first it is taken away, as `mfinfra down` asks
        terraform = stack(config.model_copy(update={"deletion_protection": False}))
        terraform.apply(Path(plan(terraform).handle), ignore)
    terraform.apply(Path(plan(terraform, destroy=True).handle), ignore)
    assert terraform.state_resources() == []


def check_settings(config: stackfile.StackConfig, outputs: dict[str, Any]) -> None:
    settings = outputs["runtime_config"]
    found = {key.removeprefix("METAFLOW_") for key in settings}
    wanted = ALWAYS | OF_CLOUD[config.cloud]
    wanted |= EVENTS if config.orchestrator.argo_events else set()
    wanted |= {"DEFAULT_CONTAINER_REGISTRY", "DEFAULT_CONTAINER_IMAGE"} if config.registry.image else set()
    assert wanted <= found
    assert all(isinstance(value, str) and value for value in settings.values())
    assert settings["METAFLOW_KUBERNETES_NAMESPACE"] == config.kubernetes.default_namespace
    assert set(outputs["namespace_configs"]) == set(config.kubernetes.namespaces)
    assert outputs["cluster"].keys() >= {"name", "host", "ca_certificate"}


def check_secrets(terraform: Terraform) -> None:
    """No token and no password is in the state."""
    content = (terraform.folder / "terraform.tfstate").read_text()
    assert "a-token-that-is-nowhere" not in content
    assert '"password": "' not in content.replace('"password": ""', "")
