"""The schema of stacks with a cluster: what Azure, Google Cloud and Kubernetes refuse, each with its words; names,
versions that end, the short form, and what cannot move."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.stackfiles import SHAPES

from mfinfra.errors import StackFileError
from mfinfra.stackfile import component_versions as versions
from mfinfra.stackfile import immutable, machine_types, presets, schema
from mfinfra.stackfile import load as stackfile_load
from mfinfra.stackfile.rules import kubernetes
from mfinfra.stackfile.yaml_reader import Document

BASES: dict[str, dict[str, Any]] = {
    "aws": {"name": "demo", "cloud": "aws", "region": "eu-west-1", "compute": "kubernetes"},
    "azure": {"name": "demo", "cloud": "azure", "region": "westeurope"},
    "gcp": {"name": "demo", "cloud": "gcp", "region": "europe-west1"},
}
every = pytest.mark.parametrize("cloud", BASES)
VNET = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n"
)
VAULT_SECRET = "https://vault.vault.azure.net/secrets/x"
VAULT_ID = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.KeyVault/vaults/vault"
)


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions of Kubernetes end; tests do not."""
    monkeypatch.setattr(kubernetes, "_today", lambda: date(2026, 11, 25))


def load(cloud: str, **values: Any) -> schema.StackConfig:
    return stackfile_load.validated(Document({**BASES[cloud], **values}, {}, "mfinfra.yaml"))


def refusal(cloud: str, values: dict[str, Any]) -> str:
    with pytest.raises(StackFileError) as caught:
        load(cloud, **values)
    assert "Traceback" not in caught.value.message
    return caught.value.message


@every
@pytest.mark.parametrize("preset", presets.PRESETS)
def test_presets_are_valid_everywhere_and_mean_the_same(cloud: str, preset: str) -> None:
    config = load(cloud, preset=preset)
    assert config.compute.backend == "kubernetes"
    assert config.orchestrator.argo_workflows
    assert config.orchestrator.argo_events
    assert not config.orchestrator.step_functions
    assert config.metadata.instance_class == machine_types.database(cloud, config.metadata.size)
    assert config.deletion_protection == (preset == "production")
    assert list(config.compute.pools) == (["cpu"] if preset == "sandbox" else ["cpu", "spot"])


