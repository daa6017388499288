"""mfinfra with CloudFormation: stacks that are really created, changed, rolled back, looked at and removed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.doubles.fixtures import Aws
from tests.programs import Call, run_mfinfra

from . import policies

Cfn = Callable[..., Call]
STACK = """name: {}
cloud: aws
region: us-east-1
engine: cloudformation
runtime:
  examples: false
metadata:
  api: private
"""


@pytest.fixture
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found = f"c{zlib.crc32(request.node.name.encode()):08x}"
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(found))
    return found


@pytest.fixture
def cfn(aws: Aws, tmp_path: Path) -> Cfn:
    """Call mfinfra where terraform is not there."""
    settings = {**aws.environment, "AWS_ENDPOINT_URL_API_GATEWAY": aws.url, "MFINFRA_TERRAFORM": "no-terraform"}
    return lambda *args, **env: run_mfinfra(args, tmp_path, **{**settings, **env})


@pytest.fixture
def deployed(cfn: Cfn, name: str) -> str:
    call = cfn("up", "--yes")
    assert call.code == 0, call.text
    return name


def change(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "mfinfra.yaml"
    path.write_text(path.read_text().replace(before, after))


def test_a_stack_from_nothing_to_nothing(cfn: Cfn, name: str, aws: Aws, home: Path) -> None:
    planned = cfn("plan", "--format", "json")
    assert planned.code == 2, planned.text
    assert json.loads(planned.out)["counts"]["create"] > 50
    up = cfn("up", "--yes")
    assert up.code == 0, up.text
    assert "Created Database (" in up.err
    assert "ran, and its artifacts were read from the bucket of the stack" in up.err
    settings = json.loads((home / "profiles" / f"config_{name}.json").read_text())
    bucket = settings["METAFLOW_DATASTORE_SYSROOT_S3"].split("/")[2]
    aws.client("s3").head_bucket(Bucket=bucket)
    assert aws.client("dynamodb").describe_table(TableName=settings["METAFLOW_SFN_DYNAMO_DB_TABLE"])
    queues = aws.client("batch").describe_job_queues(jobQueues=[settings["METAFLOW_BATCH_JOB_QUEUE"]])["jobQueues"]
    assert queues[0]["jobQueueName"] == f"{name}-cpu"
    assert cfn("plan").code == 0
    assert left_beside_state(aws, name) == [f"stacks/{name}/stack.json"]
    check_policies(aws, name, bucket)
    aws.client("s3").put_object(Bucket=bucket, Key="metaflow/x", Body=b"data")
    down = cfn("down", "--yes")
    assert down.code == 0, down.text
    with pytest.raises(Exception, match="404"):
        aws.client("s3").head_bucket(Bucket=bucket)
    assert cfn("ls").out == ""
    assert left_beside_state(aws, name) == []


def check_policies(aws: Aws, name: str, bucket: str) -> None:
    """The roles of the stack, by their names without that of the stack and without the region."""
    iam = aws.client("iam")
    roles = [
        one["RoleName"] for one in iam.list_roles(MaxItems=1000)["Roles"] if one["RoleName"].startswith(f"{name}-")
    ]
    assert len(roles) > 4
    for role in roles:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=one)["PolicyDocument"] for one in names]
        # Ref of a secret is its ARN in AWS, and its name in ministack.
        text = re.sub(
            r'"(mfinfra-[^":]*Secret-[^":]*)"', r'"arn:aws:secretsmanager:us-east-1:1:secret:\1"', json.dumps(documents)
        )
        policies.check(role.removeprefix(f"{name}-us-east-1-"), json.loads(text), bucket)


def left_beside_state(aws: Aws, name: str) -> list[str]:
    """What of a stack lies in the place for states."""
    bucket = "mfinfra-state-123456789012-us-east-1"
    found = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"stacks/{name}/")
    return [entry["Key"] for entry in found.get("Contents", [])]


def test_the_public_api_gives_its_real_key(cfn: Cfn, name: str, tmp_path: Path, aws: Aws, home: Path) -> None:
    change(tmp_path, "api: private", "api: public\n  allow: [192.0.2.0/24]")
    up = cfn("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    settings = json.loads((home / "profiles" / f"config_{name}.json").read_text())
    keys = aws.client("apigateway").get_api_keys(includeValues=True)["items"]
    assert settings["METAFLOW_SERVICE_AUTH_KEY"] in [key["value"] for key in keys]
    assert settings["METAFLOW_SERVICE_URL"].endswith("/api/")


def test_a_change_is_planned_and_made(cfn: Cfn, deployed: str, tmp_path: Path, aws: Aws) -> None:
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("log_retention_days: 90\n")
    planned = cfn("plan")
    assert planned.code == 2, planned.text
    assert "MetadataLog" in planned.out
    assert cfn("up", "--yes").code == 0
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/{deployed}/")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {90}


def test_a_failure_is_rolled_back_and_its_reason_told_first(cfn: Cfn, name: str, aws: Aws) -> None:
    aws.say(fail={"AWS::RDS::DBInstance:create": "Resource handler returned message: InstanceQuotaExceeded"})
    call = cfn("up", "--yes")
    assert call.code == 11
    last = call.err.strip().splitlines()[-2:]
    assert last[0].startswith("Error: Database (AWS::RDS::DBInstance): A quota of the account is used up")
    assert "the created resources were deleted again" in last[0]
    assert "Service Quotas console" in last[1]
    aws.say()
    again = cfn("up", "--yes")
    assert again.code == 0, again.text


def test_a_failed_change_leaves_the_stack_as_it_was(cfn: Cfn, deployed: str, tmp_path: Path, aws: Aws) -> None:
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("log_retention_days: 90\n")
    aws.say(fail={"AWS::Logs::LogGroup:update": "Access denied for operation"})
    call = cfn("up", "--yes")
    assert call.code == 12
    assert "the stack was rolled back and is unchanged" in call.err
    aws.say()
    assert cfn("up", "--yes").code == 0


def test_a_half_made_stack_can_be_removed(cfn: Cfn, name: str, aws: Aws) -> None:
    aws.say(fail={"AWS::ECS::Service:create": "no capacity"})
    assert cfn("up", "--yes").code == 12
    aws.say()
    down = cfn("down", name, "--yes")
    assert down.code == 0, down.text


def stacks(aws: Aws, name: str) -> list[str]:
    """The states of a stack's stacks that are not gone."""
    listed = aws.client("cloudformation").list_stacks()["StackSummaries"]
    found = [stack["StackStatus"] for stack in listed if stack["StackName"] == f"mfinfra-{name}"]
    return [status for status in found if status != "DELETE_COMPLETE"]


