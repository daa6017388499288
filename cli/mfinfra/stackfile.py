"""THE schema of the stack file, `mfinfra.yaml`. JSON Schema, reference page and error messages come from here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from . import rules, wording
from .errors import StackFileError
from .names import NAME_PATTERN
from .options import (
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
from .presets import with_preset
from .yamlfile import Document, read

FILE_NAME = "mfinfra.yaml"
DEFAULT_NAME = "local"
#: What the shell calls the region where a stack file names none.
_REGIONS = {
    "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "azure": ("AZURE_LOCATION", "AZURE_DEFAULTS_LOCATION"),
    "gcp": ("GOOGLE_REGION", "CLOUDSDK_COMPUTE_REGION"),
}

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

    name: str = Field(DEFAULT_NAME, pattern=NAME_PATTERN, description="Name of the stack; also that of its profile.")
    cloud: Literal["local", "aws", "azure", "gcp"] = Field(
        "local", description="Where the stack lives: `local` is this machine."
    )
    runtime: RuntimeOptions = Field(default_factory=RuntimeOptions, description="The flow runtime.")  # type: ignore[arg-type]
    preset: Literal["sandbox", "team", "production", "files", "services"] = Field(
        "sandbox",
        description="Where defaults come from: `sandbox` is cheap and removable, `production` is neither. A local stack"
        " is a `sandbox` (a metadata service in the background), `files` (nothing in the background) or `services`"
        " (PostgreSQL and an S3 server too).",
    )
    engine: Literal["terraform", "cloudformation"] | None = Field(
        None,
        description="What deploys: `terraform` (also OpenTofu) where it is found, else in AWS `cloudformation`.",
    )
    region: str | None = Field(None, pattern=r"^[a-z0-9-]{5,25}$", description="Region of the cloud.")
    account: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{4,40}$",
        description="The only account that it may go to: an account of AWS, a subscription of Azure, a project of"
        " Google Cloud.",
    )
    partition: Literal["aws", "aws-cn", "aws-us-gov"] = Field(
        "aws", description="AWS: the partition; default: that of the region."
    )
    permissions_boundary: Arn | None = Field(None, description="AWS: a policy that bounds every role that is made.")
    people: list[Person] = Field(
        default_factory=list,
        max_length=200,
        description="Who may use the stack beside who deploys it. EKS: ARNs of IAM roles and users; Azure: object ids;"
        " GCP: as in user:ada@example.com.",
    )
    deletion_protection: bool = Field(False, description="Refuse removal of what holds data, and of the stack.")
    password_generation: int = Field(
        1,
        ge=1,
        le=1_000_000,
        description="Raise it to have the passwords of the stack's own accounts made anew, and those of a database that"
        " exists read anew; Terraform only.",
    )
    log_retention_days: int = Field(30, ge=1, le=3653, description="Days that logs are kept.")
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


def load(folder: Path, overrides: dict[str, Any]) -> StackConfig:
    """The stack of a folder: its stack file, where it has one, with what was given on the command line laid over it."""
    path = folder / FILE_NAME
    document = read(path) if os.path.lexists(path) else Document({}, {}, str(path))
    given = {key: value for key, value in overrides.items() if value is not None}
    cloud = given.get("cloud", document.values.get("cloud", "local"))
    if cloud != "local" and "name" not in document.values:
        given.setdefault("name", cloud)
    lines = {place: line for place, line in document.lines.items() if place[0] not in given}
    return validated(Document({**document.values, **given}, lines, document.path))


def with_region(folder: Path, overrides: dict[str, Any]) -> dict[str, Any]:
    """What is given on the command line; for a stack in a cloud whose region nobody names, with that of the shell."""
    path = folder / FILE_NAME
    said = read(path).values if os.path.lexists(path) else {}
    if overrides.get("region") or said.get("region"):
        return overrides
    return {**overrides, "region": region_of_shell(str(overrides.get("cloud") or said.get("cloud")))}


def region_of_shell(cloud: str) -> str | None:
    """The region of a cloud that the shell is set to; None where it is to none."""
    return next((os.environ[name] for name in _REGIONS.get(cloud, ()) if os.environ.get(name)), None)


def name_in(folder: Path) -> str:
    """The name of the stack that a folder's stack file describes, whatever else is wrong with it."""
    values = read(folder / FILE_NAME).values
    cloud = values.get("cloud", "local")
    return str(values.get("name", cloud if cloud != "local" else DEFAULT_NAME))