AZURE: list[tuple[dict[str, Any], str]] = [
    ({"orchestrator": {"airflow": True, "airflow_repository": "https://git.example.com/dags", "airflow_secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:git"}}, "airflow_secret: must be a secret: https://VAULT"),
    ({"region": None}, "region: a stack on Azure requires a region, such as 'region: westeurope'"),
    ({"region": "west-europe"}, "'west-europe' is not an Azure region"),
    ({"region": "eu-west-1"}, "'eu-west-1' is not an Azure region"),
    ({"account": "123456789012"}, "'123456789012' is not a subscription ID"),
    ({"people": ["ada@example.com"]}, "people.0: 'ada@example.com' is not an object ID"),
    ({"log_retention_days": 7}, "Log Analytics supports 30 to 730 days"),
    ({"log_retention_days": 731}, "Log Analytics supports 30 to 730 days"),
    ({"network": {"zones": 4}}, "Azure regions have at most 3 zones"),
    ({"network": {"vpc": "main", "subnets": [f"{VNET}/subnets/a", f"{VNET}/subnets/b"]}}, "'main' is not the resource ID of a virtual network"),
    ({"network": {"vpc": VNET, "subnets": [f"{VNET}/subnets/a", f"{VNET}/subnets/b"]}, "kubernetes": {"allow": ["192.0.2.0/24"]}}, "kubernetes.allow: is not supported in an existing network"),
    ({"network": {"vpc": VNET, "subnets": [f"{VNET}/subnets/a"]}}, "requires two subnets: that of the cluster and that of the database"),
    ({"network": {"vpc": VNET, "subnets": [f"{VNET}/subnets/a", "b"]}}, "network.subnets.1: 'b' is not the resource ID of a subnet"),
    ({"network": {"vpc": VNET, "cidr": "10.0.0.0/16"}}, f"cidr is for a new network; mfinfra does not change {VNET}"),
    ({"datastore": {"bucket": "flows"}}, "'flows' is not a container, such as account/container"),
    ({"datastore": {"bucket": "my-account/flows"}}, "'my-account/flows' is not a container"),
    ({"datastore": {"bucket": "account/flows", "versioning": True}}, "mfinfra does not change account/flows"),
    ({"datastore": {"kms": "arn:aws:kms:eu-west-1:123456789012:key/x"}}, "managed, https://VAULT.vault.azure.net/keys/NAME"),
    ({"secrets": {"allow": ["warehouse"]}}, "secrets.allow.0: 'warehouse' is not a secret"),
    ({"metadata": {"instance_class": "db.t4g.micro"}}, "'db.t4g.micro' is not a flexible server size"),
    ({"metadata": {"high_availability": True}}, "B_Standard_B1ms is burstable and does not support a standby; set size: large"),
    ({"metadata": {"postgres_version": "17.4"}}, "must be one of 14, 15, 16, 17, 18; Azure selects the minor version"),
    ({"metadata": {"backup_days": 3}}, "Azure supports 7 to 35 days"),
    ({"metadata": {"database": {"host": "db.example.com", "secret": "x"}}}, "metadata.database.secret: must be a secret"),
    ({"metadata": {"database": {"host": "db.example.com", "secret": VAULT_ID}}}, "or /subscriptions/.../vaults/VAULT/secrets/NAME"),
    ({"secrets": {"allow": [f"{VAULT_ID}/keys/x"]}}, "without /secrets/NAME, all secrets of that vault"),
    ({"metadata": {"database": {"host": "db.example.com", "secret": VAULT_SECRET, "security_group": "sg-0123abcd"}}}, "Azure has no security groups"),
    ({"compute": {"default": "thirteenchars", "pools": {"thirteenchars": {}}}}, "an AKS pool name has at most 12 letters and digits"),
    ({"compute": {"default": "system", "pools": {"system": {}}}}, "and does not begin with 'system'"),
    ({"kubernetes": {"namespaces": {f"n{i}": {} for i in range(21)}, "default_namespace": "n0"}}, "Azure supports at most 20 namespaces with one identity"),
    ({"compute": {"pools": {"cpu": {"instance_types": ["m6i.xlarge"]}}}}, "'m6i.xlarge' is not a machine type of Azure, such as Standard_D4s_v5"),
    ({"compute": {"pools": {"cpu": {"instance_types": ["Standard_D4s_v5", "Standard_D4as_v5"]}}}}, "a pool on Azure has one machine type"),
    ({"compute": {"pools": {"cpu": {"gpu": True, "instance_types": ["Standard_D4s_v5"]}}}}, "Standard_D4s_v5 has no GPU"),
]  # fmt: skip
GCP: list[tuple[dict[str, Any], str]] = [
    ({"region": None}, "region: a stack on Google Cloud requires a region, such as 'region: europe-west1'"),
    ({"region": "eu-west-1"}, "'eu-west-1' is not a Google Cloud region"),
    ({"region": "europe-west1-b"}, "'europe-west1-b' is not a Google Cloud region"),
    ({"account": "123456789012"}, "'123456789012' is not a project ID"),
    ({"people": ["ada@example.com"]}, "people.0: 'ada@example.com' is not a member"),
    ({"name": "a-name-of-21-letters-"}, "a stack name has at most 20 characters"),
    ({"name": "demo-"}, "on Google Cloud, a name cannot end with a dash"),
    ({"tags": {"team": "x" * 64}}, "Google Cloud labels have at most 63 characters"),
    ({"tags": {"x" * 64: "team"}}, "Google Cloud labels have at most 63 characters"),
    ({"network": {"zones": 5}}, "Google Cloud regions have at most 4 zones"),
    ({"network": {"vpc": "vpc/main", "subnets": ["a"]}}, "'vpc/main' is not a VPC network"),
    ({"network": {"vpc": "main"}}, "requires the name of one subnetwork, with ranges for pods and services"),
    ({"network": {"vpc": "main", "subnets": ["a", "b"]}}, "requires the name of one subnetwork"),
    ({"network": {"vpc": "main", "subnets": ["A"]}}, "requires the name of one subnetwork"),
    ({"network": {"vpc": "main", "subnets": ["a"], "zones": 2}}, "zones is for a new network; mfinfra does not change main"),
    ({"datastore": {"bucket": "account/flows"}}, "'account/flows' is not a bucket name"),
    ({"datastore": {"kms": "key"}}, "managed, projects/P/locations/L/keyRings/R/cryptoKeys/K"),
    ({"secrets": {"allow": ["projects/x/secrets/y/versions/1"]}}, "is not a secret: its name, or projects/PROJECT/secrets/NAME"),
    ({"metadata": {"instance_class": "B_Standard_B1ms"}}, "'B_Standard_B1ms' is not a Cloud SQL tier"),
    ({"metadata": {"high_availability": True}}, "db-g1-small has a shared core and no SLA for a standby; set size: large"),
    ({"metadata": {"postgres_version": "17.4"}}, "must be 14 to 18; Google Cloud selects the minor version"),
    ({"metadata": {"database": {"host": "db.example.com", "secret": VAULT_SECRET}}}, "metadata.database.secret: must be a secret"),
    ({"metadata": {"database": {"host": "db.example.com", "secret": "x", "security_group": "sg-0123abcd"}}}, "Google Cloud has no security groups"),
    ({"compute": {"pools": {"cpu": {"instance_types": ["Standard_D4s_v5"]}}}}, "'Standard_D4s_v5' is not a machine type of Google Cloud, such as n2-standard-4"),
    ({"compute": {"pools": {"cpu": {"instance_types": ["n2-standard-4", "e2-standard-4"]}}}}, "a pool on Google Cloud has one machine type"),
    ({"compute": {"pools": {"cpu": {"gpu": True, "instance_types": ["n2-standard-4"]}}}}, "n2-standard-4 has no GPU"),
]  # fmt: skip
EKS: list[tuple[dict[str, Any], str]] = [
    ({"people": ["user:ada@example.com"]}, "people.0: 'user:ada@example.com' is not the ARN of an IAM role or user"),
    ({"people": ["arn:aws-cn:iam::123456789012:role/ada"]}, "is not in partition aws"),
    ({"network": {"nat": "none"}}, "without NAT, a cluster cannot pull the images of its charts; set nat: one"),
    ({"orchestrator": {"step_functions": True}}, "with Kubernetes, use argo_workflows or airflow"),
    ({"ui": {"enabled": True, "domain": "ui.example.com"}}, "ui.domain: domain is for a load balancer and requires ui.certificate"),
    ({"compute": {"backend": "kubernetes", "pools": {"cpu": {"instance_types": ["m6i"]}}}}, "'m6i' is not a machine type of AWS, such as m6i.xlarge"),
    ({"compute": {"backend": "kubernetes", "pools": {"cpu": {"instance_types": ["m6i.xlarge", "m6i.2xlarge"]}}}}, "must have the same number of vCPUs; create a pool for each"),
    ({"compute": {"backend": "kubernetes", "pools": {"cpu": {"instance_types": ["m6i.xlarge", "m7g.xlarge"]}}}}, "mixes ARM and x86 instance types"),
]  # fmt: skip