def test_a_stack_that_was_only_planned_leaves_nothing(cfn: Cfn, name: str, aws: Aws) -> None:
    """A change set for a stack that is not there makes an empty one."""
    assert cfn("plan").code == 2
    assert stacks(aws, name) == ["REVIEW_IN_PROGRESS"]
    down = cfn("down", name, "--yes")
    assert down.code == 0, down.text
    assert stacks(aws, name) == []


def test_a_plan_removes_nothing_of_a_stack_that_could_not_be_removed(cfn: Cfn, deployed: str, aws: Aws) -> None:
    aws.say(fail={"AWS::DynamoDB::Table:delete": "Table is being used"})
    down = cfn("down", deployed, "--yes")
    assert down.code == 12
    assert f"Fix the cause, then run: mfinfra down {deployed}" in down.err
    aws.say()
    for command in (("plan",), ("up", "--yes")):
        call = cfn(*command)
        assert call.code == (1 if command == ("plan",) else 5)
        assert "DELETE_FAILED" in call.err
        assert f"mfinfra down {deployed}" in call.err
    assert stacks(aws, deployed) == ["DELETE_FAILED"]
    assert cfn("down", deployed, "--yes").code == 0
    assert stacks(aws, deployed) == []


RETAINED = ("s3", "kms", "secretsmanager", "ecr")


def tagged(aws: Aws, name: str) -> dict[str, list[str]]:
    """ARNs with the tag of a stack, by service."""
    found: dict[str, list[str]] = {}
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": "mfinfra:stack", "Values": [name]}]):
        for item in page["ResourceTagMappingList"]:
            found.setdefault(item["ResourceARN"].split(":")[2], []).append(item["ResourceARN"])
    return found


@pytest.fixture
def retaining(cfn: Cfn, name: str, tmp_path: Path, aws: Aws) -> dict[str, list[str]]:
    """A stack whose template retains what holds data; its ARNs."""
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("preset: team\ndeletion_protection: false\nregistry:\n  enabled: true\n")
    up = cfn("up", "--yes")
    assert up.code == 0, up.text
    found = tagged(aws, name)
    assert set(RETAINED) <= set(found)
    return found


def test_what_the_template_retains_goes_too(cfn: Cfn, name: str, retaining: dict[str, list[str]], aws: Aws) -> None:
    down = cfn("down", "--yes")
    assert down.code == 0, down.text
    for arn in retaining["s3"]:
        with pytest.raises(Exception, match="404"):
            aws.client("s3").head_bucket(Bucket=arn.rsplit(":", 1)[1])
    for arn in retaining["kms"]:
        assert aws.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    for arn in retaining["secretsmanager"]:
        assert aws.client("secretsmanager").describe_secret(SecretId=arn)["DeletedDate"]
    assert "ecr" not in tagged(aws, name)


def test_keep_data_keeps_bucket_and_key(cfn: Cfn, name: str, retaining: dict[str, list[str]], aws: Aws) -> None:
    down = cfn("down", "--yes", "--keep", "data")
    assert down.code == 0, down.text
    for arn in retaining["s3"]:
        aws.client("s3").head_bucket(Bucket=arn.rsplit(":", 1)[1])
        assert arn in down.text
    for arn in retaining["kms"]:
        assert aws.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"
        assert arn in down.text
    assert "ecr" not in tagged(aws, name)


