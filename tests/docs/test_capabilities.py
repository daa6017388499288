"""The matrix of what can be deployed where is what is rendered: each yes stands in the files of a stack that asks for it,
each no is refused by its name, and one stack file is the same stack on three clouds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.programs import run_mfinfra
from tests.stackfiles import SHAPES

import capabilities
from capabilities import COMPONENTS, PLACES, Component, Place
from mfinfra.errors import MfinfraError
from mfinfra.render import files as render
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import Document

REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}
SHAPE_OF = {"batch": "batch", "cloudformation": "batch", "eks": "eks", "aks": "azure", "gke": "gcp"}
EKS = next(place for place in PLACES if place.key == "eks")
CELLS = [(component, place) for component in COMPONENTS for place in PLACES]
ids = [f"{component.text}-{place.key}" for component, place in CELLS]
#: Without a way out a stack needs its images, and what it talks to, inside.
ALONE = {
    "nat": "none",
    "endpoints": ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs", "ecs-agent", "ecs-telemetry"],
}


#: Where the refusal names a key that is missing beside the one that was said.
NAMED = {"ui.enabled": "ui.certificate"}


def of_shape(place: Place, *path: str, guest: bool = False) -> Any:
    """What the stack file that says everything has at a place; for what no other cloud can say, that of AWS."""
    node: Any = SHAPES[SHAPE_OF[place.key]][guest]
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return node if node is not None or place.cloud == "aws" else of_shape(PLACES[0], *path, guest=guest)


def asked(component: Component, place: Place) -> dict[str, Any]:
    """What a stack file says to have a component, and only that."""
    people = of_shape(EKS if place.cloud == "aws" else place, "people")
    pool = {"default": "cpu", "backend": place.backend}
    key, values = component.key, {
        "network.cidr": {"network": {"cidr": "10.9.0.0/16"}},
        "network.flow_logs": {"network": {"flow_logs": True}},
        "network.endpoints": {"network": {"endpoints": ["logs"]}},
        "network.nat": {"network": {"nat": "none"}},
        "network.vpc": {"network": of_shape(place, "network", guest=True)},
        "datastore.versioning": {"datastore": {"versioning": True, "access_logs": True}},
        "datastore.bucket": {"datastore": {"bucket": of_shape(place, "datastore", "bucket")}},
        "datastore.kms": {"datastore": {"kms": "create"}},
        "metadata.backup_days": {"metadata": {"backup_days": 9}},
        "metadata.high_availability": {"metadata": {"high_availability": True, "size": "large"}},
        "metadata.database": {"metadata": {"database": of_shape(place, "metadata", "database")}},
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
        "secrets.allow": {"secrets": {"allow": of_shape(place, "secrets", "allow")}},
        "password_generation": {"password_generation": 2},
        "log_retention_days": {"log_retention_days": 90},
        "people": {"people": people},
        "permissions_boundary": {"permissions_boundary": of_shape(place, "permissions_boundary")},
        "deletion_protection": {"deletion_protection": True},
    }  # fmt: skip
    if key == "compute.pools.cpu.kind":
        kind = "fargate" if component.text == "Fargate" else "spot"
        return {"compute": {**pool, "pools": {"cpu": {"kind": kind}}}}
    if key.startswith("orchestrator."):
        return {"orchestrator": {key.removeprefix("orchestrator."): True}}
    if key == "network.nat" and place.backend == "batch":
        return {"network": ALONE, "metadata": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/service:1"}}
    return values[key]


def files_of(component: Component, place: Place) -> dict[str, str]:
    said = {
        "name": "demo",
        "cloud": place.cloud,
        "region": REGIONS[place.cloud],
        "engine": place.engine,
        "preset": "team",
    }
    said |= {"compute": {"backend": place.backend}, **asked(component, place)}
    return render.render(load.validated(Document(said, {}, "mfinfra.yaml")))


def rendered_by(place: Place, files: dict[str, str], source: str) -> str:
    """The files of a stack that a source of the matrix stands for."""
    if place.engine == "cloudformation":
        return files["template.yaml"]
    if source == "root":
        return "".join(text for name, text in files.items() if "/" not in name and name.endswith(".tf"))
    return "".join(text for name, text in files.items() if name.startswith(f"modules/{source}/"))


@pytest.mark.parametrize(("component", "place"), CELLS, ids=ids)
def test_each_cell_is_rendered_or_refused_by_its_name(component: Component, place: Place) -> None:
    made_by = component.made_by(place)
    assert capabilities.has(component, place) == (made_by is not None), "the templates do not say what the table says"
    if made_by is None and component.key == "compute.backend" and (place.cloud, place.engine) == ("aws", "terraform"):
        modules = {name.split("/")[2] for name in files_of(component, place) if name.startswith("modules/aws/")}
        assert len({"batch", "eks"} & modules) == 1  # one or the other runs tasks: that is another column
        return
    if made_by is None:
        key = NAMED.get(component.key, component.key.partition(".cpu.")[0])
        with pytest.raises(MfinfraError, match=re.escape(key)):
            files_of(component, place)
        return
    source, word = made_by
    assert capabilities.stands(word, rendered_by(place, files_of(component, place), source))


def test_a_source_that_is_not_there_is_a_no() -> None:
    """The table cannot claim what the templates have not."""
    for place in PLACES:
        for claim in ("aws/nothing x", "nothing x", "aws/batch no_such_word"):
            assert not capabilities.has(Component("x", "x", **{place.key: claim}), place)


def test_every_module_makes_something_in_the_matrix_or_is_under_it() -> None:
    from mfinfra.render import templates

    under = {
        "azure/endpoints", "azure/identity", "azure/vault", "gcp/services",
        "kubernetes/autoscaler", "kubernetes/databases", "kubernetes/jobset", "kubernetes/storage",
    }  # fmt: skip
    makers = {made[0] for component, place in CELLS if (made := component.made_by(place)) and "/" in made[0]}
    there = {f"{cloud}/{noun}" for cloud in ("aws", "azure", "gcp", "kubernetes") for noun in templates.modules(cloud)}
    assert there - makers == under
    assert makers <= there


#: One stack file. Nothing in it is a cloud's own; cloud and region come from the command line or the shell.
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
#: What a stack file can only say in a cloud's own words: ids, people, secrets.
OWN_WORDS = ("network.vpc", "datastore.bucket", "metadata.database", "secrets.allow", "people")
CLUSTERS = [place for place in PLACES if place.backend == "kubernetes"]
ON_ALL = [
    component
    for component in COMPONENTS
    if all(component.made_by(place) for place in CLUSTERS) and component.key not in OWN_WORDS
]


def one(tmp_path: Path, place: Place) -> schema.StackConfig:
    (tmp_path / "mfinfra.yaml").write_text(ONE)
    return load.load(tmp_path, {"cloud": place.cloud, "region": REGIONS[place.cloud]})


@pytest.mark.parametrize("place", CLUSTERS, ids=lambda place: place.key)
def test_one_stack_file_gives_the_same_components_on_three_clouds(place: Place, tmp_path: Path) -> None:
    files = render.render(one(tmp_path, place))
    assert len(ON_ALL) >= 18
    for component in ON_ALL:
        source, word = component.made_by(place) or ("", "")
        assert capabilities.stands(word, rendered_by(place, files, source)), component.text


def test_one_stack_file_means_the_same_on_three_clouds(tmp_path: Path) -> None:
    """What differs is what clouds call things: region, sizes, machine types."""
    own = {("region",), ("cloud",), ("partition",), ("metadata", "instance_class"), ("metadata", "api")}
    found = []
    for place in CLUSTERS:
        values = one(tmp_path, place).model_dump()
        for path in own - {("metadata", "instance_class"), ("metadata", "api")}:
            values.pop(path[0])
        for key in ("instance_class", "api"):
            values["metadata"].pop(key)
        found.append(values)
    assert found[0] == found[1] == found[2]
    nodes = []
    for place in CLUSTERS:
        pools = json.loads(render.render(one(tmp_path, place))[render.VALUES])["node_pools"]
        nodes.append({name: {k: v for k, v in pool.items() if k != "machine_types"} for name, pool in pools.items()})
    assert nodes[0] == nodes[1] == nodes[2]


@pytest.mark.parametrize("place", CLUSTERS, ids=lambda place: place.key)
@pytest.mark.parametrize("by", ["option", "shell"])
def test_the_program_takes_one_stack_file_to_three_clouds(place: Place, by: str, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(ONE)
    variable = {"aws": "AWS_REGION", "azure": "AZURE_LOCATION", "gcp": "GOOGLE_REGION"}[place.cloud]
    region = REGIONS[place.cloud]
    options = ["--region", region] if by == "option" else []
    env = {variable: region} if by == "shell" else {}
    call = run_mfinfra(["validate", "--cloud", place.cloud, *options], tmp_path, **env)
    assert call.code == 0, call.text
    assert f"one: {place.cloud} {region}, preset production" in call.out


@pytest.mark.parametrize("place", CLUSTERS[1:], ids=lambda place: place.key)
def test_the_program_refuses_by_name_what_a_cloud_has_not(place: Place, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(f"{ONE}network: {{endpoints: [logs]}}\n")
    call = run_mfinfra(["validate", "--cloud", place.cloud, "--region", REGIONS[place.cloud]], tmp_path)
    assert call.code != 0
    assert "network.endpoints" in call.text
    assert "Traceback" not in call.text
