"""Known Google Cloud errors, and a hint for each. Its client libraries and Terraform's diagnostics share the texts."""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from ..known_errors import NETWORK, Known, first, short

_KNOWN = (
    Known(
        (
            "DefaultCredentialsError",
            "could not find default credentials",
            "default credentials were not found",
            "Application Default Credentials",
        ),
        "No Google Cloud credentials were found.",
        "Run: gcloud auth application-default login",
    ),
    Known(
        (
            "invalid_grant",
            "RefreshError",
            "Reauthentication is needed",
            "invalid_rapt",
            "token expired",
            "Token has been expired or revoked",
        ),
        "The Google Cloud credentials have expired.",
        "Run: gcloud auth application-default login",
    ),
    Known(
        (
            "UNAUTHENTICATED",
            "invalid authentication credentials",
            "Invalid Credentials",
            "MalformedError",
            "invalid_client",
        ),
        "Google Cloud rejected these credentials: {detail}",
        "Check GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login",
    ),
    Known(
        ("BILLING_DISABLED", "billing account", "Billing account", "Billing must be enabled", "billing to be enabled"),
        "The project has no active billing account: {detail}",
        "Run: gcloud billing projects link PROJECT --billing-account ACCOUNT",
    ),
    Known(
        ("SERVICE_DISABLED", "accessNotConfigured", "has not been used in project", "it is disabled. Enable it"),
        "A service is not enabled in the project: {detail}",
        "Run: gcloud services enable SERVICE --project PROJECT; then run the command again",
    ),
    Known(
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "STOCKOUT", "does not have enough resources available"),
        "The zone currently has no capacity for this machine type: {detail}",
        "Select another machine type or region, or run the command again later",
    ),
    Known(
        ("QUOTA_EXCEEDED", "quotaExceeded", "Quota exceeded", "exceeded. Limit:", "Insufficient regional quota"),
        "A quota of the project is used up: {detail}",
        "Request an increase under IAM, Quotas in the Google Cloud console, or delete unused resources; then run the command again",
    ),
    Known(
        ("rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "userRateLimitExceeded"),
        "Google Cloud throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        ("No valid versions with the prefix", "Master version", "is unsupported. Please use"),
        "The region does not offer this version of Kubernetes: {detail}",
        "To list the versions, run: gcloud container get-server-config --region REGION",
    ),
    Known(
        (
            "is not available in location",
            "Invalid value for field 'zone'",
            "Unknown region",
            "Permission denied on 'locations/",
        ),
        "The region does not offer a service that the stack needs: {detail}",
        "Select another region; to list the regions, run: gcloud compute regions list",
    ),
    Known(
        ("conflicts with existing", "overlaps with", "Conflicting IP cidr range", "IP range is already"),
        "The CIDR range of the network is in use, or overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        (
            "is being used by",
            "resourceInUseByAnotherResource",
            "is already being used by",
            "The bucket you tried to delete is not empty",
            "producer services",
        ),
        "A resource is still in use and cannot be deleted: {detail}",
        "Wait 5 minutes, then run the command again: it continues where it stopped",
    ),
    Known(
        (
            "alreadyExists",
            "ALREADY_EXISTS",
            "already exists",
            "You already own this bucket",
            "requested bucket name is not available",
        ),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    Known(
        (*NETWORK, "TransportError", "ServiceUnavailable"),
        "Google Cloud cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
)

_DENIED = re.compile(
    r"PERMISSION_DENIED|PermissionDenied|Error 403|403 .*(?:ermission|does not have)|Required '|does not have \S+ access",
    re.S,
)
#: Errors with status 403 that do not mean denied access.
_NO_PERMISSION = (
    "SERVICE_DISABLED",
    "accessNotConfigured",
    "has not been used in project",
    "illing",
    "locations/",
    "ateLimitExceeded",
    "quotaExceeded",
)
_PERMISSION = re.compile(
    r"(?:[Pp]ermission|[Rr]equired|does not have)\s+[\"'`]?(?P<what>[a-z][A-Za-z]+\.[A-Za-z]+\.[A-Za-z]+)"
)
_RESOURCE = re.compile(
    r"(?:denied on resource|permission for|access to(?: the Google Cloud Storage)?|on resource)\s+[\"'`]?(?P<where>[\w./:@-]+)"
)
_DETAIL = re.compile(r"Error \d{3}: (.+?)(?:\n|$)|(?:message|Details)[\"']?\s*[=:]\s*[\"'](.+?)[\"'](?:\n|,|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """An error of a client library as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(
        f"Google Cloud refused the request: {short(str(exc))}", hint="Run the command again"
    )


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of Google Cloud contains, None if it contains none."""
    found = _DETAIL.search(text)
    detail = short(next((group for group in found.groups() if group), text) if found else text)
    if _DENIED.search(text) and not any(sign in text for sign in _NO_PERMISSION):
        return _denied(text, detail)
    return first(_KNOWN, text, detail)


def _denied(text: str, detail: str) -> CloudError:
    """The missing permission and its resource, and the command that grants it."""
    what, where = _PERMISSION.search(text), _RESOURCE.search(text)
    if what is None:
        hint = "A stack needs the role Owner, or Editor with Project IAM Admin"
        return CloudError(f"Google Cloud denied access: {detail}", hint=hint)
    on = f" on {where.group('where').rstrip('.')}" if where else ""
    return CloudError(
        f"These credentials lack the permission {what.group('what')}{on}.",
        hint="Ask an owner to run: gcloud projects add-iam-policy-binding PROJECT --member MEMBER --role ROLE, with a"
        f" role that contains {what.group('what')}",
    )
