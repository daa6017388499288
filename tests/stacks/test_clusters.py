"""Stacks with a cluster on three clouds, by the real terraform: rendered, validated, planned, applied in one go, planned
again, removed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import MfinfraError, Refused
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import load, presets, schema
from mfinfra.stackfile.yaml_reader import Document, read
from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

from .placement import check_placement
from .policies import check_policies
from .waves import Waves

REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}


def config(cloud: str, **said: Any) -> schema.StackConfig:
    values = {"name": "demo", "cloud": cloud, "region": REGIONS[cloud], "engine": "terraform", "compute": "kubernetes"}
    return load.validated(Document({**values, **said}, {}, ""))


EXAMPLES = {path.stem: load.validated(read(path)) for path in sorted((ROOT / "examples/stacks").glob("*.yaml"))}
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


#: The life of one stack; the others are planned, and live at night. Stacks of each cloud also live in tests/kube by day.
DAILY = {"aws-eks-everything"}


@pytest.mark.parametrize("name", sorted(set(CONFIGS) - DAILY))
def test_a_stack_is_planned(name: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    terraform = stack(CONFIGS[name])
    assert terraform.validate() == []
    assert plan(terraform).exit_code == 2
    check_dags(planned_outputs(terraform, tfcloud))


def planned_outputs(terraform: Terraform, tfcloud: TfCloud) -> dict[str, Any]:
    """The outputs that are known in the plan."""
    argv = ["terraform", f"-chdir={terraform.folder}", "show", "-json", "p"]
    env = {**os.environ, **tfcloud.environment}
    shown = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, env=env).stdout)
    return {name: output.get("value") for name, output in shown["planned_values"]["outputs"].items()}


def check_archive(terraform: Terraform) -> None:
    """Argo stores logs and artifacts below its prefix, which is in the path once."""
    state = json.loads((terraform.folder / "terraform.tfstate").read_text())
    for resource in state["resources"]:
        if resource["type"] == "helm_release" and "module.argo_workflows" in resource.get("module", ""):
            values = resource["instances"][0]["attributes"]["values"][0]
            formats = re.findall(r'"(?:keyFormat|blobNameFormat)": "(?:\{\{ `)?([^{]*)', values)
            assert formats in (["metaflow/argo/"], ["argo/"])


def check_dags(outputs: dict[str, Any]) -> None:
    """DAGs in the object store are outside of the prefix that tasks can write."""
    url, settings = outputs.get("airflow_dags_url"), outputs.get("runtime_config")
    if url is not None and settings is not None:
        root = next(value for name, value in settings.items() if name.startswith("METAFLOW_DATASTORE_SYSROOT_"))
        assert not url.partition("://")[2].partition("/")[2].startswith(root.rpartition("/")[2] + "/")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in DAILY else [pytest.mark.slow]) for name in CONFIGS]
)
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
    check_policies(terraform, config)
    check_dags(terraform.outputs())
    check_archive(terraform)
    if config.cloud == "aws":
        check_placement(json.loads((terraform.folder / "terraform.tfstate").read_text()))
    check_secrets(terraform)
    if config.deletion_protection:  # first it is taken away, as `mfinfra down` asks
        terraform = stack(config.model_copy(update={"deletion_protection": False}))
        terraform.apply(Path(plan(terraform).handle), ignore)
    terraform.apply(Path(plan(terraform, destroy=True).handle), ignore)
    assert terraform.state_resources() == []


def check_settings(config: schema.StackConfig, outputs: dict[str, Any]) -> None:
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


MODULES = {"aws": ("eks",), "azure": None, "gcp": None}
EVERYTHING = {"aws": "aws-eks-everything", "azure": "azure-everything", "gcp": "gcp-everything"}
#: Beside those with everything: what guests and small stacks have instead.
OTHERS = {"aws": (), "azure": ("azure-existing", "azure-sandbox"), "gcp": ("gcp-existing", "gcp-sandbox")}
#: Terraform's own, which asks no cloud; and on AWS the metadata service is not in the cluster.
NEVER_FAILS = {"terraform_data"}
NOT_MADE = {"aws": {"kubernetes_horizontal_pod_autoscaler_v2"}}


def kinds_of_modules(cloud: str) -> set[str]:
    """The types of resources that the modules of a cloud and those of Kubernetes make."""
    folders = [ROOT / "terraform" / "modules" / cloud, ROOT / "terraform" / "modules" / "kubernetes"]
    texts = [
        path.read_text()
        for folder in folders
        for path in folder.rglob("*.tf")
        if folder.name == "kubernetes" or MODULES[cloud] is None or path.parts[-2] in MODULES[cloud]
    ]
    return {kind for text in texts for kind in re.findall(r'^resource "(\w+)"', text, re.M)}


@pytest.mark.slow
@pytest.mark.parametrize("cloud", REGIONS)
def test_each_type_of_resource_may_fail(cloud: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    waves = Waves(stack, tfcloud)
    for name in (EVERYTHING[cloud], *OTHERS[cloud]):
        assert waves.live(CONFIGS[name].model_copy(update={"deletion_protection": False})) == set()
    assert kinds_of_modules(cloud) - waves.failed <= NEVER_FAILS | NOT_MADE.get(cloud, set())


@pytest.mark.parametrize(
    "cloud", [pytest.param(cloud, marks=[] if cloud == "azure" else [pytest.mark.slow]) for cloud in REGIONS]
)
def test_a_half_made_stack_can_be_removed(cloud: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    kind = {"aws": "aws_eks_node_group", "azure": "azurerm_kubernetes_cluster", "gcp": "google_container_cluster"}
    terraform = stack(CONFIGS[f"{cloud}-sandbox"])
    tfcloud.say(fail={f"{kind[cloud]}:create": "no capacity"})
    with pytest.raises(MfinfraError):
        terraform.apply(Path(plan(terraform).handle), ignore)
    terraform.apply(Path(plan(terraform, destroy=True).handle), ignore)
    assert terraform.state_resources() == []


def without_airflow(config: schema.StackConfig) -> schema.StackConfig:
    orchestrator = config.orchestrator.model_copy(update={"airflow": False})
    return config.model_copy(update={"orchestrator": orchestrator})


@pytest.mark.slow
def test_what_must_be_done_in_two_steps_is_said(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    config = CONFIGS["gcp-everything"]
    terraform = stack(config)
    terraform.apply(Path(plan(terraform).handle), ignore)
    free = config.model_copy(update={"deletion_protection": False})
    with pytest.raises(Refused) as caught:
        plan(stack(without_airflow(free)))
    assert "in one apply" in caught.value.message
    assert "twice" in str(caught.value.hint)
    for step in (without_airflow(config), without_airflow(free)):
        terraform = stack(step)
        terraform.apply(Path(plan(terraform).handle), ignore)
    assert plan(terraform).is_empty


MUTATIONS = [
    ("azure", "azure/aks/main.tf", "workload_identity_enabled", "workload_identities_enabled"),
    ("azure", "azure/aks/main.tf", "identity {", "identities {"),
    ("azure", "azure/aks/main.tf", 'network_plugin_mode = "overlay"', "network_plugin_mode = [1]"),
    ("azure", "azure/database/main.tf", "sku_name", "sku_names"),
    ("azure", "azure/datastore/main.tf", "shared_access_key_enabled", "shared_access_keys_enabled"),
    ("azure", "azure/aks/outputs.tf", "oidc_issuer_url", "oidc_issuer_urls"),
    ("gcp", "gcp/gke/main.tf", "workload_pool", "workload_pools"),
    ("gcp", "gcp/gke/main.tf", "release_channel {", "release_channels {"),
    ("gcp", "gcp/database/main.tf", "availability_type", "availability_types"),
    ("gcp", "gcp/datastore/main.tf", 'public_access_prevention = "enforced"', "public_access_prevention = {}"),
    ("gcp", "kubernetes/metadata/main.tf", "template {", "templates {"),
    ("gcp", "kubernetes/argo_workflows/main.tf", "repository", "repositories"),
    ("aws", "aws/eks/main.tf", "role_arn", "role_arns"),
    ("aws", "kubernetes/namespaces/main.tf", 'resource "kubernetes_namespace_v1"', 'resource "kubernetes_namespaces_v1"'),
]  # fmt: skip


@pytest.mark.parametrize(("cloud", "file", "before", "after"), MUTATIONS, ids=lambda value: str(value)[:30])
def test_what_the_providers_would_refuse_is_found_offline(
    cloud: str, file: str, before: str, after: str, stack: Callable[..., Terraform]
) -> None:
    terraform = stack(CONFIGS[EVERYTHING[cloud]])
    path = terraform.folder / "modules" / file
    pattern = re.sub(r"(\\ )+", r"\\s+", re.escape(before))
    assert re.search(pattern, path.read_text()), "the text to change is not there"
    path.write_text(re.sub(pattern, after, path.read_text(), count=1))
    assert terraform.validate() != []
