"""The schema of the stack file, `mfinfra.yaml`, from which JSON Schema and the reference page are generated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..machine.names import NAME_PATTERN
from . import DEFAULT_NAME
from . import FILE_NAME as FILE_NAME
from .sections import (
    Arn,
    Compute,
    Datastore,
    Kubernetes,
    Metadata,
    Network,
    Orchestrator,
    Registry,
    Secrets,
    Strict,
    Ui,
)
from .targets import AWS_ONLY, NOT_RENDERED, Parameter

Person = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9@:._+=,/-]{3,300}$")]
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{1,128}$")]
TagValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{0,256}$")]
Requirement = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-\[\],<>=!~ ]{0,199}$")]


class RuntimeOptions(Strict):
    """What is installed for flows on this machine."""

    python: str | None = Field(
        None,
        pattern=r"^[^\x00-\x1f\x7f]{1,1000}$",
        description="Python for flows, a path or a name. Default: the Python of mfinfra.",
    )
    examples: bool = Field(True, description="Install scikit-learn, which the examples use.")
    packages: list[Requirement] = Field(
        default_factory=list, max_length=100, description="Additional packages for flows, in the syntax of pip."
    )


class StackConfig(Strict):
    """A stack: name, cloud and options."""

    name: Annotated[
        str,
        Parameter(
            "Name",
            "Stack",
            "Name of the stack; the prefix of all resource names.",
            pattern=r"^(?!(sthree|amzn-s3-demo)(-|$)|xn--)[a-z][a-z0-9-]{0,30}$",
        ),
    ] = Field(DEFAULT_NAME, pattern=NAME_PATTERN, description="Name of the stack and of its profile.")
    cloud: Annotated[Literal["local", "aws", "azure", "gcp"], NOT_RENDERED] = Field(
        "local", description="Cloud of the stack; `local` is this machine."
    )
    runtime: Annotated[RuntimeOptions, NOT_RENDERED] = Field(
        default_factory=RuntimeOptions,  # type: ignore[arg-type]
        description="The flow runtime.",
    )
    preset: Annotated[Literal["sandbox", "team", "production", "files", "services"], NOT_RENDERED] = Field(
        "sandbox",
        description="Set of defaults: `sandbox` is cheap and easy to delete, `production` is highly available and"
        " protected from deletion. For a local stack: `sandbox` (a metadata service in the background), `files` (no"
        " background process) or `services` (also PostgreSQL and an S3 server).",
    )
    engine: Annotated[Literal["terraform", "cloudformation"] | None, NOT_RENDERED] = Field(
        None,
        description="Engine. Default: `terraform` (or OpenTofu) if it is installed, else `cloudformation` on AWS.",
    )
    region: str | None = Field(None, pattern=r"^[a-z0-9-]{5,25}$", description="Region of the cloud.")
    account: Annotated[str | None, NOT_RENDERED] = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{4,40}$",
        description="The account that the stack must be in: an AWS account, an Azure subscription, a Google Cloud"
        " project.",
    )
    partition: Annotated[Literal["aws", "aws-cn", "aws-us-gov"], NOT_RENDERED] = Field(
        "aws", description="AWS: partition. Default: that of the region."
    )
    permissions_boundary: Annotated[
        Arn | None,
        AWS_ONLY,
        Parameter("PermissionsBoundary", "Stack", "Permissions boundary for all roles.", needs="boundary", pattern=""),
    ] = Field(None, description="AWS: permissions boundary for all roles of the stack.")
    people: list[Person] = Field(
        default_factory=list,
        max_length=200,
        description="Principals with access to the stack, in addition to the user that deploys it. EKS: ARNs of IAM"
        " roles and users; Azure: object IDs; GCP: members, such as user:ada@example.com.",
    )
    deletion_protection: Annotated[
        bool, Parameter("DeletionProtection", "Stack", "Protect resources with data from deletion.")
    ] = Field(False, description="Protect the stack, and its resources with data, from deletion.")
    password_generation: int = Field(
        1,
        ge=1,
        le=1_000_000,
        description="Increase it to rotate the passwords of the stack, and to read those of an existing database again."
        " Terraform only.",
    )
    log_retention_days: Annotated[int, Parameter("LogRetentionDays", "Stack")] = Field(
        30, ge=1, le=3653, description="Days to keep logs."
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(
        default_factory=dict, description="Tags of all resources of the stack."
    )
    network: Network = Field(default_factory=Network, description="The network.")  # type: ignore[arg-type]
    datastore: Datastore = Field(default_factory=Datastore, description="The bucket.")  # type: ignore[arg-type]
    metadata: Metadata = Field(default_factory=Metadata, description="Metadata service and database.")  # type: ignore[arg-type]
    compute: Compute = Field(default_factory=Compute, description="Compute backend.")  # type: ignore[arg-type]
    kubernetes: Kubernetes = Field(default_factory=Kubernetes, description="The cluster.")  # type: ignore[arg-type]
    orchestrator: Orchestrator = Field(default_factory=Orchestrator, description="Orchestrators of production flows.")  # type: ignore[arg-type]
    ui: Ui = Field(default_factory=Ui, description="Metaflow UI.")  # type: ignore[arg-type]
    registry: Registry = Field(default_factory=Registry, description="Registry for your own images.")  # type: ignore[arg-type]
    secrets: Secrets = Field(default_factory=Secrets, description="Secrets that tasks can read.")

    def with_runtime(self, **changes: Any) -> StackConfig:
        """A copy of the stack with the given runtime options."""
        given = {key: value for key, value in changes.items() if value is not None}
        return self.model_copy(update={"runtime": self.runtime.model_copy(update=given)})


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the stack file, for editors."""
    schema = StackConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mfinfra stack file"
    return schema
