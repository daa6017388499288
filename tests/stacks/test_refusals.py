"""What AWS refuses, as a user meets it: one line, what to type next, the exit code for it, and never a traceback."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.fixtures import Aws, TfCloud
from tests.programs import Call

Cloud = Callable[..., Call]
ENGINES = ("terraform", "cloudformation")
STACK = "name: {}\ncloud: aws\nregion: us-east-1\nengine: {}\nruntime:\n  examples: false\n"

AWS_CONFIG = """
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
[profile old-sso]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = Admin
[profile chain]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = nowhere
[profile process]
credential_process = /bin/false
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile base]
aws_access_key_id = x
aws_secret_access_key = y
"""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def name(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> str:
    found = f"r{zlib.crc32(request.node.name.encode()):08x}"
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(found, engine))
    return found


def check(call: Call, code: int, *words: str) -> None:
    """Refused as it should be: the error and its hint are the last two lines."""
    assert call.code == code, call.text
    assert "Traceback" not in call.text
    assert "unexpectedly" not in call.text
    error, hint = call.err.strip().splitlines()[-2:]
    assert "Error: " in error
    assert hint.startswith("  ")
    for word in words:
        assert word in f"{error}\n{hint}"


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("sso", ("not signed in", "aws sso login")),
        ("old-sso", ("not signed in", "aws sso login")),
        ("chain", ("nowhere", "~/.aws/config")),
        ("process", ("custom-process", "~/.aws/config")),
        ("mfa", ("requires an MFA code",)),
        ("none-such", ("does not exist", "aws configure list-profiles")),
    ],
)
def test_a_profile_without_credentials(cloud: Cloud, tmp_path: Path, profile: str, words: tuple[str, ...]) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format("refused", "cloudformation"))
    (tmp_path / "aws").write_text(AWS_CONFIG)
    keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": profile}
    check(cloud("up", "--yes", AWS_CONFIG_FILE=str(tmp_path / "aws"), **keys), 11, *words)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"AWS_SECRET_ACCESS_KEY": ""}, ("AWS credentials are incomplete",)),
        ({"AWS_ENDPOINT_URL": "nothing"}, ("Invalid endpoint", "unset AWS_ENDPOINT_URL")),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x",
          "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/token"}, ("/no/token", "~/.aws/config")),
        ({"AWS_ENDPOINT_URL": "https://example.com", "HTTPS_PROXY": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, ("proxy",)),
    ],
)  # fmt: skip
def test_surroundings_that_lead_nowhere(
    cloud: Cloud, tmp_path: Path, env: dict[str, str], words: tuple[str, ...]
) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format("refused", "cloudformation"))
    check(cloud("up", "--yes", **env), 11, *words)


def test_expired_credentials(cloud: Cloud, name: str, aws: Aws) -> None:
    aws.say(expired=True)
    check(cloud("up", "--yes"), 11, "have expired", "aws sso login")
    check(cloud("plan"), 1, "have expired")


RIGHTS = {
    "terraform": ("sts:GetCallerIdentity", "s3:ListBucket", "s3:GetBucketVersioning", "s3:PutObject", "s3:GetObject"),
    "cloudformation": (
        "sts:GetCallerIdentity", "s3:ListBucket", "s3:GetBucketVersioning", "cloudformation:DescribeStacks", "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet", "cloudformation:DescribeStackEvents",
    ),
}  # fmt: skip


def test_each_right_that_is_missing_is_named_with_what_grants_it(
    cloud: Cloud, name: str, engine: str, aws: Aws
) -> None:
    cloud("plan")  # makes the bucket for states
    for right in RIGHTS[engine]:
        aws.say(deny={right: True})
        call = cloud("up", "--yes", "--no-smoke")
        check(call, 11, f'"Action": "{right}"', '"Resource": ')


def test_a_right_that_is_missed_while_a_stack_is_removed(cloud: Cloud, name: str, aws: Aws, tmp_path: Path) -> None:
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code in (0, 11), up.text  # API Gateway's keys are made by one engine only
    aws.say(deny={"s3:ListBucketVersions": True})
    bucket = f"{name}-123456789012-us-east-1"
    if not _has_bucket(aws, bucket):
        aws.client("s3").create_bucket(Bucket=bucket)
    check(cloud("down", name, "--yes"), 11, '"Action": "s3:ListBucketVersions"', f"arn:aws:s3:::{bucket}")
    aws.say()
    assert cloud("down", name, "--yes").code == 0


def _has_bucket(aws: Aws, bucket: str) -> bool:
    return bucket in [found["Name"] for found in aws.client("s3").list_buckets()["Buckets"]]


#: What AWS says when it makes the database, by engine, and what is told of it.
SAID = [
    ("InstanceQuotaExceeded", "DB Instance quota exceeded", "ServiceLimitExceeded", "A quota of the account is used up", "Service Quotas"),
    ("InsufficientDBInstanceCapacity", "Insufficient capacity: InsufficientDBInstanceCapacity", "InternalFailure", "no capacity for this size", "region"),
    ("DBInstanceAlreadyExists", "DB instance already exists", "AlreadyExists", "A resource of this name already exists", "another stack name"),
    ("InvalidParameterCombination", "Cannot find version 17.99 for postgres", "InvalidRequest", "not offered in this region", "postgres_version"),
]  # fmt: skip


#: Each engine with two of them, each of them with one engine; the other pairs at night.
REFUSED = [
    pytest.param(engine, said, id=f"{engine}-{said[0]}", marks=[] if (number + turn) % 2 == 0 else [pytest.mark.slow])
    for turn, engine in enumerate(ENGINES)
    for number, said in enumerate(SAID)
]


@pytest.mark.parametrize(("engine", "said"), REFUSED, indirect=["engine"])
def test_what_aws_refuses_to_make_is_told_with_what_it_is(
    cloud: Cloud, name: str, engine: str, aws: Aws, tfcloud: TfCloud, said: tuple[str, ...]
) -> None:
    code, message, handler, words, hint = said
    tfcloud.say(fail={"aws_db_instance:create": f"creating RDS DB Instance (x): operation error RDS: CreateDBInstance, https response error StatusCode: 400, RequestID: x, api error {code}: {message}"})  # fmt: skip
    aws.say(fail={"AWS::RDS::DBInstance:create": f'Resource handler returned message: "{message} (Service: Rds, Status Code: 400, Request ID: x)" (RequestToken: x, HandlerErrorCode: {handler})'})  # fmt: skip
    what = {"terraform": "module.metadata.aws_db_instance.this[0]", "cloudformation": "Database (AWS::RDS::DBInstance)"}
    check(cloud("up", "--yes", "--no-smoke"), 11, what[engine], words, hint, message)
    tfcloud.say()
    aws.say()
    assert cloud("down", name, "--yes").code == 0


def test_a_state_of_somebody_else_is_left_alone(cloud: Cloud, tmp_path: Path, aws: Aws, tfcloud: TfCloud) -> None:
    """At the place of our state lies one with a bucket that none of our modules made."""
    (tmp_path / "mfinfra.yaml").write_text(STACK.format("foreign", "terraform"))
    assert cloud("up", "--yes", "--no-smoke").code == 0
    place = {"Bucket": "mfinfra-state-123456789012-us-east-1", "Key": "stacks/foreign/terraform.tfstate"}
    mine = aws.client("s3").get_object(**place)["Body"].read()
    state = json.loads(mine)
    bucket = next(r for r in state["resources"] if r["type"] == "aws_s3_bucket" and r["name"] == "this")
    state["resources"] = [{**{k: v for k, v in bucket.items() if k != "module"}, "name": "theirs"}]
    state["resources"][0]["instances"][0]["index_key"] = 0
    state["lineage"], state["serial"] = "another", state["serial"] + 1
    aws.client("s3").put_object(**place, Body=json.dumps(state).encode())
    check(cloud("plan"), 1, "aws_s3_bucket.theirs", "did not create")
    check(cloud("up", "--yes"), 5, "aws_s3_bucket.theirs")
    check(cloud("down", "foreign", "--yes"), 5, "aws_s3_bucket.theirs", "Nothing was changed")
    assert not any(call["op"] == "delete" for call in tfcloud.calls())
    aws.client("s3").put_object(**place, Body=mine)
    assert cloud("down", "foreign", "--yes").code == 0


def test_subnets_that_are_elsewhere(cloud: Cloud, tmp_path: Path, aws: Aws) -> None:
    ec2 = aws.client("ec2")
    ours, theirs = (ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (81, 82))

    def subnet(vpc: str, block: str, zone: str) -> str:
        return str(
            ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        )

    first, near = subnet(ours, "10.81.0.0/24", "a"), subnet(ours, "10.81.1.0/24", "a")
    second, far = subnet(ours, "10.81.2.0/24", "b"), subnet(theirs, "10.82.0.0/24", "b")

    def planned(*subnets: str) -> Call:
        network = f"network:\n  vpc: {ours}\n  subnets: [{', '.join(subnets)}]\n"
        (tmp_path / "mfinfra.yaml").write_text(STACK.format("elsewhere", "cloudformation") + network)
        return cloud("plan")

    check(planned(first, far), 1, f"Subnet '{far}' is in VPC '{theirs}', not in '{ours}'", "network")
    check(planned(first, near), 1, "two availability zones are required")
    check(planned(first, "subnet-00000000000000000"), 1, "subnet-00000000000000000", "network")
    assert planned(first, second).code == 2
    assert cloud("down", "elsewhere", "--yes").code == 0


def test_a_lock_that_cannot_be_written_is_no_lock_of_somebody(cloud: Cloud, tmp_path: Path, aws: Aws) -> None:
    (tmp_path / "mfinfra.yaml").write_text(STACK.format("nolock", "terraform"))
    aws.say(deny={"s3:PutObject": True})
    call = cloud("up", "--yes", "--no-smoke")
    check(
        call,
        11,
        "is not allowed to perform s3:PutObject on arn:aws:s3:::mfinfra-state-123456789012-us-east-1/stacks/nolock/",
    )
    assert json.loads(call.err[call.err.rindex("{") :])["Effect"] == "Allow"
