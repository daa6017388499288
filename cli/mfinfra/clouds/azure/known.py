"""Known errors of Azure: their kinds, meanings and hints. The first match is used.

Source of the codes: "Troubleshoot common Azure deployment errors" and the error pages of each service.
"""

# ruff: noqa: E501
from __future__ import annotations

from ..known_errors import NETWORK, Known

#: What a message says about credentials, the subscription, quotas and firewalls. It decides before denied permissions do.
FIRST = (
    Known(
        "expired",
        ("AADSTS700082", "AADSTS50173", "AADSTS70043", "AADSTS50078", "AADSTS50133", "ExpiredAuthenticationToken", "token has expired", "token is expired", "lifetime validation failed"),
        "The Azure credentials have expired.",
        "Run: az login",
    ),
    Known(
        "credentials",
        ("AADSTS50076", "AADSTS50079", "AADSTS53003", "AADSTS53000", "multi-factor authentication", "Conditional Access"),
        "Azure requires another sign-in for these credentials, such as multi-factor authentication: {detail}",
        "Run: az login --tenant TENANT",
    ),
    Known(
        "credentials",
        ("AADSTS7000215", "AADSTS7000222", "AADSTS700016", "AADSTS90002", "AADSTS700024", "AADSTS70021", "AADSTS700213", "AADSTS50034", "InvalidAuthenticationToken", "invalid_client"),
        "Azure rejected these credentials: {detail}",
        "Check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, or run: az login",
    ),
    Known(
        "credentials",
        ("DefaultAzureCredential failed", "CredentialUnavailable", "az login", "unable to build authorizer", "could not configure AzureCli Authorizer", "No subscription found", "ManagedIdentityCredential authentication unavailable"),
        "No Azure credentials were found.",
        "Run: az login",
    ),
    Known(
        "account",
        ("SubscriptionNotFound", "InvalidSubscriptionId", "InvalidAuthenticationTokenTenant", "AccountIsNotActive"),
        "The subscription does not exist, or these credentials have no access to it: {detail}",
        "To list the subscriptions, run: az account list --output table",
    ),
    Known(
        "account",
        ("ReadOnlyDisabledSubscription", "DisabledSubscription", "subscription is disabled", "spending limit", "BillingNotActive"),
        "The subscription is disabled or has reached its spending limit: {detail}",
        "Enable it under Subscriptions in the Azure portal, then run the command again",
    ),
    Known(
        "disabled",
        ("MissingSubscriptionRegistration", "SubscriptionNotRegistered", "not registered to use namespace", "FeatureNotRegistered", "SubscriptionNotEnabledEncryptionAtHost", "is not registered for feature"),
        "A resource provider, or a feature of one, is not registered in the subscription: {detail}",
        "Run: az provider register --namespace NAME --wait; then run the command again",
    ),
    Known(
        "policy",
        ("RequestDisallowedByPolicy", "disallowed by policy", "PolicyViolation", "ForbiddenByPolicy"),
        "A policy of the organization does not allow the change: {detail}",
        "Ask the administrators of the subscription for an exemption, or change the value in the stack file",
    ),
    Known(
        "region",
        ("RequestDisallowedByAzure", "NoRegisteredProviderFound", "LocationNotAvailableForResourceType", "InvalidLocation", "LocationIsOfferRestricted", "RegionIsOfferRestricted", "is restricted in this region", "LocationNotSupported"),
        "The region does not offer a service that the stack needs, or not to this subscription: {detail}",
        "Select another region; to list the regions, run: az account list-locations --output table",
    ),
    Known(
        "throttled",
        ("TooManyRequests", "ServerIsBusy", "OperationNotAllowedOnServerBusy", "RetryableError", "SubscriptionRequestsThrottled", "request rate is too large", "requests have been throttled", "429 Too Many Requests"),
        "Azure throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        "quota",
        ("QuotaExceeded", "exceeding approved", "ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota", "Insufficient regional vcpu quota", "PublicIPCountLimitReached", "IPv4CountLimitReached",
         "CountLimitReached", "CountExceeded", "LimitExceeded", "maximum number of", "quota limit", "MaxStorageAccountsCountPerSubscriptionExceeded", "exceed the quota", "limit of 250 storage accounts",
         "SubscriptionIsOverQuotaForSku", "reached the limit", "ResourceQuotaExceeded", "exceeds the available quota", "ResourceCountExceedsLimit"),
        "A quota of the subscription is used up: {detail}",
        "Request an increase under Quotas in the Azure portal, or delete unused resources; then run the command again",
    ),
    Known(
        "firewall",
        ("ForbiddenByFirewall", "Client address is not authorized", "ForbiddenByConnection", "Public network access is disabled", "This request is not authorized to perform this operation.", "not allowed to access key vault"),
        "A firewall of a storage account or a key vault does not allow this machine: {detail}",
        "Add the address of this machine to kubernetes.allow, or run mfinfra inside the network",
    ),
    Known(
        "quota",
        (" quota ", " quota.", " quotas "),
        "A quota of the subscription is used up: {detail}",
        "Request an increase under Quotas in the Azure portal, or delete unused resources; then run the command again",
    ),
)  # fmt: skip

