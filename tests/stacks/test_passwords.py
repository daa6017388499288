"""Passwords that are made anew reach all that use them, by the same apply, on each cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mfinfra.engines.terraform.program import Terraform
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import read
from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

Call = dict[str, Any]
#: The whole stack of each cloud and a guest in a database that exists; other guests, and the whole on AWS Batch, at night.
DAILY = ("aws-existing",)
NIGHTLY = (
    "gcp-everything",
    "aws-eks-everything",
    "aws-everything",
    "azure-everything",
    "azure-existing",
    "gcp-existing",
)
#: What says which write-only value there is.
REVISIONS = {
    "administrator_password_wo_version", "data_wo_revision", "password_wo_version", "secret_data_wo_version",
    "secret_string_wo_version", "value_wo_version",
}  # fmt: skip
#: What keeps a password for those who use it.
SOURCES = {"aws_secretsmanager_secret_version", "azurerm_key_vault_secret", "google_secret_manager_secret_version"}
#: What has no second value: another is made in its place, and the plan says that the old one is gone.
VERSIONS = SOURCES - {"azurerm_key_vault_secret"}
LABEL = "mfinfra.dev/account"
#: Where the first password stays: Airflow has encrypted with it.
LASTING = "fernet"


def ignore(_: Event) -> None:
    return


def plan(terraform: Terraform) -> Plan:
    return terraform.plan("demo", terraform.folder / "p")


def resources(terraform: Terraform) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is in the state: address and attributes."""
    state = json.loads((terraform.folder / "terraform.tfstate").read_text())
    for found in state["resources"]:
        for instance in found["instances"]:
            where = f"{found.get('module', 'root')}.{found['type']}.{found['name']}[{instance.get('index_key')}]"
            yield where, instance["attributes"]


def revisions(terraform: Terraform) -> dict[str, int]:
    """Which value each write-only argument has, by the address of its resource."""
    return {
        where: int(attributes[key])
        for where, attributes in resources(terraform)
        for key in REVISIONS & set(attributes)
        if attributes[key] is not None
    }


def readers(terraform: Terraform) -> dict[str, set[str]]:
    """Which account the programs that read one when they start were started with, by the address of what starts them."""
    found = {}
    for where, attributes in resources(terraform):
        text = json.dumps(attributes.get("spec")) + str(attributes.get("container_definitions"))
        for values in attributes.get("values") or ():
            text += json.dumps(YAML(typ="safe").load(values))
        if LABEL in text:
            found[where] = {part.strip(' \\":')[0] for part in text.split(LABEL)[1:]}
    return found


@pytest.mark.parametrize("name", [*DAILY, *(pytest.param(name, marks=pytest.mark.slow) for name in NIGHTLY)])
def test_new_passwords_reach_all_that_use_them_in_one_apply(
    name: str, stack: Callable[..., Terraform], tfcloud: TfCloud
) -> None:
    config = load.validated(read(ROOT / "examples" / "stacks" / f"{name}.yaml"))
    terraform = stack(config)
    terraform.apply(Path(plan(terraform).handle), ignore)
    before, jobs, first = revisions(terraform), names_of_jobs(terraform), tfcloud.calls()
    assert set(before.values()) <= {1}
    terraform = stack(config.model_copy(update={"password_generation": 2}))
    wanted = plan(terraform)
    assert {change.kind for change in wanted.dangerous} <= VERSIONS
    terraform.apply(Path(wanted.handle), ignore)
    check_passwords(config, first, tfcloud.calls()[len(first) :])
    after = revisions(terraform)
    assert set(after) == set(before)
    old = {where for where, revision in after.items() if revision != 2}
    assert old == {where for where in after if LASTING in where}
    started = readers(terraform)
    assert set(started) >= programs(config)
    assert all(account == {"2"} for account in started.values()), started
    assert not jobs & names_of_jobs(terraform), "the job that sets passwords in the database did not run again"
    assert plan(terraform).is_empty


def check_passwords(config: schema.StackConfig, first: list[Call], second: list[Call]) -> None:
    """What the second apply wrote into database and cluster is what it made, and nothing of what the first one wrote."""
    made = passwords(call for call in second if call["type"] in SOURCES)
    used = passwords(call for call in second if call["type"] not in SOURCES)
    assert used <= made
    assert not used & passwords(first)
    assert bool(used) == (config.metadata.database is None or config.compute.backend == "kubernetes")


def passwords(calls: Iterable[Call]) -> set[str]:
    """The passwords of ours that calls carried, whatever they were in, by their digests."""
    return {digest for call in calls for digest in call.get("written", ())}


def names_of_jobs(terraform: Terraform) -> set[str]:
    return {
        attributes["metadata"][0]["name"]
        for where, attributes in resources(terraform)
        if ".kubernetes_job_v1." in where
    }


def programs(config: schema.StackConfig) -> set[str]:
    """What reads an account when it starts, by what a stack file asks for."""
    on_ecs, has_balancer = config.cloud == "aws", config.ui.certificate is not None
    metadata = "aws_ecs_task_definition" if on_ecs else "kubernetes_deployment_v1"
    found = {f"module.metadata.{metadata}.this[None]"}
    if config.ui.enabled:
        found.add(
            f"module.ui.{'aws_ecs_task_definition' if has_balancer else 'kubernetes_deployment_v1'}.backend[None]"
        )
    for word in ("argo_workflows", "airflow"):
        if getattr(config.orchestrator, word):
            found.add(f"module.{word}.helm_release.this[None]")
    return found
