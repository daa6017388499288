"""Presets: the values of `sandbox`, `team` and `production`. A stack file can override each value."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from . import machine_types

_PRIVATE_ENDPOINTS = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts", "batch", "ecs", "ecs-agent",
                      "ecs-telemetry", "kms", "states"]  # fmt: skip
#: Endpoints for the instances and jobs of Batch. A stack on EKS does not use them (Fargate needs none of ECS:
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html), and each is billed by the hour.
_FOR_BATCH = {"batch", "ecs", "ecs-agent", "ecs-telemetry", "states"}

#: Sandbox is what sections.py has as defaults: cheap, scales to zero when idle, can be deleted completely.
PRESETS: dict[str, dict[str, Any]] = {
    "sandbox": {},
    "team": {
        "log_retention_days": 90,
        "network": {"flow_logs": True},
        "datastore": {"kms": "create", "versioning": True, "noncurrent_days": 30, "access_logs": True},
        "metadata": {"size": "medium", "backup_days": 7, "cpu": 512, "memory": 1024},
        "compute": {
            "pools": {
                "cpu": {"max_vcpus": 64, "priority": 10},
                "spot": {"kind": "spot", "max_vcpus": 256, "priority": 5},
            }
        },
    },
    "production": {
        "deletion_protection": True,
        "log_retention_days": 365,
        "network": {"zones": 3, "nat": "per_zone", "flow_logs": True, "endpoints": _PRIVATE_ENDPOINTS},
        "datastore": {"kms": "create", "versioning": True, "noncurrent_days": 90, "access_logs": True},
        "metadata": {
            "size": "large",
            "storage_gb": 100,
            "max_storage_gb": 1000,
            "high_availability": True,
            "backup_days": 30,
            "cpu": 1024,
            "memory": 2048,
            "replicas": 2,
            "api": "private",
        },
        "kubernetes": {"high_availability": True},
        "compute": {
            "pools": {
                "cpu": {"max_vcpus": 256, "priority": 10},
                "spot": {"kind": "spot", "max_vcpus": 1024, "priority": 5},
            }
        },
    },
}

#: Replaced as a whole, not merged, if a stack file sets them: a mix of two sets of pools is never intended.
_WHOLE = {("compute", "pools")}


#: Defaults that differ between clouds.
_COMPUTE = {"aws": "batch", "azure": "kubernetes", "gcp": "kubernetes"}
_ORCHESTRATORS = {"batch": ("step_functions",), "kubernetes": ("argo_workflows", "argo_events")}


def with_preset(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a stack file, merged with those of its preset and with the defaults of its cloud."""
    values = _long(values)
    preset = values.get("preset", "sandbox")
    base = deepcopy(PRESETS.get(preset, {})) if isinstance(preset, str) else {}
    if _given(values, "network", "vpc") is not None:
        base.pop("network", None)
    if "network" in base and _given(values, "compute", "backend") == "kubernetes":
        base["network"]["endpoints"] = [e for e in base["network"].get("endpoints", []) if e not in _FOR_BATCH]
    return _of_cloud(_over(base, values, ()))


def _long(values: dict[str, Any]) -> dict[str, Any]:
    """Expand the short form `compute: kubernetes`."""
    short = values.get("compute")
    return {**values, "compute": {"backend": short}} if isinstance(short, str) else values


def _of_cloud(merged: dict[str, Any]) -> dict[str, Any]:
    """Add the defaults of the cloud and of its compute backend for values that are not set."""
    cloud = merged.get("cloud")
    sections = {key: merged.get(key, {}) for key in ("compute", "orchestrator", "metadata")}
    if (
        not isinstance(cloud, str)
        or cloud not in _COMPUTE
        or not all(isinstance(section, dict) for section in sections.values())
    ):
        return merged  # the schema reports the error
    compute = _with_gpu_types({"backend": _COMPUTE[cloud], **sections["compute"]})
    orchestrators = dict.fromkeys(_ORCHESTRATORS.get(str(compute["backend"]), ()), True)
    metadata = {**({"api": "private"} if cloud != "aws" else {}), **sections["metadata"]}
    if metadata.get("instance_class") is None:
        metadata["instance_class"] = machine_types.database(cloud, metadata.get("size", "small"))
    return {
        **merged,
        "compute": compute,
        "orchestrator": {**orchestrators, **sections["orchestrator"]},
        "metadata": metadata,
    }


def _with_gpu_types(compute: dict[str, Any]) -> dict[str, Any]:
    """Add instance types to pools of AWS Batch with `gpu: true` that set none."""
    pools = compute.get("pools")
    if compute["backend"] != "batch" or not isinstance(pools, dict):
        return compute
    filled = {
        name: {**pool, "instance_types": list(machine_types.BATCH_GPU)}
        if isinstance(pool, dict) and pool.get("gpu") is True and not pool.get("instance_types")
        else pool
        for name, pool in pools.items()
    }
    return {**compute, "pools": filled}


def _given(values: dict[str, Any], section: str, key: str) -> Any:
    """A value of a stack file, None if it is not set."""
    content = values.get(section)
    return content.get(key) if isinstance(content, dict) else None


def _over(base: dict[str, Any], values: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in values.items():
        below, here = merged.get(key), (*place, key)
        is_deep = isinstance(below, dict) and isinstance(value, dict) and here not in _WHOLE
        merged[key] = _over(below, value, here) if is_deep and below is not None else value
    return merged
