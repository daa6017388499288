"""The values of a root's variables: what a stack file says, resolved to what modules take."""

from __future__ import annotations

from typing import Any

from ..machine.names import stack_tags
from ..stackfile import machine_types
from ..stackfile.schema import StackConfig

Values = dict[str, Any]

_METADATA = ("instance_class", "postgres_version", "storage_gb", "max_storage_gb", "high_availability", "backup_days",
             "database", "image", "cpu", "memory", "replicas", "api", "allow")  # fmt: skip
_DATASTORE = ("bucket", "kms", "versioning", "noncurrent_days", "access_logs")
_DATABASE = ("host", "port", "name", "secret")
_NETWORK = ("cidr", "zones", "nat", "flow_logs", "vpc", "subnets")
#: Sizes in GB that the disk of a flexible server can have.
_AZURE_DISKS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767)
#: Azure keeps backups for a week at least.
_AZURE_BACKUP_DAYS = 7


def of(config: StackConfig, account: str | None) -> Values:
    """The variables of a stack's root by name."""
    said = config.model_dump()
    found = {
        "name": config.name,
        "region": config.region,
        "tags": stack_tags(config.name, config.tags),
        "deletion_protection": config.deletion_protection,
        "force_destroy": is_removable(config),
        "password_generation": config.password_generation,
        "log_retention_days": config.log_retention_days,
        "datastore": _only(said["datastore"], _DATASTORE),
        "secrets": said["secrets"],
        **_SECTIONS[config.cloud](config, said),
    }
    if config.compute.backend == "kubernetes":
        found |= _cluster(config, said)
    if account is not None:
        found["account"] = account
    return found


def is_removable(config: StackConfig) -> bool:
    """Whether a stack goes with all that is in it: buckets that are not empty, the database without a last snapshot."""
    return config.preset == "sandbox" and not config.deletion_protection


def has_balancer(config: StackConfig) -> bool:
    """Whether the UI stands behind a load balancer with a name of its own; in a cluster it need not."""
    return config.ui.enabled and (config.compute.backend == "batch" or config.ui.certificate is not None)


def _only(section: Values, keys: tuple[str, ...]) -> Values:
    return {key: section[key] for key in keys}


def _aws(config: StackConfig, said: Values) -> Values:
    found = {
        "network": said["network"],
        "metadata": _only(said["metadata"], _METADATA),
        "permissions_boundary": config.permissions_boundary,
    }
    if config.compute.backend == "batch":
        found["compute"] = _only(said["compute"], ("default", "pools"))
    else:
        found["people"] = said["people"]
    if config.registry.enabled:
        found["registry"] = said["registry"]
    if has_balancer(config):
        found["ui"] = said["ui"]
    return found


def _elsewhere(config: StackConfig, said: Values) -> Values:
    metadata = _only(said["metadata"], _METADATA)
    if metadata["database"] is not None:
        metadata["database"] = _only(metadata["database"], _DATABASE)
    found = {"network": _only(said["network"], _NETWORK), "metadata": metadata}
    return {**found, "registry": said["registry"]} if config.registry.enabled else found


def _azure(config: StackConfig, said: Values) -> Values:
    found = _elsewhere(config, said)
    metadata = found["metadata"]
    metadata["storage_gb"] = next(disk for disk in _AZURE_DISKS if disk >= min(metadata["storage_gb"], 32767))
    if config.network.vpc is not None:  # how its machines reach the outside is that network's own matter
        found["network"]["nat"] = "none"
    metadata["backup_days"] = max(_AZURE_BACKUP_DAYS, metadata["backup_days"])
    return {**found, "administrators": said["people"]}


def _gcp(config: StackConfig, said: Values) -> Values:
    return {**_elsewhere(config, said), "people": said["people"]}


_SECTIONS = {"aws": _aws, "azure": _azure, "gcp": _gcp}


def _cluster(config: StackConfig, said: Values) -> Values:
    orchestrator = {key: value for key, value in said["orchestrator"].items() if key != "step_functions"}
    return {
        "kubernetes": {key: value for key, value in said["kubernetes"].items() if key != "extended_support"},
        "orchestrator": orchestrator,
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
