"""The values of the variables of a root module, computed from a stack file.

The schema declares which fields are variables in a cloud (stackfile/targets.py). This module computes values that
depend on several fields, and selects the sections of a stack.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..machine.names import stack_tags
from ..stackfile import machine_types, targets
from ..stackfile.schema import StackConfig

Values = dict[str, Any]

#: Sizes in GB that the disk of a flexible server can have.
_AZURE_DISKS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767)
#: Azure keeps backups for a week at least.
_AZURE_BACKUP_DAYS = 7


def of(config: StackConfig, account: str | None) -> Values:
    """The variables of a stack's root by name."""
    found = _values_of(config, config.cloud)
    for name in _absent(config):
        del found[name]
    found |= {"tags": stack_tags(config.name, config.tags), "force_destroy": is_removable(config)}
    if config.compute.backend == "kubernetes":
        found |= _pools(config)
    if config.cloud == "azure":
        _convert_for_azure(config, found)
    if account is not None:
        found["account"] = account
    return found


def _values_of(section: BaseModel, cloud: str) -> Values:
    """The values of a section, for the fields that are variables in a cloud."""
    return {name: _plain(getattr(section, name), cloud) for name in targets.fields_of(type(section), cloud)}


def _plain(value: Any, cloud: str) -> Any:
    if isinstance(value, BaseModel):
        return _values_of(value, cloud)
    if isinstance(value, dict):
        return {key: _plain(one, cloud) for key, one in value.items()}
    return [_plain(one, cloud) for one in value] if isinstance(value, list) else value


def _absent(config: StackConfig) -> tuple[str, ...]:
    """The sections without a variable, because the stack does not have the component."""
    in_cluster, on_aws = config.compute.backend == "kubernetes", config.cloud == "aws"
    has = {
        "compute": not in_cluster,
        "kubernetes": in_cluster,
        "orchestrator": in_cluster,
        "people": in_cluster,
        "registry": config.registry.enabled,
        "ui": on_aws and has_load_balancer(config),
    }
    return tuple(name for name, is_there in has.items() if not is_there)


def is_removable(config: StackConfig) -> bool:
    """Whether deleting the stack deletes its data: non-empty buckets, and the database without a final snapshot."""
    return config.preset == "sandbox" and not config.deletion_protection


def has_load_balancer(config: StackConfig) -> bool:
    """Whether the UI has a load balancer and a host name; in a cluster, it needs neither."""
    return config.ui.enabled and (config.compute.backend == "batch" or config.ui.certificate is not None)


def _convert_for_azure(config: StackConfig, found: Values) -> None:
    """Convert sizes and names that differ on Azure."""
    metadata = found["metadata"]
    metadata["storage_gb"] = next(disk for disk in _AZURE_DISKS if disk >= min(metadata["storage_gb"], 32767))
    metadata["backup_days"] = max(_AZURE_BACKUP_DAYS, metadata["backup_days"])
    if config.network.vpc is not None:  # how its machines reach the outside is that network's own matter
        found["network"]["nat"] = "none"
    found["administrators"] = found.pop("people")


def _pools(config: StackConfig) -> Values:
    """The pools of a cluster, with their numbers of nodes."""
    return {
        "node_pools": {name: _nodes(config.cloud, pool) for name, pool in config.compute.pools.items()},
        "default_pool": config.compute.default,
    }


def _nodes(cloud: str, pool: Any) -> Values:
    least, most = machine_types.nodes(cloud, pool)
    return {
        "machine_types": machine_types.of_pool(cloud, pool),
        "spot": pool.kind == "spot",
        "gpu": pool.gpu,
        "min_nodes": least,
        "max_nodes": most,
        "disk_gb": pool.disk_gb,
    }
