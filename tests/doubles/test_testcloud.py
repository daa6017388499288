"""The double of AWS does what AWS does, by the official client: refused calls, services, terraform's state.

Stacks and jobs have files of their own beside the double.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .testcloud.checks import Document, code_of
from .testcloud.cloud import TestCloud

pytest_plugins = ("tests.doubles.testcloud.fixtures",)

# Calls that AWS refuses

CALLERS: list[tuple[str, str, Document]] = [
    ("batch", "describe_job_queues", {}), ("cloudformation", "describe_stacks", {}), ("dynamodb", "list_tables", {}),
    ("ec2", "describe_vpcs", {}), ("iam", "list_roles", {}), ("s3", "list_buckets", {}), ("apigateway", "get_api_keys", {}),
    ("service-quotas", "get_service_quota", {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}), ("sts", "get_caller_identity", {}),
    ("ssm", "describe_parameters", {}), ("logs", "describe_log_groups", {}), ("stepfunctions", "list_state_machines", {}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "call", "arguments"), CALLERS, ids=[item[0] for item in CALLERS])
def test_expired_credentials_are_refused(testcloud: TestCloud, service: str, call: str, arguments: Document) -> None:
    testcloud.control(expired=True)
    code, message = code_of(getattr(testcloud.client(service), call), **arguments)
    assert code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "AuthFailure")
    assert message
    testcloud.control(expired=False)
    assert getattr(testcloud.client(service), call)(**arguments)


@pytest.mark.parametrize(("service", "call", "arguments"), CALLERS, ids=[item[0] for item in CALLERS])
def test_too_many_calls_are_refused_as_often_as_asked(
    testcloud: TestCloud, service: str, call: str, arguments: Document
) -> None:
    testcloud.control(throttle={"*": 2})
    known = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException")
    for _ in range(2):
        assert code_of(getattr(testcloud.client(service), call), **arguments)[0] in known
    assert getattr(testcloud.client(service), call)(**arguments)


@pytest.mark.parametrize(
    ("service", "call", "arguments", "action", "code"),
    [
        ("batch", "describe_job_queues", {}, "batch:DescribeJobQueues", "AccessDeniedException"),
        ("cloudformation", "describe_stacks", {}, "cloudformation:DescribeStacks", "AccessDenied"),
        ("dynamodb", "list_tables", {}, "dynamodb:ListTables", "AccessDeniedException"),
        ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs", "UnauthorizedOperation"),
        ("iam", "list_roles", {}, "iam:ListRoles", "AccessDenied"),
        ("logs", "describe_log_groups", {}, "logs:DescribeLogGroups", "AccessDeniedException"),
        (
            "service-quotas",
            "get_service_quota",
            CALLERS[7][2],
            "servicequotas:GetServiceQuota",
            "AccessDeniedException",
        ),
        ("ssm", "describe_parameters", {}, "ssm:DescribeParameters", "AccessDeniedException"),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else "",
)
def test_a_missing_permission_is_named(
    testcloud: TestCloud, service: str, call: str, arguments: Document, action: str, code: str
) -> None:
    testcloud.control(deny={action: "arn:aws:x:::y"}, identity="arn:aws:iam::123456789012:user/anna")
    answered, message = code_of(getattr(testcloud.client(service), call), **arguments)
    assert answered == code
    assert message.endswith(
        f"User: arn:aws:iam::123456789012:user/anna is not authorized to perform: {action} on resource: arn:aws:x:::y "
        f"because no identity-based policy allows the {action} action"
    )
    assert testcloud.client("sts").get_caller_identity()["Arn"].endswith("user/anna")


def test_a_denial_names_the_real_resource_and_another_reason(testcloud: TestCloud) -> None:
    s3 = testcloud.client("s3")
    s3.create_bucket(Bucket="notes")
    testcloud.control(deny={"s3:PutObject": {"because": "with an explicit deny in a service control policy"}})
    code, message = code_of(s3.put_object, Bucket="notes", Key="k", Body=b"")
    assert code == "AccessDenied"
    assert message.endswith(
        's3:PutObject on resource: "arn:aws:s3:::notes/k" with an explicit deny in a service control policy'
    )
    assert s3.list_objects_v2(Bucket="notes")["KeyCount"] == 0


def test_an_unknown_control_lists_the_known_ones(testcloud: TestCloud) -> None:
    with pytest.raises(ValueError, match=re.escape("No control is named 'dealy'. There are: delay, fail")):
        testcloud.control(dealy={})


def test_calls_are_listed(testcloud: TestCloud) -> None:
    testcloud.client("s3").list_buckets()
    testcloud.client("ec2").describe_vpcs()
    assert [call["action"] for call in testcloud.calls()] == ["s3:ListAllMyBuckets", "ec2:DescribeVpcs"]
    assert len(testcloud.calls("ec2")) == 1


# Services


def test_an_object_is_created_only_once(testcloud: TestCloud) -> None:
    s3 = testcloud.client("s3")
    s3.create_bucket(Bucket="notes")
    s3.put_object(Bucket="notes", Key="lock", Body=b"1", IfNoneMatch="*")
    assert code_of(s3.put_object, Bucket="notes", Key="lock", Body=b"2", IfNoneMatch="*")[0] == "PreconditionFailed"
    assert s3.get_object(Bucket="notes", Key="lock")["Body"].read() == b"1"


def test_versions_of_objects_are_kept(testcloud: TestCloud) -> None:
    s3 = testcloud.client("s3")
    s3.create_bucket(Bucket="notes")
    s3.put_bucket_versioning(Bucket="notes", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="notes", Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket="notes", Key="k", Body=b"2")
    assert s3.get_object(Bucket="notes", Key="k", VersionId=first)["Body"].read() == b"1"
    assert len(s3.list_object_versions(Bucket="notes")["Versions"]) == 2


def test_a_bucket_is_made_as_a_bootstrap_makes_it(testcloud: TestCloud) -> None:
    s3 = testcloud.client("s3", region="eu-west-1")
    s3.create_bucket(Bucket="notes", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket="notes", PublicAccessBlockConfiguration=closed)
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket="notes", ServerSideEncryptionConfiguration={"Rules": rules})
    assert s3.get_bucket_location(Bucket="notes")["LocationConstraint"] == "eu-west-1"
    assert s3.get_public_access_block(Bucket="notes")["PublicAccessBlockConfiguration"] == closed
    assert s3.put_object(Bucket="notes", Key="k", Body=b"x")["ServerSideEncryption"] == "aws:kms"


def test_who_calls_is_told(testcloud: TestCloud) -> None:
    found = testcloud.client("sts").get_caller_identity()
    assert (found["Account"], found["Arn"]) == (testcloud.account, "arn:aws:iam::123456789012:user/tester")
    testcloud.control(identity="arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_x/anna")
    assert testcloud.client("sts").get_caller_identity()["Arn"].endswith("/anna")


def test_the_value_of_an_api_key_is_told_when_asked(testcloud: TestCloud) -> None:
    gateway = testcloud.client("apigateway")
    key = gateway.create_api_key(name="k", enabled=True)
    assert gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"] == key["value"]


def test_quotas_are_told_and_can_be_set(testcloud: TestCloud) -> None:
    quotas = testcloud.client("service-quotas")
    wanted = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
    assert quotas.get_service_quota(**wanted)["Quota"]["Value"] == 5.0
    testcloud.control(quotas={"L-1216C47A": 640})
    assert quotas.get_service_quota(**wanted)["Quota"]["Value"] == 640.0
    assert quotas.get_aws_default_service_quota(**wanted)["Quota"]["Value"] == 5.0
    assert code_of(quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-0")[0] == "NoSuchResourceException"


def test_parameters_are_kept(testcloud: TestCloud) -> None:
    ssm = testcloud.client("ssm")
    ssm.put_parameter(Name="/a/b", Value="v", Type="SecureString")
    assert ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]["Value"] == "v"
    assert [item["Name"] for item in ssm.get_parameters_by_path(Path="/a", Recursive=True)["Parameters"]] == ["/a/b"]


# Terraform's state in S3

BACKEND = """
terraform {
  backend "s3" {
    bucket                      = "state"
    key                         = "it/terraform.tfstate"
    region                      = "us-east-1"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
  }
}