def pooled(**pool: Any) -> dict[str, Any]:
    return {"compute": {"backend": "kubernetes", "pools": {"cpu": pool}}}


#: In every cluster, whichever cloud it is of; `{cloud}` is what people call it.
CLUSTER: list[tuple[dict[str, Any], str]] = [
    ({"preset": "files"}, "'files' is for local stacks"),
    ({"preset": "sandbox", "deletion_protection": True}, "is not supported in a sandbox"),
    ({"tags": {"mfinfra:x": "y"}}, "are reserved"),
    ({"tags": {"goog-x": "y"}}, "are reserved"),
    ({"network": {"cidr": "8.8.0.0/16"}}, "is not private"),
    ({"metadata": {"storage_gb": 200}}, "metadata.max_storage_gb: is less than storage_gb (200)"),
    ({"registry": {"image": "x"}}, "requires registry.enabled"),
    ({"orchestrator": {"airflow_repository": "https://git.example.com/dags"}}, "airflow_repository requires orchestrator.airflow"),
    ({"orchestrator": {"airflow": True, "airflow_secret": "git"}}, "airflow_secret: is for a Git repository and requires orchestrator.airflow_repository"),
    ({"orchestrator": {"step_functions": True}}, "orchestrator.step_functions"),
    ({"kubernetes": {"version": "1.20"}}, "Kubernetes 1.20 is not supported on {cloud}; supported: 1."),
    ({"kubernetes": {"version": "1"}}, "kubernetes.version"),
    ({"kubernetes": {"endpoint": "private", "allow": ["192.0.2.0/24"]}}, "is for a public endpoint, and this endpoint is private"),
    ({"kubernetes": {"allow": ["192.0.2.1/24"]}}, "kubernetes.allow.0: '192.0.2.1/24' is not a CIDR range"),
    ({"kubernetes": {"namespaces": {}}}, "kubernetes.namespaces"),
    ({"kubernetes": {"namespaces": {"kube-system": {}}, "default_namespace": "kube-system"}}, "'kube-system' is reserved for the cluster or the stack itself"),
    ({"kubernetes": {"namespaces": {"mfinfra": {}}, "default_namespace": "mfinfra"}}, "'mfinfra' is reserved"),
    ({"kubernetes": {"namespaces": {"research": {}}}}, "unknown namespace 'flows'; namespaces: research"),
    ({"kubernetes": {"namespaces": {"flows": {"max_gpus": -1}}}}, "must be at least 0"),
    ({"kubernetes": {"namespaces": {"Flows": {}}, "default_namespace": "Flows"}}, "kubernetes.namespaces"),
    (pooled(kind="fargate"), "Fargate is for AWS Batch; in a cluster, use on_demand or spot"),
    (pooled(kind="fargate_spot"), "Fargate is for AWS Batch"),
    (pooled(ami="ami-01234567"), "compute.pools.cpu.ami: ami is for AWS Batch, and not supported in a cluster"),
    (pooled(priority=2), "priority is for AWS Batch"),
    (pooled(fair_share=True), "fair_share is for AWS Batch"),
    (pooled(runnable_minutes=30), "runnable_minutes is for AWS Batch"),
    (pooled(max_vcpus=2), "compute.pools.cpu.max_vcpus: is less than the vCPUs of one node (4)"),
    (pooled(min_vcpus=20), "compute.pools.cpu.min_vcpus: is more than max_vcpus (16)"),
    ({"compute": {"backend": "kubernetes", "default": "gpu"}}, "unknown pool 'gpu'; pools: cpu"),
]  # fmt: skip
#: What is AWS's own, in Azure and in Google Cloud.
ELSEWHERE: list[tuple[dict[str, Any], str]] = [
    ({"compute": {"backend": "batch"}}, "compute.backend: AWS Batch is available on AWS only; on {cloud}, use kubernetes"),
    ({"compute": "batch"}, "compute.backend: AWS Batch is available on AWS only; on {cloud}, use kubernetes"),
    ({"engine": "cloudformation"}, "engine: CloudFormation is available on AWS only; on {cloud}, use terraform"),
    ({"orchestrator": {"step_functions": True}}, "Step Functions is available on AWS only; on {cloud}, use argo_workflows or airflow"),
    ({"partition": "aws"}, "partition: partition is for AWS; {cloud} does not support it"),
    ({"permissions_boundary": "arn:aws:iam::123456789012:policy/x"}, "permissions_boundary is for AWS; {cloud} does not support it"),
    ({"network": {"endpoints": ["logs"]}}, "network.endpoints is for AWS; {cloud} does not need it"),
    ({"network": {"public_subnets": ["subnet-0123abcd"]}}, "network.public_subnets is for AWS"),
    ({"network": {"nat": "none"}}, "without NAT, a cluster cannot pull the images of its charts"),
    ({"metadata": {"api": "public"}}, "a public API with a key is for AWS; on {cloud}, set api: private"),
    ({"metadata": {"allow": ["192.0.2.0/24"]}}, "metadata.allow: is for a public API, which {cloud} does not support"),
    ({"metadata": {"cpu": 4096}}, "metadata.memory: is too small for cpu 4096"),
    *(({"ui": {"enabled": True, key: value}}, f"ui.{key}: {key} is for AWS; on {{cloud}}, open the UI with mfinfra open ui")
      for key, value in (("certificate", "arn:aws:acm:eu-west-1:123456789012:certificate/x"), ("domain", "ui.example.com"),
                         ("auth", "oidc"), ("cognito_prefix", "x"), ("internal", True), ("allow", ["192.0.2.0/24"]))),
]  # fmt: skip
WRONG = [
    *(("azure", *case) for case in AZURE),
    *(("gcp", *case) for case in GCP),
    *(("aws", *case) for case in EKS),
    *((cloud, *case) for cloud in BASES for case in CLUSTER),
    *((cloud, *case) for cloud in ("azure", "gcp") for case in ELSEWHERE),
]


