"""Known AWS errors, one line for each, and a hint.

The same texts come from boto3 and, inside Terraform's diagnostics, from the AWS SDK for Go; CloudFormation has its own.
The table searches text, so that one table serves all three. Denied permissions are in permissions.py.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from . import permissions

#: Texts of AWS, their meaning, and a hint. The first match is used.
_KNOWN: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("Unable to locate credentials", "NoCredentialProviders", "No valid credential sources", "no EC2 IMDS role found"),
        "No AWS credentials were found.",
        "Run: aws sso login, or: export AWS_PROFILE=NAME",
    ),
    (
        ("Partial credentials found",),
        "The AWS credentials are incomplete: the access key or the secret access key is missing.",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or unset both and run: export AWS_PROFILE=NAME",
    ),
    (
        ("The config profile", "failed to get shared config profile"),
        "The AWS profile that AWS_PROFILE names does not exist.",
        "To list the profiles, run: aws configure list-profiles",
    ),
    (
        ("Unable to parse config file", "InvalidConfigError", "source_profile", "ConfigParseError", "CredentialRetrievalError", "FileNotFoundError"),
        "The AWS configuration of this user provides no credentials: {detail}",
        "Check ~/.aws/config, then run: aws sts get-caller-identity",
    ),
    (
        ("Missing Dependency", "MissingDependencyException"),
        "Signing in with this AWS profile needs a package that is not installed: {detail}",
        "Run: pip install 'botocore[crt]', or sign in another way",
    ),
    (
        ("MFA code",),
        "The AWS profile requires an MFA code, but the terminal is not interactive.",
        "Get credentials first, for example run: aws configure export-credentials --format env",
    ),
    (
        ("Error loading SSO Token", "SSOTokenLoadError", "failed to read cached SSO token", "unable to refresh SSO token", "cached SSO token"),
        "This AWS profile is not signed in, or its session has ended.",
        "Run: aws sso login",
    ),
    (
        ("ExpiredToken", "token has expired", "Token has expired", "SSO session", "UnauthorizedSSOTokenError", "TokenRefreshRequired"),
        "The AWS credentials have expired.",
        "Run: aws sso login, or get new credentials from the source of the expired ones",
    ),
    (
        ("InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
        "AWS rejected these credentials: they are invalid, belong to another partition, or the region is not enabled for their account.",
        "To check them, run: aws sts get-caller-identity; enable regions under Account in the AWS console",
    ),
    (
        ("ccount ID not allowed",),
        "The credentials belong to another account than the stack: {detail}",
        "Select other credentials, run: export AWS_PROFILE=NAME",
    ),
    (
        ("RequestTimeTooSkewed", "RequestExpired", "Signature not yet current"),
        "The clock of this machine is wrong by several minutes, so AWS rejects its signatures.",
        "Set the clock, for example run: timedatectl set-ntp true",
    ),
    (
        ("OptInRequired", "RegionDisabledException", "region is disabled"),
        "The region is not enabled for this account.",
        "Enable it under Account in the AWS console, or select another region",
    ),
    (
        ("PendingVerification", "FreeTierRestriction"),
        "The account is not yet verified, or its plan does not include this: {detail}",
        "Wait until AWS has verified the account, or upgrade its plan in the AWS console; then run the command again",
    ),
    (
        ("Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequests", "SlowDown"),
        "AWS throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    (
        ("SSL validation failed", "SSLError", "x509:", "certificate verify failed"),
        "The TLS certificate of the AWS endpoint, or of a proxy in front of it, is not trusted: {detail}",
        "Behind a proxy that inspects TLS, set its certificate authority: export AWS_CA_BUNDLE=FILE",
    ),
    (
        ("Could not connect to the endpoint", "EndpointConnectionError", "no such host", "connection refused", "Connect timeout",
         "i/o timeout", "network is unreachable", "Name or service not known", "ConnectTimeoutError", "ReadTimeoutError", "Connection was closed",
         "connection reset", "Connection reset", "unexpected EOF", "server misbehaving", "TLS handshake timeout", "Failed to connect to proxy"),
        "AWS cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
    (
        ("Invalid endpoint",),
        "AWS_ENDPOINT_URL is not a valid URL: {detail}",
        "Run: unset AWS_ENDPOINT_URL",
    ),
    (
        ("VcpuLimitExceeded", "AddressLimitExceeded", "VpcLimitExceeded", "NatGatewayLimitExceeded", "LimitExceeded", "QuotaExceeded",
         "ServiceQuotaExceeded", "InstanceQuotaExceeded", "TooMany", "maximum number of", "reached the limit on"),
        "A quota of the account is used up: {detail}",
        "Request an increase in the Service Quotas console of the region, or delete unused resources; then run the command again",
    ),
    (
        ("InsufficientInstanceCapacity", "InsufficientDBInstanceCapacity", "InsufficientCapacity", "Capacity is unavailable", "have sufficient capacity"),
        "AWS currently has no capacity for this size in this region: {detail}",
        "Select another size or region, or run the command again later",
    ),
    (
        ("Cannot find version", "does not support creating a DB instance", "InvalidDBInstanceClass", "Invalid DB Instance class"),
        "This size or version of the database is not offered in this region: {detail}",
        "Set metadata.instance_class or metadata.postgres_version to another value",
    ),
    (
        ("DBSubnetGroupDoesNotCoverEnoughAZs", "are in one availability zone"),
        "The subnets are in one availability zone; a database and its load balancer need two: {detail}",
        "Check network.subnets in the stack file",
    ),
    (
        ("service linked role", "service-linked role"),
        "AWS has not yet created the service-linked role that its service needs in this account: {detail}",
        "Run the command again in a minute; the first call of a service creates the role",
    ),
    (
        ("OperationAborted",),
        "S3 is still deleting the previous bucket of this name: {detail}",
        "Wait 5 minutes, then run the command again",
    ),
    (
        ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
        "A bucket of this name already exists: {detail}",
        "Choose another stack name, or set datastore.bucket to use the bucket",
    ),
    (
        ("BucketNotEmpty", "bucket you tried to delete is not empty"),
        "The bucket is not empty, and the stack does not delete buckets that contain objects: {detail}",
        "Empty the bucket, or to keep it, run: mfinfra down --keep data",
    ),
    (
        ("InvalidVpcRange", "InvalidSubnet.Range", "InvalidSubnet.Conflict", "CIDR block conflicts", "conflicts with another subnet", "overlap"),
        "The CIDR range of the network overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    (
        ("InvalidSubnetID.NotFound", "is not in vpc-", "InvalidVpcID.NotFound", "InvalidSubnet"),
        "A subnet or VPC of the stack file does not exist, or is in another VPC or region: {detail}",
        "Check network in the stack file",
    ),
    (
        ("CertificateNotFound", "UnsupportedCertificate"),
        "The certificate of the UI cannot be used: {detail}",
        "Check ui.certificate: the certificate must be issued, and in the region of the stack",
    ),
    (
        ("Circuit Breaker", "tfSTABLE"),
        "The ECS tasks of the service do not start: {detail}",
        "Check the stop reason and the logs of the tasks in the ECS console, then run the command again",
    ),
    (
        ("EntityAlreadyExists", "AlreadyExists", "ResourceInUseException", "ResourceExistsException", "DuplicateLoadBalancer", "already exists",
         "already associated"),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    (
        ("NotStabilized", "timeout while waiting"),
        "An operation in AWS timed out: {detail}",
        "Run the command again; it continues where it stopped",
    ),
)  # fmt: skip

#: The message of the SDK for Go after several retries. It contains "exceeded", but means no quota.
_TRIES = "exceeded maximum number of attempts, "

#: The part of a text that describes the case at hand, in the formats of the SDK for Go, CloudFormation and boto3.
_DETAIL = re.compile(
    r'api error [\w.]+: (.+?)(?:\n|$)|returned message: "(.+?)(?: \(Service: |" \(RequestToken)|operation: (.+?)(?:\n|$)',
    re.S,
)


def explained(exc: Exception, called: str = "") -> CloudError:
    """An error of boto3 as one line; `called` names the operation, as in `operation error S3: PutObject`."""
    text = f"{type(exc).__name__}: {exc}"
    error = explain_text(f"{text}\n{called}") or CloudError(
        f"AWS refused the request: {_short(str(exc))}", hint="Run the command again"
    )
    response = getattr(exc, "response", None) or {}
    error.code = str(response.get("Error", {}).get("Code", "")).removesuffix("Exception")
    return error


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of AWS contains, None if it contains none."""
    if permissions.DENIED.search(text):
        return permissions.denied(text) or _refused(text)
    text = text.replace(_TRIES, "")
    for signs, meaning, hint in _KNOWN:
        if any(sign in text for sign in signs):
            return CloudError(meaning.format(detail=_detail(text)), hint=hint)
    return None


def _refused(text: str) -> CloudError:
    """A denied permission without further detail."""
    return CloudError(f"AWS denied access: {_detail(text)}", hint="Ask an administrator of the account for access")


def _detail(text: str) -> str:
    found = _DETAIL.search(text)
    return _short(next((group for group in found.groups() if group), text) if found else text)


def _short(text: str, most: int = 240) -> str:
    flat = re.sub(r"^\w+(?:Error|Exception): ", "", " ".join(text.split()))
    return flat if len(flat) <= most else flat[: most - 3] + "..."
