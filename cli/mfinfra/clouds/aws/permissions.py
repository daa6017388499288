"""Access that AWS denied: the principal, the action, the resource, and the policy statement that grants it."""

# ruff: noqa: E501 - one line for each entry of the table of actions

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ...errors import CloudError

DENIED = re.compile(
    r"AccessDenied|Access Denied|UnauthorizedOperation|not authorized to perform|AccessDeniedException|Forbidden"
)
#: A statement about a permission; the words above are also statuses of other errors.
STATED = re.compile(r"not authorized to perform|UnauthorizedOperation|explicit deny")
_WHO = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w:-]+)(?: on resource: (?P<resource>[^\s,]+))?"
)
#: How the SDK for Go, mfinfra's own calls (see identity.py), boto3 and CloudFormation name the operation.
_CALLED = re.compile(r"operation error (?P<service>[\w ]+): (?P<operation>\w+)(?: on (?P<resource>arn:\S+))?")
_API = re.compile(r"\bAPI: (?P<action>[\w-]+:\w+)")
_DENIES = re.compile(r"explicit deny in an? (?P<policy>[\w -]+? (?:policy|boundary))")
_OMITS = re.compile(r"because no (?P<policy>[\w -]+? ?(?:policy|boundary)) allows")

#: Services whose prefix in policies is not their name in one word.
_PREFIXES = {
    "cloudwatch events": "events", "cloudwatch logs": "logs", "cognito identity provider": "cognito-idp",
    "elastic load balancing v2": "elasticloadbalancing", "eventbridge": "events", "resource groups tagging api": "tag",
    "sfn": "states", "service quotas": "servicequotas",
}  # fmt: skip
#: Actions whose name differs from that of the operation.
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
    """A denied action. `policy` is the kind of policy that denies or omits it, None if no policy grants it."""

    who: str
    action: str
    resource: str
    policy: str | None
    denies: bool


def denied(text: str) -> CloudError | None:
    """A denied permission as one line, None if a text contains none."""
    if not DENIED.search(text):
        return None
    refusal = _refusal(" ".join(text.split()))
    return _error(refusal) if refusal is not None else None


def right(service: str, operation: str) -> str:
    """The IAM action of an operation: ("CloudWatch Logs", "CreateLogGroup") is logs:CreateLogGroup."""
    prefix = _PREFIXES.get(service.lower(), service.lower().replace(" ", ""))
    if prefix == "apigateway":
        verb = next((verb for start, verb in _VERBS.items() if operation.startswith(start)), "*")
        return f"apigateway:{verb}"
    return _RIGHTS.get(f"{prefix}:{operation}", f"{prefix}:{operation}")


def statement(action: str, resource: str) -> str:
    """The policy statement that grants an action."""
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
        return _Refusal("The caller", action, called.group("resource") or "*", name, denies is not None)
    if api := _API.search(text):
        return _Refusal("The caller", api.group("action"), "*", name, denies is not None)
    return None


def _error(refusal: _Refusal) -> CloudError:
    start = f"{refusal.who} is not allowed to perform {refusal.action} on {refusal.resource}"
    grants = statement(refusal.action, refusal.resource)
    if refusal.denies:
        return CloudError(
            f"{start}: a {refusal.policy} denies it.",
            hint="No other policy can override it; ask an administrator to change that policy",
        )
    if refusal.policy not in (None, "identity-based policy"):
        return CloudError(
            f"{start}: its {refusal.policy} does not allow it.", hint=f"Add this statement to it: {grants}"
        )
    return CloudError(f"{start}.", hint=f"Add this statement to a policy: {grants}")