@pytest.mark.parametrize(("cloud", "values", "words"), WRONG)
def test_what_is_wrong_is_refused_with_what_is_allowed(cloud: str, values: dict[str, Any], words: str) -> None:
    title = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}[cloud]
    assert words.replace("{cloud}", title) in refusal(cloud, values)


@pytest.mark.parametrize(
    ("cloud", "values"),
    [
        ("azure", {"name": "a-name-of-twenty-two-l"}),
        ("azure", {"name": "demo-"}),
        ("azure", {"network": {"zones": 1}}),
        ("azure", {"region": "eastus2"}),
        ("azure", {"datastore": {"kms": "https://vault.vault.azure.net/keys/flows"}}),
        ("azure", {"secrets": {"allow": [VAULT_SECRET, VAULT_ID, f"{VAULT_ID}/secrets/x"]}}),
        ("azure", {"metadata": {"database": {"host": "db.example.com", "secret": f"{VAULT_ID}/secrets/x"}}}),
        ("azure", {"compute": {"default": "twelveletter", "pools": {"twelveletter": {"kind": "spot"}}}}),
        ("azure", {"compute": {"pools": {"cpu": {"gpu": True, "instance_types": ["Standard_NC6s_v3"]}}}}),
        ("gcp", {"name": "a-name-of-20-letters"}),
        ("gcp", {"tags": {"team": "x" * 63}}),
        ("gcp", {"network": {"zones": 4}}),
        ("gcp", {"network": {"vpc": "projects/shared-project/global/networks/main", "subnets": ["flows"]}}),
        ("gcp", {"compute": {"pools": {"cpu": {"gpu": True, "instance_types": ["a2-highgpu-1g"]}}}}),
        ("gcp", {"people": ["user:ada@example.com", "group:team@example.com", "serviceAccount:ci@p.iam.gserviceaccount.com"]}),
        ("aws", {"compute": {"backend": "kubernetes", "pools": {"cpu": {"instance_types": ["m6i.xlarge", "m7i.xlarge"]}}}}),
        ("aws", {"ui": {"enabled": True}}),
    ],
)  # fmt: skip
def test_what_is_near_the_border_is_let_through(cloud: str, values: dict[str, Any]) -> None:
    load(cloud, **values)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["a-b", "1", "CPU", "x" * 21])
