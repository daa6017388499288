"""Known errors of AWS: their kinds, meanings and hints. The first match is used.

The same texts come from boto3 and, inside Terraform's diagnostics, from the AWS SDK for Go; CloudFormation has its own.
"""

# ruff: noqa: E501
from __future__ import annotations

from ..known_errors import Known

_AGAIN = "Run the command again; it continues where it stopped"
_VERSIONS = "aws rds describe-db-engine-versions --engine postgres --engine-version VERSION --query 'DBEngineVersions[].ValidUpgradeTarget[].EngineVersion'"

#: What a message says about credentials, the account, quotas and the network. It decides before denied permissions do.
FIRST = (
    Known(
        "credentials",
        ("Unable to locate credentials", "NoCredentialProviders", "No valid credential sources", "no EC2 IMDS role found"),
        "No AWS credentials were found.",
        "Run: aws sso login, or: export AWS_PROFILE=NAME",
    ),
    Known(
        "credentials",
        ("Partial credentials found",),
        "The AWS credentials are incomplete: the access key or the secret access key is missing.",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or unset both and run: export AWS_PROFILE=NAME",
    ),
    Known(
        "credentials",
        ("The config profile", "failed to get shared config profile"),
        "The AWS profile that AWS_PROFILE names does not exist.",
        "To list the profiles, run: aws configure list-profiles",
    ),
    Known(
        "credentials",
        ("Unable to parse config file", "InvalidConfigError", "source_profile", "ConfigParseError", "CredentialRetrievalError", "FileNotFoundError"),
        "The AWS configuration of this user provides no credentials: {detail}",
        "Check ~/.aws/config, then run: aws sts get-caller-identity",
    ),
    Known(
        "credentials",
        ("Missing Dependency", "MissingDependencyException"),
        "Signing in with this AWS profile needs a package that is not installed: {detail}",
        "Run: pip install 'botocore[crt]', or sign in another way",
    ),
    Known(
        "credentials",
        ("MFA code",),
        "The AWS profile requires an MFA code, but the terminal is not interactive.",
        "Get credentials first, for example run: aws configure export-credentials --format env",
    ),
    Known(
        "credentials",
        ("Error loading SSO Token", "SSOTokenLoadError", "failed to read cached SSO token", "unable to refresh SSO token", "cached SSO token"),
        "This AWS profile is not signed in, or its session has ended.",
        "Run: aws sso login",
    ),
    Known(
        "expired",
        ("ExpiredToken", "token has expired", "SSO session", "UnauthorizedSSOTokenError", "TokenRefreshRequired", "security token included in the request is expired"),
        "The AWS credentials have expired.",
        "Run: aws sso login, or get new credentials from the source of the expired ones",
    ),
    Known(
        "credentials",
        ("InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure", "security token included in the request is invalid"),
        "AWS rejected these credentials: they are invalid, belong to another partition, or the region is not enabled for their account.",
        "To check them, run: aws sts get-caller-identity; enable regions under Account in the AWS console",
    ),
    Known(
        "account",
        ("ccount ID not allowed",),
        "The credentials belong to another account than the stack: {detail}",
        "Select other credentials, run: export AWS_PROFILE=NAME",
    ),
    Known(
        "clock",
        ("RequestTimeTooSkewed", "RequestExpired", "Signature not yet current", "Signature expired"),
        "The clock of this machine is wrong by several minutes, so AWS rejects its signatures.",
        "Set the clock, for example run: timedatectl set-ntp true",
    ),
    Known(
        "region",
        ("RegionDisabledException", "region is disabled"),
        "The region is not enabled for this account.",
        "Enable it under Account in the AWS console, or select another region",
    ),
    Known(
        "account",
        ("OptInRequired", "SubscriptionRequiredException", "You are not subscribed to this service", "needs a subscription for the service"),
        "The account is not subscribed to a service that the stack needs, or the region is not enabled for it: {detail}",
        "Complete the registration of the account, or enable the region, in the AWS console",
    ),
    Known(
        "account",
        ("PendingVerification", "FreeTierRestriction", "account is currently being verified", "account is currently blocked", "account is suspended"),
        "The account is not yet verified, is blocked, or its plan does not include this: {detail}",
        "Wait until AWS has verified the account, or upgrade its plan in the AWS console; then run the command again",
    ),
    Known(
        "throttled",
        ("Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "Rate exceeded", "reduce your request rate"),
        "AWS throttled the requests, also after several retries.",
        "Wait a minute, then run the command again",
    ),
    Known(
        "quota",
        ("VcpuLimitExceeded", "AddressLimitExceeded", "VpcLimitExceeded", "NatGatewayLimitExceeded", "LimitExceeded", "QuotaExceeded", "LimitExceededException",
         "InstanceQuotaExceeded", "TooManyBuckets", "TooManyLoadBalancers", "TooManyTargetGroups", "TooManyRules", "TooManyListeners", "maximum number of",
         "reached the limit on", "reached your quota", "Cannot exceed quota", "SpotInstanceCountExceeded", "exceeded the limit", "limit of vCPUs", "exceed your current limit", "quota exceeded", " quota ", " quota."),
        "A quota of the account is used up: {detail}",
        "Request an increase in the Service Quotas console of the region, or delete unused resources; then run the command again",
    ),
    Known(
        "tls",
        ("SSL validation failed", "SSLError", "x509:", "certificate verify failed"),
        "The TLS certificate of the AWS endpoint, or of a proxy in front of it, is not trusted: {detail}",
        "Behind a proxy that inspects TLS, set its certificate authority: export AWS_CA_BUNDLE=FILE",
    ),
    Known(
        "unreachable",
        ("Could not connect to the endpoint", "EndpointConnectionError", "no such host", "connection refused", "Connect timeout",
         "i/o timeout", "network is unreachable", "Name or service not known", "ConnectTimeoutError", "ReadTimeoutError", "Connection was closed",
         "connection reset", "unexpected EOF", "server misbehaving", "TLS handshake timeout", "Failed to connect to proxy"),
        "AWS cannot be reached: {detail}",
        "Check the network, then run the command again: it continues where it stopped",
    ),
    Known(
        "credentials",
        ("Invalid endpoint",),
        "AWS_ENDPOINT_URL is not a valid URL: {detail}",
        "Run: unset AWS_ENDPOINT_URL",
    ),
)  # fmt: skip

#: Everything else.
REST = (
    Known(
        "capacity",
        ("InsufficientInstanceCapacity", "InsufficientDBInstanceCapacity", "InsufficientCapacity", "Capacity is unavailable", "have sufficient capacity",
         "InsufficientHostCapacity", "UnsupportedAvailabilityZoneException"),
        "AWS currently has no capacity for this size in this region or zone: {detail}",
        "Select another size or region, or run the command again later",
    ),
    Known(
        "architecture",
        ("arm-based instance type cannot be used", "is not a valid instance type for requested amiType", "architecture of the AMI",
         "does not match the architecture", "The architecture '"),
        "Instance types of one pool do not have one architecture, or not that of their image: {detail}",
        "In compute.pools, create a pool for each architecture, with an ami of the same one",
    ),
    Known(
        "version",
        ("Cannot upgrade postgres from", "no valid upgrade path", "Cannot find upgrade path", "cannot be downgraded", "downgrade is not supported", "valid upgrade target"),
        "AWS does not change the database to this version. A later major version must have been released after the minor version that runs, and no version can be downgraded: {detail}",
        f"Set metadata.postgres_version to one that this prints: {_VERSIONS}",
    ),
    Known(
        "size",
        ("does not support creating a DB instance", "InvalidDBInstanceClass", "Invalid DB Instance class", "instance type is not supported", "is not supported in your requested Availability Zone",
         "instance types do not exist", "requested instance type", "Instance type can only be one of", "InvalidInstanceType", "does not support the instance type", "The requested configuration is currently not supported"),
        "This size is not offered in this region or zone: {detail}",
        "Select another size: metadata.instance_class for the database, instance_types in compute.pools for tasks",
    ),
    Known(
        "version",
        ("Cannot find version", "unsupported Kubernetes version", "Unsupported Kubernetes minor version", "Addon version specified is not supported", "is not a valid version for kubernetes",
         "is not valid for kubernetes version", "Kubernetes version is not supported", "version is not supported", "engine version is not available"),
        "This version is not offered in this region, or cannot be reached from the one that runs: {detail}",
        "Set metadata.postgres_version or kubernetes.version to another value; Kubernetes is upgraded by one minor version at a time",
    ),
    Known(
        "zones",
        ("DBSubnetGroupDoesNotCoverEnoughAZs", "are in one availability zone", "at least two subnets in two different Availability Zones"),
        "The subnets are in one availability zone; a database and its load balancer need two: {detail}",
        "Check network.subnets in the stack file",
    ),
    Known(
        "timing",
        ("service linked role", "service-linked role"),
        "AWS has not yet created the service-linked role that its service needs in this account: {detail}",
        "Run the command again in a minute; the first call of a service creates the role",
    ),
    Known(
        "timing",
        ("OperationAborted",),
        "S3 is still deleting the previous bucket of this name: {detail}",
        "Wait 5 minutes, then run the command again",
    ),
    Known(
        "exists",
        ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
        "A bucket of this name already exists: {detail}",
        "Choose another stack name, or set datastore.bucket to use the bucket",
    ),
    Known(
        "not-empty",
        ("BucketNotEmpty", "bucket you tried to delete is not empty"),
        "The bucket is not empty, and the stack does not delete buckets that contain objects: {detail}",
        "Empty the bucket, or to keep it, run: mfinfra down --keep data",
    ),
    Known(
        "not-empty",
        ("RepositoryNotEmptyException",),
        "The registry still contains images: {detail}",
        "Delete the images of the repository in the ECR console, then run the command again",
    ),
    Known(
        "protected",
        ("deletion protection", "Cannot delete protected", "DeletionProtection"),
        "A resource is protected from deletion: {detail}",
        "Set deletion_protection: false in the stack file and run: mfinfra up; then run the command again",
    ),
    Known(
        "in-use",
        ("DependencyViolation", "JobQueue relationship", "found existing", "has dependencies and cannot be deleted", "DeleteConflict", "must detach all", "must remove", "is currently in use",
         "ResourceInUse: ", "has nodegroups attached", "is still using it", "InUseFault", "InvalidIPAddress.InUse", "is in use by", "resource is being modified", "currently being used", "being modified", "currently being",
         "has a dependent object", "InvalidDBInstanceState", "InvalidParameterException: The target group is in use", "is in use"),
        "A resource is still used by another one: {detail}",
        "Delete what uses it, if mfinfra did not create it; otherwise wait 5 minutes and run the command again",
    ),
    Known(
        "key",
        ("KMSInvalidState", "DisabledException", "pending deletion", "KMSKeyNotAccessible", "KMS key is not enabled"),
        "The KMS key is disabled, or scheduled for deletion: {detail}",
        "Enable the key, or cancel its deletion, in the KMS console; then run the command again",
    ),
    Known(
        "exists",
        ("scheduled for deletion",),
        "A deleted resource of this name still exists: {detail}",
        "Restore it, or wait until it is deleted, or choose another stack name",
    ),
    Known(
        "network",
        ("InvalidVpcRange", "InvalidSubnet.Range", "InvalidSubnet.Conflict", "CIDR block conflicts", "conflicts with another subnet", "overlap"),
        "The CIDR range of the network overlaps another one: {detail}",
        "Choose another network.cidr",
    ),
    Known(
        "network",
        ("InvalidSubnetID.NotFound", "is not in vpc-", "InvalidVpcID.NotFound", "InvalidSubnet", "InvalidGroup.NotFound", "InsufficientFreeAddressesInSubnet", "does not have enough free"),
        "A subnet or VPC of the stack file does not exist, is in another VPC or region, or has no free addresses: {detail}",
        "Check network in the stack file",
    ),
    Known(
        "image",
        ("InvalidAMIID", "AMI ID", "image id '["),
        "An AMI of the stack file does not exist in the region, or cannot be used: {detail}",
        "Check ami in compute.pools",
    ),
    Known(
        "certificate",
        ("CertificateNotFound", "UnsupportedCertificate"),
        "The certificate of the UI cannot be used: {detail}",
        "Check ui.certificate: the certificate must be issued, and in the region of the stack",
    ),
    Known(
        "name",
        ("cannot contain reserved word", "is not a valid identifier", "InvalidBucketName", "failed to satisfy constraint", "cannot begin with 'internal-'", "may not begin with sg-", "cannot end with a hyphen"),
        "AWS does not accept a name, or another value: {detail}",
        "Choose another stack name, or correct the value in the stack file",
    ),
    Known(
        "policy",
        ("MalformedPolicy", "Invalid principal in policy", "Cannot be assumed by principals", "cannot be assumed by"),
        "AWS rejected a policy, or a role cannot be assumed yet: {detail}",
        "Check the ARNs in the stack file; new roles can need a minute: run the command again",
    ),
    Known(
        "service",
        ("Circuit Breaker", "tfSTABLE"),
        "The ECS tasks of the service do not start: {detail}",
        "Check the stop reason and the logs of the tasks in the ECS console, then run the command again",
    ),
    Known(
        "exists",
        ("EntityAlreadyExists", "AlreadyExists", "ResourceInUseException", "ResourceExistsException", "DuplicateLoadBalancer", "already exists", "already associated", "Object already exists"),
        "A resource of this name already exists: {detail}",
        "Choose another stack name; or delete the resource, if an earlier stack of this name left it",
    ),
    Known(
        "timing",
        ("NotStabilized", "timeout while waiting", "ServiceUnavailable", "InternalFailure", "InternalError", "internal error", "ServerException"),
        "An operation in AWS timed out, or failed inside AWS: {detail}",
        _AGAIN,
    ),
)  # fmt: skip
