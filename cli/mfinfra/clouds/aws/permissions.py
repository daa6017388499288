"""A permission that AWS refused: to whom, for what, on what, and the statement that would grant it."""

# ruff: noqa: E501 - a line of the table of rights is a line

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ...errors import CloudError

DENIED = re.compile(
    r"AccessDenied|Access Denied|UnauthorizedOperation|not authorized to perform|AccessDeniedException|Forbidden"
)
_WHO = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w:-]+)(?: on resource: (?P<resource>[^\s,]+))?"
)
#: How the SDK for Go, our own calls (see identity.py), boto3 and CloudFormation name what was called.
_CALLED = re.compile(r"operation error (?P<service>[\w ]+): (?P<operation>\w+)(?: on (?P<resource>arn:\S+))?")
_API = re.compile(r"\bAPI: (?P<action>[\w-]+:\w+)")
_DENIES = re.compile(r"explicit deny in an? (?P<policy>[\w -]+? (?:policy|boundary))")
_OMITS = re.compile(r"because no (?P<policy>[\w -]+? ?(?:policy|boundary)) allows")

#: Services whose name in policies is not their own name in one word.
_PREFIXES = {
    "cloudwatch events": "events", "cloudwatch logs": "logs", "cognito identity provider": "cognito-idp",
    "elastic load balancing v2": "elasticloadbalancing", "eventbridge": "events", "resource groups tagging api": "tag",
    "sfn": "states", "service quotas": "servicequotas",
}  # fmt: skip
#: Rights that are not called as the operation is.
_RIGHTS = {
    "s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjects": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions", "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:DeleteObjects": "s3:DeleteObject", "s3:CreateMultipartUpload": "s3:PutObject", "s3:UploadPart": "s3:PutObject",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration", "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration", "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}  # fmt: skip
_VERBS = {"Get": "GET", "Create": "POST", "Update": "PATCH", "Put": "PUT", "Delete": "DELETE"}


@dataclass(frozen=True)
class _Refusal:
    """What was refused; `policy` is what refuses it where that is not simply that nothing grants it."""

    who: str
    action: str
    resource: str
    policy: str | None
    denies: bool


def denied(text: str) -> CloudError | None:
    """A refused permission as one line; None for a text that tells of none."""
    if not DENIED.search(text):
        return None
    refusal = _refusal(" ".join(text.split()))
    return _told(refusal) if refusal is not None else None


def right(service: str, operation: str) -> str:
    """What policies call an operation: ("CloudWatch Logs", "CreateLogGroup") is logs:CreateLogGroup."""
    prefix = _PREFIXES.get(service.lower(), service.lower().replace(" ", ""))
    if prefix == "apigateway":
        verb = next((verb for start, verb in _VERBS.items() if operation.startswith(start)), "*")
        return f"apigateway:{verb}"
    return _RIGHTS.get(f"{prefix}:{operation}", f"{prefix}:{operation}")


def statement(action: str, resource: str) -> str:
    """What grants an action, as policies have it."""
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})


def _refusal(text: str) -> _Refusal | None:
    denies, omits = _DENIES.search(text), _OMITS.search(text)
    policy = denies or omits
    name = policy.group("policy") if policy else None
    if named := _WHO.search(text):
        resource = (named.group("resource") or "*").strip('"').rstrip(".")
        return _Refusal(named.group("who"), named.group("action"), resource, name, denies is not None)
    if called := _CALLED.search(text):
        action = right(called.group("service"), called.group("operation"))
        return _Refusal("These credentials", action, called.group("resource") or "*", name, denies is not None)
    if api := _API.search(text):
        return _Refusal("These credentials", api.group("action"), "*", name, denies is not None)
    return None


def _told(refusal: _Refusal) -> CloudError:
    start = f"{refusal.who} may not {refusal.action} on {refusal.resource}"
    grants = statement(refusal.action, refusal.resource)
    if refusal.denies:
        return CloudError(
            f"{start}: a {refusal.policy} denies it.",
            hint="No other policy can grant it: ask who manages that one",
        )
    if refusal.policy not in (None, "identity-based policy"):
        return CloudError(
            f"{start}: its {refusal.policy} does not allow it.", hint=f"A statement to add there: {grants}"
        )
    return CloudError(f"{start}.", hint=f"A statement that would grant it: {grants}")
