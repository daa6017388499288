"""Stacks on AWS that an earlier build deployed, looked at, planned and removed by today's."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.legacy import archives
from tests.programs import Call, run_program

Mfinfra = Callable[..., Call]
STATES = "mfinfra-state-123456789012-us-east-1"


def lay_into_bucket(states: Path, s3: Any) -> None:
    """Put what the earlier build kept in the bucket for states into one of this test's."""
    if STATES not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=STATES)
    for path in states.rglob("*"):
        if path.is_file():
            s3.put_object(Bucket=STATES, Key=str(path.relative_to(states)), Body=path.read_bytes())


def document(call: Call) -> Any:
    assert call.code == 0, call.text
    return json.loads(call.out)


def check_status(mfinfra: Mfinfra, name: str, engine: str, home: Path) -> None:
    """What the record, the profile and the engine say."""
    status = document(mfinfra("--json", "status", name))
    assert (status["state"], status["engine"], status["region"], status["account"]) == ("ready", engine, "us-east-1", "123456789012")  # fmt: skip
    assert status["resources"] > 50
    assert status["created_at"].startswith("2026-11-29T")
    assert status["profile"] == {"path": str(home / "profiles" / f"config_{name}.json"), "is_default": True}
    assert status["endpoints"]["METAFLOW_SERVICE_URL"] == profile(home, name)["METAFLOW_SERVICE_URL"]


#: What this build changes in a stack of 0.1.0: `states:RedriveExecution` is granted on executions.
CHANGED = {
    "terraform": ("update", "aws_iam_role_policy", "module.step_functions.aws_iam_role_policy.states", "iam"),
    "cloudformation": ("update", "AWS::IAM::Role", "StatesRole", "iam"),
}


def check_planned(planned: Call, engine: str) -> None:
    """The plan of today's build changes one policy in place, which makes it a change of permissions, and nothing else."""
    assert planned.code == 3, planned.text
    changes = json.loads(planned.out)["changes"]
    assert [(one["action"], one["kind"], one["address"], one["risk"]) for one in changes] == [CHANGED[engine]]


def profile(home: Path, name: str) -> dict[str, str]:
    return dict(json.loads((home / "profiles" / f"config_{name}.json").read_text()))


def check_outputs(mfinfra: Mfinfra, name: str, home: Path) -> None:
    """What is known without the cloud."""
    outputs = document(mfinfra("--json", "outputs", name))
    assert outputs == {key: value for key, value in profile(home, name).items() if key != "METAFLOW_SERVICE_AUTH_KEY"}
    assert [(one["name"], one["cloud"]) for one in document(mfinfra("--json", "ls"))] == [(name, "aws")]


def check_gone(down: Call, home: Path, s3: Any, name: str) -> None:
    assert down.code == 0, down.text
    assert list((home / "profiles").iterdir()) == []
    assert list((home / "data" / "mfinfra" / "stacks").glob("*/*")) == []
    left = s3.list_objects_v2(Bucket=STATES, Prefix=f"stacks/{name}/").get("Contents", [])
    assert [entry["Key"] for entry in left if entry["Key"].endswith("stack.json")] == []


@pytest.fixture
def terraform_stack(aws: Any, home: Path, tmp_path: Path) -> str:
    work = archives.lay("aws-terraform", home, tmp_path)
    lay_into_bucket(work / "states", aws.client("s3"))
    return "old-terraform"


def test_a_stack_of_terraform_keeps_its_resources(
    cloud: Mfinfra, terraform_stack: str, tfcloud: Any, home: Path
) -> None:
    check_status(cloud, terraform_stack, "terraform", home)
    planned = cloud("plan", "--name", terraform_stack, "--format", "json")
    check_planned(planned, "terraform")
    assert not any(call["op"] in ("create", "update", "delete") for call in tfcloud.calls())


@pytest.mark.slow
def test_a_stack_of_terraform_is_updated_and_removed(
    cloud: Mfinfra, terraform_stack: str, aws: Any, tfcloud: Any, home: Path
) -> None:
    check_outputs(cloud, terraform_stack, home)
    up = cloud("up", "--name", terraform_stack, "--yes", "--no-smoke")
    assert up.code == 0, up.text
    assert cloud("drift", terraform_stack).code == 0
    made = [(call["op"], call["type"]) for call in tfcloud.calls() if call["op"] in ("create", "update", "delete")]
    assert made == [CHANGED["terraform"][:2]]
    check_gone(cloud("down", terraform_stack, "--yes"), home, aws.client("s3"), terraform_stack)
    removed = {call["type"] for call in tfcloud.calls() if call["op"] == "delete"}
    assert {"aws_s3_bucket", "aws_db_instance", "aws_batch_job_queue"} <= removed


def test_a_stack_of_cloudformation(aws: Any, home: Path, tmp_path: Path) -> None:
    work, name = archives.lay("aws-cloudformation", home, tmp_path), "old-cloudformation"
    settings = {**aws.environment, "AWS_ENDPOINT_URL_API_GATEWAY": aws.url, "MFINFRA_TERRAFORM": "no-terraform"}

    def mfinfra(*args: str) -> Call:
        return run_program([sys.executable, "-m", "mfinfra", *args], work, **settings)

    lay_into_bucket(work / "states", aws.client("s3"))
    template = home / "data" / "mfinfra" / "stacks" / name / "workspace" / "template.yaml"
    deploy(aws.client("cloudformation"), json.loads((work / "stack.json").read_text()), template.read_text())
    check_status(mfinfra, name, "cloudformation", home)
    check_outputs(mfinfra, name, home)
    # The version of the metadata service is a change that this build makes; nothing else is.
    with open(work / "mfinfra.yaml", "a") as file:
        file.write("metadata:\n  image: netflixoss/metaflow_metadata_service:v2.4.13\n")
    planned = mfinfra("plan", "--format", "json")
    check_planned(planned, "cloudformation")
    check_gone(mfinfra("down", "--yes"), home, aws.client("s3"), name)
    with pytest.raises(Exception, match="does not exist"):
        aws.client("cloudformation").describe_stacks(StackName=f"mfinfra-{name}")


def deploy(cloudformation: Any, stack: dict[str, Any], template: str) -> None:
    """Make the stack as the earlier build did, of the template and the parameters that it sent."""
    cloudformation.create_stack(**stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=stack["StackName"], WaiterConfig={"Delay": 1, "MaxAttempts": 100})
