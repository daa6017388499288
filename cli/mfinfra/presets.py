"""Presets: what `sandbox`, `team` and `production` mean. A stack file overrides any of it, value by value."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_PRIVATE_ENDPOINTS = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts", "batch", "ecs", "ecs-agent",
                      "ecs-telemetry", "kms", "states"]  # fmt: skip

#: Sandbox is what options.py has as defaults: cheap, at zero when nothing runs, all of it removable.
PRESETS: dict[str, dict[str, Any]] = {
    "sandbox": {},
    "team": {
        "log_retention_days": 90,
        "network": {"flow_logs": True},
        "datastore": {"kms": "create", "versioning": True, "noncurrent_days": 30, "access_logs": True},
        "metadata": {"instance_class": "db.t4g.small", "backup_days": 7, "cpu": 512, "memory": 1024},
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
            "instance_class": "db.m7g.large",
            "storage_gb": 100,
            "max_storage_gb": 1000,
            "high_availability": True,
            "backup_days": 30,
            "cpu": 1024,
            "memory": 2048,
            "replicas": 2,
            "api": "private",
        },
        "compute": {
            "pools": {
                "cpu": {"max_vcpus": 256, "priority": 10, "fair_share": True},
                "spot": {"kind": "spot", "max_vcpus": 1024, "priority": 5, "fair_share": True},
            }
        },
    },
}

#: Replaced whole where a stack file has them: half of our pools beside half of yours would be nobody's wish.
_WHOLE = {("compute", "pools")}


def with_preset(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a stack file laid over those of its preset."""
    preset = values.get("preset", "sandbox")
    base = deepcopy(PRESETS.get(preset, {})) if isinstance(preset, str) else {}
    if _has(values, "network", "vpc"):
        base.pop("network", None)
    return _over(base, values, ())


def _has(values: dict[str, Any], section: str, key: str) -> bool:
    content = values.get(section)
    return isinstance(content, dict) and content.get(key) is not None


def _over(base: dict[str, Any], values: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in values.items():
        below, here = merged.get(key), (*place, key)
        is_deep = isinstance(below, dict) and isinstance(value, dict) and here not in _WHOLE
        merged[key] = _over(below, value, here) if is_deep and below is not None else value
    return merged
