"""Versions of the database: a minor version of the stack file stays, and nothing is planned as a downgrade."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from mfinfra.clouds.aws import database
from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import MfinfraError, StackFileError
from mfinfra.render import files as render
from mfinfra.stackfile import immutable, load, schema
from mfinfra.stackfile.yaml_reader import Document
from tests.doubles.fixtures import Aws
from tests.stacks.test_names import _yaml

STACK: dict[str, Any] = {"name": "demo", "cloud": "aws", "region": "us-east-1", "engine": "terraform"}


def config(version: str, **more: Any) -> schema.StackConfig:
    return load.validated(Document({**STACK, "metadata": {"postgres_version": version}, **more}, {}, "mfinfra.yaml"))


def test_a_minor_version_of_the_stack_file_stays_and_a_lower_one_is_refused(stack: Callable[..., Terraform]) -> None:
    """The double upgrades minor versions by itself, as AWS does, unless that is disabled."""
    terraform = stack(config("17.4"))
    first = terraform.plan("demo", terraform.folder / "p")
    terraform.apply(Path(first.handle), lambda _: None)
    assert terraform.plan("demo", terraform.folder / "p").is_empty
    values = json.loads((terraform.folder / render.VALUES).read_text())
    values["metadata"]["postgres_version"] = "17.2"
    (terraform.folder / render.VALUES).write_text(json.dumps(values))
    with pytest.raises(MfinfraError, match=r"17\.4 to 17\.2|17\.4.*17\.2"):
        terraform.plan("demo", terraform.folder / "p")


@pytest.mark.parametrize(("version", "automatic"), [("17", True), ("17.4", False)])
def test_cloudformation_disables_automatic_minor_versions_for_a_minor_version(version: str, automatic: bool) -> None:
    files = render.render(config(version, engine="cloudformation"), "123456789012")
    template = _yaml(files["template.yaml"])
    assert template["Resources"]["Database"]["Properties"]["AutoMinorVersionUpgrade"] is automatic


@pytest.mark.parametrize(
    ("wanted", "rendered"),
    [("17.4", "17.6"), ("17.6", "17.6"), ("17.10", "17.10"), ("17", "17"), ("16.9", "16.9"), ("18.1", "18.1")],
)
def test_a_later_minor_version_in_the_cloud_is_no_change(aws: Aws, wanted: str, rendered: str) -> None:
    client = aws.client("rds")
    existing = [found["DBInstanceIdentifier"] for found in client.describe_db_instances()["DBInstances"]]
    if "versions-metadata" not in existing:
        client.create_db_instance(
            DBInstanceIdentifier="versions-metadata", Engine="postgres", EngineVersion="17.6", DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20, MasterUsername="metaflow", MasterUserPassword="not-a-secret",
        )  # fmt: skip
    session = boto3.Session(
        aws_access_key_id="123456789012", aws_secret_access_key="x", region_name="us-east-1"
    )  # the endpoint is that of the environment
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws.url)
        found = database.with_running_version(session, config(wanted, name="versions"))
        none = database.with_running_version(session, config(wanted, name="other"))
    assert found.metadata.postgres_version == rendered
    assert none.metadata.postgres_version == wanted


@pytest.mark.parametrize(
    ("cloud", "before", "after", "is_lower"),
    [
        ("aws", "17", "16", True),
        ("aws", "17.4", "17.2", True),
        ("aws", "17.10", "17.9", True),
        ("aws", "17.4", "16", True),
        ("aws", "16.4", "17", False),
        ("aws", "17", "17.4", False),
        ("aws", "17.4", "17", False),
        ("aws", "17.9", "17.10", False),
        ("gcp", "17", "16", True),
        ("gcp", "16", "17", False),
        ("azure", "17", "16", True),
    ],
)
def test_a_lower_version_is_refused_before_the_plan(cloud: str, before: str, after: str, is_lower: bool) -> None:
    more = {
        "aws": {},
        "gcp": {"cloud": "gcp", "region": "europe-west1"},
        "azure": {"cloud": "azure", "region": "westeurope"},
    }
    was, now = config(before, **more[cloud]), config(after, **more[cloud])
    if not is_lower:
        immutable.check_unmoved(was.model_dump(), now)
        return
    with pytest.raises(StackFileError, match=f"is {before} and cannot be changed to {after}: no cloud downgrades"):
        immutable.check_unmoved(was.model_dump(), now)
