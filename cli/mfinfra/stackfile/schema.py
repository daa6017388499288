"""The schema of the stack file, `mfinfra.yaml`. JSON Schema, reference page and error messages come from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..machine.names import NAME_PATTERN
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

FILE_NAME = "mfinfra.yaml"
DEFAULT_NAME = "local"

Person = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9@:._+=,/-]{3,300}$")]
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{1,128}$")]
TagValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{0,256}$")]
Requirement = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-\[\],<>=!~ ]{0,199}$")]


class RuntimeOptions(Strict):
    """What is installed beside the stack."""

    python: str | None = Field(
        None,
        pattern=r"^[^\x00-\x1f\x7f]{1,1000}$",
        description="The Python that flows run with, a path or a name; default is the one that runs mfinfra.",
    )
    examples: bool = Field(True, description="Install scikit-learn, so that every example runs.")
    packages: list[Requirement] = Field(
        default_factory=list, max_length=100, description="More packages for the flows, as pip names them."
    )


class StackConfig(Strict):
    """A stack: one name, one cloud, and what the flows need."""

    name: Annotated[
        str,
        Parameter("Name", "Stack", "Name of the stack; every name begins with it.", pattern=r"^[a-z][a-z0-9-]{0,30}$"),
    ] = Field(DEFAULT_NAME, pattern=NAME_PATTERN, description="Name of the stack; also that of its profile.")
    cloud: Annotated[Literal["local", "aws", "azure", "gcp"], NOT_RENDERED] = Field(
        "local", description="Where the stack lives: `local` is this machine."
    )
    runtime: Annotated[RuntimeOptions, NOT_RENDERED] = Field(
        default_factory=RuntimeOptions,  # type: ignore[arg-type]
        description="The flow runtime.",
    )
    preset: Annotated[Literal["sandbox", "team", "production", "files", "services"], NOT_RENDERED] = Field(
        "sandbox",
        description="Where defaults come from: `sandbox` is cheap and removable, `production` is neither. A local stack"
        " is a `sandbox` (a metadata service in the background), `files` (nothing in the background) or `services`"
        " (PostgreSQL and an S3 server too).",
    )
    engine: Annotated[Literal["terraform", "cloudformation"] | None, NOT_RENDERED] = Field(
        None,
        description="What deploys: `terraform` (also OpenTofu) where it is found, else in AWS `cloudformation`.",
    )
    region: str | None = Field(None, pattern=r"^[a-z0-9-]{5,25}$", description="Region of the cloud.")
    account: Annotated[str | None, NOT_RENDERED] = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{4,40}$",
        description="The only account that it may go to: an account of AWS, a subscription of Azure, a project of"
        " Google Cloud.",
    )
    partition: Annotated[Literal["aws", "aws-cn", "aws-us-gov"], NOT_RENDERED] = Field(
        "aws", description="AWS: the partition; default: that of the region."
    )
    permissions_boundary: Annotated[
        Arn | None,
        AWS_ONLY,
        Parameter("PermissionsBoundary", "Stack", "Policy that bounds every role.", needs="boundary", pattern=""),
    ] = Field(None, description="AWS: a policy that bounds every role that is made.")
    people: list[Person] = Field(
        default_factory=list,
        max_length=200,
        description="Who may use the stack beside who deploys it. EKS: ARNs of IAM roles and users; Azure: object ids;"
        " GCP: as in user:ada@example.com.",
    )
    deletion_protection: Annotated[
        bool, Parameter("DeletionProtection", "Stack", "Refuse removal of what holds data.")
    ] = Field(False, description="Refuse removal of what holds data, and of the stack.")
    password_generation: int = Field(
        1,
        ge=1,
        le=1_000_000,
        description="Raise it to have the passwords of the stack's own accounts made anew, and those of a database that"
        " exists read anew; Terraform only.",
    )
    log_retention_days: Annotated[int, Parameter("LogRetentionDays", "Stack")] = Field(
        30, ge=1, le=3653, description="Days that logs are kept."
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(
        default_factory=dict, description="Tags of everything that is made."
    )
    network: Network = Field(default_factory=Network, description="The network.")  # type: ignore[arg-type]
    datastore: Datastore = Field(default_factory=Datastore, description="The bucket.")  # type: ignore[arg-type]
    metadata: Metadata = Field(default_factory=Metadata, description="Metadata service and database.")  # type: ignore[arg-type]
    compute: Compute = Field(default_factory=Compute, description="Where tasks run.")  # type: ignore[arg-type]
    kubernetes: Kubernetes = Field(default_factory=Kubernetes, description="The cluster.")  # type: ignore[arg-type]
    orchestrator: Orchestrator = Field(default_factory=Orchestrator, description="Production runs.")  # type: ignore[arg-type]
    ui: Ui = Field(default_factory=Ui, description="The web interface.")  # type: ignore[arg-type]
    registry: Registry = Field(default_factory=Registry, description="Images of your own.")  # type: ignore[arg-type]
    secrets: Secrets = Field(default_factory=Secrets, description="Secrets that tasks may read.")

    def with_runtime(self, **changes: Any) -> StackConfig:
        """The same stack with options of its runtime replaced, where they are given."""
        given = {key: value for key, value in changes.items() if value is not None}
        return self.model_copy(update={"runtime": self.runtime.model_copy(update=given)})


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the stack file, for editors."""
    schema = StackConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mfinfra stack file"
    return schema
