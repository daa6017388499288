"""One stack file, two engines: the profile that flows get is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Call

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


@pytest.mark.parametrize(("api", "kms"), [("public", "aws"), ("private", "create")])
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
