"""Error texts of AWS, in the forms in which the SDK for Go, boto3 and CloudFormation print them, and the kind of each."""

from __future__ import annotations


def sdk(service: str, operation: str, code: str, message: str, status: int = 400) -> str:
    """As Terraform prints an error of the AWS SDK for Go."""
    return f"operation error {service}: {operation}, https response error StatusCode: {status}, RequestID: 0f1e-1, api error {code}: {message}"


def typed(service: str, operation: str, code: str, message: str, status: int = 400) -> str:
    """Like sdk, for errors that have a type in the SDK."""
    return f"operation error {service}: {operation}, https response error StatusCode: {status}, RequestID: 0f1e-1, {code}: {message}"


def handler(message: str, code: str) -> str:
    """As CloudFormation prints an error of a resource handler."""
    return f'Resource handler returned message: "{message} (Service: X, Status Code: 400, Request ID: 1)" (RequestToken: a, HandlerErrorCode: {code})'


TEXTS: list[tuple[str, str]] = [
    ("quota", sdk("EC2", "CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached.")),
    ("quota", sdk("EC2", "AllocateAddress", "AddressLimitExceeded", "The maximum number of addresses has been reached.")),
    ("quota", sdk("EC2", "CreateNatGateway", "NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.")),
    ("quota", sdk("EC2", "CreateInternetGateway", "InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")),
    ("quota", sdk("EC2", "CreateSecurityGroup", "SecurityGroupLimitExceeded", "The maximum number of security groups for VPC 'vpc-1' has been reached.")),
    ("quota", sdk("EC2", "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")),
    ("quota", sdk("EC2", "CreateVpcEndpoint", "VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")),
    ("quota", sdk("EC2", "RunInstances", "VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.")),
    ("quota", sdk("EC2", "RunInstances", "MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")),
    ("quota", typed("IAM", "CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", 409)),
    ("quota", typed("IAM", "AttachRolePolicy", "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409)),
    ("quota", sdk("S3", "CreateBucket", "TooManyBuckets", "You have attempted to create more buckets than allowed")),
    ("quota", typed("RDS", "CreateDBInstance", "InstanceQuotaExceededFault", "DB Instance quota exceeded")),
    ("quota", typed("RDS", "CreateDBInstance", "StorageQuotaExceeded", "Cannot exceed the storage quota of 100000 GB")),
    ("quota", typed("EKS", "CreateCluster", "ResourceLimitExceededException", "You have reached the limit on the number of clusters that you can create in this account.")),
    ("quota", typed("Elastic Load Balancing v2", "CreateLoadBalancer", "TooManyLoadBalancers", "The maximum number of load balancers has been reached")),
    ("quota", typed("Lambda", "CreateFunction", "ServiceQuotaExceededException", "Code storage limit exceeded.")),
    ("quota", typed("API Gateway", "CreateVpcLink", "LimitExceededException", "Maximum number of VPC links has been reached. Please contact AWS if you need additional VPC links.", 429)),
    ("quota", handler("The maximum number of addresses has been reached.", "ServiceLimitExceeded")),
    ("quota", "You've reached the limit on the number of vCPUs you can run concurrently"),
    ("permission", sdk("EC2", "CreateVpc", "UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::1:user/ann is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:1:vpc/* because no identity-based policy allows the ec2:CreateVpc action", 403)),
    ("permission", sdk("IAM", "CreateRole", "AccessDenied", "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/z with an explicit deny in a service control policy", 403)),
    ("permission", sdk("S3", "PutBucketPolicy", "AccessDenied", "Access Denied", 403)),
    ("permission", sdk("S3", "HeadBucket", "Forbidden", "Forbidden", 403)),
    ("permission", typed("Batch", "CreateComputeEnvironment", "AccessDeniedException", "User: arn:aws:iam::1:user/ann is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/demo", 403)),
    ("permission", handler("User: arn:aws:iam::1:user/ann is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:1:db:demo", "AccessDenied")),
    ("permission", "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"),
    ("credentials", "NoCredentialsError: Unable to locate credentials"),
    ("credentials", "No valid credential sources found. failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled"),
    ("credentials", sdk("STS", "GetCallerIdentity", "InvalidClientTokenId", "The security token included in the request is invalid.", 403)),
    ("credentials", sdk("STS", "GetCallerIdentity", "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403)),
    ("credentials", sdk("EC2", "DescribeVpcs", "AuthFailure", "AWS was not able to validate the provided access credentials", 401)),
    ("credentials", "The config profile (nobody) could not be found"),
    ("expired", "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired"),
    ("expired", sdk("S3", "ListObjectsV2", "ExpiredToken", "The provided token has expired.", 400)),
    ("clock", sdk("S3", "ListBuckets", "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403)),
    ("account", "AWS account ID not allowed: 123456789012"),
    ("account", sdk("EC2", "RunInstances", "PendingVerification", "Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete.")),
    ("account", sdk("EC2", "DescribeVpcs", "OptInRequired", "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.", 401)),
    ("throttled", sdk("EC2", "DescribeVpcs", "RequestLimitExceeded", "Request limit exceeded.", 503)),
    ("throttled", typed("API Gateway", "CreateDeployment", "TooManyRequestsException", "Too Many Requests", 429)),
    ("throttled", sdk("IAM", "GetRole", "Throttling", "Rate exceeded")),
    ("throttled", sdk("S3", "PutObject", "SlowDown", "Please reduce your request rate.", 503)),
    ("unreachable", "dial tcp: lookup ec2.eu-west-9.amazonaws.com: no such host"),
    ("unreachable", 'EndpointConnectionError: Could not connect to the endpoint URL: "https://sts.eu-west-9.amazonaws.com/"'),
    ("tls", "SSLError: SSL validation failed for https://sts.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate"),
    ("capacity", sdk("EC2", "RunInstances", "InsufficientInstanceCapacity", "We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested (us-east-1a).", 500)),
    ("capacity", typed("RDS", "CreateDBInstance", "InsufficientDBInstanceCapacity", "db.r6g.large is not available in the Availability Zone")),
    ("capacity", typed("EKS", "CreateCluster", "UnsupportedAvailabilityZoneException", "Cannot create cluster 'demo' because us-east-1e, the targeted availability zone, does not currently have sufficient capacity to support the cluster.")),
    ("size", sdk("RDS", "CreateDBInstance", "InvalidParameterCombination", "RDS does not support creating a DB instance with the following combination: DBInstanceClass=db.t2.micro, Engine=postgres, EngineVersion=17.4, LicenseModel=postgresql-license.")),
    ("size", sdk("EC2", "RunInstances", "Unsupported", "Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (us-east-1e).")),
    ("size", typed("EKS", "CreateNodegroup", "InvalidRequestException", "The following supplied instance types do not exist: [m99.large]")),
    ("version", sdk("RDS", "ModifyDBInstance", "InvalidParameterCombination", "Cannot upgrade postgres from 16.13 to 17.6")),
    ("version", sdk("RDS", "CreateDBInstance", "InvalidParameterCombination", "Cannot find version 17.99 for postgres")),
    ("version", typed("EKS", "UpdateClusterVersion", "InvalidParameterException", "Unsupported Kubernetes minor version update from 1.33 to 1.35")),
    ("version", typed("EKS", "CreateCluster", "InvalidParameterException", "unsupported Kubernetes version")),
    ("version", typed("EKS", "CreateAddon", "InvalidParameterException", "Addon version specified is not supported")),
    ("architecture", typed("Batch", "CreateComputeEnvironment", "ClientException", "Error executing request, Exception : arm-based instance type cannot be used with other instance types.")),
    ("architecture", typed("EKS", "CreateNodegroup", "InvalidParameterException", "[g5g.xlarge] is not a valid instance type for requested amiType AL2023_x86_64_NVIDIA")),
    ("in-use", sdk("EC2", "DeleteVpc", "DependencyViolation", "The vpc 'vpc-0123' has dependencies and cannot be deleted.")),
    ("in-use", typed("Batch", "DeleteComputeEnvironment", "ClientException", "Cannot delete, found existing JobQueue relationship.")),
    ("in-use", typed("IAM", "DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)),
    ("in-use", typed("EKS", "DeleteCluster", "ResourceInUseException", "Cluster has nodegroups attached", 409)),
    ("in-use", typed("RDS", "DeleteDBSubnetGroup", "InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group 'demo' because at least one database instance: demo is still using it.")),
    ("in-use", typed("Elastic Load Balancing v2", "DeleteTargetGroup", "ResourceInUse", "Target group 'arn:aws:elasticloadbalancing:x' is currently in use by a listener or a rule")),
    ("protected", sdk("RDS", "DeleteDBInstance", "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")),
    ("protected", typed("Elastic Load Balancing v2", "DeleteLoadBalancer", "OperationNotPermitted", "Load balancer 'arn' cannot be deleted because deletion protection is enabled")),
    ("not-empty", sdk("S3", "DeleteBucket", "BucketNotEmpty", "The bucket you tried to delete is not empty. You must delete all versions in the bucket.", 409)),
    ("not-empty", typed("ECR", "DeleteRepository", "RepositoryNotEmptyException", "The repository with name 'demo' in registry with id '1' cannot be deleted because it still contains images")),
    ("exists", sdk("S3", "CreateBucket", "BucketAlreadyExists", "The requested bucket name is not available.", 409)),
    ("exists", typed("IAM", "CreateRole", "EntityAlreadyExists", "Role with name demo-us-east-1-task already exists.", 409)),
    ("exists", typed("EKS", "CreateCluster", "ResourceInUseException", "Cluster already exists with name: demo", 409)),
    ("exists", typed("Batch", "CreateJobQueue", "ClientException", "Error executing request, Exception : Object already exists")),
    ("exists", sdk("Secrets Manager", "CreateSecret", "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")),
    ("network", sdk("EC2", "CreateSubnet", "InvalidSubnet.Conflict", "The CIDR '10.20.0.0/17' conflicts with another subnet")),
    ("network", sdk("EC2", "DescribeSubnets", "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist")),
    ("zones", typed("RDS", "CreateDBSubnetGroup", "DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: us-east-1a. Add subnets to cover at least 2 AZs.")),
    ("key", typed("KMS", "Encrypt", "KMSInvalidStateException", "arn:aws:kms:us-east-1:1:key/x is pending deletion.")),
    ("name", typed("Cognito Identity Provider", "CreateUserPoolDomain", "InvalidParameterException", "Domain cannot contain reserved word: aws")),
    ("name", sdk("RDS", "CreateDBInstance", "InvalidParameterValue", "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must not end with a hyphen or contain two consecutive hyphens.")),
    ("policy", typed("IAM", "PutRolePolicy", "MalformedPolicyDocument", "Syntax errors in policy.")),
    ("certificate", typed("Elastic Load Balancing v2", "CreateListener", "CertificateNotFound", "Certificate 'arn:aws:acm:us-east-1:1:certificate/x' not found")),
    ("timing", typed("ECS", "CreateService", "InvalidParameterException", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.")),
    ("timing", sdk("S3", "CreateBucket", "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 409)),
]  # fmt: skip
