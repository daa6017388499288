"""Every name that a stack makes is accepted by its service: real plans at the longest and at the shortest legal name.

The doubles of clouds refuse names that break a rule of their service (tests/doubles/names.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mfinfra.engines.terraform.program import Terraform
from mfinfra.errors import StackFileError
from mfinfra.render import files as render
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import Document, read
from tests.doubles import names
from tests.doubles.configuration import Configuration
from tests.programs import ROOT

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples" / "stacks").glob("*.yaml"))}
CONFIGS = {name: load.validated(read(path)) for name, path in EXAMPLES.items()}
TERRAFORM = [name for name, config in CONFIGS.items() if config.engine != "cloudformation"]
BATCH = [name for name, config in CONFIGS.items() if config.compute.backend == "batch"]
#: A dash at every second place: cutting such a name leaves one at the end for every other length.
DASHED = "m-m-m-m-m-m-m-m-m-m-m-m-m-m-m-m"
LONGEST = {"aws": 30, "azure": 31, "gcp": 20}


def longest(cloud: str) -> str:
    return f"{DASHED[: LONGEST[cloud] - 1]}m"


def renamed(path: Path, name: str) -> schema.StackConfig:
    """A stack file with another name that passes `validate`, and a pool whose name is the longest."""
    values = read(path).values
    compute = values.get("compute", {})
    compute = {"backend": compute} if isinstance(compute, str) else compute
    longest_pool = "a" * (12 if values["cloud"] == "azure" else 20)
    pools = {**compute.get("pools", {"cpu": {}}), longest_pool: {}}
    return load.validated(Document({**values, "name": name, "compute": {**compute, "pools": pools}}, {}, path.name))


DAILY = {"aws-everything", "aws-eks-everything", "azure-everything", "gcp-everything"}


@pytest.mark.parametrize("kind", ["longest", pytest.param("shortest", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "example", [pytest.param(name, marks=[] if name in DAILY else [pytest.mark.slow]) for name in TERRAFORM]
)
def test_every_name_of_a_plan_is_accepted(example: str, kind: str, stack: Callable[..., Terraform]) -> None:
    name = longest(CONFIGS[example].cloud) if kind == "longest" else "mm"
    terraform = stack(renamed(EXAMPLES[example], name))
    terraform.plan(name, terraform.folder / "p")
    planned = terraform._json("show", str(terraform.folder / "p"))
    made = [entry["type"] for entry in planned["resource_changes"]]
    assert len([kind for kind in made if kind in names.RULES]) > 20


@pytest.mark.parametrize("example", BATCH)
def test_every_name_of_a_template_is_accepted(example: str) -> None:
    config = renamed(EXAMPLES[example], longest("aws")).model_copy(update={"engine": "cloudformation"})
    account = "123456789012"
    files = render.render(config, account)
    template = _yaml(files["template.yaml"])
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in json.loads(files["parameters.json"])}
    known = {**parameters, "AWS::AccountId": account, "AWS::Region": str(config.region)}
    checked = 0
    for resource in template["Resources"].values():
        properties = {key: _value(value, known) for key, value in resource.get("Properties", {}).items()}
        assert names.of_cloudformation(resource["Type"], properties) == []
        checked += resource["Type"] in names.PROPERTIES
    assert checked > 10


def _yaml(text: str) -> Any:
    """The template, with its functions as dictionaries of their arguments."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_multi_constructor(
        "!", lambda loader, suffix, node: {suffix: node.value if isinstance(node.value, str) else None}
    )
    return yaml.load(text)


