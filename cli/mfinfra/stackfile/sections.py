"""What a stack file can say, section by section. Defaults here are those of the preset `sandbox`.

The words mean the same on every cloud. Every text has a pattern or a list of allowed values, so that nothing which
means something to a shell, to HCL or to a template can be in it; what a cloud makes of it, and what several options
must be together, is in rules/. What presets and clouds have as defaults is in presets.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..versions import DEFAULT_KUBERNETES, METADATA_IMAGE
from .targets import AWS_ONLY, NOT_RENDERED, Parameter

ARN_PATTERN = r"^arn:(aws|aws-cn|aws-us-gov):[a-z0-9-]{1,40}:[a-z0-9-]{0,25}:(\d{12})?:[A-Za-z0-9_+=,.@:/*-]{1,1000}$"
POOL_PATTERN = r"^[a-z][a-z0-9]{0,19}$"
CIDR_PATTERN = r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$"
HOST_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){1,10}$"
IMAGE_PATTERN = r"^[a-z0-9][a-z0-9._/:-]{0,200}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?$"
#: What clouds call a thing by: an id, a name, a path such as projects/P/global/networks/N.
ID_PATTERN = r"^/?[A-Za-z0-9][A-Za-z0-9._:/+-]{0,400}$"
#: The secret of a cloud's store: an ARN, the address or resource id of a Key Vault secret, a path in Secret Manager, a
#: name.
SECRET_PATTERN = r"^/?[A-Za-z0-9][A-Za-z0-9._:/+=@*-]{0,600}$"
NAMESPACE_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
URL_PATTERN = r"^https://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[A-Za-z0-9._~/-]{0,500})?$"

Arn = Annotated[str, Field(pattern=ARN_PATTERN)]
Cidr = Annotated[str, Field(pattern=CIDR_PATTERN)]
Id = Annotated[str, Field(pattern=ID_PATTERN)]
SecretId = Annotated[str, Field(pattern=SECRET_PATTERN)]
Endpoint = Literal[
    "ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts", "batch", "ecs", "ecs-agent", "ecs-telemetry", "kms",
    "states", "events", "monitoring", "ssm", "execute-api",
]  # fmt: skip
InstanceType = Annotated[str, Field(pattern=r"^[A-Za-z]([A-Za-z0-9_-]{1,40})(\.[a-z0-9-]{2,15})?$")]
PoolName = Annotated[str, Field(pattern=POOL_PATTERN)]
NamespaceName = Annotated[str, Field(pattern=NAMESPACE_PATTERN)]


def _renamed(**names: str) -> BeforeValidator:
    """Values that had other names before."""
    return BeforeValidator(lambda value: names.get(value, value) if isinstance(value, str) else value)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(Strict):
    """The network: made, or (with `vpc`) one that exists and is left as it is."""

    cidr: Cidr = Field("10.20.0.0/16", description="Addresses of the network, a private range from /16 to /21.")
    zones: int = Field(2, ge=1, le=6, description="Availability zones that it spans.")
    nat: Literal["none", "one", "per_zone"] = Field(
        "one", description="NAT gateways: the way of private subnets to the internet."
    )
    endpoints: Annotated[list[Endpoint], AWS_ONLY] = Field(
        default_factory=list,
        max_length=20,
        description="AWS: services reached inside the network (interface endpoints); S3 and DynamoDB always are.",
    )
    flow_logs: bool = Field(False, description="Keep a log of the network's connections.")
    vpc: str | None = Field(
        None,
        pattern=ID_PATTERN,
        description="An existing network to use: the id of a VPC, the resource id of a virtual network, the name of a"
        " VPC network.",
    )
    subnets: list[Id] = Field(
        default_factory=list,
        max_length=20,
        description="Its private subnets. AWS: ids, in two zones or more; Azure: resource ids, that of the cluster and"
        " that of the database; GCP: the name of one.",
    )
    public_subnets: Annotated[list[Id], AWS_ONLY] = Field(
        default_factory=list, max_length=20, description="AWS: its public subnets, for the load balancer of the UI."
    )


class Datastore(Strict):
    """The bucket for artifacts, code packages, cards and data."""

    bucket: Annotated[str | None, Parameter("BucketName", "Datastore", "The bucket.", without="bucket", pattern="")] = (
        Field(
            None,
            pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9](/[a-z0-9][a-z0-9-]{1,61}[a-z0-9])?$",
            description="An existing bucket to use (Azure: account/container); default: one is made.",
        )
    )
    kms: Annotated[
        str,
        Field(pattern=ID_PATTERN),
        _renamed(aws="managed"),
        Parameter("KmsKeyArn", "Datastore", "Key that encrypts.", needs="given_key", pattern=""),
    ] = Field(
        "managed",
        description="Encryption: `create` makes a key, `managed` uses those of the cloud, else the id of a key (ARN,"
        " Key Vault id, path in Cloud KMS).",
    )
    versioning: bool = Field(False, description="Keep what is overwritten or deleted, for `noncurrent_days`.")
    noncurrent_days: Annotated[int, Parameter("NoncurrentDays", "Datastore", needs="bucket")] = Field(
        7, ge=1, le=3650, description="Days that old versions are kept."
    )
    access_logs: bool = Field(False, description="Log every access, into a second bucket.")


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
        description="Secret in the cloud's store, JSON with `username` and `password`: its ARN, Key Vault address or"
        " resource id, or path."
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
        description="AWS: its security group, which is opened for the service.",
    )


class Metadata(Strict):
    """The metadata service and its database."""

    size: Annotated[Literal["small", "medium", "large"], NOT_RENDERED] = Field(
        "small", description="Size of the database, on every cloud."
    )
    instance_class: Annotated[
        str | None,
        Parameter("DatabaseClass", "Database", "Size.", needs="database", pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$"),
    ] = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{2,60}$",
        description="Size of the database as the cloud names it, as in db.t4g.micro, B_Standard_B1ms, db-g1-small;"
        " default: what `size` means there.",
    )
    postgres_version: Annotated[
        str, Parameter("PostgresVersion", "Database", "Version of PostgreSQL.", needs="database")
    ] = Field("17", pattern=r"^1[4-8](\.\d{1,2})?$", description="PostgreSQL: 14 to 18, or a minor.")
    storage_gb: Annotated[int, Parameter("DatabaseStorage", "Database", "Disk, in GB.", needs="database")] = Field(
        20, ge=20, le=65536, description="Disk of the database."
    )
    max_storage_gb: Annotated[
        int, Parameter("DatabaseMaxStorage", "Database", "How far the disk may grow.", needs="database")
    ] = Field(100, ge=20, le=65536, description="How far that disk may grow by itself.")
    high_availability: Annotated[bool, Parameter("DatabaseStandby", "Database", needs="database")] = Field(
        False, description="A standby in a second zone."
    )
    backup_days: Annotated[
        int, Parameter("DatabaseBackupDays", "Database", "Days that backups are kept.", needs="database")
    ] = Field(1, ge=0, le=35, description="Days that backups are kept; 0 makes none.")
    database: Database | None = Field(None, description="An existing database to use instead.")
    image: Annotated[str, Parameter("MetadataImage", "Metadata", pattern="")] = Field(
        METADATA_IMAGE, pattern=IMAGE_PATTERN, description="Image of the metadata service."
    )
    cpu: Annotated[
        Literal[256, 512, 1024, 2048, 4096], Parameter("MetadataCpu", "Metadata", "CPU units of each task.")
    ] = Field(256, description="CPU units of each service task; 1024 is a CPU.")
    memory: Annotated[
        int, Parameter("MetadataMemory", "Metadata", "Memory of each task, in MB.", pattern=r"^\d{3,5}$")
    ] = Field(512, ge=512, le=30720, description="Memory of each service task, in MB.")
    replicas: Annotated[int, Parameter("MetadataReplicas", "Metadata", "Tasks.")] = Field(
        1, ge=1, le=20, description="Service tasks."
    )
    api: Literal["public", "private"] = Field(
        "public",
        description="`public`: reached with a key through API Gateway (AWS); `private`: inside the network, and on"
        " Kubernetes through a tunnel that mfinfra keeps open. Default: public on AWS, private elsewhere.",
    )
    allow: Annotated[
        list[Cidr],
        Parameter("ApiAllow", "Metadata", "Addresses that may reach the API.", needs="api_allow"),
    ] = Field(
        default_factory=list,
        max_length=50,
        description="Addresses that may reach the public API; default: all, with a key.",
    )


class Pool(Strict):
    """Machines for tasks: a queue of AWS Batch, or a pool of nodes on Kubernetes."""

    kind: Annotated[Literal["on_demand", "spot", "fargate", "fargate_spot"], _renamed(ec2="on_demand")] = Field(
        "on_demand", description="What the machines are; Fargate is for AWS Batch."
    )
    instance_types: list[InstanceType] = Field(
        default_factory=list,
        max_length=30,
        description="Machine types as the cloud names them; AWS Batch also takes families. Default: 4 vCPUs with 16 GB,"
        " with `gpu` the smallest that has one; AWS Batch: c6i and m6i.",
    )
    min_vcpus: Annotated[int, Parameter("MinVcpus", "Pool", "vCPUs kept running.", needs="machines")] = Field(
        0, ge=0, le=10000, description="vCPUs kept running; 0 costs nothing at rest."
    )
    max_vcpus: Annotated[int, Parameter("MaxVcpus", "Pool")] = Field(16, ge=1, le=10000, description="vCPUs at most.")
    ami: Annotated[str | None, Parameter("Ami", "Pool", "Machine image.", needs="ami")] = Field(
        None, pattern=r"^ami-[0-9a-f]{8,17}$", description="AWS Batch: machine image; default: that of ECS."
    )
    gpu: bool = Field(False, description="The machines have GPUs; chooses an image with drivers.")
    disk_gb: Annotated[int, Parameter("DiskGb", "Pool", "Disk of each machine.", needs="machines")] = Field(
        100, ge=30, le=16384, description="Disk of each machine, encrypted."
    )
    priority: Annotated[int, Parameter("Priority", "Pool", "Which queue is served first.")] = Field(
        1, ge=0, le=1000, description="AWS Batch: which queue is served first; higher wins."
    )
    runnable_minutes: int | None = Field(
        60, ge=10, le=1440, description="AWS Batch: cancel a job that waits this long for a machine that cannot come."
    )
    fair_share: bool = Field(
        False, description="AWS Batch: share the queue between users instead of first in, first out."
    )


class Compute(Strict):
    """Where tasks run."""

    backend: Annotated[Literal["batch", "kubernetes"], NOT_RENDERED] = Field(
        "batch",
        description="`batch`: AWS Batch; `kubernetes`: EKS, AKS or GKE. Default: batch on AWS, kubernetes elsewhere."
        " `compute: kubernetes` is short for this key alone.",
    )
    default: PoolName = Field("cpu", description="The pool of steps that name no queue.")
    pools: Annotated[dict[PoolName, Pool], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: {"cpu": Pool()},  # type: ignore[call-arg]
        description="Pools by name: lower-case letters and digits.",
    )


class Namespace(Strict):
    """What the tasks of a namespace may use together; empty is without limit."""

    max_cpus: int | None = Field(None, ge=1, le=100000, description="CPUs.")
    max_memory_gb: int | None = Field(None, ge=1, le=1000000, description="Memory.")
    max_gpus: int | None = Field(None, ge=0, le=10000, description="GPUs.")
    max_pods: int | None = Field(None, ge=1, le=100000, description="Pods.")


class Kubernetes(Strict):
    """The cluster, for `compute.backend: kubernetes`."""

    version: str = Field(DEFAULT_KUBERNETES, pattern=r"^1\.\d{2}$", description="Version of Kubernetes.")
    extended_support: Annotated[bool, NOT_RENDERED] = Field(
        False,
        description="Accept a version whose standard support has ended; clouds charge more for it, or upgrade it.",
    )
    endpoint: Literal["public", "private"] = Field(
        "public",
        description="`public`: its API is reached with a sign-on; `private`: inside the network only.",
    )
    allow: list[Cidr] = Field(
        default_factory=list, max_length=50, description="Addresses that may reach the public API; default: all."
    )
    high_availability: bool = Field(
        False, description="A control plane in several zones, with a guarantee; two of each service in the cluster."
    )
    namespaces: Annotated[dict[NamespaceName, Namespace], Field(min_length=1, max_length=50)] = Field(
        default_factory=lambda: {"flows": Namespace()},  # type: ignore[call-arg]
        description="Namespaces that flows run in, by name.",
    )
    default_namespace: NamespaceName = Field("flows", description="That of the profile.")


class Orchestrator(Strict):
    """What runs flows in production. Default: Step Functions with AWS Batch, Argo with Kubernetes."""

    step_functions: Annotated[bool, NOT_RENDERED] = Field(
        False, description="Roles, table and logs for AWS Step Functions."
    )
    argo_workflows: bool = Field(False, description="Argo Workflows.")
    argo_events: bool = Field(False, description="Argo Events: flows that start on events.")
    airflow: bool = Field(False, description="Apache Airflow.")
    airflow_repository: str | None = Field(
        None, pattern=URL_PATTERN, description="Git repository of its DAGs; default: they are in the bucket."
    )
    airflow_branch: str = Field(
        "main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$", description="Branch of that repository."
    )
    airflow_folder: str = Field(
        "dags", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$", description="Folder of the DAGs in it."
    )


class Oidc(Strict):
    """The sign-on of your organisation."""

    issuer: str = Field(pattern=URL_PATTERN, description="Issuer.")
    authorization_endpoint: str = Field(pattern=URL_PATTERN, description="Authorization endpoint.")
    token_endpoint: str = Field(pattern=URL_PATTERN, description="Token endpoint.")
    user_info_endpoint: str = Field(pattern=URL_PATTERN, description="User info endpoint.")
    client_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="Client id.")
    client_secret: Arn = Field(description="Secret in Secrets Manager that holds the client secret.")


class Ui(Strict):
    """The web interface. In a cluster it is reached with `mfinfra open ui`; the keys below `enabled` are for a load
    balancer in AWS with a name of its own."""

    enabled: bool = Field(False, description="Set the UI up.")
    certificate: Annotated[Arn | None, Parameter("UiCertificate", "UI", "Certificate in ACM.", pattern="")] = Field(
        None, description="Certificate of its name, in ACM."
    )
    domain: Annotated[str | None, Parameter("UiDomain", "UI", "Host name.", pattern="")] = Field(
        None, pattern=HOST_PATTERN, description="Its host name."
    )
    auth: Literal["cognito", "oidc"] = Field("cognito", description="Who signs people on.")
    cognito_prefix: Annotated[
        str | None,
        Parameter(
            "UiCognitoPrefix",
            "UI",
            "First part of the name of the sign-on page.",
            needs="cognito_name",
            pattern="",
        ),
    ] = Field(
        None, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description="First part of the sign-on page's name."
    )
    oidc: Oidc | None = Field(None, description="For `auth: oidc`.")
    internal: bool = Field(False, description="Reachable inside the network only.")
    allow: list[Cidr] = Field(
        default_factory=list, max_length=50, description="Addresses that may reach it; default: all, who sign on."
    )


class Registry(Strict):
    """A registry for images of your own."""

    enabled: bool = Field(False, description="Make a repository in ECR, Azure's or Google's registry.")
    image: Annotated[
        str | None,
        Parameter(
            "RegistryImage",
            "Compute",
            "Tag that steps use where they name no image.",
            needs="registry_image",
            pattern="",
        ),
    ] = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$",
        description="Tag in it that steps use where they name no image.",
    )


class Secrets(Strict):
    """Secrets that tasks may read."""

    allow: Annotated[
        list[SecretId],
        Parameter("SecretsAllow", "Compute", "Secrets that tasks may read.", needs="secrets"),
    ] = Field(
        default_factory=list,
        max_length=50,
        description="Secrets that tasks may read. AWS: ARNs, `*` at the end of one; Azure: addresses of Key Vault"
        " secrets, or resource ids of secrets or whole vaults; GCP: names. On Azure and GCP tasks also read the stack's"
        " own.",
    )
