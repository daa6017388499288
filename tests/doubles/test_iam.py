"""The evaluator of IAM policies decides as IAM does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doubles.configuration import Configuration
from tests.doubles.iam import Request, allows, head_bucket, listed, problems


def document(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


def allow(action: Any, resource: Any, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


BUCKET = "arn:aws:s3:::b"
PREFIX = {"StringLike": {"s3:prefix": ["p", "p/*"]}}


@pytest.mark.parametrize(
    ("statement", "request_", "expected"),
    [
        (allow("s3:ListBucket", BUCKET, Condition=PREFIX), listed("b", "p/x"), True),
        (allow("s3:ListBucket", BUCKET, Condition=PREFIX), listed("b", "q/x"), False),
        (allow("s3:ListBucket", BUCKET, Condition=PREFIX), head_bucket("b"), False),
        (allow("s3:ListBucket", BUCKET, Condition={"StringLikeIfExists": {"s3:prefix": "p/*"}}), head_bucket("b"), True),
        (allow("s3:ListBucket", BUCKET), head_bucket("b"), True),
        (allow("s3:Get*", f"{BUCKET}/p/*"), Request("s3:GetObject", f"{BUCKET}/p/x/y"), True),
        (allow("s3:GetObject", f"{BUCKET}/p/*"), Request("s3:PutObject", f"{BUCKET}/p/x"), False),
    ],
)  # fmt: skip
def test_a_statement_allows_what_its_conditions_say(statement: Any, request_: Request, expected: bool) -> None:
    assert allows(document(statement), request_) is expected
    denied = {**allow("*", "*"), "Effect": "Deny"}
    assert not allows(document(statement, denied), request_)


@pytest.mark.parametrize(
    ("action", "resource", "is_right"),
    [
        ("states:RedriveExecution", "arn:aws:states:eu-west-1:1:stateMachine:x_*", False),
        ("states:RedriveExecution", "arn:aws:states:eu-west-1:1:mapRun:x_*/*:*", False),
        ("states:RedriveExecution", "arn:aws:states:eu-west-1:1:execution:x_*:*", True),
        ("batch:TerminateJob", "*", False),
        ("batch:DescribeJobs", "*", True),
        ("batch:DescribeJobs", "arn:aws:batch:eu-west-1:1:job/*", False),
        ("eks:DescribeNodegroup", "*", False),
        ("s3:GetObject", BUCKET, False),
        ("s3:ListBucket", f"{BUCKET}/*", False),
        ("made:Up", "*", False),
    ],
)
def test_an_action_needs_a_resource_of_its_kind(action: str, resource: str, is_right: bool) -> None:
    assert (problems(document(allow(action, resource))) == []) is is_right


MERGED = """
provider "aws" { region = "eu-west-1" }
data "aws_iam_policy_document" "first" {
  statement {
    sid     = "A"
    actions = ["s3:GetObject"]
  }
  statement { actions = ["s3:PutObject"] }
}
data "aws_iam_policy_document" "last" {
  statement {
    sid     = "B"
    actions = ["kms:Decrypt"]
  }
}
data "aws_iam_policy_document" "all" {
  source_policy_documents   = [data.aws_iam_policy_document.first.json]
  override_policy_documents = [data.aws_iam_policy_document.last.json]
  statement {
    sid     = "A"
    actions = ["s3:ListBucket"]
  }
  statement {
    sid     = "B"
    actions = ["kms:Encrypt"]
  }
}
output "all" { value = data.aws_iam_policy_document.all.json }
"""


def test_documents_are_merged_as_the_provider_does(configuration: Configuration) -> None:
    """A statement replaces one of a source that has its Sid, and is replaced by one of an override."""
    found = json.loads(configuration.apply(MERGED)["all"])["Statement"]
    assert [(one.get("Sid"), one["Action"]) for one in found] == [
        ("A", "s3:ListBucket"), (None, "s3:PutObject"), ("B", "kms:Decrypt"),
    ]  # fmt: skip
