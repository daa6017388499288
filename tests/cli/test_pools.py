"""Pools that could never run a task are refused before the plan, on every backend where that is true."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.doubles import machines

from mfinfra.errors import StackFileError
from mfinfra.render import files as render
from mfinfra.stackfile import aws_machines, load, machine_types
from mfinfra.stackfile.yaml_reader import Document

BASES: dict[str, dict[str, Any]] = {
    "batch": {"cloud": "aws", "region": "us-east-1"},
    "eks": {"cloud": "aws", "region": "us-east-1", "compute": {"backend": "kubernetes"}},
    "azure": {"cloud": "azure", "region": "westeurope"},
    "gcp": {"cloud": "gcp", "region": "europe-west1"},
}
AMI = "ami-0123456789abcdef0"


def validated(base: str, pool: dict[str, Any], name: str = "cpu") -> Any:
    values = BASES[base]
    compute = {**values.get("compute", {}), "default": name, "pools": {name: pool}}
    return load.validated(Document({"name": "demo", **values, "compute": compute}, {}, "mfinfra.yaml"))


def types(*names: str, **more: Any) -> dict[str, Any]:
    return {"instance_types": list(names), "max_vcpus": 512, **more}


ON_AWS = ("batch", "eks")
REFUSED: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    (("batch",), types("default-arm64", "c6i"), "mixes ARM and x86"),
    (("batch",), types("default_x86_64", "default_arm64"), "mixes ARM and x86"),
    (("batch",), types("optimal", "c7g"), "mixes ARM and x86"),
    (("batch",), types("c7g", "c6i"), "mixes ARM and x86"),
    (ON_AWS, types("c7g.large", "c6i.large"), "mixes ARM and x86"),
    (ON_AWS, types("m8gd.4xlarge", "m6i.4xlarge"), "mixes ARM and x86"),
    (ON_AWS, types("x2gd.xlarge", "g5.xlarge", gpu=True), "mixes ARM and x86"),
    (ON_AWS, types("g5.xlarge"), "g5.xlarge has GPUs, which have no drivers"),
    (ON_AWS, types("p6-b200.48xlarge"), "p6-b200.48xlarge has GPUs"),
    (("batch",), types("c6i", "g6e"), "instance_types.1: g6e has GPUs"),
    (ON_AWS, types("trn1.2xlarge", gpu=True), "has AWS Trainium, for which the stack has no drivers"),
    (ON_AWS, types("trn2.48xlarge"), "has AWS Trainium"),
    (ON_AWS, types("inf2.xlarge"), "has AWS Inferentia"),
    (("batch",), types("inf1"), "has AWS Inferentia"),
    (ON_AWS, types("dl1.24xlarge", gpu=True), "has Gaudi accelerators"),
    (ON_AWS, types("g4ad.xlarge", gpu=True), "has AMD GPUs"),
    (("batch",), types("g4ad.xlarge", gpu=True, ami=AMI), "has AMD GPUs"),
    (ON_AWS, types("f2.6xlarge"), "has FPGAs"),
    (ON_AWS, types("m6i.xlarge", gpu=True), "m6i.xlarge has no GPU"),
    (("batch",), types("optimal", gpu=True), "optimal has no GPU"),
    (("batch",), types("g5g.xlarge", gpu=True), "g5g.xlarge requires an ami of its own"),
    (("batch",), types("p3.2xlarge", gpu=True), "p3.2xlarge requires an ami of its own"),
    (("batch",), types("g3", gpu=True), "g3 requires an ami of its own"),
    (("batch",), types("a1.large"), "a1.large requires an ami of its own"),
    (("eks",), types("a1.xlarge"), "Amazon Linux 2023 does not run on it"),
    (("batch",), types("m6i.4xlarge", max_vcpus=2), "is 2, less than the vCPUs of the smallest machine of the pool: m6i.4xlarge has 16"),
    (("batch",), types("m6i.4xlarge", "c6i.8xlarge", max_vcpus=8), "m6i.4xlarge has 16"),
    (("batch",), types("p4d", gpu=True, max_vcpus=64), "p4d has 96"),
    (("batch",), {"max_vcpus": 1}, "c6i has 2"),
    (("batch",), {"gpu": True, "max_vcpus": 2}, "g5 has 4"),
    (("eks",), types("m6i.4xlarge", max_vcpus=2), "is less than the vCPUs of one node (16)"),
    (("azure",), types("Standard_D16s_v5", max_vcpus=2), "is less than the vCPUs of one node (16)"),
    (("gcp",), types("n2-standard-16", max_vcpus=2), "is less than the vCPUs of one node (16)"),
    (("batch",), types("mac2.metal"), "is not an instance type or family"),
    (("eks", "azure", "gcp"), {"min_vcpus": 10, "max_vcpus": 10}, "needs 3 nodes, and max_vcpus allows 2"),
    (("batch",), types("m6i.16larg"), "is not an instance type or family"),
    (("batch",), types("default_x86"), "or one of: optimal, default_x86_64, default_arm64"),
    (("eks",), types("optimal"), "is not a machine type of AWS"),
    (("eks",), types("default-x86_64"), "is not a machine type of AWS"),
    (("eks",), types("g5"), "is not a machine type of AWS"),
    (("azure",), types("Standard_NC4as_T4_v3"), "has GPUs, which have no drivers"),
    (("azure",), types("Standard_NV8as_v4", gpu=True), "has AMD GPUs"),
    (("azure",), types("Standard_ND96isr_MI300X_v5", gpu=True), "has AMD GPUs"),
    (("gcp",), types("g2-standard-8"), "has GPUs, which have no drivers"),
    (("gcp",), types("a2-highgpu-1g"), "has GPUs, which have no drivers"),
    (("eks", "azure", "gcp"), {"kind": "fargate"}, "Fargate is for AWS Batch"),
    (("batch", "eks", "azure", "gcp"), {"min_vcpus": 20, "max_vcpus": 16}, "is more than max_vcpus"),
]  # fmt: skip
ACCEPTED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("batch",), types("default-x86_64")),
    (("batch",), types("default_x86_64", "c6i")),
    (("batch",), types("default-arm64", "c7g", "m8g.large")),
    (("batch",), types("optimal", "m6i")),
    (("batch",), types("g5g.xlarge", gpu=True, ami=AMI)),
    (("batch",), types("p3", gpu=True, ami=AMI)),
    (("batch",), types("trn1.2xlarge", ami=AMI)),
    (("batch",), types("g5.xlarge", ami=AMI)),
    (("batch",), types("g5", "g6", "g4dn.xlarge", gpu=True)),
    (("batch",), types("m6i", "m6i.4xlarge", max_vcpus=2)),
    (("batch",), types("m7g.medium", max_vcpus=1)),
    (("batch",), {"kind": "fargate", "max_vcpus": 1}),
    (("batch",), types("m6i.metal", "u7i-12tb", "c7i-flex")),
    (("eks",), types("g5g.xlarge", gpu=True)),
    (("eks",), types("m7g.xlarge", "c8g.xlarge")),
    (("azure",), types("Standard_NC24ads_A100_v4", gpu=True)),
    (("azure",), types("Standard_D4ps_v5")),
    (("gcp",), types("g2-standard-8", gpu=True)),
    (("gcp",), types("n1-standard-8", gpu=True)),
    (("gcp",), types("n1-standard-8")),
    (("gcp",), types("c4a-standard-4")),
]


@pytest.mark.parametrize(("base", "pool", "words"), [(base, *rest) for bases, *rest in REFUSED for base in bases])
def test_a_pool_that_never_runs_is_refused(base: str, pool: dict[str, Any], words: str) -> None:
    with pytest.raises(StackFileError) as caught:
        validated(base, pool)
    assert words in caught.value.message
    assert "compute.pools.cpu" in caught.value.message


@pytest.mark.parametrize(("base", "pool"), [(base, pool) for bases, pool in ACCEPTED for base in bases])
def test_a_pool_that_runs_is_accepted(base: str, pool: dict[str, Any]) -> None:
    validated(base, pool)


@pytest.mark.parametrize("base", ["eks", "azure", "gcp"])
def test_the_pool_of_the_services_cannot_be_replaced(base: str) -> None:
    with pytest.raises(StackFileError, match="system"):
        validated(base, {}, "system")


def test_the_categories_of_batch_reach_its_api_as_it_spells_them() -> None:
    config = validated("batch", types("default-x86_64"))
    values = json.loads(render.render(config, "123456789012")["terraform.tfvars.json"])
    assert values["compute"]["pools"]["cpu"]["instance_types"] == ["default_x86_64"]


# Tables


def _families() -> dict[str, list[str]]:
    import botocore.session

    model = botocore.session.get_session().get_service_model("ec2")
    found: dict[str, list[str]] = {}
    for name in model.shape_for("InstanceType").enum:
        found.setdefault(name.partition(".")[0], []).append(name)
    return found


def test_the_smallest_size_of_every_family_is_known() -> None:
    """Compared with all instance types of the EC2 API; old and virtual ones without a current driver are left out."""
    ended = {"cc1", "cc2", "cg1", "cr1", "hi1", "hs1"}
    for family, names in _families().items():
        sizes = [size for name in names if (size := aws_machines.vcpus(name)) is not None]
        if sizes and family not in ended and not family.startswith(("hpc", "u-", "u7")):
            assert min(sizes) >= (aws_machines.fewest_vcpus(family) or 0), family


def test_both_tables_of_accelerators_and_architectures_agree_on_every_family() -> None:
    for family in _families():
        if family in ("cg1", "g2") or family.startswith("mac"):
            continue
        assert (aws_machines.architecture(family) == "arm") == bool(machines._ARM.fullmatch(family)), family
        assert aws_machines.has_nvidia(family) == (family in machines._NVIDIA), family
        assert (aws_machines.other_accelerator(family) is not None) == (family in machines._OTHER), family


@pytest.mark.parametrize(
    ("name", "count"),
    [("m6i.large", 2), ("m7g.medium", 1), ("t4g.medium", 2), ("c6i.xlarge", 4), ("p4d.24xlarge", 96), ("m6i.metal", None),
     ("hpc6a.48xlarge", None), ("u7i-12tb.224xlarge", 896), ("c7i-flex.2xlarge", 8), ("m6i", None)],
)  # fmt: skip
def test_vcpus_of_instance_types(name: str, count: int | None) -> None:
    assert machine_types.vcpus("aws", name) == count


# The doubles


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"instanceTypes": ["c7g", "c6i"]}, "arm-based instance type cannot be used"),
        ({"instanceTypes": ["default_arm64", "c6i"]}, "arm-based instance type cannot be used"),
        ({"instanceTypes": ["default-x86_64"]}, "can only be one of"),
        ({"instanceTypes": ["g5"], "ec2Configuration": [{"imageType": "ECS_AL2023"}]}, "no drivers"),
        ({"instanceTypes": ["trn1"], "ec2Configuration": [{"imageType": "ECS_AL2023_NVIDIA"}]}, "no drivers"),
        ({"instanceTypes": ["g5g"], "ec2Configuration": [{"imageType": "ECS_AL2023_NVIDIA"}]}, "does not support"),
        ({"instanceTypes": ["m6i.4xlarge"], "maxvCpus": 2}, "2 vCPUs or fewer"),
        ({"instanceTypes": ["m6i.4xlarge", "c6i"], "maxvCpus": 2}, None),
        ({"instanceTypes": ["g5g"], "ec2Configuration": [{"imageType": "ECS_AL2023_NVIDIA", "imageIdOverride": "ami-1"}]}, None),
    ],
)  # fmt: skip
def test_the_double_of_batch_refuses_instances_that_never_run(resources: dict[str, Any], words: str | None) -> None:
    found = machines.batch_refusal(resources)
    assert found is None if words is None else words in str(found)


@pytest.mark.parametrize(
    ("names", "ami", "tainted", "words"),
    [
        (["c7g.large"], "AL2023_x86_64_STANDARD", False, "does not run on"),
        (["g5.xlarge"], "AL2023_x86_64_STANDARD", False, "no taint"),
        (["g5.xlarge"], "AL2023_x86_64_STANDARD", True, "no drivers"),
        (["g5.xlarge"], "AL2023_x86_64_NVIDIA", True, None),
        (["g5g.xlarge"], "AL2023_ARM_64_NVIDIA", True, None),
        (["p6e-gb200.36xlarge"], "AL2023_x86_64_NVIDIA", True, "does not run on"),
    ],
)
def test_the_double_of_eks_refuses_nodes_that_never_run(
    names: list[str], ami: str, tainted: bool, words: str | None
) -> None:
    found = machines.node_group_refusal(names, ami, tainted)
    assert found is None if words is None else words in str(found)
