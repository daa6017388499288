"""The values of a root's variables: what a stack file says, resolved to what modules take.

Which fields are variables in a cloud is said in the schema (stackfile/targets.py); here is what follows from several of
them, and which sections a stack has.
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
    found = _said(config, config.cloud)
    for name in _absent(config):
        del found[name]
    found |= {"tags": stack_tags(config.name, config.tags), "force_destroy": is_removable(config)}
    if config.compute.backend == "kubernetes":
        found |= _pools(config)
    if config.cloud == "azure":
        _as_azure_takes_it(config, found)
    if account is not None:
        found["account"] = account
    return found


def _said(section: BaseModel, cloud: str) -> Values:
    """What a section says, in the fields that are variables in a cloud."""
    return {name: _plain(getattr(section, name), cloud) for name in targets.fields_of(type(section), cloud)}


def _plain(value: Any, cloud: str) -> Any:
    if isinstance(value, BaseModel):
        return _said(value, cloud)
    if isinstance(value, dict):
        return {key: _plain(one, cloud) for key, one in value.items()}
    return [_plain(one, cloud) for one in value] if isinstance(value, list) else value


def _absent(config: StackConfig) -> tuple[str, ...]:
    """The sections that a stack's root has no variable for, as it has no such part."""
    in_cluster, on_aws = config.compute.backend == "kubernetes", config.cloud == "aws"
    has = {
        "compute": not in_cluster,
        "kubernetes": in_cluster,
        "orchestrator": in_cluster,
        "people": in_cluster,
        "registry": config.registry.enabled,
        "ui": on_aws and has_balancer(config),
    }
    return tuple(name for name, is_there in has.items() if not is_there)


def is_removable(config: StackConfig) -> bool:
    """Whether a stack goes with all that is in it: buckets that are not empty, the database without a last snapshot."""
    return config.preset == "sandbox" and not config.deletion_protection


def has_balancer(config: StackConfig) -> bool:
    """Whether the UI stands behind a load balancer with a name of its own; in a cluster it need not."""
    return config.ui.enabled and (config.compute.backend == "batch" or config.ui.certificate is not None)


def _as_azure_takes_it(config: StackConfig, found: Values) -> None:
    """Sizes and names that Azure has otherwise."""
    metadata = found["metadata"]
    metadata["storage_gb"] = next(disk for disk in _AZURE_DISKS if disk >= min(metadata["storage_gb"], 32767))
    metadata["backup_days"] = max(_AZURE_BACKUP_DAYS, metadata["backup_days"])
    if config.network.vpc is not None:  # how its machines reach the outside is that network's own matter
        found["network"]["nat"] = "none"
    found["administrators"] = found.pop("people")


def _pools(config: StackConfig) -> Values:
    """The pools of a cluster, by the machines that they come to."""
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
