"""Known Azure errors, and a hint for each. The REST API and Terraform's diagnostics contain the same codes.

Source of the codes: "Troubleshoot common Azure deployment errors" and the error pages of each service.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from ..known_errors import NETWORK, Known, first, short

_KNOWN = (
    Known(
        (
            "AADSTS700082",
            "AADSTS50173",
            "AADSTS70043",
            "AADSTS50078",
            "ExpiredAuthenticationToken",
            "token has expired",
            "refresh token has expired",
        ),
        "The Azure credentials have expired.",
        "Run: az login",
    ),
    Known(
        (
            "AADSTS7000215",
            "AADSTS7000222",
            "AADSTS700016",
            "AADSTS90002",
            "InvalidAuthenticationToken",
            "invalid_client",
        ),
        "Azure rejected these credentials: {detail}",
        "Check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, or run: az login",
    ),
    Known(
        (
            "DefaultAzureCredential failed",
            "CredentialUnavailable",
            "az login",
            "unable to build authorizer",
            "could not configure AzureCli Authorizer",
            "Please run 'az login'",
        ),
        "No Azure credentials were found.",
        "Run: az login",
    ),
    Known(
        ("SubscriptionNotFound", "InvalidSubscriptionId"),
        "The subscription does not exist, or these credentials have no access to it: {detail}",
        "To list the subscriptions, run: az account list --output table",
    ),
    Known(
        ("MissingSubscriptionRegistration", "SubscriptionNotRegistered", "not registered to use namespace"),
        "A resource provider is not registered in the subscription: {detail}",
        "Run: az provider register --namespace NAME --wait; then run the command again",
    ),
    Known(
        ("NoRegisteredProviderFound", "LocationNotAvailableForResourceType", "InvalidLocation"),
        "The region does not offer a service that the stack needs: {detail}",
        "Select another region; to list the regions, run: az account list-locations --output table",
    ),
    Known(
        (
            "SkuNotAvailable",
            "NotAvailableForSubscription",
            "not available in location",
            "VMSizeNotSupported",
            "AllocationFailed",
            "ZonalAllocationFailed",
            "OverconstrainedAllocationRequest",
            "LocationIsOfferRestricted",
        ),
        "The region does not currently offer this size, or not to this subscription: {detail}",
        "Select another size or region; to list the sizes, run: az vm list-skus --location REGION --output table",
    ),
    Known(
        (
            "QuotaExceeded",
            "exceeding approved",
            "ErrCode_InsufficientVCPUQuota",
            "Insufficient regional vcpu quota",
            "PublicIPCountLimitReached",
        ),
        "A quota of the subscription is used up: {detail}",
        "Request an increase under Quotas in the Azure portal, or delete unused resources; then run the command again",
    ),
    Known(
        ("K8sVersionNotSupported", "AgentPoolK8sVersionNotSupported"),
        "The region does not offer this version of Kubernetes: {detail}",
        "To list the versions, run: az aks get-versions --location REGION --output table",
    ),
    Known(
        (
            "StorageAccountAlreadyTaken",
            "StorageAccountAlreadyExists",
            "VaultAlreadyExists",
            "ServerNameAlreadyExists",
            "NameUnavailable",
            "AlreadyExists",
            "already exists",
        ),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    Known(
        (
            "InUseSubnetCannotBeDeleted",
            "SubnetConflict",
            "NetcfgSubnetRangesOverlap",
            "NetcfgInvalidSubnet",
            "InvalidCIDRNotation",
        ),
        "The CIDR range of the network is in use, or overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        ("ScopeLocked",),
        "A resource lock in Azure prevents the change: {detail}",
        "Remove the lock; or set deletion_protection: false and run: mfinfra up",
    ),
    Known(
        ("TooManyRequests", "ServerIsBusy", "OperationNotAllowedOnServerBusy", "RetryableError"),
        "Azure throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        (*NETWORK, "ServiceRequestError"),
        "Azure cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
)

_DENIED = re.compile(
    r"AuthorizationFailed|LinkedAuthorizationFailed|AuthorizationPermissionMismatch|ForbiddenByRbac|does not have authorization"
)
_WHAT = re.compile(r"perform action '(?P<action>[^']+)'.*?over scope '(?P<scope>[^']+)'", re.S)
_CLIENT = re.compile(r"client '(?P<who>[^']+)'(?: with object id '(?P<id>[^']+)')?")
_DETAIL = re.compile(r"(?:Message|message)[\"']?\s*[=:]\s*[\"'](.+?)[\"'](?:\s|,|\}|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """An error of the Azure SDK as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(
        f"Azure refused the request: {short(str(exc))}", hint="Run the command again"
    )


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of Azure contains, None if it contains none."""
    if _DENIED.search(text):
        return _denied(text)
    found = _DETAIL.search(text)
    return first(_KNOWN, text, short(found.group(1) if found else text))


def _denied(text: str) -> CloudError:
    """The denied action, its scope and the principal, and the role assignment that grants it."""
    what, client = _WHAT.search(text), _CLIENT.search(text)
    who = client.group("who") if client else "The caller"
    if what is None:
        hint = "A stack needs the role Owner, or Contributor with Role Based Access Control Administrator"
        return CloudError(f"Azure denied access: {short(text)}", hint=hint)
    assignee = (client and (client.group("id") or client.group("who"))) or "OBJECT_ID"
    return CloudError(
        f"{who} is not allowed to perform {what.group('action')} on {what.group('scope')}.",
        hint=f"Ask an owner to run: az role assignment create --assignee {assignee} --role Owner --scope {what.group('scope')}",
    )
