"""Every example stack and preset on AWS Batch, by the real terraform: rendered, validated, planned, applied, planned
again, removed. Stacks with a cluster are in test_clusters.py."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import MfinfraError
from mfinfra.plans.changes import Event, Plan
from mfinfra.stackfile import load, presets, schema
from mfinfra.stackfile.yaml_reader import Document, read
from mfruntime.settings import SETTINGS
from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

from .policies import check_policies
from .waves import Waves, told_gone_on_from_and_removed

EXAMPLES = sorted((ROOT / "examples" / "stacks").glob("*.yaml"))
CONFIGS = {path.stem: load.validated(read(path)) for path in EXAMPLES}
CONFIGS |= {
    f"preset-{preset}": load.validated(Document({"name": "demo", "cloud": "aws", "region": "eu-west-1", "preset": preset, "engine": "terraform"}, {}, ""))
    for preset in presets.PRESETS
}  # fmt: skip
CONFIGS = {name: config for name, config in CONFIGS.items() if config.compute.backend == "batch"}
TERRAFORM = {name: config for name, config in CONFIGS.items() if config.engine == "terraform"}

#: What a stack on AWS must say to the runtime, whatever else it has.
ALWAYS = {
    "DEFAULT_DATASTORE", "DEFAULT_METADATA", "DATASTORE_SYSROOT_S3", "DATATOOLS_S3ROOT", "CARD_S3ROOT", "CONDA_PACKAGE_S3ROOT",
    "SERVICE_URL", "SERVICE_INTERNAL_URL", "BATCH_JOB_QUEUE", "ECS_S3_ACCESS_IAM_ROLE",
    "ECS_FARGATE_EXECUTION_ROLE", "BATCH_EMIT_TAGS", "BATCH_DEFAULT_TAGS", "DEFAULT_SECRETS_BACKEND_TYPE", "AWS_SECRETS_MANAGER_DEFAULT_REGION",
}  # fmt: skip
STEP_FUNCTIONS = {
    "SFN_IAM_ROLE", "EVENTS_SFN_ACCESS_IAM_ROLE", "SFN_DYNAMO_DB_TABLE", "SFN_STATE_MACHINE_PREFIX", "SFN_EXECUTION_LOG_GROUP_ARN",
    "SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH", "SFN_COMPRESS_STATE_MACHINE",
}  # fmt: skip


def ignore(_: Event) -> None:
    return


def plan(terraform: Terraform, **options: Any) -> Plan:
    return terraform.plan("demo", terraform.folder / "p", **options)


#: The whole stack, a guest, another partition, the smallest; the others are planned, and live at night.
DAILY = {"aws-everything"}


@pytest.mark.parametrize("name", sorted(set(TERRAFORM) - DAILY))
def test_a_stack_is_planned(name: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    terraform = stack(TERRAFORM[name])
    assert terraform.validate() == []
    assert plan(terraform).exit_code == 2


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in DAILY else [pytest.mark.slow]) for name in TERRAFORM]
)
def test_a_stack_lives_its_whole_life(name: str, stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    config = TERRAFORM[name]
    terraform = stack(config)
    assert terraform.fmt_check() == []
    assert terraform.validate() == []
    wanted = plan(terraform)
    assert {change.action for change in wanted.changes} == {"create"}
    assert wanted.exit_code == 2, wanted.dangerous
    terraform.apply(Path(wanted.handle), ignore)
    assert plan(terraform).is_empty
    assert plan(terraform, refresh_only=True).is_empty
    check_settings(config, terraform.outputs())
    check_policies(terraform, config)
    check_secrets(terraform, config)
    gone = plan(terraform, destroy=True)
    assert gone.exit_code == 3
    terraform.apply(Path(gone.handle), ignore)
    assert terraform.state_resources() == []


def check_settings(config: schema.StackConfig, outputs: dict[str, Any]) -> None:
    found = {key.removeprefix("METAFLOW_") for key in outputs["runtime_config"]}
    wanted = ALWAYS | (STEP_FUNCTIONS if config.orchestrator.step_functions else set())
    wanted |= {"UI_URL"} if config.ui.enabled else set()
    wanted |= {"S3_SERVER_SIDE_ENCRYPTION"} if config.datastore.kms == "managed" else set()
    wanted |= {"DEFAULT_CONTAINER_REGISTRY", "DEFAULT_CONTAINER_IMAGE"} if config.registry.image else set()
    assert found == wanted
    assert all(isinstance(value, str) and value for value in outputs["runtime_config"].values())
    assert (outputs.get("api_key_id") is None) == (config.metadata.api == "private")
    text = json.dumps(outputs)
    if config.partition == "aws-cn":
        assert "amazonaws.com/" not in text.replace("amazonaws.com.cn/", "")
        assert "arn:aws:" not in text
    if config.partition == "aws-us-gov":
        assert "arn:aws:" not in text


def check_secrets(terraform: Terraform, config: schema.StackConfig) -> None:
    """No password of a database is in the state or the plan."""
    for path in (terraform.folder / "terraform.tfstate", terraform.folder / "p"):
        content = path.read_bytes()
        assert b'"password":"' not in content.replace(b": ", b":")
        assert b"secret_string_wo" not in content or b'"secret_string_wo":null' in content.replace(b": ", b":")


def test_settings_of_the_stack_are_settings_that_exist() -> None:
    """Each is read by our runtime, or by stock Metaflow and named in its documentation."""
    ours = {setting.name.removeprefix("METAFLOW_") for setting in SETTINGS}
    assert {"DEFAULT_DATASTORE", "DEFAULT_METADATA"} <= ours


def kinds_of_modules() -> set[str]:
    texts = (
        path.read_text() for path in (ROOT / "terraform" / "modules" / "aws").rglob("*.tf") if "eks" not in path.parts
    )
    return {kind for text in texts for kind in re.findall(r'^resource "(aws_\w+)"', text, re.M)}


def test_a_failure_is_told_gone_on_from_and_removed(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    told_gone_on_from_and_removed(stack(CONFIGS["aws-sandbox"]), tfcloud, "aws_ecs_service")


@pytest.mark.slow
def test_each_type_of_resource_may_fail(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    waves = Waves(stack, tfcloud)
    assert waves.live(CONFIGS["aws-everything"]) == set()
    assert waves.live(CONFIGS["aws-pools"]) == set()
    assert kinds_of_modules() - waves.failed == set()


def test_a_half_made_stack_can_be_removed(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    terraform = stack(CONFIGS["aws-sandbox"])
    tfcloud.say(fail={"aws_db_instance:create": "InsufficientDBInstanceCapacity"})
    with pytest.raises(MfinfraError):
        terraform.apply(Path(plan(terraform).handle), ignore)
    terraform.apply(Path(plan(terraform, destroy=True).handle), ignore)
    assert terraform.state_resources() == []


def test_a_change_of_the_database_is_told_as_what_it_is(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    config = CONFIGS["aws-team"]
    terraform = stack(config)
    terraform.apply(Path(plan(terraform).handle), ignore)
    larger = config.model_copy(update={"metadata": config.metadata.model_copy(update={"storage_gb": 50})})
    found = plan(stack(larger))
    assert [change.address for change in found.changes] == ["module.metadata.aws_db_instance.this[0]"]
    assert found.exit_code == 2
    wider = config.model_copy(update={"metadata": config.metadata.model_copy(update={"backup_days": 0})})
    found = plan(stack(wider))
    assert found.exit_code == 3
    assert found.dangerous[0].risk == "data loss"


def test_what_changed_behind_our_back_is_drift(stack: Callable[..., Terraform], tfcloud: TfCloud) -> None:
    terraform = stack(CONFIGS["aws-sandbox"])
    terraform.apply(Path(plan(terraform).handle), ignore)
    tfcloud.say(mutated={"aws_db_instance": {"instance_class": "db.r6g.large"}}, deleted=["aws_dynamodb_table"])
    found = {change.kind: change for change in plan(terraform, refresh_only=True).changes}
    assert set(found) == {"aws_db_instance", "aws_dynamodb_table"}
    assert "instance_class" in found["aws_db_instance"].reason
    assert found["aws_dynamodb_table"].action == "delete"


MUTATIONS = [
    ("batch/main.tf", 'state    = "ENABLED"', 'stat = "ENABLED"'),
    ("batch/main.tf", "priority              = each.value.priority", ""),
    ("batch/main.tf", "compute_resources {", "compute_resource {"),
    ("datastore/main.tf", "block_public_acls       = true", "block_public_acls = [true]"),
    ("metadata/database.tf", "multi_az               = var.high_availability", 'multi_az = "perhaps"'),
    ("metadata/api.tf", 'types = ["REGIONAL"]', 'type = ["REGIONAL"]'),
    ("network/main.tf", "cidr_block           = var.cidr", "cidr_blocks = var.cidr"),
    ("step_functions/main.tf", "enabled     = true\n    kms_key_arn", "enabledd = true\n    kms_key_arn"),
    ("step_functions/main.tf", "aws_dynamodb_table.this.arn", "aws_dynamodb_table.this.arm"),
    ("metadata/outputs.tf", "aws_ecs_cluster.this.name", "aws_ecs_cluster.that.name"),
    ("key/main.tf", "enable_key_rotation     = true", 'arn = "arn:aws:kms:x"'),
]


@pytest.mark.parametrize(("file", "before", "after"), MUTATIONS, ids=lambda value: str(value)[:30])
def test_what_the_providers_would_refuse_is_found_offline(
    file: str, before: str, after: str, stack: Callable[..., Terraform]
) -> None:
    terraform = stack(CONFIGS["aws-everything"])
    path = terraform.folder / "modules" / "aws" / file
    text = path.read_text()
    pattern = re.sub(r"(\\ )+", r"\\s+", re.escape(before))
    assert re.search(pattern, text), "the text to change is not there"
    path.write_text(re.sub(pattern, after, text, count=1))
    assert terraform.validate() != []


def test_a_stranger_can_use_plain_terraform(stack: Callable[..., Terraform], tfcloud: TfCloud, terraform: str) -> None:
    folder = stack(CONFIGS["aws-sandbox"]).folder
    import os

    env = {**os.environ, **tfcloud.environment}
    for argv in (["init"], ["validate"], ["plan"], ["apply", "-auto-approve"], ["destroy", "-auto-approve"]):
        done = subprocess.run([terraform, *argv, "-no-color"], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "terraform init" in (folder / "README.md").read_text()
