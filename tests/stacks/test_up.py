"""mfinfra on AWS, from plan to down, with the real terraform and AWS's interfaces on loopback."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.fixtures import API_KEY, Aws, TfCloud
from tests.programs import Call

Cloud = Callable[..., Call]
STACK = "name: {}\ncloud: aws\nregion: us-east-1\nengine: terraform\nruntime:\n  examples: false\n"


@pytest.fixture
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A stack file whose name no other test has: they share one account."""
    import zlib

    found = f"s{zlib.crc32(request.node.name.encode()):08x}"
    (tmp_path / "mfinfra.yaml").write_text(STACK.format(found))
    return found


@pytest.fixture
def deployed(cloud: Cloud, name: str) -> str:
    call = cloud("up", "--yes", "--no-smoke")
    assert call.code == 0, call.text
    return name


def test_a_stack_from_nothing_to_nothing(cloud: Cloud, name: str, home: Path, aws: Aws) -> None:
    assert cloud("plan").code == 2
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    assert "Created module.metadata.aws_db_instance.this[0]" in up.err
    profile = home / "profiles" / f"config_{name}.json"
    settings = json.loads(profile.read_text())
    assert settings["METAFLOW_SERVICE_AUTH_KEY"] == API_KEY
    assert API_KEY not in up.text
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert cloud("plan").code == 0
    outputs = cloud("outputs", "--format", "metaflow")
    assert API_KEY not in outputs.out
    assert json.loads(outputs.out)["METAFLOW_BATCH_JOB_QUEUE"] == settings["METAFLOW_BATCH_JOB_QUEUE"]
    for path in (home / "data" / "mfinfra").rglob("*"):
        assert not path.is_file() or API_KEY.encode() not in path.read_bytes()
    down = cloud("down", "--yes")
    assert down.code == 0, down.text
    assert not profile.exists()
    assert not list((home / "data" / "mfinfra" / "stacks").iterdir())
    assert cloud("status", name).code == 4 or "absent" in cloud("status", name).out


def test_the_state_bucket_is_made_once_and_safe(cloud: Cloud, name: str, aws: Aws) -> None:
    cloud("plan")
    s3, bucket = aws.client("s3"), "mfinfra-state-123456789012-us-east-1"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert s3.get_bucket_encryption(Bucket=bucket)
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert "Created the state bucket" not in cloud("plan").err


def test_a_saved_plan_is_what_is_done(cloud: Cloud, name: str, tmp_path: Path) -> None:
    call = cloud("plan", "--out", "x.mfplan", "--format", "json")
    assert call.code == 2
    assert json.loads(call.out)["counts"]["create"] > 50
    assert stat.S_IMODE((tmp_path / "x.mfplan").stat().st_mode) == 0o600
    assert cloud("up", "--plan", "x.mfplan", "--no-smoke").code == 0
    again = cloud("up", "--plan", "x.mfplan", "--no-smoke")
    assert again.code == 5
    assert "stale" in again.err


def test_a_plan_of_another_stack_file_is_refused(cloud: Cloud, name: str, tmp_path: Path, tfcloud: TfCloud) -> None:
    cloud("plan", "--out", "x.mfplan")
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("metadata:\n  replicas: 3\n")
    call = cloud("up", "--plan", "x.mfplan", "--no-smoke")
    assert call.code == 5
    assert "has changed since it was created" in call.err
    assert not any(entry["op"] == "create" for entry in tfcloud.calls())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", b"\x00" * 1000])
