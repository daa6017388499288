"""Each class of danger, by a change of the stack file, as `mfinfra plan` tells it for both engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import Call

Cloud = Callable[..., Call]
STACK = """name: {name}
cloud: aws
region: us-east-1
engine: {engine}
runtime:
  examples: false
log_retention_days: {days}
datastore:
  kms: {kms}
metadata:
  api: {api}
  backup_days: {backups}
secrets:
  allow: {secrets}
"""
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}"
BASE = {
    "days": 30,
    "kms": "aws",
    "backups": 7,
    "secrets": [SECRET.format("a")],
    "api": "public\n  allow: [192.0.2.0/24]",
}
DATABASE, API, TASKS = (
    {"terraform": "aws_db_instance", "cloudformation": "AWS::RDS::DBInstance"},
    {"terraform": "aws_api_gateway_rest_api_policy", "cloudformation": "AWS::ApiGateway::RestApi"},
    {"terraform": "aws_iam_role_policy", "cloudformation": "AWS::IAM::Role"},
)
STAGE = {"terraform": "aws_api_gateway_stage", "cloudformation": "AWS::ApiGateway::Stage"}

#: What is written into the stack file, of what kind the change is, and its class; None is a harmless change.
CHANGES = [
    ({"backups": 0}, DATABASE, "data loss"),
    ({"backups": 14}, DATABASE, None),
    ({"api": "public\n  allow: [192.0.2.0/24, 198.51.100.0/24]"}, API, "exposure"),
    ({"api": "public\n  allow: [192.0.2.0/28]"}, API, None),
    ({"secrets": [SECRET.format("a"), SECRET.format("b")]}, TASKS, "iam"),
]


def write(folder: Path, name: str, engine: str, **said: object) -> None:
    values = {**BASE, **said}
    text = STACK.format(name=name, engine=engine, **{**values, "secrets": json.dumps(values["secrets"])})
    (folder / "mfinfra.yaml").write_text(text)


def risks(call: Call, kind: str) -> set[str | None]:
    """The classes of the changes of a kind."""
    document = json.loads(call.out)
    assert {"version", "stack", "engine", "exit_code", "counts", "changes"} == set(document)
    assert document["exit_code"] == call.code
    return {change["risk"] for change in document["changes"] if change["kind"] == kind}


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_every_class_of_danger_is_told(cloud: Cloud, tmp_path: Path, engine: str) -> None:
    name = f"class{engine[:4]}"
    write(tmp_path, name, engine)
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    for said, kinds, expected in CHANGES:
        write(tmp_path, name, engine, **said)
        call = cloud("plan", "--format", "json")
        assert risks(call, kinds[engine]) == {expected}, (said, call.text)
        assert call.code == (3 if expected else 2), said
    write(tmp_path, name, engine, days=90)  # the change of the most resources
    assert 0 < len(cloud("plan", "--format", "markdown").out) < 65_536
    write(tmp_path, name, engine, kms="create")
    refused = cloud("plan")
    assert (
        f"datastore.kms of stack '{name}' is 'managed' and cannot be changed to 'create': the database" in refused.err
    )
    write(tmp_path, name, engine)
    assert cloud("down", name, "--yes").code == 0


@pytest.mark.parametrize("engine", ["terraform", "cloudformation"])
def test_an_api_that_becomes_public_is_told(cloud: Cloud, tmp_path: Path, engine: str) -> None:
    name = f"door{engine[:4]}"
    write(tmp_path, name, engine, api="private")
    up = cloud("up", "--yes", "--no-smoke")
    assert up.code == 0, up.text
    write(tmp_path, name, engine, api="public")
    call = cloud("plan", "--format", "json")
    assert call.code == 3
    assert risks(call, STAGE[engine]) == {"exposure"}
    assert cloud("down", name, "--yes").code == 0
