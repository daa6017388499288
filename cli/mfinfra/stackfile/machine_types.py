"""Machine types of the clouds: the defaults, and the number of vCPUs of each.

Sources, read in November 2026: the pages of machine families of Amazon EC2, of sizes of Azure virtual machines, and of
machine families of Compute Engine; their names contain the number of vCPUs, except those below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import aws_machines

if TYPE_CHECKING:
    from .sections import Pool

#: Instance classes of PostgreSQL databases.
_DATABASES = {
    "aws": {"small": "db.t4g.micro", "medium": "db.t4g.small", "large": "db.m7g.large"},
    "azure": {"small": "B_Standard_B1ms", "medium": "B_Standard_B2s", "large": "GP_Standard_D2ds_v5"},
    "gcp": {"small": "db-g1-small", "medium": "db-custom-2-7680", "large": "db-custom-4-16384"},
}
#: The default types of nodes: 4 vCPUs with 16 GB, and the smallest type with a GPU.
_NODES = {"aws": "m6i.xlarge", "azure": "Standard_D4s_v5", "gcp": "n2-standard-4"}
_GPU_NODES = {"aws": "g5.xlarge", "azure": "Standard_NC4as_T4_v3", "gcp": "g2-standard-4"}
#: The default families of pools of AWS Batch, and those with a GPU.
BATCH, BATCH_GPU = ["c6i", "m6i"], ["g5"]

_AZURE = re.compile(r"Standard_[A-Z]{1,3}(\d+)(-(\d+))?[a-z]*(_[A-Za-z0-9_]+)?")
_GCP = re.compile(r"[a-z]\d[a-z]?-(?:custom|standard|highmem|highcpu|megamem|ultramem|hypermem)-(\d+)(-.+)?")
_GCP_SIZES = {"e2-micro": 2, "e2-small": 2, "e2-medium": 2, "f1-micro": 1, "g1-small": 1}
#: GPUs of A2 machines -> vCPUs.
_GCP_A2 = {"a2-highgpu-1g": 12, "a2-highgpu-2g": 24, "a2-highgpu-4g": 48, "a2-highgpu-8g": 96, "a2-megagpu-16g": 96,
           "a2-ultragpu-1g": 12, "a2-ultragpu-2g": 24, "a2-ultragpu-4g": 48, "a2-ultragpu-8g": 96,
           "a3-highgpu-1g": 26, "a3-highgpu-2g": 52, "a3-highgpu-4g": 104, "a3-highgpu-8g": 208}  # fmt: skip
#: Types with NVIDIA GPUs outside AWS, and those with others, whose drivers the clusters do not install.
_GPU = {
    "azure": re.compile(r"Standard_N[CDVG]"),
    "gcp": re.compile(r"(a[2-4]|g[24])[a-z]?-"),
}
_AMD_GPU = re.compile(r"Standard_(NV\d+as_v4|NG.*|ND.*MI\d+X.*)")
#: Types of GCP to which a GPU is attached if the pool has `gpu`.
_GCP_ATTACHED = re.compile(r"n1-(standard|highmem)-")


def database(cloud: str, size: object) -> str | None:
    """The instance class for a database size, None for an unknown size."""
    return _DATABASES[cloud].get(str(size))


def of_pool(cloud: str, pool: Pool) -> list[str]:
    """The machine types of a pool of nodes: those of the stack file, else the default."""
    return list(pool.instance_types) or [(_GPU_NODES if pool.gpu else _NODES)[cloud]]


def of_queue(pool: Pool) -> list[str]:
    """The instance types of a pool of AWS Batch: those of the stack file, else the default of the templates."""
    return list(pool.instance_types) or list(BATCH_GPU if pool.gpu else BATCH)


def has_gpu(cloud: str, name: str) -> bool:
    """Whether a machine type, or a family of AWS, has NVIDIA GPUs."""
    return aws_machines.has_nvidia(name) if cloud == "aws" else _GPU[cloud].match(name) is not None


def can_have_gpu(cloud: str, name: str) -> bool:
    """Whether a machine type has GPUs, or gets one in a pool with `gpu`."""
    return has_gpu(cloud, name) or (cloud == "gcp" and _GCP_ATTACHED.match(name) is not None)


def other_accelerator(cloud: str, name: str) -> str | None:
    """The accelerators of a machine type that are not NVIDIA GPUs, None if it has none."""
    if cloud == "aws":
        return aws_machines.other_accelerator(name)
    return "AMD GPUs" if cloud == "azure" and _AMD_GPU.fullmatch(name) else None


def architecture(cloud: str, name: str) -> str:
    """The architecture of a machine type, or a family of AWS; other clouds have one type in each pool."""
    return aws_machines.architecture(name) if cloud == "aws" else ""


def vcpus(cloud: str, name: str) -> int | None:
    """The vCPUs of a machine type, None if its name does not contain them."""
    return {"aws": aws_machines.vcpus, "azure": _azure, "gcp": _gcp}[cloud](name)


def fewest_vcpus(cloud: str, name: str) -> int | None:
    """The vCPUs of a machine type, or of the smallest type of a family of AWS; None if unknown."""
    return aws_machines.fewest_vcpus(name) if cloud == "aws" else vcpus(cloud, name)


def _azure(name: str) -> int | None:
    found = _AZURE.fullmatch(name)
    return int(found.group(3) or found.group(1)) if found else None


def _gcp(name: str) -> int | None:
    if name in _GCP_SIZES or name in _GCP_A2:
        return _GCP_SIZES.get(name) or _GCP_A2.get(name)
    found = _GCP.fullmatch(name)
    return int(found.group(1)) if found else None


def nodes(cloud: str, pool: Pool) -> tuple[int, int]:
    """The minimum and maximum number of nodes of a pool, computed from its vCPUs."""
    size = min(vcpus(cloud, name) or 1 for name in of_pool(cloud, pool))
    return -(-pool.min_vcpus // size), max(1, pool.max_vcpus // size)