#: Everything else.
REST = (
    Known(
        "capacity",
        ("AllocationFailed", "ZonalAllocationFailed", "OverconstrainedAllocationRequest", "OverconstrainedZonalAllocationRequest", "SkuNotAvailable", "insufficient capacity", "capacity restrictions",
         "does not have enough capacity", "SpotVMEvicted", "not available in the current region", "high demand", "currently not available in location"),
        "The region does not currently offer this size, or not to this subscription: {detail}",
        "Select another size or region; to list the sizes, run: az vm list-skus --location REGION --output table",
    ),
    Known(
        "size",
        ("is not allowed in your subscription", "VMSizeNotSupported", "NotAvailableForSubscription", "not available in location", "VMSizeIsNotPermittedToEnableAcceleratedNetworking", "VM size is not supported", "The VM size of", "Virtual Machine size", "requested VM size", "Invalid VM size",
         "AvailabilityZoneNotSupported", "InvalidVMSize", "SkuNotSupported", "SKU is not supported", "sku is not available", "is not supported for subscription", "not supported in region", "ProvisioningNotSupportedForRegion", "doesn't support the requested size", "ServerEditionNotSupported", "InvalidParameterValue: The value of the parameter 'sku"),
        "This size is not offered in this region, or not to this subscription: {detail}",
        "Select another size: metadata.size for the database, instance_types in compute.pools for tasks; to list the sizes, run: az vm list-skus --location REGION --output table",
    ),
    Known(
        "version",
        ("K8sVersionNotSupported", "AgentPoolK8sVersionNotSupported", "OrchestratorVersion", "NotAllowedToUpgrade", "skip minor versions", "is not supported in this region", "Upgrading Kubernetes version", "NodePoolMcVersionIncompatible"),
        "The region does not offer this version of Kubernetes, or it cannot be reached from the one that runs: {detail}",
        "Kubernetes is upgraded by one minor version at a time; to list the versions, run: az aks get-versions --location REGION --output table",
    ),
    Known(
        "version",
        ("ServerVersionNotSupported", "InvalidServerVersion", "MajorVersionUpgrade", "target version", "cannot be downgraded", "downgrade"),
        "Azure does not change the version of the database to this one: {detail}",
        "Set metadata.postgres_version to a later major version; no version can be downgraded",
    ),
    Known(
        "architecture",
        ("CpuArchitectureMismatch", "processor architecture", "CPU Architecture", "'Arm64'", "cpuArchitecture"),
        "The architecture of the machines is not that of their image: {detail}",
        "In compute.pools, select machine types of the other architecture",
    ),
    Known(
        "name",
        ("ReservedResourceName", "InvalidResourceName", "InvalidDomainNameLabel", "AccountNameInvalid", "is not a valid name", "trademarked or reserved word", "InvalidResourceGroupName", "VaultNameNotValid", "InvalidDnsPrefix"),
        "Azure does not accept a name: {detail}",
        "Choose another stack name",
    ),
    Known(
        "exists",
        ("ConflictError: A vault with the same name", "in deleted state", "soft-deleted", "soft deleted", "ObjectIsDeletedButRecoverable", "is currently in a deleted but recoverable state"),
        "A deleted resource of this name still exists: {detail}",
        "Recover or purge it, for example run: az keyvault purge --name NAME; or choose another stack name",
    ),
    Known(
        "exists",
        ("StorageAccountAlreadyTaken", "StorageAccountAlreadyExists", "VaultAlreadyExists", "ServerNameAlreadyExists", "NameUnavailable", "AlreadyExists", "already exists", "is already taken", "AlreadyInUse: The registry", "RoleAssignmentExists", "DnsRecordInUse", "name is already in use", "not available: already in use"),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    Known(
        "network",
        ("SubnetConflict", "NetcfgSubnetRangesOverlap", "NetcfgInvalidSubnet", "InvalidCIDRNotation", "ServiceCidrOverlap", "overlap", "InsufficientSubnetSize", "SubnetIsFull", "Subnet is full", "AddressSpaceOverlap"),
        "The CIDR range of the network is in use, too small, or overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        "in-use",
        ("InUseSubnetCannotBeDeleted", "InUseNetworkSecurityGroupCannotBeDeleted", "CannotBeDeleted", "PublicIPAddressCannotBeDeleted", "InUseRouteTable", "is in use by", "still in use", "NicInUse", "is in use and cannot be deleted", "ResourceGroupBeingDeleted",
         "ParentResourceBeingDeleted", "AnotherOperationInProgress", "OperationNotAllowed: Operation is not allowed", "Another operation", "ConcurrentUpdate", "OperationPreempted", "Conflict: Cannot delete", "ServerIsNotReady", "still contains Resources", "cannot be deleted because"),
        "A resource is still used by another one, or by another operation: {detail}",
        "Delete what uses it, if mfinfra did not create it; otherwise wait 5 minutes and run the command again",
    ),
    Known(
        "protected",
        ("ScopeLocked", "CanNotDelete", "MethodNotAllowedInPolicy", "purge protection"),
        "A resource lock in Azure prevents the change: {detail}",
        "Remove the lock; or set deletion_protection: false and run: mfinfra up",
    ),
    Known(
        "key",
        ("KeyVaultKeyNotFound", "KeyNotFound", "KeyVaultAccessForbidden", "KeyDisabled", "KeyVaultVaultNotFound", "KeyVaultPolicyError"),
        "The key of the stack cannot be used: {detail}",
        "Check datastore.kms in the stack file, and the access of the identity of the stack to the key",
    ),
    Known(
        "timing",
        ("PrincipalNotFound", "does not exist in the directory", "ResourceNotFound", "ParentResourceNotFound", "context deadline exceeded", "InternalServerError", "OperationTimedOut", "GatewayTimeout", "ServiceUnavailable", "internal server error", "VMExtensionProvisioningTimeout"),
        "An operation in Azure timed out, failed inside Azure, or depends on a resource that is not visible yet: {detail}",
        "Run the command again: it continues where it stopped",
    ),
    Known(
        "unreachable",
        (*NETWORK, "ServiceRequestError"),
        "Azure cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
)  # fmt: skip
