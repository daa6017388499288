"""Queues of AWS Batch: the jobs of stock clients are accepted, and a scheduling policy is set only with a new queue."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import StackFileError
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import immutable, load, presets, schema
from mfinfra.stackfile.yaml_reader import Document
from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

MODULE = ROOT / "terraform" / "modules" / "aws" / "batch"
POOL: dict[str, Any] = {
    "kind": "on_demand", "instance_types": [], "min_vcpus": 0, "max_vcpus": 16, "gpu": False, "disk_gb": 100, "priority": 1,
}  # fmt: skip
VALUES: dict[str, Any] = {
    "name": "demo", "vpc_id": "vpc-0", "subnet_ids": ["subnet-0", "subnet-1"], "default_pool": "cpu",
    "bucket_arn": "arn:aws:s3:::bucket",
}  # fmt: skip


def config(**values: Any) -> schema.StackConfig:
    given = {"name": "demo", "cloud": "aws", "region": "eu-west-1", **values}
    return load.validated(Document(given, {}, "mfinfra.yaml"))


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_the_queues_of_a_preset_take_jobs_without_a_share_identifier(preset: str) -> None:
    assert not any(pool.fair_share for pool in config(preset=preset).compute.pools.values())


def test_the_option_tells_who_cannot_submit_jobs() -> None:
    said = str(schema.json_schema()["$defs"]["Pool"]["properties"]["fair_share"]["description"])
    assert "share identifier" in said
    assert "rejects the jobs of Metaflow" in said


class Module:
    """The module of AWS Batch, with one pool."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        shutil.copytree(MODULE, folder, ignore=shutil.ignore_patterns("tests"))
        (folder / "provider.tf").write_text('provider "aws" {\n  region = "eu-west-1"\n}\n')
        self._terraform = Terraform(folder, env=env)

    def plan(self, fair_share: bool) -> Plan:
        values = {**VALUES, "pools": {"cpu": {**POOL, "fair_share": fair_share}}}
        (self._terraform.folder / "terraform.tfvars.json").write_text(json.dumps(values))
        self._terraform.init()
        return self._terraform.plan("demo", self._terraform.folder / "p")

    def apply(self, plan: Plan) -> None:
        self._terraform.apply(Path(plan.handle), ignore)


def ignore(_: Event) -> None:
    return


def test_a_queue_that_gains_or_loses_its_policy_is_replaced(terraform: str, tfcloud: TfCloud, tmp_path: Path) -> None:
    """As the stacks of `preset: production` of 0.1.0 do, whose queues had one."""
    module = Module(tmp_path / "batch", tfcloud.environment)
    module.apply(module.plan(fair_share=True))
    for fair_share in (False, True):
        wanted = module.plan(fair_share)
        actions = {change.kind: change.action for change in wanted.changes}
        assert actions["aws_batch_job_queue"] == "replace"
        assert actions.keys() == {"aws_batch_job_queue", "aws_batch_scheduling_policy"}
        module.apply(wanted)
        assert module.plan(fair_share).is_empty


def test_cloudformation_cannot_replace_it_and_is_not_asked_to() -> None:
    def pools(fair_share: bool) -> dict[str, Any]:
        return {"pools": {"cpu": {"fair_share": fair_share}, "new": {"fair_share": True}}}

    before = config(compute={"pools": {"cpu": {"fair_share": True}}}, engine="cloudformation").model_dump()
    immutable.check_unmoved(before, config(compute=pools(True), engine="cloudformation"))
    with pytest.raises(StackFileError) as caught:
        immutable.check_unmoved(before, config(compute=pools(False), engine="cloudformation"))
    assert "compute.pools.cpu.fair_share of stack 'demo' is true and cannot be changed to false" in caught.value.message
    assert caught.value.hint == "Set compute.pools.cpu.fair_share: true, or give the pool another name"
    immutable.check_unmoved({**before, "engine": "terraform"}, config(compute=pools(False), engine="terraform"))
