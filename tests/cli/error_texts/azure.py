"""Error texts of Azure, in the forms in which the Terraform provider and the Azure SDK print them, and the kind of each."""

from __future__ import annotations


def arm(code: str, message: str, status: str = "400 Bad Request") -> str:
    """As Terraform prints an error of Azure Resource Manager."""
    return f"performing CreateOrUpdate: unexpected status {status.split()[0]} ({status}) with error: {code}: {message}"


def polled(code: str, message: str) -> str:
    """As Terraform prints the failure of a long-running operation."""
    return f'polling after CreateOrUpdate: polling failed: the Azure API returned the following error:\n\nStatus: "{code}"\nCode: "{code}"\nMessage: "{message}"'


_CORES = "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 10, Additional Required: 4"
_FORBIDDEN = "403 Forbidden"
_CONFLICT = "409 Conflict"

TEXTS: list[tuple[str, str]] = [
    ("quota", arm("QuotaExceeded", _CORES, _CONFLICT)),
    ("quota", arm("OperationNotAllowed", _CORES, _CONFLICT)),
    ("quota", arm("OperationNotAllowed", "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota.", _FORBIDDEN)),
    ("quota", arm("ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota requested 8, remaining 4 for family standardDSv5Family for region westeurope.")),
    ("quota", arm("InsufficientVCPUQuota", "Insufficient regional vcpu quota left for location westeurope. left regional vcpu quota 2, requested quota 4.", _FORBIDDEN)),
    ("quota", arm("PublicIPCountLimitReached", "Cannot create more than 20 public IP addresses for this subscription in this region.")),
    ("quota", arm("IPv4StandardSkuPublicIpCountLimitReached", "Cannot create more than 20 IPv4 Standard SKU public IP addresses for this subscription in this region.")),
    ("quota", arm("SubscriptionIsOverQuotaForSku", "This region has quota of 0 instances for your subscription. Try selecting different region or SKU.", "401 Unauthorized")),
    ("quota", polled("QuotaExceeded", "Preflight validation check for resource(s) for container service demo failed. Message: Insufficient regional vcpu quota left for location eastus.")),
    ("quota", arm("StorageAccountsLimitExceeded", "The maximum number of storage accounts (250) for the subscription has been reached.", _CONFLICT)),
    ("quota", arm("VirtualNetworkCountLimitReached", "Cannot create more than 1000 virtual networks for this subscription in this region.")),
    ("quota", arm("RoleAssignmentLimitExceeded", "The role assignment limit has been reached. Number of role assignments can't exceed 4000.")),
    ("permission", arm("AuthorizationFailed", "The client 'ada@example.com' with object id '1-2' does not have authorization to perform action 'Microsoft.Network/virtualNetworks/write' over scope '/subscriptions/1/resourceGroups/demo' or the scope is invalid.", _FORBIDDEN)),
    ("permission", arm("LinkedAuthorizationFailed", "The client 'x' with object id '1' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope '/subscriptions/1'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s).", _FORBIDDEN)),
    ("permission", arm("AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.", _FORBIDDEN)),
    ("permission", "keyvault.BaseClient#SetSecret: Failure responding to request: StatusCode=403 -- Code=\"Forbidden\" Message=\"Caller is not authorized to perform action on resource.\" InnerError={\"code\":\"ForbiddenByRbac\"}"),
    ("permission", "unexpected status 403 (403 Forbidden) with error: Authorization_RequestDenied: Insufficient privileges to complete the operation."),
    ("permission", arm("RoleAssignmentUpdateNotPermitted", "The client does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/1'.", _FORBIDDEN)),
    ("firewall", arm("AuthorizationFailure", "This request is not authorized to perform this operation.", _FORBIDDEN)),
    ("firewall", "StatusCode=403 -- Code=\"Forbidden\" Message=\"Client address is not authorized and caller is not a trusted service. Client address: 192.0.2.1\" InnerError={\"code\":\"ForbiddenByFirewall\"}"),
    ("firewall", "StatusCode=403 -- Code=\"Forbidden\" Message=\"Public network access is disabled and request is not from a trusted service nor via an approved private link.\" InnerError={\"code\":\"ForbiddenByConnection\"}"),
    ("policy", arm("RequestDisallowedByPolicy", "Resource 'demo' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Allowed locations\"}}]'.", _FORBIDDEN)),
    ("region", arm("RequestDisallowedByAzure", "Resource 'demo' was disallowed by Azure: This policy maintains a set of best available regions where your subscription can deploy resources.", _FORBIDDEN)),
    ("region", arm("LocationNotAvailableForResourceType", "The provided location 'westindia' is not available for resource type 'Microsoft.ContainerService/managedClusters'.")),
    ("region", arm("LocationIsOfferRestricted", "Subscriptions are restricted from provisioning in location 'eastus'. Please choose a different location.")),
    ("region", arm("NoRegisteredProviderFound", "No registered resource provider found for location 'westus4' and API version '2025-01-01' for type 'managedClusters'.")),
    ("disabled", arm("MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.ContainerService'.", _CONFLICT)),
    ("disabled", arm("SubscriptionNotEnabledEncryptionAtHost", "Subscription does not enable EncryptionAtHost.")),
    ("account", arm("SubscriptionNotFound", "The subscription '11111111-2222-3333-4444-555555555555' could not be found.", "404 Not Found")),
    ("account", arm("ReadOnlyDisabledSubscription", "The subscription '1' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.", _CONFLICT)),
    ("expired", "AADSTS700082: The refresh token has expired due to inactivity."),
    ("expired", arm("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time.", "401 Unauthorized")),
    ("credentials", "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value."),
    ("credentials", "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'."),
    ("credentials", "AADSTS90002: Tenant 'x' not found."),
    ("credentials", "AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication to access."),
    ("credentials", "building account: could not acquire access token: could not configure AzureCli Authorizer: launching Azure CLI: exec: \"az\": executable file not found in $PATH"),
    ("throttled", arm("TooManyRequests", "The request is being throttled as the limit has been reached for operation type.", "429 Too Many Requests")),
    ("throttled", arm("SubscriptionRequestsThrottled", "Number of 'write' requests for subscription exceeded the limit.", "429 Too Many Requests")),
    ("capacity", polled("ZonalAllocationFailed", "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.")),
    ("capacity", polled("AllocationFailed", "Allocation failed. We do not have sufficient capacity for the requested VM size in this region.")),
    ("capacity", polled("OverconstrainedAllocationRequest", "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive.")),
    ("capacity", arm("SkuNotAvailable", "The requested VM size for resource 'demo' is currently not available in location 'eastus'. Please try another size or deploy to a different location or different zone.", _CONFLICT)),
    ("size", arm("BadRequest", "The VM size of Standard_D4s_v5 is not allowed in your subscription in location 'westus2'. The available VM sizes are 'standard_d2pds_v5'")),
    ("size", arm("VMSizeNotSupported", "Virtual Machine size: 'Standard_D4s_v5' is not supported for subscription 1 in location 'westus2'.")),
    ("size", arm("AvailabilityZoneNotSupported", "Preflight validation check for resource(s) failed. The zone(s) '3' for resource 'cpu' is not supported.")),
    ("size", arm("ServerEditionNotSupported", "The server edition Burstable is not supported in this location.")),
    ("version", arm("K8sVersionNotSupported", "Managed cluster demo is on version 1.20.0 which is not supported in this region. Please use [az aks get-versions] command to get the supported version list.")),
    ("version", arm("OperationNotAllowed", "Upgrading Kubernetes version 1.33.1 to 1.35.0 is not allowed. Control plane minor versions cannot be skipped. skip minor versions")),
    ("version", arm("ServerVersionNotSupported", "The version 9.6 is not supported.")),
    ("architecture", arm("BadRequest", "Cannot create a VM of size 'Standard_D4ps_v5' because this VM size only supports a CPU Architecture of 'Arm64', but an image or disk given has CPU Architecture 'x64'.")),
    ("name", arm("ReservedResourceName", "The resource name 'microsoft-demo' or a part of the name is a trademarked or reserved word.")),
    ("name", arm("InvalidResourceName", "Resource name a- is invalid. The name must begin with a letter or number, end with a letter, number or underscore.")),
    ("name", arm("AccountNameInvalid", "DEMO is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.")),
    ("exists", arm("StorageAccountAlreadyTaken", "The storage account named demo is already taken.", _CONFLICT)),
    ("exists", arm("ServerNameAlreadyExists", "Specified server name is already used.", _CONFLICT)),
    ("exists", arm("RoleAssignmentExists", "The role assignment already exists.", _CONFLICT)),
    ("exists", "a resource with the ID \"/subscriptions/1/resourceGroups/demo\" already exists - to be managed via Terraform this resource needs to be imported into the State."),
    ("exists", arm("ConflictError", "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault.", _CONFLICT)),
    ("network", arm("NetcfgSubnetRangesOverlap", "Subnet 'cluster' is not valid because its IP address range overlaps with that of an existing subnet in virtual network 'demo'.")),
    ("network", arm("ServiceCidrOverlapExistingSubnetsCidr", "The specified service CIDR 10.0.0.0/16 is conflicted with an existing subnet CIDR 10.0.1.0/24")),
    ("network", arm("InsufficientSubnetSize", "Pre-allocated IPs 341 exceeds IPs available 251 in Subnet Cidr 10.0.0.0/24, Subnet Name cluster.")),
    ("in-use", arm("InUseSubnetCannotBeDeleted", "Subnet cluster is in use by /subscriptions/1/networkInterfaces/x/ipConfigurations/y and cannot be deleted.")),
    ("in-use", arm("AnotherOperationInProgress", "Another operation on this or dependent resource is in progress.", "429 Another")),
    ("in-use", arm("PublicIPAddressCannotBeDeleted", "Public IP address demo-nat can not be deleted since it is still allocated to resource nat.")),
    ("in-use", "deleting Resource Group \"demo\": the Resource Group still contains Resources."),
    ("protected", arm("ScopeLocked", "The scope '/subscriptions/1/resourceGroups/demo' cannot perform delete operation because following scope(s) are locked: '/subscriptions/1/resourceGroups/demo'. Please remove the lock and try again.", _CONFLICT)),
    ("key", arm("KeyVaultKeyNotFound", "The key vault key is not found to unwrap the encryption key.")),
    ("timing", arm("PrincipalNotFound", "Principal 12345678 does not exist in the directory 1. Check that you have the correct principal ID.")),
    ("timing", arm("InternalServerError", "An internal execution error occurred. Please retry later.", "500 Internal")),
    ("unreachable", "dial tcp: lookup management.azure.com: no such host"),
    ("unreachable", "ServiceRequestError: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded"),
]  # fmt: skip
