"""The ways AWS says no, in one line each with what to do about it.

The same texts come from boto3 and, inside Terraform's diagnostics, from the AWS SDK for Go: they are looked for in
text, so that one table serves both.
"""

# ruff: noqa: E501
from __future__ import annotations

import json
import re

from ..errors import CloudError

#: What AWS says, what it means, what to do. The first that is found counts.
_KNOWN: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("Unable to locate credentials", "NoCredentialProviders", "No valid credential sources", "no EC2 IMDS role found"),
        "There are no AWS credentials.",
        "Type: aws sso login, or: export AWS_PROFILE=NAME",
    ),
    (
        ("The config profile", "failed to get shared config profile"),
        "The AWS profile that AWS_PROFILE names does not exist.",
        "Type: aws configure list-profiles",
    ),
    (
        ("ExpiredToken", "token has expired", "Token has expired", "SSO session", "UnauthorizedSSOTokenError", "TokenRefreshRequired"),
        "The AWS credentials have expired.",
        "Type: aws sso login, or fetch new ones the way you got these",
    ),
    (
        ("InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
        "AWS does not know these credentials, or not in this partition.",
        "Look at them with: aws sts get-caller-identity",
    ),
    (
        ("RequestTimeTooSkewed", "RequestExpired", "Signature not yet current"),
        "The clock of this machine is wrong by minutes; AWS refuses what it signs.",
        "Set the clock, for example with: timedatectl set-ntp true",
    ),
    (
        ("OptInRequired", "RegionDisabledException", "region is disabled"),
        "The region is not enabled for this account.",
        "Enable it under Account in the AWS console, or name another region",
    ),
    (
        ("Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequests", "SlowDown"),
        "AWS asks us to be slower, and went on asking after several tries.",
        "Wait a minute, then type the same command again",
    ),
    (
        ("Could not connect to the endpoint", "EndpointConnectionError", "no such host", "connection refused", "Connect timeout",
         "i/o timeout", "network is unreachable", "Name or service not known", "ConnectTimeoutError", "ReadTimeoutError", "Connection was closed",
         "connection reset", "Connection reset", "unexpected EOF"),
        "AWS cannot be reached: {detail}",
        "Connect, then type the same command again: it goes on from where it was",
    ),
    (
        ("VcpuLimitExceeded", "AddressLimitExceeded", "VpcLimitExceeded", "NatGatewayLimitExceeded", "LimitExceeded",
         "ServiceQuotaExceeded", "InstanceQuotaExceeded", "TooManyBuckets", "maximum number of"),
        "A quota of the account is used up: {detail}",
        "Ask for more in the Service Quotas console of the region, or remove what is not needed, then type the same",
    ),
    (
        ("InsufficientInstanceCapacity", "InsufficientDBInstanceCapacity", "InsufficientCapacity"),
        "AWS has no capacity for this size in this region now: {detail}",
        "Name another size or region, or type the same again later",
    ),
    (
        ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
        "A bucket of this name exists already: {detail}",
        "Choose another stack name, or name the bucket under datastore.bucket to use it",
    ),
    (
        ("BucketNotEmpty",),
        "The bucket is not empty, and is not to be removed with what is in it: {detail}",
        "Empty it, or keep it with: mfinfra down --keep data",
    ),
    (
        ("InvalidSubnetID.NotFound", "is not in vpc-", "InvalidVpcID.NotFound", "InvalidSubnet"),
        "A subnet or VPC that the stack file names is not there, or not where it says: {detail}",
        "Look at network in the stack file",
    ),
    (
        ("InvalidVpcRange", "InvalidSubnet.Range", "InvalidSubnet.Conflict", "CIDR block conflicts", "overlap"),
        "The addresses of the network overlap others: {detail}",
        "Choose another network.cidr",
    ),
    (
        ("EntityAlreadyExists", "AlreadyExists", "ResourceInUseException", "ResourceExistsException", "DuplicateLoadBalancer"),
        "Something of this name exists already: {detail}",
        "Choose another stack name; or if it is left from a stack of this name, remove it",
    ),
)  # fmt: skip

#: How the SDK for Go says that it tried several times: no quota of anybody.
_TRIES = "exceeded maximum number of attempts, "

_DENIED = re.compile(r"(AccessDenied|UnauthorizedOperation|not authorized to perform|AccessDeniedException|Forbidden)")
_WHAT = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w:-]+)(?: on resource: (?P<resource>[^\s,\"]+))?"
)
_OPERATION = re.compile(r"operation error (?P<service>[\w ]+): (?P<operation>\w+)")
_CALLED = re.compile(r"when calling the (?P<operation>\w+) operation")
_DETAIL = re.compile(r"api error \w+: (.+?)(?:\n|$)|operation: (.+?)(?:\n|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """A failure of boto3 as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(f"AWS refused: {_short(str(exc))}", hint="Type the same command again.")


def explain_text(text: str) -> CloudError | None:
    """What a text of AWS means; None where it is not in the catalogue."""
    if _DENIED.search(text):
        return _denied(text)
    text = text.replace(_TRIES, "")
    for signs, meaning, hint in _KNOWN:
        if any(sign in text for sign in signs):
            return CloudError(meaning.format(detail=_detail(text)), hint=hint)
    return None


def _denied(text: str) -> CloudError:
    """Which action on what was refused to whom, and the statement that would grant it."""
    flat = " ".join(text.split())
    found = _WHAT.search(flat)
    if found is None:
        operation = _OPERATION.search(flat) or _CALLED.search(flat)
        what = f" ({operation.group('operation')})" if operation else ""
        return CloudError(f"AWS refused a permission{what}: {_detail(text)}", hint="Ask who manages the account for it")
    resource = (found.group("resource") or "*").rstrip(".")
    statement = {"Effect": "Allow", "Action": found.group("action"), "Resource": resource}
    boundary = " by its permissions boundary" if "permissions boundary" in flat else ""
    by_policy = " by a policy that denies it" if "explicit deny" in flat and not boundary else ""
    return CloudError(
        f"{found.group('who')} may not {found.group('action')} on {resource}{boundary}{by_policy}.",
        hint=f"A statement that would grant it: {json.dumps(statement)}",
    )


def _detail(text: str) -> str:
    found = _DETAIL.search(text)
    return _short(next((group for group in found.groups() if group), text) if found else text)


def _short(text: str, most: int = 240) -> str:
    flat = " ".join(text.split()).removeprefix("ClientError: ")
    return flat if len(flat) <= most else flat[: most - 3] + "..."
