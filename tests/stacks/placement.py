"""Checks that every pod that Terraform creates in a cluster on AWS, in charts or itself, fits on a node that exists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.doubles.helm import pods
from tests.doubles.helm.pods import ChartPod, Node

#: Charts whose pods run on nodes of a pool, which can be empty until a task needs one.
_ON_POOLS = {"nvidia-device-plugin"}


def instances(state: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """The values of all resources of a type."""
    for resource in state["resources"]:
        if resource["type"] == kind:
            yield from (instance["attributes"] for instance in resource["instances"])


def nodes(state: dict[str, Any], least: int) -> list[Node]:
    """A node of each group that has at least so many."""
    return [
        Node(group["labels"], {taint["key"]: taint["value"] for taint in group["taint"]})
        for group in instances(state, "aws_eks_node_group")
        if group["scaling_config"][0]["min_size"] >= least
    ]


def check_placement(state: dict[str, Any]) -> None:
    """No pod of the stack waits for a node that no group creates."""
    always, sometimes = nodes(state, 1), nodes(state, 0)
    assert always
    found = [pods.problem(pod, values, always) for pod, values in _of_resources(state)]
    for release in instances(state, "helm_release"):
        chart, values = Path(release["chart"]).name, YAML(typ="safe").load(release["values"][0])
        there = sometimes if chart in _ON_POOLS else always
        found += [pods.problem(pod, values, there) for pod in pods.of(chart, values)]
    assert len(found) > 10
    assert [problem for problem in found if problem is not None] == []


def _of_resources(state: dict[str, Any]) -> Iterator[tuple[ChartPod, pods.Values]]:
    """The pods of deployments and jobs, with their node selector and tolerations as a chart has them."""
    for kind in ("kubernetes_deployment_v1", "kubernetes_job_v1"):
        for resource in instances(state, kind):
            spec = resource["spec"][0]["template"][0]["spec"][0]
            values = {"nodeSelector": spec["node_selector"] or {}, "tolerations": spec["toleration"]}
            yield ChartPod(resource["metadata"][0]["name"], ("",)), values
