"""Stacks on EKS, cluster and what runs in it: planned, applied, planned again, removed, all in one graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import read
from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

CONFIGS = {
    path.stem: config
    for path in sorted((ROOT / "examples" / "stacks").glob("aws-*.yaml"))
    if (config := load.validated(read(path))).compute.backend == "kubernetes"
}
#: What a stack on EKS says to the runtime, whatever else it has.
ALWAYS = {
    "DEFAULT_DATASTORE", "DEFAULT_METADATA", "DATASTORE_SYSROOT_S3", "DATATOOLS_S3ROOT", "CARD_S3ROOT", "CONDA_PACKAGE_S3ROOT",
    "SERVICE_URL", "SERVICE_INTERNAL_URL", "DEFAULT_SECRETS_BACKEND_TYPE", "AWS_SECRETS_MANAGER_DEFAULT_REGION",
    "KUBERNETES_NAMESPACE", "KUBERNETES_SERVICE_ACCOUNT", "KUBERNETES_NODE_SELECTOR",
}  # fmt: skip
EVENTS = {
    "ARGO_EVENTS_EVENT", "ARGO_EVENTS_EVENT_BUS", "ARGO_EVENTS_EVENT_SOURCE", "ARGO_EVENTS_SERVICE_ACCOUNT",
    "ARGO_EVENTS_SENSOR_NAMESPACE", "ARGO_EVENTS_WEBHOOK_URL", "ARGO_EVENTS_INTERNAL_WEBHOOK_URL",
}  # fmt: skip


def ignore(_: Event) -> None:
    return


def plan(terraform: Terraform, **options: Any) -> Plan:
    return terraform.plan("demo", terraform.folder / "p", **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_a_stack_with_a_cluster_lives_its_whole_life(
    name: str, stack: Callable[..., Terraform], tfcloud: TfCloud
) -> None:
    config = CONFIGS[name]
    terraform = stack(config)
    assert terraform.fmt_check() == []
    assert terraform.validate() == []
    wanted = plan(terraform)
    assert {change.action for change in wanted.changes} == {"create"}
    terraform.apply(Path(wanted.handle), ignore)
    assert plan(terraform).is_empty
    check_settings(config, terraform.outputs())
    check_secrets(terraform)
    check_order(tfcloud)
    terraform.apply(Path(plan(terraform, destroy=True).handle), ignore)
    assert terraform.state_resources() == []


def check_settings(config: schema.StackConfig, outputs: dict[str, Any]) -> None:
    found = {key.removeprefix("METAFLOW_") for key in outputs["runtime_config"]}
    assert found >= ALWAYS
    assert (found >= EVENTS) == config.orchestrator.argo_events
    assert ("ARGO_WORKFLOWS_USE_SCHEDULES" in found) == config.orchestrator.argo_workflows
    assert "BATCH_JOB_QUEUE" not in found
    assert all(isinstance(value, str) and value for value in outputs["runtime_config"].values())
    assert set(outputs["namespace_configs"]) == set(config.kubernetes.namespaces)
    assert {"name", "host", "ca_certificate"} == set(outputs["cluster"])
    tolerations = json.loads(outputs["runtime_config"].get("METAFLOW_KUBERNETES_TOLERATIONS", "[]"))
    tainted = any(pool.gpu or pool.kind == "spot" for pool in config.compute.pools.values())
    assert bool(tolerations) == tainted


def check_secrets(terraform: Terraform) -> None:
    """No password is in the state: what is written only is null there, and values of charts name secrets."""
    state = json.loads((terraform.folder / "terraform.tfstate").read_text())
    for resource in state["resources"]:
        for instance in resource["instances"]:
            written = {key: value for key, value in instance["attributes"].items() if key.endswith("_wo")}
            assert all(value is None or value is False for value in written.values()), resource["type"]
    assert "postgresql://" not in json.dumps(state)


def check_order(tfcloud: TfCloud) -> None:
    """Nothing in the cluster is made before there are nodes."""
    made = [call["type"] for call in tfcloud.calls() if call["op"] == "create"]
    last_node = max(index for index, kind in enumerate(made) if kind == "aws_eks_node_group")
    first_inside = min(index for index, kind in enumerate(made) if kind.startswith(("kubernetes_", "helm_")))
    assert last_node < first_inside