def test_a_file_that_is_no_plan_is_refused(cloud: Cloud, name: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mfplan").write_bytes(content)
    call = cloud("up", "--plan", "x.mfplan")
    assert call.code == 1
    assert "is not a plan file of mfinfra" in call.err


def test_nothing_is_done_without_agreement(cloud: Cloud, name: str, tfcloud: TfCloud) -> None:
    call = cloud("up", "--no-smoke")
    assert call.code == 5
    assert "--yes" in call.err
    assert not any(entry["op"] == "create" for entry in tfcloud.calls())


def test_a_failure_in_the_middle_is_one_line_and_up_goes_on(cloud: Cloud, name: str, tfcloud: TfCloud) -> None:
    tfcloud.say(fail={"aws_db_instance:create": "creating RDS DB Instance: operation error RDS: CreateDBInstance, https response error StatusCode: 403, RequestID: x, api error AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:us-east-1:123456789012:db:x because no identity-based policy allows the rds:CreateDBInstance action"})  # fmt: skip
    call = cloud("up", "--yes", "--no-smoke")
    assert call.code == 11
    last = call.err.strip().splitlines()[-2:]
    assert (
        "user/ann is not allowed to perform rds:CreateDBInstance on arn:aws:rds:us-east-1:123456789012:db:x" in last[0]
    )
    assert '{"Effect": "Allow", "Action": "rds:CreateDBInstance"' in last[1]
    assert "Traceback" not in call.text
    tfcloud.say()
    again = cloud("up", "--yes", "--no-smoke")
    assert again.code == 0, again.text
    assert "Created module.network.aws_vpc.this" not in again.err


@pytest.mark.slow
def test_a_state_that_could_not_be_saved_is_saved_by_the_next_up(
    cloud: Cloud, name: str, aws: Aws, tfcloud: TfCloud, tmp_path: Path, home: Path
) -> None:
    """The credentials end in the middle of the apply: terraform can neither save its state nor let go of its lock."""
    tfcloud.say(delay={"aws_db_instance:create": 2})
    env = {**os.environ, **tfcloud.environment, **aws.environment}
    argv = [sys.executable, "-m", "mfinfra", "up", "--yes", "--no-smoke"]
    lines = []
    with subprocess.Popen(
        argv, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "Created module.network.aws_vpc.this" in line:
                aws.say(expired=True)
    assert process.wait() == 12, "".join(lines)
    assert "Traceback" not in "".join(lines)
    assert "Failed to save state" in lines[-2]
    assert "run the command again" in lines[-1]
    assert list((home / "data" / "mfinfra").rglob("errored.tfstate"))
    aws.say()
    tfcloud.say()
    made = len([c for c in tfcloud.calls() if c["op"] == "create"])
    held = cloud("up", "--yes", "--no-smoke")
    if held.code == 6:
        assert cloud("unlock", name, "--yes").code == 0
        held = cloud("up", "--yes", "--no-smoke")
    assert held.code == 0, held.text
    assert "Uploaded the state that the last apply could not save" in held.err
    assert "Created module.network.aws_vpc.this" not in held.err
    assert not list((home / "data" / "mfinfra").rglob("errored.tfstate"))
    assert made > 0
    assert cloud("plan").code == 0


def test_drift_is_seen_and_remembered(cloud: Cloud, deployed: str, tfcloud: TfCloud) -> None:
    assert cloud("drift", deployed).code == 0
    tfcloud.say(mutated={"aws_db_instance": {"multi_az": True}})
    call = cloud("drift", deployed)
    assert call.code == 2
    assert "multi_az" in call.out
    document = json.loads(cloud("--json", "status", deployed).out)
    assert document["drift"]["changes"] == "1"
    assert "1 resource, checked just now" in cloud("status", deployed).out
    assert document["engine"] == "terraform"
    assert document["resources"] > 50


def test_a_held_lock_is_told_and_taken_only_when_asked(cloud: Cloud, deployed: str, aws: Aws) -> None:
    key = f"stacks/{deployed}/terraform.tfstate.tflock"
    lock = {"ID": "1234", "Operation": "OperationTypeApply", "Who": "ann@laptop", "Version": "1.11.4", "Created": "2026-01-02T03:04:05.6Z", "Path": ""}  # fmt: skip
    aws.client("s3").put_object(Bucket="mfinfra-state-123456789012-us-east-1", Key=key, Body=json.dumps(lock).encode())
    call = cloud("up", "--yes")
    assert call.code == 6
    assert "being changed by ann@laptop since 2026-01-02T03:04:05" in call.err
    assert cloud("plan").code == 1
    assert cloud("unlock", deployed).code == 5
    freed = cloud("unlock", deployed, "--yes")
    assert freed.code == 0, freed.text
    assert "ann@laptop" in freed.text
    assert cloud("unlock", deployed, "--yes").code == 4
    assert cloud("plan").code == 0


@pytest.mark.slow
def test_a_damaged_state_is_told_and_left_alone(cloud: Cloud, deployed: str, aws: Aws) -> None:
    place = {"Bucket": "mfinfra-state-123456789012-us-east-1", "Key": f"stacks/{deployed}/terraform.tfstate"}
    for content in (b"not a state", b"{}", b'{"version": 99}', b""):
        aws.client("s3").put_object(**place, Body=content)
        for command in (("plan",), ("status", deployed), ("up", "--yes")):
            call = cloud(*command)
            assert call.code in (1, 12) or content == b"", call.text
            assert "Traceback" not in call.text
            assert "unexpectedly" not in call.text
        assert content == b"" or aws.client("s3").get_object(**place)["Body"].read() == content


def test_what_cannot_move_is_refused(cloud: Cloud, deployed: str, tmp_path: Path) -> None:
    text = (tmp_path / "mfinfra.yaml").read_text()
    (tmp_path / "mfinfra.yaml").write_text(text.replace("us-east-1", "eu-west-1"))
    call = cloud("up", "--yes")
    assert call.code == 3
    assert "region of stack" in call.err
    assert "its data is stored there" in call.err


def test_another_account_is_refused(cloud: Cloud, name: str, tmp_path: Path, tfcloud: TfCloud) -> None:
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("account: '999999999999'\n")
    call = cloud("up", "--yes")
    assert call.code == 5
    assert "requires 999999999999" in call.err
    assert tfcloud.calls() == []


def test_without_credentials_nothing_is_touched(cloud: Cloud, name: str) -> None:
    call = cloud("up", "--yes", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert call.code == 11
    assert call.err.startswith("Error: No AWS credentials were found.")
    assert cloud("plan", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="").code == 1


def test_no_network_is_one_line(cloud: Cloud, name: str) -> None:
    call = cloud("up", "--yes", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert call.code == 11
    assert "AWS cannot be reached" in call.err
    assert "Traceback" not in call.text


def test_terraform_absent_or_too_old(cloud: Cloud, name: str, tmp_path: Path) -> None:
    call = cloud("up", "--yes", MFINFRA_TERRAFORM="no-such-terraform")
    assert call.code == 12
    assert "--engine cloudformation" in call.err
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.5.7"}\'\n')
    old.chmod(0o755)
    call = cloud("up", "--yes", MFINFRA_TERRAFORM=str(old))
    assert call.code == 12
    assert "version 1.5; 1.11 or newer is required" in call.err


OPENTOFU = """#!/bin/sh
if [ "$1" = version ]; then
    echo 'OpenTofu v{version}'
    echo 'on linux_amd64'
    exit 0
fi
exec {terraform} "$@"
"""


@pytest.mark.slow
def test_opentofu_is_used_where_there_is_no_terraform(cloud: Cloud, name: str, tmp_path: Path, aws: Aws) -> None:
    """The program is terraform under the other's name, which tells its version as OpenTofu does; the real one may differ."""
    programs = tmp_path / "programs"
    programs.mkdir()
    tofu = programs / "tofu"
    path = os.pathsep.join([str(programs), "/usr/bin", "/bin"])
    tofu.write_text(OPENTOFU.format(version="1.9.1", terraform=aws.environment["MFINFRA_TERRAFORM"]))
    tofu.chmod(0o755)
    found = {"PATH": path, "MFINFRA_TERRAFORM": ""}
    old = cloud("up", "--yes", **found)
    assert old.code == 12
    assert "tofu is version 1.9; 1.11 or newer is required" in old.err
    tofu.write_text(OPENTOFU.format(version="1.11.2", terraform=aws.environment["MFINFRA_TERRAFORM"]))
    up = cloud("up", "--yes", "--no-smoke", **found)
    assert up.code == 0, up.text
    assert cloud("plan", **found).code == 0
    assert cloud("down", name, "--yes", **found).code == 0


def test_a_protected_stack_is_not_removed(cloud: Cloud, name: str, tmp_path: Path) -> None:
    with open(tmp_path / "mfinfra.yaml", "a") as file:
        file.write("preset: team\ndeletion_protection: true\n")
    assert cloud("up", "--yes", "--no-smoke").code == 0
    call = cloud("down", name, "--yes")
    assert call.code == 5
    assert "has deletion protection" in call.err


def test_data_can_be_kept(cloud: Cloud, deployed: str, tfcloud: TfCloud) -> None:
    call = cloud("down", deployed, "--yes", "--keep", "data")
    assert call.code == 0, call.text
    removed = {entry["type"] for entry in tfcloud.calls() if entry["op"] == "delete"}
    assert "aws_db_instance" in removed
    assert "aws_s3_bucket" not in removed


def test_ctrl_c_in_the_middle_is_gone_on_from(
    cloud: Cloud, name: str, tfcloud: TfCloud, aws: Aws, tmp_path: Path
) -> None:
    import os
    import sys

    import pexpect

    tfcloud.say(delay={"aws_db_instance:create": 3})
    env = {**os.environ, **tfcloud.environment, **aws.environment}
    argv = ["-m", "mfinfra", "up", "--yes", "--no-smoke"]
    child = pexpect.spawn(sys.executable, argv, cwd=str(tmp_path), env=env, timeout=60, encoding="utf-8")
    child.expect("Creating module.metadata.aws_db_instance")
    child.sendintr()
    child.expect("Run the command again to continue")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    tfcloud.say()
    again = cloud("up", "--yes", "--no-smoke")
    assert again.code == 0, again.text
    assert cloud("plan").code == 0
