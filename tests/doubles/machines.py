"""Machines that a cloud refuses, or on which no task ever runs. Both doubles of AWS check every pool that they create.

Sources: `instanceTypes`, `maxvCpus` and `imageType` of the AWS Batch API, AMI types of the EKS API, and the instance types of
the EC2 API. The rules are written here a second time, without the product's, so that an error in one is found.
"""

from __future__ import annotations

import re
from typing import Any

_NVIDIA = ("p2", "p3", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200", "g3", "g3s", "g4dn",
           "g5", "g5g", "g6", "g6e", "g6f", "gr6", "gr6f", "g7", "g7e")  # fmt: skip
_OTHER = ("g4ad", "trn1", "trn1n", "trn2", "trn2u", "inf1", "inf2", "dl1", "dl2q", "f1", "f2", "vt1")
_ARM = re.compile(r"a1|[a-z]+\d+g[a-z]*|p6e-gb200|default_arm64")
_LARGE = re.compile(r"(\d*)xlarge")


def batch_refusal(resources: dict[str, Any]) -> str | None:
    """What is wrong with the instances of a compute environment, None if nothing is."""
    types = [name for name in resources.get("instanceTypes") or [] if isinstance(name, str)]
    images = resources.get("ec2Configuration") or [{}]
    image, has_own = images[0].get("imageType", ""), bool(images[0].get("imageIdOverride"))
    if any(not re.fullmatch(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)?|default_x86_64|default_arm64", name) for name in types):
        return f"Instance type can only be one of the known families or types, not {types}"
    if _is_mixed(types):
        return "arm-based instance type cannot be used with other instance types."
    if not has_own and (wrong := _undriven(types, is_nvidia="NVIDIA" in image, has_arm_gpus=False)):
        return wrong
    sizes = [_vcpus(name) for name in types]
    most = resources.get("maxvCpus")
    if sizes and isinstance(most, int) and all(size is not None and size > most for size in sizes):
        return f"no instance of {types} has {most} vCPUs or fewer"
    return None


def node_group_refusal(types: list[str], ami: str, tainted: bool) -> str | None:
    """What is wrong with the instances of a node group of EKS, None if nothing is."""
    if _is_mixed(types):
        return f"instance types {types} do not have one architecture"
    if bool(types) and ("ARM_64" in ami) != bool(_ARM.fullmatch(_family(types[0]))):
        return f"AMI type {ami} does not run on {types[0]}"
    has_gpu = any(_family(name) in _NVIDIA for name in types)
    if has_gpu and not tainted:
        return f"nodes of {types} have GPUs and no taint"
    return _undriven(types, is_nvidia="NVIDIA" in ami, has_arm_gpus=True)


def _undriven(types: list[str], is_nvidia: bool, has_arm_gpus: bool) -> str | None:
    for family in map(_family, types):
        if family in _OTHER or (family in _NVIDIA) != is_nvidia:
            return f"the image has no drivers for {family}, or drivers that it does not need"
        if is_nvidia and not has_arm_gpus and (family in ("p3", "p3dn", "g3", "g3s") or _ARM.fullmatch(family)):
            return f"the image with drivers does not support {family}"
        if family == "a1":
            return "Amazon Linux 2023 does not support a1"
    return None


def _is_mixed(types: list[str]) -> bool:
    return len({bool(_ARM.fullmatch(_family(name))) for name in types}) > 1


def _family(name: str) -> str:
    return name.partition(".")[0]


def _vcpus(name: str) -> int | None:
    found = _LARGE.fullmatch(name.partition(".")[2])
    return 4 * int(found.group(1) or 1) if found and not name.startswith("hpc") else None