def validated(document: Document) -> StackConfig:
    """The stack that values describe. Raises StackFileError with a line for each thing that is wrong."""
    try:
        config = StackConfig.model_validate(_resolved(document.values))
    except ValidationError as exc:
        found = [_problem(dict(error), document) for error in exc.errors(include_url=False)]
    else:
        found = [
            _at(place, f"{wording.key(place)}: {text}.", document)
            for place, text in rules.problems(config, document.values)
        ]
        if not found:
            return config
    if len(found) == 1:
        raise StackFileError(found[0])
    raise StackFileError(f"{document.path} has {len(found)} problems:\n  " + "\n  ".join(found))


def _resolved(values: dict[str, Any]) -> dict[str, Any]:
    """What the file says, over its preset, over what follows from cloud and region."""
    if values.get("cloud", "local") == "local":
        return values
    merged = with_preset(values)
    region = merged.get("region")
    if isinstance(region, str) and merged.get("cloud") == "aws":
        merged.setdefault("partition", rules.partition_of(region))
    return merged


def _problem(error: dict[str, Any], document: Document) -> str:
    place = tuple(part for part in error["loc"] if part != "[key]")
    line = document.line_of(place)
    where = f"{document.path}, line {line}" if line else "The command line"
    return f"{where}: {wording.of(error, StackConfig)}."


def _at(place: tuple[Any, ...], text: str, document: Document) -> str:
    line = document.line_of(place)
    return f"{document.path}, line {line}: {text}" if line else f"The command line or the preset: {text}"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the stack file, for editors."""
    schema = StackConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mfinfra stack file"
    return schema


def dump(config: StackConfig) -> str:
    """A stack file that says what differs from what its preset says."""
    from io import StringIO

    from ruamel.yaml import YAML

    said = {"name": config.name, "cloud": config.cloud}
    if config.cloud != "local":
        said |= {key: value for key in ("region", "preset") if (value := getattr(config, key)) is not None}
    base = StackConfig.model_validate(_resolved(dict(said)))
    text, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.dump({**said, **_difference(base.model_dump(), config.model_dump())}, text)
    return text.getvalue()


def _difference(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        below = base.get(key)
        if value == below:
            continue
        is_deep = isinstance(below, dict) and isinstance(value, dict) and key != "pools"
        found[key] = _difference(below, value) if is_deep and below is not None else value
    return found


#: What cannot be changed once a stack exists, and why.
IMMUTABLE: dict[tuple[str, ...], str] = {
    ("cloud",): "a stack cannot move to another cloud",
    ("engine",): "what one engine made, the other does not know",
    ("region",): "its data lies there",
    ("account",): "a stack cannot move to another account",
    ("network", "vpc"): "machines and database would have to move, with what they hold",
    ("network", "cidr"): "the network, and everything in it, would be made anew",
    ("datastore", "bucket"): "runs and artifacts lie there",
    ("metadata", "database"): "the metadata of all runs lies there",
    ("compute", "backend"): "what runs tasks would be made anew, and what runs flows in production with it",
}


#: What a stack file may leave open: it is found out when the stack is deployed.
_FOUND = (("engine",), ("account",))


def check_unmoved(before: dict[str, Any], config: StackConfig) -> None:
    """Raise StackFileError for a change of what cannot be changed; `before` is an earlier config as plain values."""
    after = config.model_dump()
    for place, why in IMMUTABLE.items():
        was, now = _at_place(before, place), _at_place(after, place)
        is_open = place in _FOUND and None in (was, now)
        if was != now and not is_open:
            raise StackFileError(
                f"{wording.key(place)} of the stack '{config.name}' is {wording.shown(was)} and cannot become"
                f" {wording.shown(now)}: {why}.",
                hint="Set it back, or make a second stack with another name.",
            )


def _at_place(values: dict[str, Any], place: tuple[str, ...]) -> Any:
    node: Any = values
    for part in place:
        node = node.get(part) if isinstance(node, dict) else None
    return node
