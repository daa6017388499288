"""The table of supported components equals what is rendered: each supported component is in the files of a stack that sets
its key, each other key is rejected by name, and one stack file describes the same stack on three clouds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.programs import run_mfinfra
from tests.stackfiles import SHAPES

import capabilities
from capabilities import COMPONENTS, PLATFORMS, Component, Platform
from mfinfra.errors import MfinfraError
from mfinfra.render import files as render
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import Document

REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}
SHAPE_OF = {"batch": "batch", "cloudformation": "batch", "eks": "eks", "aks": "azure", "gke": "gcp"}
EKS = next(platform for platform in PLATFORMS if platform.key == "eks")
CELLS = [(component, platform) for component in COMPONENTS for platform in PLATFORMS]
ids = [f"{component.text}-{platform.key}" for component, platform in CELLS]
#: Without internet access, a stack needs an image in ECR and endpoints for all services that it uses.
ALONE = {
    "nat": "none",
    "endpoints": ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs", "ecs-agent", "ecs-telemetry"],
}


#: Components whose error names another, missing key.
NAMED = {"ui.enabled": "ui.certificate"}


def of_shape(platform: Platform, *path: str, guest: bool = False) -> Any:
    """A value of the stack file that sets every key on a platform; keys that only AWS has are read from that of AWS."""
    node: Any = SHAPES[SHAPE_OF[platform.key]][guest]
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node if node is not None or platform.cloud == "aws" else of_shape(PLATFORMS[0], *path, guest=guest)


def asked(component: Component, platform: Platform) -> dict[str, Any]:
    """The keys of a stack file that enable one component."""
    people = of_shape(EKS if platform.cloud == "aws" else platform, "people")
    pool = {"default": "cpu", "backend": platform.backend}
    key, values = component.key, {
        "network.cidr": {"network": {"cidr": "10.9.0.0/16"}},
        "network.flow_logs": {"network": {"flow_logs": True}},
        "network.endpoints": {"network": {"endpoints": ["logs"]}},
        "network.nat": {"network": {"nat": "none"}},
        "network.vpc": {"network": of_shape(platform, "network", guest=True)},
        "datastore.versioning": {"datastore": {"versioning": True, "access_logs": True}},
        "datastore.bucket": {"datastore": {"bucket": of_shape(platform, "datastore", "bucket")}},
        "datastore.kms": {"datastore": {"kms": "create"}},
        "metadata.backup_days": {"metadata": {"backup_days": 9}},
        "metadata.high_availability": {"metadata": {"high_availability": True, "size": "large"}},
        "metadata.database": {"metadata": {"database": of_shape(platform, "metadata", "database")}},
        "metadata.replicas": {"metadata": {"replicas": 2}},
        "metadata.api": {"metadata": {"api": "public"}},
        "compute.backend": {"compute": {"backend": "batch" if component.batch else "kubernetes"}},
        "compute.pools.cpu.gpu": {"compute": {**pool, "pools": {"cpu": {"gpu": True}}}},
        "compute.pools.cpu.fair_share": {"compute": {**pool, "pools": {"cpu": {"fair_share": True}}}},
        "kubernetes.namespaces": {"kubernetes": {"namespaces": {"flows": {"max_pods": 9}}}},
        "kubernetes.endpoint": {"kubernetes": {"endpoint": "private"}},
        "ui.enabled": {"ui": {"enabled": True}},
        "ui.certificate": {"ui": SHAPES["batch"][0]["ui"]},
        "registry.enabled": {"registry": {"enabled": True}},
        "secrets.allow": {"secrets": {"allow": of_shape(platform, "secrets", "allow")}},
        "password_generation": {"password_generation": 2},
        "log_retention_days": {"log_retention_days": 90},
        "people": {"people": people},
        "permissions_boundary": {"permissions_boundary": of_shape(platform, "permissions_boundary")},
        "deletion_protection": {"deletion_protection": True},
    }  # fmt: skip
    if key == "compute.pools.cpu.kind":
        kind = "fargate" if component.text == "Fargate" else "spot"
        return {"compute": {**pool, "pools": {"cpu": {"kind": kind}}}}
    if key.startswith("orchestrator."):
        return {"orchestrator": {key.removeprefix("orchestrator."): True}}
    if key == "network.nat" and platform.backend == "batch":
        return {"network": ALONE, "metadata": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/service:1"}}
    return values[key]


def files_of(component: Component, platform: Platform) -> dict[str, str]:
    said = {
        "name": "demo",
        "cloud": platform.cloud,
        "region": REGIONS[platform.cloud],
        "engine": platform.engine,
        "preset": "team",
    }
    said |= {"compute": {"backend": platform.backend}, **asked(component, platform)}
    return render.render(load.validated(Document(said, {}, "mfinfra.yaml")))


def rendered_by(platform: Platform, files: dict[str, str], source: str) -> str:
    """The content of the rendered files that a source of the table refers to."""
    if platform.engine == "cloudformation":
        return files["template.yaml"]
    if source == "root":
        return "".join(text for name, text in files.items() if "/" not in name and name.endswith(".tf"))
    return "".join(text for name, text in files.items() if name.startswith(f"modules/{source}/"))


@pytest.mark.parametrize(("component", "platform"), CELLS, ids=ids)
def test_each_cell_is_rendered_or_refused_by_its_name(component: Component, platform: Platform) -> None:
    supported = component.source_on(platform)
    assert capabilities.has(component, platform) == (supported is not None), "the table differs from the templates"
    if (
        supported is None
        and component.key == "compute.backend"
        and (platform.cloud, platform.engine) == ("aws", "terraform")
    ):
        modules = {name.split("/")[2] for name in files_of(component, platform) if name.startswith("modules/aws/")}
        assert len({"batch", "eks"} & modules) == 1  # only one of them runs tasks; the other is a different column
        return
    if supported is None:
        key = NAMED.get(component.key, component.key.partition(".cpu.")[0])
        with pytest.raises(MfinfraError, match=re.escape(key)):
            files_of(component, platform)
        return
    source, word = supported
    assert capabilities.contains_word(word, rendered_by(platform, files_of(component, platform), source))


def test_a_source_that_is_not_there_is_a_no() -> None:
    """The table cannot list a component that the templates do not define."""
    for platform in PLATFORMS:
        for claim in ("aws/nothing x", "nothing x", "aws/batch no_such_word"):
            assert not capabilities.has(Component("x", "x", **{platform.key: claim}), platform)


def test_every_module_makes_something_in_the_matrix_or_is_under_it() -> None:
    from mfinfra.render import templates

    under = {
        "azure/endpoints", "azure/identity", "azure/vault", "gcp/services",
        "kubernetes/autoscaler", "kubernetes/databases", "kubernetes/jobset", "kubernetes/storage",
    }  # fmt: skip
    makers = {made[0] for component, platform in CELLS if (made := component.source_on(platform)) and "/" in made[0]}
    there = {f"{cloud}/{noun}" for cloud in ("aws", "azure", "gcp", "kubernetes") for noun in templates.modules(cloud)}
    assert there - makers == under
    assert makers <= there


#: One stack file without values of a specific cloud; cloud and region are set on the command line or in the environment.
ONE = """
name: one
preset: production
engine: terraform
compute:
  backend: kubernetes
  pools:
    cpu: {max_vcpus: 64}
    spot: {kind: spot, max_vcpus: 256}
    gpu: {gpu: true, max_vcpus: 16}
