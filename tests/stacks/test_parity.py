"""One stack file, two engines, three clouds: what flows get is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mfinfra.engines.terraform.program import Terraform
from mfinfra.stackfile import load, schema
from mfinfra.stackfile.yaml_reader import Document
from tests.programs import Call

Cloud = Callable[..., Call]
STACK = """name: parity
cloud: aws
region: us-east-1
runtime:
  examples: false
tags:
  team: research
metadata:
  api: {api}
datastore:
  kms: {kms}
secrets:
  allow: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:team-*"]
registry:
  enabled: true
  image: v1
ui:
  enabled: true
  certificate: arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef
  domain: ui.example.com
"""
#: What AWS makes up: here its form is compared.
MADE_UP = {
    "METAFLOW_SERVICE_URL": (r"https://\w+\.execute-api\.us-east-1\.amazonaws\.com/api/", r"http://[\w.-]+\.amazonaws\.com/"),
    "METAFLOW_SERVICE_INTERNAL_URL": (r"http://[\w.-]+\.amazonaws\.com/",) * 2,
}  # fmt: skip
#: What no other stack for Metaflow supplies, beside what they all do.
WANTED = {
    f"METAFLOW_{name}"
    for name in (
        "BATCH_DEFAULT_TAGS", "BATCH_EMIT_TAGS", "BATCH_JOB_QUEUE", "CARD_S3ROOT", "CONDA_PACKAGE_S3ROOT", "DATASTORE_SYSROOT_S3",
        "DATATOOLS_S3ROOT", "DEFAULT_CONTAINER_IMAGE", "DEFAULT_CONTAINER_REGISTRY", "DEFAULT_DATASTORE", "DEFAULT_METADATA",
        "DEFAULT_SECRETS_BACKEND_TYPE", "AWS_SECRETS_MANAGER_DEFAULT_REGION", "ECS_FARGATE_EXECUTION_ROLE", "ECS_S3_ACCESS_IAM_ROLE",
        "EVENTS_SFN_ACCESS_IAM_ROLE", "SERVICE_INTERNAL_URL", "SERVICE_URL", "SFN_COMPRESS_STATE_MACHINE", "SFN_DYNAMO_DB_TABLE",
        "SFN_EXECUTION_LOG_GROUP_ARN", "SFN_IAM_ROLE", "SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH", "SFN_STATE_MACHINE_PREFIX", "UI_URL",
    )
}  # fmt: skip


@pytest.mark.parametrize(("api", "kms"), [("public", "aws"), pytest.param("private", "create", marks=pytest.mark.slow)])
def test_both_engines_give_flows_the_same_profile(cloud: Cloud, tmp_path: Path, home: Path, api: str, kms: str) -> None:
    profiles = []
    for engine in ("terraform", "cloudformation"):
        (tmp_path / "mfinfra.yaml").write_text(STACK.format(api=api, kms=kms))
        up = cloud("up", "--yes", "--no-smoke", "--engine", engine)
        assert up.code == 0, up.text
        profiles.append(json.loads((home / "profiles" / "config_parity.json").read_text()))
        down = cloud("down", "parity", "--yes")
        assert down.code == 0, down.text
    first, second = profiles
    wanted = WANTED | ({"METAFLOW_S3_SERVER_SIDE_ENCRYPTION"} if kms == "aws" else set())
    wanted |= {"METAFLOW_SERVICE_AUTH_KEY"} if api == "public" else set()
    assert wanted <= set(first)
    assert set(first) - wanted == {"MFINFRA_STACK"}
    for profile in profiles:
        for key, forms in MADE_UP.items():
            assert re.fullmatch(forms[api == "private"], profile[key]), profile[key]
        assert json.loads(profile["METAFLOW_BATCH_DEFAULT_TAGS"])["team"] == "research"
    fixed = set(first) - set(MADE_UP)
    assert {key: second.get(key) for key in fixed} == {key: first[key] for key in fixed}
    assert set(second) == set(first)


#: What the stores and the secrets of each cloud have of their own.
OWN = re.compile(r"(S3|AZURE|GS|GCP|AWS|DATASTORE_SYSROOT|DATATOOLS|CARD|CONDA|KUBERNETES_LABELS)")
REGIONS = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "europe-west1"}
POOLS = {"cpu": {}, "spot": {"kind": "spot"}, "gpu": {"gpu": True}}


@pytest.mark.slow
def test_one_stack_file_gives_flows_the_same_way_to_every_pool_on_three_clouds(
    stack: Callable[[schema.StackConfig], Terraform],
) -> None:
    """The same settings, but for those of the store; and who names a pool needs to say no more: the taints of Spot and
    of GPUs are tolerated, whichever pool is the default."""
    found: dict[str, set[str]] = {}
    for cloud, region in REGIONS.items():
        said = {"name": "demo", "cloud": cloud, "region": region, "engine": "terraform"}
        said |= {"compute": {"backend": "kubernetes", "pools": POOLS}}
        terraform = stack(load.validated(Document(said, {}, "")))
        wanted = terraform.plan("demo", terraform.folder / "p")
        terraform.apply(Path(wanted.handle), lambda _: None)
        settings = terraform.outputs()["runtime_config"]
        tolerated = json.loads(settings["METAFLOW_KUBERNETES_TOLERATIONS"])
        assert len({toleration["key"] for toleration in tolerated}) == 2, (cloud, tolerated)
        assert settings["METAFLOW_KUBERNETES_NODE_SELECTOR"] == "mfinfra.dev/pool=cpu"
        found[cloud] = {key for key in settings if not OWN.search(key.removeprefix("METAFLOW_"))}
        terraform.apply(Path(terraform.plan("demo", terraform.folder / "p", destroy=True).handle), lambda _: None)
        for path in terraform.folder.glob("*.tf"):
            path.unlink()
    assert found["azure"] == found["gcp"]
    assert found["aws"] == found["azure"] | {"METAFLOW_SERVICE_URL"}
