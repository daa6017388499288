"""Known errors of Google Cloud: their kinds, meanings and hints. The first match is used.

Its client libraries and Terraform's diagnostics share the texts. Most of them come with status 403, whatever they mean.
"""

# ruff: noqa: E501
from __future__ import annotations

from ..known_errors import NETWORK, Known

#: What a message says about credentials, the project, quotas and policies. It decides before denied permissions do.
FIRST = (
    Known(
        "credentials",
        ("DefaultCredentialsError", "could not find default credentials", "default credentials were not found", "Application Default Credentials", "no credentials loaded"),
        "No Google Cloud credentials were found.",
        "Run: gcloud auth application-default login",
    ),
    Known(
        "expired",
        ("invalid_grant", "RefreshError", "Reauthentication is needed", "invalid_rapt", "token expired", "Token has been expired or revoked", "reauth related error"),
        "The Google Cloud credentials have expired.",
        "Run: gcloud auth application-default login",
    ),
    Known(
        "credentials",
        ("UNAUTHENTICATED", "invalid authentication credentials", "Invalid Credentials", "MalformedError", "invalid_client", "ACCESS_TOKEN_TYPE_UNSUPPORTED", "Request had insufficient authentication scopes", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        "Google Cloud rejected these credentials: {detail}",
        "Check GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login",
    ),
    Known(
        "account",
        ("BILLING_DISABLED", "billing account", "Billing must be enabled", "billing to be enabled", "accountDisabled", "UREQ_PROJECT_BILLING_NOT_FOUND", "requires billing", "UserProjectAccountProblem"),
        "The project has no active billing account: {detail}",
        "Run: gcloud billing projects link PROJECT --billing-account ACCOUNT",
    ),
    Known(
        "account",
        ("quota project", "USER_PROJECT_DENIED", "userProjectMissing"),
        "The credentials name no project for billing and quotas, or one that they cannot use: {detail}",
        "Run: gcloud auth application-default set-quota-project PROJECT",
    ),
    Known(
        "disabled",
        ("SERVICE_DISABLED", "accessNotConfigured", "has not been used in project", "it is disabled. Enable it", "Access Not Configured", "API is not enabled", "is not enabled for project"),
        "A service is not enabled in the project: {detail}",
        "Run: gcloud services enable SERVICE --project PROJECT; then run the command again",
    ),
    Known(
        "policy",
        ("constraints/", "Request is prohibited by organization's policy", "vpcServiceControls", "violates constraint", "Organization Policy", "organization policy", "FAILED_PRECONDITION: One or more users named in the policy do not belong", "do not belong to a permitted customer"),
        "A policy of the organization does not allow the change: {detail}",
        "Ask the administrators of the organization for an exception, or change the value in the stack file",
    ),
    Known(
        "region",
        ("Permission denied on 'locations/", "is not available in location", "Invalid value for field 'zone'", "Unknown region", "Invalid region", "is not a valid location", "Location REGION is not found", "does not exist in zone or region", "location constraint is not valid"),
        "The region does not offer a service that the stack needs: {detail}",
        "Select another region; to list the regions, run: gcloud compute regions list",
    ),
    Known(
        "throttled",
        ("rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "userRateLimitExceeded", "per minute", "per 100 seconds", "Too many requests", "exceeded the rate limit", "rate limit", "exceeded its quota for the rate"),
        "Google Cloud throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        "quota",
        ("QUOTA_EXCEEDED", "quotaExceeded", "Quota exceeded", "exceeded. Limit:", "nsufficient regional quota", "nsufficient project quota", "nsufficient zonal quota", "insufficient quota", "to satisfy request: resource",
         "cannot create more than", "maximum number of", "must request an increase", "limit exceeded", "exceeds the limit", "exceeded limit", "limitExceeded", "RESOURCE_EXHAUSTED: Quota", "has reached its quota", "reached the limit", "Quota limit", "quota has been exceeded", "resourceQuotaExceeded", "you have reached the quota", "Exceeded maximum allocation"),
        "A quota of the project is used up: {detail}",
        "Request an increase under IAM, Quotas in the Google Cloud console, or delete unused resources; then run the command again",
    ),
    Known(
        "throttled",
        ("RESOURCE_EXHAUSTED", "Error 429"),
        "Google Cloud throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        "quota",
        (" quota ", " quota.", " quotas "),
        "A quota of the project is used up: {detail}",
        "Request an increase under IAM, Quotas in the Google Cloud console, or delete unused resources; then run the command again",
    ),
)  # fmt: skip

#: Everything else.
REST = (
    Known(
        "capacity",
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "STOCKOUT", "does not have enough resources available", "resource pool exhausted", "stockout", "GCE out of resources", "not enough capacity"),
        "The zone currently has no capacity for this machine type: {detail}",
        "Select another machine type or region, or run the command again later",
    ),
    Known(
        "version",
        ("No valid versions with the prefix", "Master version", "is unsupported. Please use", "Node version", "cannot be upgraded to", "skip minor version", "Invalid master version", "must not be greater than master version", "downgrade", "Database version upgrade", "databaseVersion", "database version"),
        "The region does not offer this version of Kubernetes or of the database, or it cannot be reached from the one that runs: {detail}",
        "Kubernetes is upgraded by one minor version at a time, and no version can be downgraded; to list the versions, run: gcloud container get-server-config --region REGION",
    ),
    Known(
        "size",
        ("machine type with name", "Machine type", "machineType", "Invalid Tier", "invalid tier", "is not supported for this", "Tier (", "machine types are not supported", "acceleratorType", "not supported in zone", "accelerator type", "is not available in zone", "Custom Machine type"),
        "This size is not offered in this region or zone: {detail}",
        "Select another size: metadata.instance_class for the database, instance_types in compute.pools for tasks; to list the sizes, run: gcloud compute machine-types list --zones ZONE",
    ),
    Known(
        "architecture",
        ("architecture", "is not compatible with the image"),
        "The architecture of the machines is not that of their image: {detail}",
        "In compute.pools, select machine types of the other architecture",
    ),
    Known(
        "network",
        ("conflicts with existing", "overlaps with", "Conflicting IP cidr range", "IP range is already", "IP_SPACE_EXHAUSTED", "IP space of", "Couldn't find free blocks", "does not have enough available IP", "Allocated IP range", "invalid IPCidrRange"),
        "The CIDR range of the network is in use, too small, or overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        "in-use",
        ("is being used by", "resourceInUseByAnotherResource", "is already being used by", "producer services", "resourceNotReady", "is in use", "Cluster is running incompatible operation", "operation is currently", "another operation was already in progress", "Another operation",
         "operationInProgress", "is currently being", "there is an operation", "cannot be deleted because", "has child resources", "still contains", "resource is not ready"),
        "A resource is still in use, or changed by another operation: {detail}",
        "Wait 5 minutes, then run the command again: it continues where it stopped",
    ),
    Known(
        "not-empty",
        ("bucket you tried to delete is not empty",),
        "A resource is still in use and cannot be deleted, because the bucket contains objects: {detail}",
        "Empty the bucket, or to keep it, run: mfinfra down --keep data",
    ),
    Known(
        "protected",
        ("deletion_protection", "deletionProtection", "deletion protection", "is protected against deletion", "retention policy"),
        "A resource is protected from deletion: {detail}",
        "Set deletion_protection: false in the stack file and run: mfinfra up; then run the command again",
    ),
    Known(
        "key",
        ("KEY_DISABLED", "KEY_DESTROYED", "CryptoKeyVersion", "kms key", "Cloud KMS key", "is not enabled, current state"),
        "The key of the stack is disabled, destroyed, or not accessible to a service: {detail}",
        "Check datastore.kms in the stack file, and the key in the Google Cloud console",
    ),
    Known(
        "name",
        ("Invalid bucket name", "invalid bucket name", "is not a valid name", "must be a match of regex", "contains a reserved", "The specified bucket is not valid", "Invalid value for field 'resource.name'", "does not match pattern"),
        "Google Cloud does not accept a name: {detail}",
        "Choose another stack name",
    ),
    Known(
        "exists",
        ("instanceAlreadyExists", "because it became unavailable", "name was recently deleted", "recently deleted", "cannot be reused"),
        "A resource of this name exists, or its name is reserved for some days after it was deleted: {detail}",
        "Choose another stack name",
    ),
    Known(
        "exists",
        ("alreadyExists", "ALREADY_EXISTS", "already exists", "You already own this bucket", "requested bucket name is not available"),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    Known(
        "timing",
        ("Error 500", "Error 502", "Error 504", "backendError", "internalError", "INTERNAL: ", "DEADLINE_EXCEEDED", "timeout while waiting for state", "Service account does not exist", "does not exist., badRequest"),
        "An operation in Google Cloud timed out, failed inside Google Cloud, or depends on a resource that is not visible yet: {detail}",
        "Run the command again: it continues where it stopped",
    ),
    Known(
        "unreachable",
        (*NETWORK, "TransportError", "ServiceUnavailable", "Error 503"),
        "Google Cloud cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
)  # fmt: skip
