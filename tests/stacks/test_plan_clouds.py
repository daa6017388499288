"""What a change of the stack file is called, on Azure, Google Cloud and EKS: by the real terraform, on a stack that stands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.plans import formats
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import Document

Stack = Callable[[schema.StackConfig], Terraform]
BASE: dict[str, Any] = {
    "name": "demo",
    "engine": "terraform",
    "compute": {"backend": "kubernetes", "pools": {"cpu": {"max_vcpus": 16}, "more": {"max_vcpus": 16}}},
    "datastore": {"versioning": True},
    "metadata": {"backup_days": 14},
    "kubernetes": {"allow": ["192.0.2.0/24"], "namespaces": {"flows": {}, "research": {}}},
    "orchestrator": {"argo_workflows": True, "argo_events": True, "airflow": False},
}
CLOUDS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}
CLUSTER = {"aws": "aws_eks_cluster", "azure": "azurerm_kubernetes_cluster", "gcp": "google_container_cluster"}
DATABASE = {
    "aws": "aws_db_instance",
    "azure": "azurerm_postgresql_flexible_server",
    "gcp": "google_sql_database_instance",
}
BUCKET = {"aws": "aws_s3_bucket_versioning", "azure": "azurerm_storage_account", "gcp": "google_storage_bucket"}
POOL = {
    "aws": "aws_eks_node_group",
    "azure": "azurerm_kubernetes_cluster_node_pool",
    "gcp": "google_container_node_pool",
}
RIGHT = {"aws": "aws_iam_role_policy", "azure": "azurerm_role_assignment", "gcp": "google_storage_bucket_iam_member"}
SPACE, RELEASE = dict.fromkeys(CLOUDS, "kubernetes_namespace_v1"), dict.fromkeys(CLOUDS, "helm_release")

#: What the stack file says instead, the type that changes, its class and words of the reason.
CHANGES: list[tuple[dict[str, Any], dict[str, str], str, str]] = [
    ({"datastore.versioning": False}, BUCKET, "data loss", "stops keeping old versions"),
    ({"metadata.backup_days": 7}, DATABASE, "data loss", "fewer"),
    (
        {"kubernetes.allow": ["192.0.2.0/24", "198.51.100.0/24"]},
        CLUSTER,
        "exposure",
        "grants access to 198.51.100.0/24",
    ),
    ({"kubernetes.allow": []}, CLUSTER, "exposure", "grants access to any IP address"),
    ({"kubernetes.namespaces": {"flows": {}}}, SPACE, "data loss", "everything in the namespace"),
    ({"orchestrator.argo_events": False}, RELEASE, "data loss", "triggers of flows"),
    ({"compute.pools": {"cpu": {"max_vcpus": 16}}}, POOL, "data loss", "tasks that run on its nodes"),
]
#: More people, or more that tasks may read.
PERMITS: dict[str, tuple[dict[str, Any], str]] = {
    "aws": ({"secrets": {"allow": ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"]}}, "secretsmanager"),
    "azure": ({"people": ["00000000-1111-2222-3333-444444444444"]}, "00000000-1111-2222-3333-444444444444 can"),
    "gcp": ({"people": ["user:ada@example.com"]}, "user:ada@example.com can"),
}
#: Narrower, more, longer: no danger.
HARMLESS = {
    "kubernetes.allow": ["192.0.2.0/28"],
    "metadata.backup_days": 21,
    "compute.pools": {"cpu": {"max_vcpus": 32}, "more": {"max_vcpus": 16}},
}


def config(cloud: str, said: dict[str, Any]) -> schema.StackConfig:
    values = copy.deepcopy({**BASE, "cloud": cloud, "region": CLOUDS[cloud]})
    for place, value in said.items():
        node: Any = values
        *parents, last = place.split(".")
        for part in parents:
            node = node[part]
        node[last] = value
    return load.validated(Document(values, {}, ""))


def ignore(_: Event) -> None:
    return


def plan(terraform: Terraform) -> Plan:
    return terraform.plan("demo", terraform.folder / "p")


@pytest.mark.slow
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_change_of_the_stack_file_is_told(cloud: str, stack: Stack) -> None:
    first = stack(config(cloud, {}))
    wanted = plan(first)
    assert wanted.exit_code == 2, wanted.dangerous
    first.apply(Path(wanted.handle), ignore)
    said, words = PERMITS[cloud]
    for change in [*CHANGES, (said, RIGHT, "iam", words)]:
        check(plan(stack(config(cloud, change[0]))), change[1][cloud], *change[2:])
    found = plan(stack(config(cloud, HARMLESS)))
    assert found.exit_code == 2, formats.text(found)


def check(found: Plan, kind: str, risk: str, words: str) -> None:
    reasons = [change.reason for change in found.changes if (change.kind, change.risk) == (kind, risk)]
    assert any(words in reason for reason in reasons), formats.text(found)
    assert found.exit_code == 3
