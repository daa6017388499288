"""The provider double of each cloud: a small configuration made and taken away, what is refused, what is remembered."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.programs import ROOT

from . import programs
from .configuration import Configuration
from .fixtures import TfCloud
from .tfcloud import extract, mirror

EXAMPLES = Path(__file__).parent / "tfcloud" / "examples"
CLOUDS = sorted(path.stem for path in EXAMPLES.glob("*.tf"))
EXPECTED = {
    "aws": {
        "arn": "arn:aws:eks:eu-west-1:123456789012:cluster/c",
        "queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/interruptions",
        "tags": {"a": "b", "stack": "x"},
        "node": "c:n",
    },
    "azurerm": {
        "bucket": "https://flowsx.blob.core.windows.net/",
        "subnet": "/subscriptions/99999999-0000-0000-0000-000000000000/resourceGroups/rg-x/providers/Microsoft.Network"
        "/virtualNetworks/vn/subnets/s",
    },
    "google": {
        "labels": {"a": "b", "stack": "x", "goog-terraform-provisioned": "true"},
        "network": "https://www.googleapis.com/compute/v1/projects/p1-abcdef/global/networks/n",
        "number": "123456789012",
        "account": "tasks-x@p1-abcdef.iam.gserviceaccount.com",
    },
    "google-beta": {"agent": "serviceAccount:service-123456789012@sqladmin.iam.gserviceaccount.com"},
    "azuread": {},
    "kubernetes": {"read": {"a": "b"}, "id": "metaflow/d"},
    "helm": {"revision": 1, "name": "argo"},
}


def example(cloud: str) -> str:
    return (EXAMPLES / f"{cloud}.tf").read_text()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_small_configuration_is_made_changes_no_more_and_is_taken_away(
    configuration: Configuration, tfcloud: TfCloud, cloud: str
) -> None:
    outputs = configuration.apply(example(cloud))
    assert {name: outputs[name] for name in EXPECTED[cloud]} == EXPECTED[cloud]
    assert not [name for name, value in outputs.items() if value in (None, "")]
    made = [call["type"] for call in tfcloud.calls() if call["op"] == "create"]
    configuration.must("destroy", "-auto-approve")
    assert sorted(made) == sorted(call["type"] for call in tfcloud.calls() if call["op"] == "delete")
    assert configuration.state() == {}


@pytest.mark.parametrize("cloud", ["aws", "azurerm", "google", "kubernetes"])
def test_what_is_written_only_is_kept_nowhere(configuration: Configuration, tfcloud: TfCloud, cloud: str) -> None:
    configuration.apply(example(cloud))
    for text in ((configuration.folder / "terraform.tfstate").read_text(), configuration.must("show", "-json", "p")):
        assert "marked-" not in text
    assert "marked-" not in tfcloud.log.read_text()


def test_what_the_overlays_say_fits_the_schemas() -> None:
    python = programs.programs("tfcloud") / "python"
    argv = [str(python), "-m", "tests.doubles.tfcloud.facts"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_init_installs_and_locks_the_version_that_each_schema_is_of(
    terraform: str, tmp_path: Path, configuration: Configuration
) -> None:
    python = programs.programs("tfcloud") / "python"
    versions = {name: extract.wanted(name)[1] for name in extract.providers()}
    rc = mirror.make(tmp_path / "mirror", python, versions)
    pins = "\n".join(f'{name} = {{ source = "hashicorp/{name}", version = "{v}" }}' for name, v in versions.items())
    folder = tmp_path / "stack"
    folder.mkdir()
    own = Configuration(terraform, folder, {"TF_CLI_CONFIG_FILE": str(rc)})
    own.write(f"terraform {{\n  required_providers {{\n{pins}\n  }}\n}}\n" + example("helm") + example("google-beta"))
    own.must("init")
    lock = (folder / ".terraform.lock.hcl").read_text()
    assert all(f'version     = "{version}"' in lock for version in versions.values())
    own.must("validate")
    own.must("plan")


def test_a_relative_path_begins_where_terraform_runs_also_in_a_provider_of_its_own(
    terraform: str, tmp_path: Path
) -> None:
    python = programs.programs("tfcloud") / "python"
    rc = mirror.make(tmp_path / "mirror", python, {"local": extract.wanted("local")[1]})
    folder = tmp_path / "stack"
    folder.mkdir()
    own = Configuration(terraform, folder, {"TF_CLI_CONFIG_FILE": str(rc)})
    own.write('resource "local_file" "f" {\n  filename = "here.txt"\n  content  = "x"\n}\n')
    own.must("init")
    own.must("apply", "-auto-approve")
    assert (folder / "here.txt").read_text() == "x"


MUTATIONS = {
    "wrong argument": (
        "azurerm",
        'address_prefixes     = ["10.0.1.0/24"]',
        'address_prefix = "10.0.1.0/24"',
        "Unsupported argument",
    ),
    "missing block": (
        "azurerm",
        'default_node_pool {\n    name           = "system"\n    vm_size        = "Standard_D2s_v5"\n    node_count     = 1\n    vnet_subnet_id = azurerm_subnet.s.id\n  }',
        "",
        "Insufficient default_node_pool blocks",
    ),
    "wrong type": (
        "azurerm",
        "storage_mb                        = 32768",
        "storage_mb = true",
        "Incorrect attribute value type",
    ),
    "what only the provider says": (
        "google",
        'account_id = "tasks-x"',
        'account_id = "tasks-x"\n  email = "x"',
        'Value for unconfigurable attribute|can\'t configure a value for "email"',
    ),
    "unknown type": (
        "google",
        'resource "google_service_account" "a"',
        'resource "google_service_acount" "a"',
        "Invalid resource type",
    ),
    "no features": ("azurerm", "features {}", "", '"features"'),
    "name of a storage account": ("azurerm", '"flowsx"', '"Flows-X"', "lowercase letters and numbers"),
    "name of a key vault": ("azurerm", '"vault-x"', '"v"', "3-24"),
    "name of a bucket": ("google", '"flows-x"', '"Flows"', "3 to 63"),
    "id of a service account": ("google", '"tasks-x"', '"x"', "6 to 30"),
    "name of an instance": (
        "google",
        'name                = "d"\n  database',
        'name = "D"\n  database',
        "98 lowercase",
    ),
    "key of a label": ("google", '{ a = "b" }', '{ A = "b" }', "key of a label"),
    "missing block, deep": (
        "kubernetes",
        'selector {\n      match_labels = { app = "d" }\n    }',
        "selectr {}",
        "Unsupported block type",
    ),
    "unknown attribute, deep": ("kubernetes", 'image = "x"', 'imag = "x"', "Unsupported argument"),
    "name of an object": ("kubernetes", 'name = "metaflow"', 'name = "Meta_flow"', "RFC 1123"),
    "manifest without a kind": ("kubernetes", 'kind       = "ConfigMap"', "", "Missing required attribute: 'kind'"),
    "set of helm 2": (
        "helm",
        "values ",
        'set {\n    name  = "a"\n    value = "b"\n  }\n  values ',
        "Unsupported block type",
    ),
    "kubernetes of helm 2": ("helm", "kubernetes = {", "kubernetes {", "Unsupported block type"),
    "a member of a set": ("helm", '{ name = "a", value = "b" }', '{ value = "b" }', 'attribute "name" is required'),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_validate_finds(configuration: Configuration, name: str) -> None:
    cloud, right, wrong, said = MUTATIONS[name]
    assert right in example(cloud)
    configuration.write(example(cloud).replace(right, wrong, 1))
    configuration.must("init")
    complaint = configuration.fails("validate")
    assert all(part in complaint for part in said.split("|")), complaint


def test_azure_needs_a_subscription_when_it_plans(configuration: Configuration) -> None:
    configuration.write(example("azurerm").replace("subscription_id =", "tenant_id ="))
    configuration.must("init")
    configuration.must("validate")
    assert "`subscription_id` is a required provider property" in configuration.fails("plan")
    given = configuration("plan", ARM_SUBSCRIPTION_ID="99999999-0000-0000-0000-000000000000")
    assert given.returncode == 0, given.stderr


FAILURES = [
    ("aws", "aws_eks_node_group"),
    ("azurerm", "azurerm_postgresql_flexible_server"),
    ("google", "google_container_cluster"),
    ("azuread", "azuread_service_principal"),
    ("kubernetes", "kubernetes_deployment_v1"),
    ("helm", "helm_release"),
]


@pytest.mark.parametrize(("cloud", "kind"), FAILURES)
def test_what_failed_is_made_by_the_next_apply(
    configuration: Configuration, tfcloud: TfCloud, cloud: str, kind: str
) -> None:
    configuration.write(example(cloud))
    configuration.must("init")
    tfcloud.say(fail={f"{kind}:create": "QuotaExceeded: no more of these"})
    assert "QuotaExceeded" in configuration.fails("apply", "-auto-approve")
    before = set(configuration.state())
    tfcloud.say()
    configuration.must("apply", "-auto-approve")
    assert before < set(configuration.state())
    configuration.must("plan", "-detailed-exitcode")


SECRETS = [
    ("aws", "data.aws_eks_cluster_auth.c.token"),
    ("azurerm", "azurerm_kubernetes_cluster.k.kube_config_raw"),
    ("azurerm", "azurerm_storage_account.a.primary_access_key"),
    ("google", "google_sql_database_instance.d.server_ca_cert"),
]


@pytest.mark.parametrize(("cloud", "value"), SECRETS)
def test_what_is_secret_cannot_be_put_out_plainly(configuration: Configuration, cloud: str, value: str) -> None:
    configuration.write(f'{example(cloud)}\noutput "secret" {{ value = {value} }}\n')
    configuration.must("init")
    assert "Output refers to sensitive values" in configuration.fails("plan")


REPLACED = [
    ("aws", 'node_group_name = "n"', 'node_group_name = "m"', "aws_eks_node_group"),
    ("aws", '{ stack = "x" }', '{ stack = "y" }', None),
    ("azurerm", '"flowsx"', '"flowsy"', "azurerm_storage_account"),
    ("azurerm", '"westeurope"', '"northeurope"', "azurerm_resource_group"),
    ("google", '"10.0.0.0/20"', '"10.0.0.0/20"\n  region = "us-east1"', "google_compute_subnetwork"),
    ("kubernetes", '"settings"', '"others"', "kubernetes_config_map_v1"),
    ("helm", "namespace ", "create_namespace = true\n  namespace ", None),
    ("google", '{ a = "b" }', '{ a = "c" }', None),
]


@pytest.mark.parametrize(("cloud", "before", "after", "kind"), REPLACED)
def test_a_change_that_a_resource_does_not_survive_makes_a_new_one(
    configuration: Configuration, cloud: str, before: str, after: str, kind: str | None
) -> None:
    configuration.apply(example(cloud))
    configuration.write(example(cloud).replace(before, after, 1))
    configuration.must("plan", "-out=q")
    changes = json.loads(configuration.must("show", "-json", "q"))["resource_changes"]
    replaced = {change["type"] for change in changes if "delete" in change["change"]["actions"]}
    updated = {change["type"] for change in changes if change["change"]["actions"] == ["update"]}
    assert (kind in replaced) if kind else (updated and not replaced)
    configuration.must("apply", "q")
    configuration.must("plan", "-detailed-exitcode")


def test_a_label_that_changed_changes_what_is_in_effect(configuration: Configuration) -> None:
    configuration.apply(example("google"))
    outputs = configuration.apply(example("google").replace('{ a = "b" }', '{ c = "d" }'))
    assert outputs["labels"] == {"c": "d", "stack": "x", "goog-terraform-provisioned": "true"}


def test_a_tag_of_the_provider_that_changed_is_in_all_tags(configuration: Configuration) -> None:
    configuration.apply(example("aws"))
    assert configuration.apply(example("aws").replace('stack = "x"', 'stack = "y"'))["tags"] == {"a": "b", "stack": "y"}


def test_every_change_of_a_release_is_a_revision(configuration: Configuration) -> None:
    configuration.apply(example("helm"))
    assert configuration.apply(example("helm").replace("replicas = 1", "replicas = 2"))["revision"] == 2


@pytest.mark.parametrize(("cloud", "said"), [("helm", "still in use"), ("kubernetes", "already exists"), ("google", "alreadyExists"), ("azurerm", "needs to be imported")])  # fmt: skip
def test_a_name_that_is_taken_is_refused(configuration: Configuration, tmp_path: Path, cloud: str, said: str) -> None:
    configuration.apply(example(cloud))
    folder = tmp_path / "second"
    folder.mkdir()
    second = Configuration(configuration.terraform, folder, configuration.environment)
    second.write(example(cloud))
    second.must("init")
    assert said in second.fails("apply", "-auto-approve")


def test_two_of_one_name_in_one_configuration_are_refused(configuration: Configuration) -> None:
    text = 'resource "kubernetes_namespace_v1" "n" {\n  count = 2\n  metadata {\n    name = "same"\n  }\n}\n'
    configuration.write('provider "kubernetes" {\n  host = "https://x"\n}\n' + text)
    configuration.must("init")
    assert "already exists" in configuration.fails("apply", "-auto-approve")


def test_what_is_made_again_before_the_old_one_is_deleted_stays(configuration: Configuration) -> None:
    text = 'resource "aws_sqs_queue" "q" {\n  name = "q"\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n'
    configuration.apply('provider "aws" {\n  region = "eu-west-1"\n}\n' + text)
    configuration.must("apply", "-auto-approve", "-replace=aws_sqs_queue.q")
    configuration.must("plan", "-detailed-exitcode")


def test_another_stack_reads_what_one_has_made(configuration: Configuration, tmp_path: Path) -> None:
    made = configuration.apply(example("google"))
    folder = tmp_path / "second"
    folder.mkdir()
    second = Configuration(configuration.terraform, folder, configuration.environment)
    read = second.apply(
        'provider "google" {\n  project = "p1-abcdef"\n  region = "europe-west1"\n}\n'
        'data "google_container_cluster" "c" {\n  name = "c"\n  location = "europe-west1"\n}\n'
        'data "google_sql_database_instance" "d" {\n  name = "d"\n}\n'
        'output "network" {\n  value = data.google_container_cluster.c.network\n}\n'
        'output "address" {\n  value = data.google_sql_database_instance.d.private_ip_address\n}\n'
    )
    assert read == {"network": "projects/p1-abcdef/global/networks/n", "address": made["address"]}


def test_a_question_that_nothing_made_answers_is_not_answered_by_something_else(configuration: Configuration) -> None:
    text = (
        'resource "aws_vpc" "v" {\n  cidr_block = "10.9.0.0/16"\n  tags = { Name = "one" }\n}\n'
        'data "aws_vpc" "v" {\n  tags = { Name = "NAME" }\n  depends_on = [aws_vpc.v]\n}\n'
        'output "cidr" {\n  value = data.aws_vpc.v.cidr_block\n}\n'
    )
    assert configuration.apply(text.replace("NAME", "one")) == {"cidr": "10.9.0.0/16"}
    assert configuration.apply(text.replace("NAME", "two")) == {"cidr": "10.40.0.0/16"}


def test_what_is_imported_is_what_was_made(configuration: Configuration, tmp_path: Path) -> None:
    configuration.apply(example("kubernetes"))
    folder = tmp_path / "second"
    folder.mkdir()
    second = Configuration(configuration.terraform, folder, configuration.environment)
    second.write(
        'provider "kubernetes" {\n  host = "https://cluster.example.com"\n}\n'
        'import {\n  to = kubernetes_config_map_v1.c\n  id = "metaflow/settings"\n}\n'
        'resource "kubernetes_config_map_v1" "c" {\n  metadata {\n    name = "settings"\n    namespace = "metaflow"\n  }\n'
        '  data = { a = "b" }\n}\n'
    )
    second.must("init")
    second.must("apply", "-auto-approve")
    second.must("plan", "-detailed-exitcode")


@pytest.mark.parametrize("kind", ["google_container_cluster", "google_sql_database_instance"])
def test_a_protected_resource_is_not_deleted(configuration: Configuration, kind: str) -> None:
    configuration.apply(example("google").replace("deletion_protection      = false", "").replace("deletion_protection = false", ""))  # fmt: skip
    assert "deletion_protection is set to true" in configuration.fails("destroy", "-auto-approve", f"-target={kind}.{'c' if 'cluster' in kind else 'd'}")  # fmt: skip


def test_an_object_that_somebody_deleted_is_made_again(configuration: Configuration, tfcloud: TfCloud) -> None:
    configuration.apply(example("helm"))
    tfcloud.say(deleted=["helm_release"])
    assert configuration("plan", "-detailed-exitcode").returncode == 2


def test_charts_cannot_be_rendered_and_there_is_no_network(configuration: Configuration) -> None:
    configuration.write('data "helm_template" "t" {\n  name  = "t"\n  chart = "x"\n}\n')
    configuration.must("init")
    assert "charts cannot be rendered here" in configuration.fails("plan")
    configuration.write('data "http" "h" {\n  url = "https://example.com"\n}\n')
    configuration.must("init")
    assert "tests have no network" in configuration.fails("plan")
