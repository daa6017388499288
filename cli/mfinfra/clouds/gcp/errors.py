"""The ways Google Cloud says no. The same texts come from its client libraries and inside Terraform's diagnostics."""

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
        "There are no Google Cloud credentials.",
        "Type: gcloud auth application-default login",
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
        "Type: gcloud auth application-default login",
    ),
    Known(
        (
            "UNAUTHENTICATED",
            "invalid authentication credentials",
            "Invalid Credentials",
            "MalformedError",
            "invalid_client",
        ),
        "Google Cloud does not know these credentials: {detail}",
        "Look at GOOGLE_APPLICATION_CREDENTIALS, or type: gcloud auth application-default login",
    ),
    Known(
        ("BILLING_DISABLED", "billing account", "Billing account", "Billing must be enabled", "billing to be enabled"),
        "The project has no billing account that is open: {detail}",
        "Link one: gcloud billing projects link PROJECT --billing-account ACCOUNT",
    ),
    Known(
        ("SERVICE_DISABLED", "accessNotConfigured", "has not been used in project", "it is disabled. Enable it"),
        "A service is not enabled in the project: {detail}",
        "Type: gcloud services enable SERVICE --project PROJECT, then the same command again",
    ),
    Known(
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "STOCKOUT", "does not have enough resources available"),
        "The zone has no capacity for this machine now: {detail}",
        "Name another machine type or region, or type the same again later",
    ),
    Known(
        ("QUOTA_EXCEEDED", "quotaExceeded", "Quota exceeded", "exceeded. Limit:", "Insufficient regional quota"),
        "A quota of the project is used up: {detail}",
        "Ask for more under IAM, Quotas in the Google Cloud console, or remove what is not needed, then type the same",
    ),
    Known(
        ("rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "userRateLimitExceeded"),
        "Google Cloud asks us to be slower, and went on asking after several tries.",
        "Wait a minute, then type the same command again",
    ),
    Known(
        ("No valid versions with the prefix", "Master version", "is unsupported. Please use"),
        "The region does not offer this version of Kubernetes: {detail}",
        "Those there are: gcloud container get-server-config --region REGION",
    ),
    Known(
        (
            "is not available in location",
            "Invalid value for field 'zone'",
            "Unknown region",
            "Permission denied on 'locations/",
        ),
        "The region does not have what the stack needs: {detail}",
        "Name another one; those there are: gcloud compute regions list",
    ),
    Known(
        ("conflicts with existing", "overlaps with", "Conflicting IP cidr range", "IP range is already"),
        "The addresses of the network are taken or overlap others: {detail}",
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
        "Something is still in use and cannot be removed: {detail}",
        "Wait some minutes, then type the same command again: it goes on from where it was",
    ),
    Known(
        (
            "alreadyExists",
            "ALREADY_EXISTS",
            "already exists",
            "You already own this bucket",
            "requested bucket name is not available",
        ),
        "Something of this name exists already: {detail}",
        "Choose another stack name; or if it is left from a stack of this name, remove it",
    ),
    Known(
        (*NETWORK, "TransportError", "ServiceUnavailable"),
        "Google Cloud cannot be reached: {detail}",
        "Connect, then type the same command again: it goes on from where it was",
    ),
)

_DENIED = re.compile(
    r"PERMISSION_DENIED|PermissionDenied|Error 403|403 .*(?:ermission|does not have)|Required '|does not have \S+ access",
    re.S,
)
#: What is answered with 403 and is no matter of permissions.
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
    """A failure of a client library as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(
        f"Google Cloud refused: {short(str(exc))}", hint="Type the same command again."
    )


def explain_text(text: str) -> CloudError | None:
    """What a text of Google Cloud means; None where it is not in the catalogue."""
    found = _DETAIL.search(text)
    detail = short(next((group for group in found.groups() if group), text) if found else text)
    if _DENIED.search(text) and not any(sign in text for sign in _NO_PERMISSION):
        return _denied(text, detail)
    return first(_KNOWN, text, detail)


def _denied(text: str, detail: str) -> CloudError:
    """Which permission on what is missing, and how it would be granted."""
    what, where = _PERMISSION.search(text), _RESOURCE.search(text)
    if what is None:
        hint = "Roles that a stack needs: Owner, or Editor with Project IAM Admin"
        return CloudError(f"Google Cloud refused a permission: {detail}", hint=hint)
    on = f" on {where.group('where').rstrip('.')}" if where else ""
    return CloudError(
        f"These credentials lack the permission {what.group('what')}{on}.",
        hint="An owner could type: gcloud projects add-iam-policy-binding PROJECT --member WHO --role ROLE, with a role"
        f" that has {what.group('what')}",
    )
