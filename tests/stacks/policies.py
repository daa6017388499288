"""Checks of the IAM policies that a Terraform stack has made: resources of the right kind, and the rights of each role."""

from __future__ import annotations

import json
from typing import Any

from mfinfra.engines.terraform.program import Terraform
from mfinfra.stackfile import schema
from tests.doubles import iam

#: Role -> the requests that its pods or containers make.
REQUESTS = {
    "task": iam.of_tasks,
    "ui": iam.of_readers,
    "ui-backend": iam.of_readers,
    "argo": iam.of_readers,
    "airflow": iam.of_airflow,
}
#: Role -> the requests that must be denied: those of flows and of programs that only read, and those of Airflow's pods.
NEVER = {**dict.fromkeys(("task", "ui", "ui-backend", "argo"), iam.never), "airflow": iam.never_by_airflow}


def check_policies(terraform: Terraform, config: schema.StackConfig) -> None:
    """Every role of a stack on AWS can do what its programs do, and tasks nothing more."""
    if config.cloud != "aws":
        return
    state = json.loads((terraform.folder / "terraform.tfstate").read_text())
    roles, bucket = iam.in_state(state), terraform.outputs()["bucket_name"]
    assert "task" in roles
    for role, documents in roles.items():
        check(role, documents, bucket)


def check(role: str, documents: list[dict[str, Any]], bucket: str) -> None:
    """The policies of one role."""
    assert iam.problems(documents) == [], role
    own = REQUESTS[role](bucket) if role in REQUESTS else []
    assert [request for request in own if not iam.allows(documents, request)] == [], role
    others = NEVER[role](bucket) if role in NEVER else []
    assert [request for request in others if iam.allows(documents, request)] == [], role
