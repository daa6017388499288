"""The ways Azure says no. The same codes come from its REST interface and inside Terraform's diagnostics.

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
        "Type: az login",
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
        "Azure does not know these credentials: {detail}",
        "Look at AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, or type: az login",
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
        "There are no Azure credentials.",
        "Type: az login",
    ),
    Known(
        ("SubscriptionNotFound", "InvalidSubscriptionId"),
        "The subscription is not there, or not for these credentials: {detail}",
        "Those there are: az account list --output table",
    ),
    Known(
        ("MissingSubscriptionRegistration", "SubscriptionNotRegistered", "not registered to use namespace"),
        "A service is not enabled in the subscription: {detail}",
        "Type: az provider register --namespace NAME --wait, then the same command again",
    ),
    Known(
        ("NoRegisteredProviderFound", "LocationNotAvailableForResourceType", "InvalidLocation"),
        "The region does not have what the stack needs: {detail}",
        "Name another one; those there are: az account list-locations --output table",
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
        "The region does not offer this size now, or not to this subscription: {detail}",
        "Name another size or region; those there are: az vm list-skus --location REGION --output table",
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
        "Ask for more under Quotas in the Azure portal, or remove what is not needed, then type the same",
    ),
    Known(
        ("K8sVersionNotSupported", "AgentPoolK8sVersionNotSupported"),
        "The region does not offer this version of Kubernetes: {detail}",
        "Those there are: az aks get-versions --location REGION --output table",
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
        "Something of this name exists already: {detail}",
        "Choose another stack name; or if it is left from a stack of this name, remove it",
    ),
    Known(
        (
            "InUseSubnetCannotBeDeleted",
            "SubnetConflict",
            "NetcfgSubnetRangesOverlap",
            "NetcfgInvalidSubnet",
            "InvalidCIDRNotation",
        ),
        "The addresses of the network are taken or overlap others: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        ("ScopeLocked",),
        "A lock in Azure forbids the change: {detail}",
        "Remove the lock, or set deletion_protection: false and type mfinfra up",
    ),
    Known(
        ("TooManyRequests", "ServerIsBusy", "OperationNotAllowedOnServerBusy", "RetryableError"),
        "Azure asks us to be slower, and went on asking after several tries.",
        "Wait a minute, then type the same command again",
    ),
    Known(
        (*NETWORK, "ServiceRequestError"),
        "Azure cannot be reached: {detail}",
        "Connect, then type the same command again: it goes on from where it was",
    ),
)

_DENIED = re.compile(
    r"AuthorizationFailed|LinkedAuthorizationFailed|AuthorizationPermissionMismatch|ForbiddenByRbac|does not have authorization"
)
_WHAT = re.compile(r"perform action '(?P<action>[^']+)'.*?over scope '(?P<scope>[^']+)'", re.S)
_CLIENT = re.compile(r"client '(?P<who>[^']+)'(?: with object id '(?P<id>[^']+)')?")
_DETAIL = re.compile(r"(?:Message|message)[\"']?\s*[=:]\s*[\"'](.+?)[\"'](?:\s|,|\}|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """A failure of the Azure SDK as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(f"Azure refused: {short(str(exc))}", hint="Type the same command again.")


def explain_text(text: str) -> CloudError | None:
    """What a text of Azure means; None where it is not in the catalogue."""
    if _DENIED.search(text):
        return _denied(text)
    found = _DETAIL.search(text)
    return first(_KNOWN, text, short(found.group(1) if found else text))


def _denied(text: str) -> CloudError:
    """Which action on what was refused to whom, and the assignment that would grant it."""
    what, client = _WHAT.search(text), _CLIENT.search(text)
    who = client.group("who") if client else "This account"
    if what is None:
        hint = "Roles that a stack needs: Owner, or Contributor with Role Based Access Control Administrator"
        return CloudError(f"Azure refused a permission: {short(text)}", hint=hint)
    assignee = (client and (client.group("id") or client.group("who"))) or "OBJECT_ID"
    return CloudError(
        f"{who} may not {what.group('action')} on {what.group('scope')}.",
        hint=f"An owner could type: az role assignment create --assignee {assignee} --role Owner --scope {what.group('scope')}",
    )