def test_drift_is_seen(cfn: Cfn, deployed: str, aws: Aws) -> None:
    assert cfn("drift", deployed).code == 0
    aws.client("logs").delete_log_group(logGroupName=f"/{deployed}/metadata")
    call = cfn("drift", deployed)
    assert call.code == 2, call.text
    assert "MetadataLog" in call.out


def test_a_saved_plan_is_what_is_done_and_only_once(cfn: Cfn, name: str, tmp_path: Path) -> None:
    assert cfn("plan", "--out", "x.mfplan").code == 2
    up = cfn("up", "--plan", "x.mfplan")
    assert up.code == 0, up.text
    again = cfn("up", "--plan", "x.mfplan")
    assert again.code == 5
    assert "stale" in again.err


@pytest.mark.slow
def test_ctrl_c_leaves_it_going_and_up_follows(cfn: Cfn, name: str, aws: Aws, tmp_path: Path) -> None:
    aws.say(delay={"*": 0.15, "AWS::ECS::Service": 8})  # on a busy machine it must not be done before we look
    settings = {**os.environ, **aws.environment, "MFINFRA_TERRAFORM": "none"}
    argv = ["-m", "mfinfra", "up", "--yes"]
    child = pexpect.spawn(sys.executable, argv, cwd=str(tmp_path), env=settings, timeout=60, encoding="utf-8")
    child.expect("Creating ")
    child.expect("Created ")
    child.sendintr()
    child.expect("Run the command again to continue")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    held = cfn("plan")
    assert held.code == 1
    assert "CloudFormation (CREATE_IN_PROGRESS)" in held.err
    again = cfn("up", "--yes")
    assert again.code == 0, again.text
    assert "Created " in again.err


def test_by_its_name_alone_a_stack_is_what_it_was(cfn: Cfn, deployed: str, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").unlink()
    assert cfn("plan", "--name", deployed).code == 0
    assert cfn("up", "--name", deployed, "--yes").code == 0
    local = cfn("up", "--name", deployed, "--cloud", "local")
    assert local.code == 5
    assert f"Stack '{deployed}' already exists on aws" in local.err
    assert cfn("status", deployed).code == 0


def test_status_tells_what_there_is(cfn: Cfn, deployed: str) -> None:
    document = json.loads(cfn("--json", "status", deployed).out)
    assert document["state"] == "ready"
    assert document["engine"] == "cloudformation"
    assert [queue["name"] for queue in document["queues"]] == [f"{deployed}-cpu"]
    assert document["resources"] > 50
    text = cfn("status", deployed).out
    assert "queue" in text


READ = """
import json
from metaflow import metaflow_config as c
names = ["DEFAULT_DATASTORE", "DEFAULT_METADATA", "DATASTORE_SYSROOT_S3", "DATATOOLS_S3ROOT", "BATCH_JOB_QUEUE", "SERVICE_URL",
         "SERVICE_INTERNAL_URL", "ECS_S3_ACCESS_IAM_ROLE", "SFN_IAM_ROLE", "EVENTS_SFN_ACCESS_IAM_ROLE", "SFN_DYNAMO_DB_TABLE",
         "SFN_EXECUTION_LOG_GROUP_ARN", "SFN_STATE_MACHINE_PREFIX", "S3_SERVER_SIDE_ENCRYPTION", "DEFAULT_SECRETS_BACKEND_TYPE"]
print(json.dumps({n: getattr(c, n) for n in names}))
print(json.dumps([c.BATCH_EMIT_TAGS, c.BATCH_DEFAULT_TAGS, c.SFN_COMPRESS_STATE_MACHINE]))
"""


def test_our_runtime_loads_the_profile_and_means_the_same(cfn: Cfn, deployed: str, home: Path) -> None:
    profile = json.loads((home / "profiles" / f"config_{deployed}.json").read_text())
    env = {**os.environ, "METAFLOW_HOME": str(home / "profiles"), "METAFLOW_PROFILE": deployed}
    code = "import json, mfruntime.settings as s; f = s.load(); print(json.dumps({x.name: f.get(x.name) for x in s.SETTINGS}))"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    assert {key: known.get(key) for key in profile} == profile


@pytest.mark.interop
def test_stock_metaflow_loads_the_profile_and_means_the_same(cfn: Cfn, deployed: str, home: Path) -> None:
    stock = os.environ.get("MFINFRA_STOCK_PYTHON")
    if not stock:
        pytest.skip("MFINFRA_STOCK_PYTHON is not set")
    env = {**os.environ, "METAFLOW_HOME": str(home / "profiles"), "METAFLOW_PROFILE": deployed}
    done = subprocess.run([stock, "-c", READ], env=env, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    profile = json.loads((home / "profiles" / f"config_{deployed}.json").read_text())
    assert {key: value.rstrip("/") for key, value in first.items()} == {
        key: profile[f"METAFLOW_{key}"].rstrip("/") for key in first
    }
    emits, tags, compresses = second
    assert emits
    assert tags["mfinfra:stack"] == deployed
    assert compresses