def _value(value: Any, known: dict[str, str]) -> Any:
    """The value of a property if it follows from parameters alone."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return known.get(value["Ref"])
    if isinstance(value, dict) and set(value) == {"Sub"} and value["Sub"]:
        text = value["Sub"]
        for key, found in known.items():
            text = text.replace(f"${{{key}}}", found)
        return None if "${" in text else text
    return value if isinstance(value, str) else None


REFUSED = {
    "aws": [
        "m" * 31, "demo-", "a--b", "internal-x", "internal", "sg-demo", "sg", "sthree", "sthree-data", "amzn-s3-demo-bucket", "xn--a",
    ],
    "azure": ["a", "a-", "my-microsoft", "win-dows", "windows", "login", "log-in-page", "office", "bing-"],
    "gcp": ["m" * 21, "demo-", "goog-ml", "goog", "my-google-ml", "g00gle", "my-go0gle", "default"],
}  # fmt: skip
ACCEPTED = {
    "aws": ["m" * 30, longest("aws"), "a", "aws", "aws-ml", "internals", "sgd", "a-b"],
    "azure": [longest("azure"), "m" * 31, "ab", "azure", "demo-", "a--b", "my-login", "offices"],
    "gcp": [longest("gcp"), "m" * 20, "a", "gcp", "a--b", "my-goo", "defaults"],
}
REGION = {"aws": "us-east-1", "azure": "westeurope", "gcp": "europe-west1"}


def validated(cloud: str, name: str, **more: Any) -> schema.StackConfig:
    return load.validated(Document({"name": name, "cloud": cloud, "region": REGION[cloud], **more}, {}, "mfinfra.yaml"))


@pytest.mark.parametrize(("cloud", "name"), [(cloud, name) for cloud, found in REFUSED.items() for name in found])
def test_a_name_that_a_service_refuses_is_refused_before_the_plan(cloud: str, name: str) -> None:
    with pytest.raises(StackFileError, match="name: "):
        validated(cloud, name)


@pytest.mark.parametrize(("cloud", "name"), [(cloud, name) for cloud, found in ACCEPTED.items() for name in found])
def test_a_name_that_every_service_accepts_is_accepted(cloud: str, name: str) -> None:
    assert validated(cloud, name).name == name


def test_a_long_region_leaves_less_room_for_the_name() -> None:
    with pytest.raises(StackFileError, match="at most 29 characters"):
        load.validated(Document({"name": "m" * 30, "cloud": "aws", "region": "ap-southeasts-1"}, {}, "mfinfra.yaml"))


UI = {"enabled": True, "domain": "ui.example.com", "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/1"}


@pytest.mark.parametrize(
    ("name", "prefix", "words"),
    [
        ("aws", None, "ui.cognito_prefix: is missing: by default it begins with the stack name"),
        ("lawson", None, "does not allow 'aws' in it"),
        ("amazonas", None, "does not allow 'amazon'"),
        ("demo", "my-cognito", "'my-cognito' contains 'cognito', which Amazon Cognito does not allow"),
        ("aws", "flows", None),
        ("demo", None, None),
    ],
)
def test_the_sign_in_page_has_a_name_that_cognito_allows(name: str, prefix: str | None, words: str | None) -> None:
    ui = UI if prefix is None else {**UI, "cognito_prefix": prefix}
    if words is None:
        assert validated("aws", name, ui=ui)
        return
    with pytest.raises(StackFileError, match=words):
        validated("aws", name, ui=ui)


def test_a_registry_needs_two_letters() -> None:
    with pytest.raises(StackFileError, match="at least 2 characters"):
        validated("aws", "a", registry={"enabled": True})


def test_the_template_refuses_names_of_buckets_and_no_name_that_an_earlier_stack_can_have() -> None:
    config = validated("aws", "demo", engine="cloudformation")
    template = _yaml(render.render(config, "123456789012")["template.yaml"])
    pattern = re.compile(template["Parameters"]["Name"]["AllowedPattern"])
    assert not any(pattern.fullmatch(name) for name in ("sthree", "sthree-x", "amzn-s3-demo-x", "xn--a"))
    assert all(pattern.fullmatch(name) for name in (*ACCEPTED["aws"], "internal", "sg-demo", "m" * 31, "a--b"))


def test_cloudformation_selects_some_names_itself() -> None:
    """Load balancers and security groups of its stacks are not named after the stack, and one letter more fits."""
    for name in ("internal", "sg-demo", "m" * 31):
        assert validated("aws", name, engine="cloudformation").name == name
    for name in ("sthree", "a--b", "demo-"):
        with pytest.raises(StackFileError, match="name: "):
            validated("aws", name, engine="cloudformation")


def test_dashes_matter_to_databases_and_registries_only() -> None:
    database = {
        "host": "db.example.com",
        "secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        "security_group": "sg-0123abcd",
    }
    assert validated("aws", "a--b", metadata={"database": database}).name == "a--b"
    with pytest.raises(StackFileError, match="a registry cannot be named after it"):
        validated("aws", "a--b", metadata={"database": database}, registry={"enabled": True})


MADE = {
    "aws_lb": 'resource "aws_lb" "x" {\n  name = "internal-x"\n}',
    "aws_db_instance": 'resource "aws_db_instance" "x" {\n  identifier = "a--b"\n  instance_class = "db.t4g.micro"\n}',
    "google_compute_network": 'resource "google_compute_network" "x" {\n  name = "default"\n}',
    "azurerm_virtual_network": 'resource "azurerm_virtual_network" "x" {\n  name = "x"\n  location = "westeurope"\n  resource_group_name = "xy"\n  address_space = ["10.0.0.0/16"]\n}',
}


@pytest.mark.parametrize("kind", MADE)
def test_the_double_of_a_cloud_refuses_a_name_that_its_service_refuses(kind: str, configuration: Configuration) -> None:
    provider = {
        "azurerm": 'provider "azurerm" {\n  features {}\n  subscription_id = "11111111-2222-3333-4444-555555555555"\n}\n',
        "google": 'provider "google" {\n  project = "p"\n}\n',
    }
    configuration.write(provider.get(kind.split("_")[0], "") + MADE[kind])
    configuration.must("init")
    assert f"{kind}: invalid" in configuration.fails("plan")


def test_every_rule_of_the_double_names_a_type_and_an_argument_of_the_provider() -> None:
    schemas: dict[str, Any] = {}
    for name in ("aws", "azurerm", "google"):
        found = json.loads((ROOT / "tests" / "doubles" / "tfcloud" / "schemas" / f"{name}.json").read_text())
        schemas |= found["resource_schemas"]
    for kind, rules in names.RULES.items():
        if kind in schemas:
            assert set(rules) <= set(schemas[kind]["block"]["attributes"]), kind
    assert len(set(names.RULES) & set(schemas)) > 40


def test_the_double_of_cloudformation_has_the_same_rules() -> None:
    assert names.of_cloudformation("AWS::RDS::DBInstance", {"DBInstanceIdentifier": "demo--metadata"})
    assert names.of_cloudformation("AWS::IAM::Role", {"RoleName": "m" * 65})
    assert not names.of_cloudformation("AWS::IAM::Role", {"RoleName": "m" * 64})
