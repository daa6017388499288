"""The ways AWS says no, in one line each with what to do about it.

The same texts come from boto3 and, inside Terraform's diagnostics, from the AWS SDK for Go; CloudFormation has its own.
They are looked for in text, so that one table serves all three. Refused permissions are in permissions.py.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from . import permissions

#: What AWS says, what it means, what to do. The first that is found counts.
_KNOWN: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("Unable to locate credentials", "NoCredentialProviders", "No valid credential sources", "no EC2 IMDS role found"),
        "There are no AWS credentials.",
        "Type: aws sso login, or: export AWS_PROFILE=NAME",
    ),
    (
        ("Partial credentials found",),
        "There is half of the AWS credentials: a key without its secret, or the other way round.",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither, and: export AWS_PROFILE=NAME",
    ),
    (
        ("The config profile", "failed to get shared config profile"),
        "The AWS profile that AWS_PROFILE names does not exist.",
        "Type: aws configure list-profiles",
    ),
    (
        ("Unable to parse config file", "InvalidConfigError", "source_profile", "ConfigParseError", "CredentialRetrievalError", "FileNotFoundError"),
        "The AWS configuration of this account does not lead to credentials: {detail}",
        "Look at ~/.aws/config, and try it with: aws sts get-caller-identity",
    ),
    (
        ("Missing Dependency", "MissingDependencyException"),
        "The sign-on of this AWS profile needs a package that is not installed: {detail}",
        "Type: pip install 'botocore[crt]', or fetch credentials another way",
    ),
    (
        ("MFA code",),
        "The AWS profile asks for an MFA code, and nobody is there to type it.",
        "Fetch credentials first, for example with: aws configure export-credentials --format env",
    ),
    (
        ("Error loading SSO Token", "SSOTokenLoadError", "failed to read cached SSO token", "unable to refresh SSO token", "cached SSO token"),
        "Nobody is signed on to AWS with this profile, or no longer.",
        "Type: aws sso login",
    ),
    (
        ("ExpiredToken", "token has expired", "Token has expired", "SSO session", "UnauthorizedSSOTokenError", "TokenRefreshRequired"),
        "The AWS credentials have expired.",
        "Type: aws sso login, or fetch new ones the way you got these",
    ),
    (
        ("InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
        "AWS does not know these credentials, not in this partition, or the region is not enabled for their account.",
        "Look at them with: aws sts get-caller-identity; regions are enabled under Account in the AWS console",
    ),
    (
        ("ccount ID not allowed",),
        "The credentials are for another account than the stack is in: {detail}",
        "Choose others with: export AWS_PROFILE=NAME",
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
        ("PendingVerification", "FreeTierRestriction"),
        "The account is too new, or its plan too small, for this: {detail}",
        "Wait for AWS to have verified the account, or upgrade its plan in the AWS console; then type the same",
    ),
    (
        ("Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequests", "SlowDown"),
        "AWS asks us to be slower, and went on asking after several tries.",
        "Wait a minute, then type the same command again",
    ),
    (
        ("SSL validation failed", "SSLError", "x509:", "certificate verify failed"),
        "The TLS certificate of what answers in place of AWS is not trusted: {detail}",
        "Behind a proxy that looks into TLS, name its authority: export AWS_CA_BUNDLE=FILE",
    ),
    (
        ("Could not connect to the endpoint", "EndpointConnectionError", "no such host", "connection refused", "Connect timeout",
         "i/o timeout", "network is unreachable", "Name or service not known", "ConnectTimeoutError", "ReadTimeoutError", "Connection was closed",
         "connection reset", "Connection reset", "unexpected EOF", "server misbehaving", "TLS handshake timeout", "Failed to connect to proxy"),
        "AWS cannot be reached: {detail}",
        "Connect, then type the same command again: it goes on from where it was",
    ),
    (
        ("Invalid endpoint",),
        "The address that AWS_ENDPOINT_URL names is none: {detail}",
        "Type: unset AWS_ENDPOINT_URL",
    ),
    (
        ("VcpuLimitExceeded", "AddressLimitExceeded", "VpcLimitExceeded", "NatGatewayLimitExceeded", "LimitExceeded", "QuotaExceeded",
         "ServiceQuotaExceeded", "InstanceQuotaExceeded", "TooMany", "maximum number of", "reached the limit on"),
        "A quota of the account is used up: {detail}",
        "Ask for more in the Service Quotas console of the region, or remove what is not needed, then type the same",
    ),
    (
        ("InsufficientInstanceCapacity", "InsufficientDBInstanceCapacity", "InsufficientCapacity", "Capacity is unavailable", "have sufficient capacity"),
        "AWS has no capacity for this size in this region now: {detail}",
        "Name another size or region, or type the same again later",
    ),
    (
        ("Cannot find version", "does not support creating a DB instance", "InvalidDBInstanceClass", "Invalid DB Instance class"),
        "This size or version of the database is not offered in this region: {detail}",
        "Name others under metadata.instance_class and metadata.postgres_version",
    ),
    (
        ("DBSubnetGroupDoesNotCoverEnoughAZs", "are in one availability zone"),
        "The subnets are in one availability zone; a database and its load balancer need two: {detail}",
        "Look at network.subnets in the stack file",
    ),
    (
        ("service linked role", "service-linked role"),
        "AWS has not yet made the role that its service needs in this account: {detail}",
        "Type the same command again in a minute; the first call of a service makes it",
    ),
    (
        ("OperationAborted",),
        "S3 is not yet done with the last bucket of this name: {detail}",
        "Wait some minutes, then type the same command again",
    ),
    (
        ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
        "A bucket of this name exists already: {detail}",
        "Choose another stack name, or name the bucket under datastore.bucket to use it",
    ),
    (
        ("BucketNotEmpty", "bucket you tried to delete is not empty"),
        "The bucket is not empty, and is not to be removed with what is in it: {detail}",
        "Empty it, or keep it with: mfinfra down --keep data",
    ),
    (
        ("InvalidVpcRange", "InvalidSubnet.Range", "InvalidSubnet.Conflict", "CIDR block conflicts", "conflicts with another subnet", "overlap"),
        "The addresses of the network overlap others: {detail}",
        "Choose another network.cidr",
    ),
    (
        ("InvalidSubnetID.NotFound", "is not in vpc-", "InvalidVpcID.NotFound", "InvalidSubnet"),
        "A subnet or VPC that the stack file names is not there, or not where it says: {detail}",
        "Look at network in the stack file",
    ),
    (
        ("CertificateNotFound", "UnsupportedCertificate"),
        "The certificate of the UI cannot be used: {detail}",
        "Look at ui.certificate: it must be issued, in the region of the stack",
    ),
    (
        ("Circuit Breaker", "tfSTABLE"),
        "The tasks of the service do not start: {detail}",
        "Look at why they stopped in the ECS console, and at their log, then type the same command again",
    ),
    (
        ("EntityAlreadyExists", "AlreadyExists", "ResourceInUseException", "ResourceExistsException", "DuplicateLoadBalancer", "already exists",
         "already associated"),
        "Something of this name exists already: {detail}",
        "Choose another stack name; or if it is left from a stack of this name, remove it",
    ),
    (
        ("NotStabilized", "timeout while waiting"),
        "AWS did not finish in time: {detail}",
        "Type the same command again; it goes on from where it was",
    ),
)  # fmt: skip

#: How the SDK for Go says that it tried several times: no quota of anybody.
_TRIES = "exceeded maximum number of attempts, "

#: What in a text is said of the case at hand, in the ways of the SDK for Go, of CloudFormation and of boto3.
_DETAIL = re.compile(
    r'api error [\w.]+: (.+?)(?:\n|$)|returned message: "(.+?)(?: \(Service: |" \(RequestToken)|operation: (.+?)(?:\n|$)',
    re.S,
)


def explained(exc: Exception, called: str = "") -> CloudError:
    """A failure of boto3 as one line; `called` says of what, as in `operation error S3: PutObject`."""
    text = f"{type(exc).__name__}: {exc}"
    error = explain_text(f"{text}\n{called}") or CloudError(
        f"AWS refused: {_short(str(exc))}", hint="Type the same command again."
    )
    response = getattr(exc, "response", None) or {}
    error.code = str(response.get("Error", {}).get("Code", "")).removesuffix("Exception")
    return error


def explain_text(text: str) -> CloudError | None:
    """What a text of AWS means; None where it is not in the catalogue."""
    if permissions.DENIED.search(text):
        return permissions.denied(text) or _refused(text)
    text = text.replace(_TRIES, "")
    for signs, meaning, hint in _KNOWN:
        if any(sign in text for sign in signs):
            return CloudError(meaning.format(detail=_detail(text)), hint=hint)
    return None


def _refused(text: str) -> CloudError:
    """A refused permission of which AWS does not say more."""
    return CloudError(f"AWS refused a permission: {_detail(text)}", hint="Ask who manages the account for it")


def _detail(text: str) -> str:
    found = _DETAIL.search(text)
    return _short(next((group for group in found.groups() if group), text) if found else text)


def _short(text: str, most: int = 240) -> str:
    flat = re.sub(r"^\w+(?:Error|Exception): ", "", " ".join(text.split()))
    return flat if len(flat) <= most else flat[: most - 3] + "..."