resource "terraform_data" "note" {
  input = "kept"
}
"""


@pytest.mark.skipif(not shutil.which("terraform") and not os.environ.get("CI"), reason="terraform is not on the PATH")
def test_terraform_keeps_and_locks_its_state_here(testcloud: TestCloud, tmp_path: Path) -> None:
    s3 = testcloud.client("s3")
    s3.create_bucket(Bucket="state")
    (tmp_path / "main.tf").write_text(BACKEND)

    def terraform(*args: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **testcloud.env, "CHECKPOINT_DISABLE": "1"}
        return subprocess.run(["terraform", *args, "-no-color"], cwd=tmp_path, env=env, capture_output=True, text=True)

    for command in (["init"], ["apply", "-auto-approve"]):
        done = terraform(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    state = json.loads(s3.get_object(Bucket="state", Key="it/terraform.tfstate")["Body"].read())
    assert state["resources"][0]["instances"][0]["attributes"]["output"]["value"] == "kept"
    holder = {
        "ID": "1",
        "Operation": "OperationTypeApply",
        "Who": "anna@desk",
        "Version": "1",
        "Created": "2026-01-01T00:00:00Z",
    }
    s3.put_object(Bucket="state", Key="it/terraform.tfstate.tflock", Body=json.dumps(holder).encode())
    held = terraform("apply", "-auto-approve")
    assert held.returncode != 0
    assert "Error acquiring the state lock" in held.stderr
    assert "anna@desk" in held.stderr
    s3.delete_object(Bucket="state", Key="it/terraform.tfstate.tflock")
    assert terraform("destroy", "-auto-approve").returncode == 0
