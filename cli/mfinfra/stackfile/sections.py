"""The sections of a stack file. Defaults here are those of the preset `sandbox`.

Options have the same meaning on every cloud. Every text has a pattern or a list of allowed values, so that it cannot
contain code for a shell, HCL or a template. Rules of clouds, and rules across several options, are in rules/. The
defaults of presets and clouds are in presets.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .component_versions import DEFAULT_KUBERNETES, METADATA_IMAGE
from .targets import AWS_ONLY, NOT_RENDERED, Parameter

ARN_PATTERN = r"^arn:(aws|aws-cn|aws-us-gov):[a-z0-9-]{1,40}:[a-z0-9-]{0,25}:(\d{12})?:[A-Za-z0-9_+=,.@:/*-]{1,1000}$"
POOL_PATTERN = r"^[a-z][a-z0-9]{0,19}$"
CIDR_PATTERN = r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$"
HOST_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){1,10}$"
IMAGE_PATTERN = r"^[a-z0-9][a-z0-9._/:-]{0,200}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?$"
#: The identifier of an object in a cloud: an ID, a name, a path such as projects/P/global/networks/N.
ID_PATTERN = r"^/?[A-Za-z0-9][A-Za-z0-9._:/+-]{0,400}$"
#: The identifier of a secret: an ARN, the URL or resource ID of a Key Vault secret, a path in Secret Manager, a name.
SECRET_PATTERN = r"^/?[A-Za-z0-9][A-Za-z0-9._:/+=@*-]{0,600}$"
NAMESPACE_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
URL_PATTERN = r"^https://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[A-Za-z0-9._~/-]{0,500})?$"


def _renamed(**names: str) -> BeforeValidator:
    """Accept earlier names of values."""
    return BeforeValidator(lambda value: names.get(value, value) if isinstance(value, str) else value)


Arn = Annotated[str, Field(pattern=ARN_PATTERN)]
Cidr = Annotated[str, Field(pattern=CIDR_PATTERN)]
Id = Annotated[str, Field(pattern=ID_PATTERN)]
SecretId = Annotated[str, Field(pattern=SECRET_PATTERN)]
Endpoint = Literal[
    "ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts", "batch", "ecs", "ecs-agent", "ecs-telemetry", "kms",
    "states", "events", "monitoring", "ssm", "execute-api",
]  # fmt: skip
InstanceType = Annotated[
    str,
    # The categories of AWS Batch are also written with dashes.
    _renamed(**{"default-x86_64": "default_x86_64", "default-arm64": "default_arm64"}),
    Field(pattern=r"^[A-Za-z]([A-Za-z0-9_-]{1,40})(\.[a-z0-9-]{2,15})?$"),
]
PoolName = Annotated[str, Field(pattern=POOL_PATTERN)]
NamespaceName = Annotated[str, Field(pattern=NAMESPACE_PATTERN)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(Strict):
    """The network: a new one, or (with `vpc`) an existing one, which mfinfra does not change."""

    cidr: Cidr = Field("10.20.0.0/16", description="CIDR range of the network, a private range from /16 to /21.")
    zones: int = Field(2, ge=1, le=6, description="Number of availability zones.")
    nat: Literal["none", "one", "per_zone"] = Field(
        "one", description="NAT gateways, for access from private subnets to the internet."
    )
    endpoints: Annotated[list[Endpoint], AWS_ONLY] = Field(
        default_factory=list,
        max_length=20,
        description="AWS: interface endpoints of the network. S3 and DynamoDB always have gateway endpoints.",
    )
    flow_logs: bool = Field(False, description="Log the connections of the network (flow logs).")
    vpc: str | None = Field(
        None,
        pattern=ID_PATTERN,
        description="An existing network: the ID of a VPC (AWS), the resource ID of a virtual network (Azure), the name"
        " of a VPC network (GCP).",
    )
    subnets: list[Id] = Field(
        default_factory=list,
        max_length=20,
        description="Its private subnets. AWS: IDs, in at least two zones; Azure: resource IDs, that of the cluster and"
        " that of the database; GCP: the name of one.",
    )
    public_subnets: Annotated[list[Id], AWS_ONLY] = Field(
        default_factory=list, max_length=20, description="AWS: its public subnets, for the load balancer of the UI."
    )


class Datastore(Strict):
    """The bucket for artifacts, code packages, cards and data."""

    bucket: Annotated[
        str | None, Parameter("BucketName", "Datastore", "Existing bucket.", without="bucket", pattern="")
    ] = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9](/[a-z0-9][a-z0-9-]{1,61}[a-z0-9])?$",
        description="An existing bucket (Azure: account/container). Default: a new one.",
    )
    kms: Annotated[
        str,
        Field(pattern=ID_PATTERN),
        _renamed(aws="managed"),
        Parameter("KmsKeyArn", "Datastore", "ARN of the KMS key.", needs="given_key", pattern=""),
    ] = Field(
        "managed",
        description="Encryption: `create` for a new key, `managed` for keys of the cloud, or the ID of a key (ARN, Key"
        " Vault ID, path in Cloud KMS).",
    )
    versioning: bool = Field(False, description="Keep overwritten and deleted objects for `noncurrent_days`.")
    noncurrent_days: Annotated[int, Parameter("NoncurrentDays", "Datastore", needs="bucket")] = Field(
        7, ge=1, le=3650, description="Days to keep old versions."
    )
    access_logs: bool = Field(False, description="Log every access, to a second bucket.")


class Database(Strict):
    """An existing PostgreSQL database for the metadata."""

    host: Annotated[str, Parameter("DatabaseHost", "Database", "Host.", pattern="", without="database")] = Field(
        pattern=HOST_PATTERN, description="Its host name."
    )
    port: Annotated[int, Parameter("DatabasePort", "Database", "Port.", without="database")] = Field(
        5432, ge=1, le=65535, description="Its port."
    )
    name: Annotated[str, Parameter("DatabaseName", "Database", "Name.", pattern="", without="database")] = Field(
        "metaflow", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", description="Name of the database."
    )
    secret: Annotated[
        SecretId,
        Parameter(
            "DatabaseSecretArn",
            "Database",
            "Secret with username and password.",
            pattern="",
            without="database",
        ),
    ] = Field(
        description="Secret in the cloud, JSON with `username` and `password`: its ARN, Key Vault URL or resource ID,"
        " or path."
    )
    security_group: Annotated[
        str | None,
        AWS_ONLY,
        Parameter(
            "DatabaseGroupId",
            "Database",
            "Security group.",
            kind="AWS::EC2::SecurityGroup::Id",
            without="database",
        ),
    ] = Field(
        None,
        pattern=r"^sg-[0-9a-f]{8,17}$",
        description="AWS: its security group, which gets a rule for the metadata service.",
    )


class Metadata(Strict):
    """The metadata service and its database."""

    size: Annotated[Literal["small", "medium", "large"], NOT_RENDERED] = Field(
        "small", description="Size of the database, on every cloud."
    )
    instance_class: Annotated[
        str | None,
        Parameter(
            "DatabaseClass", "Database", "Instance class.", needs="database", pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$"
        ),
    ] = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{2,60}$",
        description="Instance class of the database, such as db.t4g.micro, B_Standard_B1ms, db-g1-small. Default: the"
        " class for `size`.",
    )
    postgres_version: Annotated[
        str, Parameter("PostgresVersion", "Database", "PostgreSQL version.", needs="database")
    ] = Field("17", pattern=r"^1[4-8](\.\d{1,2})?$", description="PostgreSQL version: 14 to 18, or a minor version.")
    storage_gb: Annotated[int, Parameter("DatabaseStorage", "Database", "Disk, in GB.", needs="database")] = Field(
        20, ge=20, le=65536, description="Disk of the database, in GB."
    )
    max_storage_gb: Annotated[int, Parameter("DatabaseMaxStorage", "Database", needs="database")] = Field(
        100, ge=20, le=65536, description="Limit for automatic growth of the disk, in GB."
    )
    high_availability: Annotated[bool, Parameter("DatabaseStandby", "Database", needs="database")] = Field(
        False, description="A standby in a second zone."
    )
    backup_days: Annotated[
        int, Parameter("DatabaseBackupDays", "Database", "Days to keep backups.", needs="database")
    ] = Field(1, ge=0, le=35, description="Days to keep backups; 0 disables them.")
    database: Database | None = Field(None, description="An existing database.")
    image: Annotated[str, Parameter("MetadataImage", "Metadata", pattern="")] = Field(
        METADATA_IMAGE, pattern=IMAGE_PATTERN, description="Image of the metadata service."
    )
    cpu: Annotated[
        Literal[256, 512, 1024, 2048, 4096], Parameter("MetadataCpu", "Metadata", "CPU units of each replica.")
    ] = Field(256, description="CPU units of each replica; 1024 is one CPU.")
    memory: Annotated[
        int, Parameter("MetadataMemory", "Metadata", "Memory of each replica, in MB.", pattern=r"^\d{3,5}$")
    ] = Field(512, ge=512, le=30720, description="Memory of each replica, in MB.")
    replicas: Annotated[int, Parameter("MetadataReplicas", "Metadata")] = Field(
        1, ge=1, le=20, description="Replicas of the metadata service."
    )
    api: Literal["public", "private"] = Field(
        "public",
        description="`public`: through API Gateway, with an API key (AWS); `private`: inside the network, and on"
        " Kubernetes through a tunnel of mfinfra. Default: public on AWS, private on Azure and GCP.",
    )
    allow: Annotated[
        list[Cidr],
        Parameter("ApiAllow", "Metadata", "CIDR ranges with access to the API.", needs="api_allow"),
    ] = Field(
        default_factory=list,
        max_length=50,
        description="CIDR ranges with access to the public API. Default: all, with an API key.",
    )


class Pool(Strict):
    """Instances for tasks: a job queue of AWS Batch, or a pool of nodes on Kubernetes."""

    kind: Annotated[Literal["on_demand", "spot", "fargate", "fargate_spot"], _renamed(ec2="on_demand")] = Field(
        "on_demand", description="Kind of instances; Fargate is for AWS Batch."
    )
    instance_types: list[InstanceType] = Field(
        default_factory=list,
        max_length=30,
        description="Machine types of the cloud; AWS Batch also accepts families, and the categories `optimal`,"
        " `default_x86_64` and `default_arm64`. Default: 4 vCPUs with 16 GB, with `gpu` the smallest type with a GPU;"
        " AWS Batch: c6i and m6i.",
    )
    min_vcpus: Annotated[int, Parameter("MinVcpus", "Pool", "Minimum number of vCPUs.", needs="machines")] = Field(
        0, ge=0, le=10000, description="Minimum number of vCPUs; 0 costs nothing when idle."
    )
    max_vcpus: Annotated[int, Parameter("MaxVcpus", "Pool")] = Field(
        16, ge=1, le=10000, description="Maximum number of vCPUs."
    )
    ami: Annotated[str | None, Parameter("Ami", "Pool", "AMI.", needs="ami")] = Field(
        None, pattern=r"^ami-[0-9a-f]{8,17}$", description="AWS Batch: AMI. Default: that of ECS."
    )
    gpu: bool = Field(False, description="Instances with NVIDIA GPUs, and an image with drivers.")
    disk_gb: Annotated[int, Parameter("DiskGb", "Pool", "Disk of each instance, in GB.", needs="machines")] = Field(
        100, ge=30, le=16384, description="Disk of each instance, in GB, encrypted."
    )
    priority: Annotated[int, Parameter("Priority", "Pool", "Priority of the queue; higher values come first.")] = Field(
        1, ge=0, le=1000, description="AWS Batch: priority of the queue; higher values come first."
    )
    runnable_minutes: int | None = Field(
        60,
        ge=10,
        le=1440,
        description="AWS Batch: cancel a job that waits this long for an instance that is not available.",
    )
    fair_share: bool = Field(
        False,
        description="AWS Batch: fair-share scheduling between share identifiers instead of first in, first out. Each"
        " job must then have a share identifier and a scheduling priority; AWS Batch rejects the jobs of Metaflow,"
        " which have none. It is set when the queue is created.",
    )


class Compute(Strict):
    """The compute backend of tasks."""

    backend: Annotated[Literal["batch", "kubernetes"], NOT_RENDERED] = Field(
        "batch",
        description="`batch`: AWS Batch; `kubernetes`: EKS, AKS or GKE. Default: batch on AWS, kubernetes on Azure and"
        " GCP. `compute: kubernetes` is the short form for this key alone.",
    )
    default: PoolName = Field("cpu", description="The pool of steps that set no queue.")
    pools: Annotated[dict[PoolName, Pool], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: {"cpu": Pool()},  # type: ignore[call-arg]
        description="Pools by name: lower-case letters and digits.",
    )


class Namespace(Strict):
    """The quota of all tasks of a namespace; unset means no limit."""

    max_cpus: int | None = Field(None, ge=1, le=100000, description="CPUs.")
    max_memory_gb: int | None = Field(None, ge=1, le=1000000, description="Memory, in GB.")
    max_gpus: int | None = Field(None, ge=0, le=10000, description="GPUs.")
    max_pods: int | None = Field(None, ge=1, le=100000, description="Pods.")


class Kubernetes(Strict):
    """The cluster, for `compute.backend: kubernetes`."""

    version: str = Field(DEFAULT_KUBERNETES, pattern=r"^1\.\d{2}$", description="Kubernetes version.")
    extended_support: Annotated[bool, NOT_RENDERED] = Field(
        False,
        description="Allow a version whose standard support has ended; clouds charge more for it, or upgrade it.",
    )
    endpoint: Literal["public", "private"] = Field(
        "public",
        description="API server: `public`, with authentication, or `private`, inside the network only.",
    )
    allow: list[Cidr] = Field(
        default_factory=list,
        max_length=50,
        description="CIDR ranges with access to the public API server. Default: all.",
    )
    high_availability: bool = Field(
        False,
        description="A control plane in several zones, with an SLA, and two replicas of each service in the cluster.",
    )
    namespaces: Annotated[dict[NamespaceName, Namespace], Field(min_length=1, max_length=50)] = Field(
        default_factory=lambda: {"flows": Namespace()},  # type: ignore[call-arg]
        description="Namespaces of flows, by name.",
    )
    default_namespace: NamespaceName = Field("flows", description="The namespace in the profile.")


class Orchestrator(Strict):
    """Orchestrators of production flows. Default: Step Functions with AWS Batch, Argo with Kubernetes."""

    step_functions: Annotated[bool, NOT_RENDERED] = Field(
        False, description="Roles, table and logs for AWS Step Functions."
    )
    argo_workflows: bool = Field(False, description="Argo Workflows.")
    argo_events: bool = Field(False, description="Argo Events, to start flows on events.")
    airflow: bool = Field(False, description="Apache Airflow.")
    airflow_repository: str | None = Field(
        None, pattern=URL_PATTERN, description="Git repository of its DAGs. Default: they are in the bucket."
    )
    airflow_secret: SecretId | None = Field(
        None,
        description="Credentials of a private Git repository: a secret in the cloud, JSON with `username` and"
        " `password` (a token); its ARN, Key Vault URL or resource ID, or path.",
    )
    airflow_branch: str = Field(
        "main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$", description="Branch of that repository."
    )
    airflow_folder: str = Field(
        "dags", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$", description="Directory of the DAGs in it."
    )


class Oidc(Strict):
    """The OIDC provider of your organization."""

    issuer: str = Field(pattern=URL_PATTERN, description="Issuer.")
    authorization_endpoint: str = Field(pattern=URL_PATTERN, description="Authorization endpoint.")
    token_endpoint: str = Field(pattern=URL_PATTERN, description="Token endpoint.")
    user_info_endpoint: str = Field(pattern=URL_PATTERN, description="User info endpoint.")
    client_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="Client ID.")
    client_secret: Arn = Field(description="ARN of the client secret in Secrets Manager.")


class Ui(Strict):
    """The Metaflow UI. In a cluster, open it with `mfinfra open ui`; the keys below `enabled` are for a load balancer
    in AWS with its own host name."""

    enabled: bool = Field(False, description="Create the Metaflow UI.")
    certificate: Annotated[
        Arn | None, Parameter("UiCertificate", "UI", "ARN of the certificate in ACM.", pattern="")
    ] = Field(None, description="ARN of its certificate in ACM.")
    domain: Annotated[str | None, Parameter("UiDomain", "UI", "Host name.", pattern="")] = Field(
        None, pattern=HOST_PATTERN, description="Its host name."
    )
    auth: Literal["cognito", "oidc"] = Field("cognito", description="Provider for sign-in.")
    cognito_prefix: Annotated[
        str | None,
        Parameter(
            "UiCognitoPrefix",
            "UI",
            "Domain prefix of the sign-in page.",
            needs="cognito_name",
            pattern="",
        ),
    ] = Field(None, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description="Domain prefix of the sign-in page.")
    oidc: Oidc | None = Field(None, description="For `auth: oidc`.")
    internal: bool = Field(False, description="Reachable inside the network only.")
    allow: list[Cidr] = Field(
        default_factory=list, max_length=50, description="CIDR ranges with access. Default: all, after sign-in."
    )


class Registry(Strict):
    """A registry for your own images."""

    enabled: bool = Field(
        False, description="Create a repository in ECR, Azure Container Registry or Artifact Registry."
    )
    image: Annotated[
        str | None,
        Parameter(
            "RegistryImage",
            "Compute",
            "Tag of the default image of steps.",
            needs="registry_image",
            pattern="",
        ),
    ] = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$",
        description="Tag of the default image of steps.",
    )


class Secrets(Strict):
    """Secrets that tasks can read."""

    allow: Annotated[
        list[SecretId],
        Parameter("SecretsAllow", "Compute", "Secrets that tasks can read.", needs="secrets"),
    ] = Field(
        default_factory=list,
        max_length=50,
        description="Secrets that tasks can read. AWS: ARNs, optionally with `*` at the end; Azure: URLs of Key Vault"
        " secrets, or resource IDs of secrets or entire vaults; GCP: names. On Azure and GCP, tasks can also read the"
        " secrets of the stack.",
    )
