"""What a stack file can say, section by section. Defaults here are those of the preset `sandbox`.

Every text has a pattern or a list of allowed values, so that nothing which means something to a shell, to HCL or to a
template can be in it. What several options must be together is in rules.py, what presets change in presets.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .versions import METADATA_IMAGE

ARN_PATTERN = r"^arn:(aws|aws-cn|aws-us-gov):[a-z0-9-]{1,40}:[a-z0-9-]{0,25}:(\d{12})?:[A-Za-z0-9_+=,.@:/*-]{1,1000}$"
POOL_PATTERN = r"^[a-z][a-z0-9]{0,19}$"
CIDR_PATTERN = r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$"
HOST_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){1,10}$"
IMAGE_PATTERN = r"^[a-z0-9][a-z0-9._/:-]{0,200}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?$"
URL_PATTERN = r"^https://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[A-Za-z0-9._~/-]{0,500})?$"

Arn = Annotated[str, Field(pattern=ARN_PATTERN)]
Cidr = Annotated[str, Field(pattern=CIDR_PATTERN)]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
Endpoint = Literal[
    "ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts", "batch", "ecs", "ecs-agent", "ecs-telemetry", "kms",
    "states", "events", "monitoring", "ssm", "execute-api",
]  # fmt: skip
InstanceType = Annotated[str, Field(pattern=r"^(optimal|[a-z][a-z0-9-]{1,15}(\.[a-z0-9-]{2,15})?)$")]
PoolName = Annotated[str, Field(pattern=POOL_PATTERN)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(Strict):
    """The network: made, or (with `vpc`) one that exists and is left as it is."""

    cidr: Cidr = Field("10.20.0.0/16", description="Addresses of the network, a private range from /16 to /21.")
    zones: int = Field(2, ge=2, le=6, description="Availability zones, each with a private and a public subnet.")
    nat: Literal["none", "one", "per_zone"] = Field(
        "one", description="NAT gateways: the way of private subnets to the internet."
    )
    endpoints: list[Endpoint] = Field(
        default_factory=list,
        max_length=20,
        description="Services reached inside the network (interface endpoints); S3 and DynamoDB always are.",
    )
    flow_logs: bool = Field(False, description="Keep a log of the network's connections.")
    vpc: str | None = Field(None, pattern=r"^vpc-[0-9a-f]{8,17}$", description="An existing VPC to use.")
    subnets: list[SubnetId] = Field(
        default_factory=list, max_length=20, description="Its private subnets, in two zones or more."
    )
    public_subnets: list[SubnetId] = Field(
        default_factory=list, max_length=20, description="Its public subnets, for the load balancer of the UI."
    )


class Datastore(Strict):
    """The bucket for artifacts, code packages, cards and data."""

    bucket: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
        description="An existing bucket to use; default: one is made.",
    )
    kms: Annotated[str, Field(pattern=rf"^(create|aws)$|{ARN_PATTERN}")] = Field(
        "aws", description="Encryption: `create` makes a key, `aws` uses those of AWS, else the ARN of a key."
    )
    versioning: bool = Field(False, description="Keep what is overwritten or deleted, for `noncurrent_days`.")
    noncurrent_days: int = Field(7, ge=1, le=3650, description="Days that old versions are kept.")
    access_logs: bool = Field(False, description="Log every access, into a second bucket.")


class Database(Strict):
    """An existing PostgreSQL database for the metadata."""

    host: str = Field(pattern=HOST_PATTERN, description="Its host name.")
    port: int = Field(5432, ge=1, le=65535, description="Its port.")
    name: str = Field("metaflow", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", description="Name of the database.")
    secret: Arn = Field(description="Secret in Secrets Manager with `username` and `password`.")
    security_group: str = Field(
        pattern=r"^sg-[0-9a-f]{8,17}$", description="Its security group, which is opened for the service."
    )


class Metadata(Strict):
    """The metadata service and its database."""

    instance_class: str = Field(
        "db.t4g.micro", pattern=r"^db\.[a-z0-9]{2,8}\.[a-z0-9]{4,10}$", description="Size of the database."
    )
    postgres_version: str = Field(
        "17", pattern=r"^1[4-8](\.\d{1,2})?$", description="PostgreSQL: 14 to 18, or a minor."
    )
    storage_gb: int = Field(20, ge=20, le=65536, description="Disk of the database.")
    max_storage_gb: int = Field(100, ge=20, le=65536, description="How far that disk may grow by itself.")
    high_availability: bool = Field(False, description="A standby in a second zone.")
    backup_days: int = Field(1, ge=0, le=35, description="Days that backups are kept; 0 makes none.")
    database: Database | None = Field(None, description="An existing database to use instead.")
    image: str = Field(METADATA_IMAGE, pattern=IMAGE_PATTERN, description="Image of the metadata service.")
    cpu: Literal[256, 512, 1024, 2048, 4096] = Field(256, description="CPU units of each service task; 1024 is a CPU.")
    memory: int = Field(512, ge=512, le=30720, description="Memory of each service task, in MB.")
    replicas: int = Field(1, ge=1, le=20, description="Service tasks.")
    api: Literal["public", "private"] = Field(
        "public", description="`public`: reached with a key through API Gateway; `private`: inside the network only."
    )
    allow: list[Cidr] = Field(
        default_factory=list,
        max_length=50,
        description="Addresses that may reach the public API; default: all, with a key.",
    )


class Pool(Strict):
    """Machines for tasks, behind one queue."""

    kind: Literal["ec2", "spot", "fargate", "fargate_spot"] = Field("ec2", description="What the machines are.")
    instance_types: list[InstanceType] = Field(
        default_factory=list, max_length=30, description="Instance types or families; default for EC2: c6i and m6i."
    )
    min_vcpus: int = Field(0, ge=0, le=10000, description="vCPUs kept running; 0 costs nothing at rest.")
    max_vcpus: int = Field(16, ge=1, le=10000, description="vCPUs at most.")
    ami: str | None = Field(None, pattern=r"^ami-[0-9a-f]{8,17}$", description="Machine image; default: that of ECS.")
    gpu: bool = Field(False, description="The machines have GPUs; chooses an image with drivers.")
    disk_gb: int = Field(100, ge=30, le=16384, description="Disk of each machine, encrypted.")
    priority: int = Field(1, ge=0, le=1000, description="Which queue is served first; higher wins.")
    runnable_minutes: int | None = Field(
        60, ge=10, le=1440, description="Cancel a job that waits this long for a machine that cannot come."
    )
    fair_share: bool = Field(False, description="Share the queue between users instead of first in, first out.")


class Compute(Strict):
    """Where tasks run."""

    default: PoolName = Field("cpu", description="The pool of steps that name no queue.")
    pools: Annotated[dict[PoolName, Pool], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: {"cpu": Pool()},  # type: ignore[call-arg]
        description="Pools by name: lower-case letters and digits.",
    )


class Orchestrator(Strict):
    """What runs flows in production."""

    step_functions: bool = Field(True, description="Roles, table and logs for AWS Step Functions.")


class Oidc(Strict):
    """The sign-on of your organisation."""

    issuer: str = Field(pattern=URL_PATTERN, description="Issuer.")
    authorization_endpoint: str = Field(pattern=URL_PATTERN, description="Authorization endpoint.")
    token_endpoint: str = Field(pattern=URL_PATTERN, description="Token endpoint.")
    user_info_endpoint: str = Field(pattern=URL_PATTERN, description="User info endpoint.")
    client_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="Client id.")
    client_secret: Arn = Field(description="Secret in Secrets Manager that holds the client secret.")


class Ui(Strict):
    """The web interface."""

    enabled: bool = Field(False, description="Set the UI up.")
    certificate: Arn | None = Field(None, description="Certificate of its name, in ACM.")
    domain: str | None = Field(None, pattern=HOST_PATTERN, description="Its host name.")
    auth: Literal["cognito", "oidc"] = Field("cognito", description="Who signs people on.")
    cognito_prefix: str | None = Field(
        None, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description="First part of the sign-on page's name."
    )
    oidc: Oidc | None = Field(None, description="For `auth: oidc`.")
    internal: bool = Field(False, description="Reachable inside the network only.")
    allow: list[Cidr] = Field(
        default_factory=list, max_length=50, description="Addresses that may reach it; default: all, who sign on."
    )


class Registry(Strict):
    """A registry for images of your own."""

    enabled: bool = Field(False, description="Make a repository in ECR.")
    image: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$",
        description="Tag in it that steps use where they name no image.",
    )


class Secrets(Strict):
    """Secrets that tasks may read."""

    allow: list[Arn] = Field(
        default_factory=list, max_length=50, description="ARNs of secrets in Secrets Manager; `*` at the end of one."
    )