def test_names_of_pools_that_break_the_rule_are_told_with_it(shape: str, name: str) -> None:
    said = {**SHAPES[shape][0], "compute": {**SHAPES[shape][0]["compute"], "pools": {name: {}}}}
    with pytest.raises(StackFileError, match="a pool name: lower-case letters and digits"):
        stackfile_load.validated(Document(said, {}, "mfinfra.yaml"))


@every
@pytest.mark.parametrize("name", ["a_b", "-a", "a-", "A", "x" * 64])
def test_names_of_namespaces_that_break_the_rule_are_told_with_it(cloud: str, name: str) -> None:
    words = refusal(cloud, {"kubernetes": {"namespaces": {name: {}}}})
    assert "a namespace name: lower-case letters, digits and dashes" in words


# Versions of Kubernetes


@every
def test_a_version_is_refused_the_day_after_its_support_has_ended(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, end in versions.KUBERNETES_SUPPORT[cloud].items():
        last = date.fromisoformat(end)
        monkeypatch.setattr(kubernetes, "_today", lambda last=last: last)
        load(cloud, kubernetes={"version": version})
        monkeypatch.setattr(kubernetes, "_today", lambda last=last: date.fromordinal(last.toordinal() + 1))
        words = refusal(cloud, {"kubernetes": {"version": version}})
        assert f"Kubernetes {version} is out of support" in words
        assert f"since {end}" in words
        load(cloud, kubernetes={"version": version, "extended_support": True})


@every
def test_a_refused_version_names_those_that_last(cloud: str) -> None:
    words = refusal(cloud, {"kubernetes": {"version": "1.20"}})
    for version, end in versions.KUBERNETES_SUPPORT[cloud].items():
        assert (f"{version} (until {end})" in words) == (end >= "2026-11-25")
    url, day = versions.KUBERNETES_SOURCES[cloud]
    assert f"(read on {day} from {url})" in words


def test_gke_offers_1_36() -> None:
    assert load("gcp", kubernetes={"version": "1.36"}).kubernetes.version == "1.36"


@every
def test_when_all_have_ended_that_is_said(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes, "_today", lambda: date(2040, 1, 1))
    assert "none known to this version of mfinfra" in refusal(cloud, {})


# The short form


@every
def test_the_short_form_is_the_backend_alone_and_leaves_the_presets_pools(cloud: str) -> None:
    long = load(cloud, preset="team", compute={"backend": "kubernetes"})
    assert load(cloud, preset="team", compute="kubernetes") == long
    assert set(long.compute.pools) == {"cpu", "spot"}


@every
def test_a_short_form_that_is_no_backend_is_told_as_one(cloud: str, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(f"cloud: {cloud}\nregion: {BASES[cloud]['region']}\ncompute: kubernets\n")
    with pytest.raises(StackFileError) as caught:
        stackfile_load.load(tmp_path, {})
    assert "mfinfra.yaml, line 3: compute.backend must be one of batch, kubernetes" in caught.value.message
    assert "did you mean 'kubernetes'" in caught.value.message


@every
def test_a_dump_is_read_again(cloud: str, tmp_path: Path) -> None:
    config = load(cloud, preset="production", kubernetes={"namespaces": {"flows": {"max_pods": 3}}}, tags={"a": "b"})
    (tmp_path / "mfinfra.yaml").write_text(stackfile_load.dump(config))
    assert stackfile_load.load(tmp_path, {}) == config


# A stack that exists

GUESTS: dict[str, tuple[str, str, str]] = {
    "aws": ("123456789012", "111111111111", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
    "azure": ("11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-666666666666", VAULT_SECRET),
    "gcp": ("demo-project", "other-project", "x"),
}


@every
def test_what_cannot_move_is_refused_on_the_second_up(cloud: str) -> None:
    account, other, secret = GUESTS[cloud]
    before = load(cloud, engine="terraform", account=account)
    elsewhere = {"aws": "us-east-1", "azure": "eastus2", "gcp": "us-central1"}[cloud]
    bucket = {"aws": "mine", "azure": "mine/flows", "gcp": "mine"}[cloud]
    group = {"security_group": "sg-0123abcd"} if cloud == "aws" else {}
    moves: dict[str, dict[str, Any]] = {
        "region": {"region": elsewhere},
        "account": {"account": other},
        "network.cidr": {"network": {"cidr": "10.99.0.0/16"}},
        "datastore.bucket": {"datastore": {"bucket": bucket}},
        "datastore.kms": {"datastore": {"kms": "create"}},
        "metadata.database": {"metadata": {"database": {"host": "db.example.com", "secret": secret, **group}}},
    }
    for key, values in moves.items():
        after = load(cloud, **{"engine": "terraform", "account": account, **values})
        with pytest.raises(StackFileError, match=f"{key} of stack 'demo' is .* and cannot be changed to"):
            immutable.check_unmoved(before.model_dump(), after)
    immutable.check_unmoved(before.model_dump(), before)


def test_batch_does_not_become_a_cluster_nor_a_cluster_batch() -> None:
    cluster, batch = load("aws", engine="terraform"), load("aws", engine="terraform", compute="batch")
    for before, after in ((cluster, batch), (batch, cluster)):
        with pytest.raises(StackFileError, match=r"compute\.backend of stack 'demo' is .* and cannot be changed to"):
            immutable.check_unmoved(before.model_dump(), after)


@every
def test_a_stack_does_not_move_to_another_cloud(cloud: str) -> None:
    for other in BASES:
        if other != cloud:
            with pytest.raises(StackFileError, match="a stack cannot move to another cloud"):
                immutable.check_unmoved(load(cloud).model_dump(), load(other))


@every
def test_a_version_and_pools_of_a_cluster_may_change(cloud: str) -> None:
    before = load(cloud, kubernetes={"version": "1.34", "extended_support": True})
    after = load(
        cloud, kubernetes={"version": "1.35", "namespaces": {"flows": {}, "research": {}}}, **pooled(max_vcpus=32)
    )
    immutable.check_unmoved(before.model_dump(), after)


def test_production_on_eks_pays_for_no_endpoint_of_batch() -> None:
    batch, eks = (load("aws", preset="production", compute=backend).network for backend in ("batch", "kubernetes"))
    assert set(batch.endpoints) - set(eks.endpoints) == {"batch", "ecs", "ecs-agent", "ecs-telemetry", "states"}
    said = load("aws", preset="production", compute="kubernetes", network={"endpoints": ["batch"]})
    assert said.network.endpoints == ["batch"]