kubernetes:
  namespaces:
    flows: {max_cpus: 200, max_gpus: 4}
    research: {max_pods: 100}
orchestrator: {argo_workflows: true, argo_events: true, airflow: true}
ui: {enabled: true}
registry: {enabled: true, image: latest}
tags: {team: data}
"""
#: Keys whose values have the format of one cloud: ids, people, secrets.
OWN_WORDS = ("network.vpc", "datastore.bucket", "metadata.database", "secrets.allow", "people")
CLUSTERS = [platform for platform in PLATFORMS if platform.backend == "kubernetes"]
ON_ALL = [
    component
    for component in COMPONENTS
    if all(component.source_on(platform) for platform in CLUSTERS) and component.key not in OWN_WORDS
]


def one(tmp_path: Path, platform: Platform) -> schema.StackConfig:
    (tmp_path / "mfinfra.yaml").write_text(ONE)
    return load.load(tmp_path, {"cloud": platform.cloud, "region": REGIONS[platform.cloud]})


@pytest.mark.parametrize("platform", CLUSTERS, ids=lambda platform: platform.key)
def test_one_stack_file_gives_the_same_components_on_three_clouds(platform: Platform, tmp_path: Path) -> None:
    files = render.render(one(tmp_path, platform))
    assert len(ON_ALL) >= 18
    for component in ON_ALL:
        source, word = component.source_on(platform) or ("", "")
        assert capabilities.contains_word(word, rendered_by(platform, files, source)), component.text


def test_one_stack_file_means_the_same_on_three_clouds(tmp_path: Path) -> None:
    """Only region, sizes and machine types differ, because each cloud has its own names for them."""
    own = {("region",), ("cloud",), ("partition",), ("metadata", "instance_class"), ("metadata", "api")}
    found = []
    for platform in CLUSTERS:
        values = one(tmp_path, platform).model_dump()
        for path in own - {("metadata", "instance_class"), ("metadata", "api")}:
            values.pop(path[0])
        for key in ("instance_class", "api"):
            values["metadata"].pop(key)
        found.append(values)
    assert found[0] == found[1] == found[2]
    nodes = []
    for platform in CLUSTERS:
        pools = json.loads(render.render(one(tmp_path, platform))[render.VALUES])["node_pools"]
        nodes.append({name: {k: v for k, v in pool.items() if k != "machine_types"} for name, pool in pools.items()})
    assert nodes[0] == nodes[1] == nodes[2]


@pytest.mark.parametrize("platform", CLUSTERS, ids=lambda platform: platform.key)
@pytest.mark.parametrize("by", ["option", "shell"])
def test_the_program_takes_one_stack_file_to_three_clouds(platform: Platform, by: str, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(ONE)
    variable = {"aws": "AWS_REGION", "azure": "AZURE_LOCATION", "gcp": "GOOGLE_REGION"}[platform.cloud]
    region = REGIONS[platform.cloud]
    options = ["--region", region] if by == "option" else []
    env = {variable: region} if by == "shell" else {}
    call = run_mfinfra(["validate", "--cloud", platform.cloud, *options], tmp_path, **env)
    assert call.code == 0, call.text
    assert f"one: {platform.cloud} {region}, preset production" in call.out


@pytest.mark.parametrize("platform", CLUSTERS[1:], ids=lambda platform: platform.key)
def test_the_program_refuses_by_name_what_a_cloud_has_not(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(f"{ONE}network: {{endpoints: [logs]}}\n")
    call = run_mfinfra(["validate", "--cloud", platform.cloud, "--region", REGIONS[platform.cloud]], tmp_path)
    assert call.code != 0
    assert "network.endpoints" in call.text
    assert "Traceback" not in call.text
