"""Instance types and families of Amazon EC2: architecture, accelerators, and the smallest number of vCPUs.

Sources: the instance types of the EC2 API (botocore 1.44.8), which name all sizes of each family; the pages of instance
families for architectures and accelerators; `instanceTypes` and `imageType` of the AWS Batch API for the categories and
for what the images with drivers support.
"""

from __future__ import annotations

import re

#: Categories of AWS Batch: it selects the families. The API spells them with underscores.
CATEGORIES = {"optimal": "x86", "default_x86_64": "x86", "default_arm64": "arm"}
_FAMILY = re.compile(r"([a-z]+)(\d*)([a-z]*)(-[a-z0-9-]+)?")
_VCPUS = {"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2}
#: Families whose smallest size has more than 2 vCPUs, and that number.
_SMALLEST = {
    4: "d2 d3 d3en g3s g4ad g4dn g5 g5g g6 g6e i2 inf1 inf2 m2 p2 x1e x2iedn",
    8: "f1 g2 g7 g7e h1 p3 trn1 x2iezn",
    12: "trn2 vt1",
    16: "g3 gr6 gr6f hpc7g p5",
    24: "f2",
    64: "x1 x2idn",
    96: "dl1 dl2q p3dn p4d p4de",
    128: "trn1n",
    144: "p6e-gb200",
    192: "p5e p5en p6-b200 p6-b300 trn2u",
}
_SMALLEST_OF = {family: vcpus for vcpus, families in _SMALLEST.items() for family in families.split()}
_NVIDIA = re.compile(r"p\d+[a-z]*(-[a-z0-9]+)?|g[2356789]\d*[a-z]*|g4dn|gr\d+[a-z]*")
_OTHERS = {
    "AWS Trainium": re.compile(r"trn\d+[a-z]*"),
    "AWS Inferentia": re.compile(r"inf\d+[a-z]*"),
    "AMD GPUs": re.compile(r"g4ad"),
    "Gaudi accelerators": re.compile(r"dl\d+"),
    "Qualcomm accelerators": re.compile(r"dl2q"),
    "FPGAs": re.compile(r"f\d+"),
    "video accelerators": re.compile(r"vt\d+"),
}
#: Families that the images with NVIDIA drivers of AWS Batch do not support, and one that Amazon Linux 2023 does not.
_OLD_GPUS = re.compile(r"p3(dn)?|g3s?")
_OLD_ARM = "a1"


def family_of(name: str) -> str:
    """The family of an instance type: c6i for c6i.large. A family or a category is its own family."""
    return name.partition(".")[0]


def architecture(name: str) -> str:
    """`arm` or `x86`."""
    family = family_of(name)
    if family in CATEGORIES:
        return CATEGORIES[family]
    found = _FAMILY.fullmatch(family)
    if found is None:
        return "x86"
    is_arm = family == _OLD_ARM or "g" in found.group(3) or "-gb" in (found.group(4) or "")
    return "arm" if is_arm else "x86"


def has_nvidia(name: str) -> bool:
    """Whether an instance type or family has NVIDIA GPUs."""
    return _NVIDIA.fullmatch(family_of(name)) is not None


def other_accelerator(name: str) -> str | None:
    """The accelerators of an instance type or family that are not NVIDIA GPUs, None if it has none."""
    return next((what for what, pattern in _OTHERS.items() if pattern.fullmatch(family_of(name))), None)


def needs_own_image(name: str) -> str | None:
    """Why no image of AWS Batch runs on an instance type or family, None if one does."""
    family = family_of(name)
    if has_nvidia(name) and architecture(name) == "arm":
        return "AWS Batch has no image with drivers for GPUs of ARM instances"
    if _OLD_GPUS.fullmatch(family):
        return "the image with NVIDIA drivers of AWS Batch does not support it"
    if family == _OLD_ARM:
        return "Amazon Linux 2023 does not support it"
    other = other_accelerator(name)
    return f"it has {other}, and AWS Batch has no image with their drivers" if other else None


def vcpus(name: str) -> int | None:
    """The vCPUs of an instance type, None if its name does not contain them."""
    family, _, size = name.partition(".")
    if not size or family.startswith("hpc"):  # the sizes of hpc count threads that are disabled
        return None
    if size == "medium" and architecture(name) == "arm" and not family.startswith("t"):
        return 1
    found = re.fullmatch(r"(\d*)xlarge", size)
    return 4 * int(found.group(1) or 1) if found else _VCPUS.get(size)


def fewest_vcpus(name: str) -> int | None:
    """The vCPUs of an instance type, or of the smallest size of a family; None if unknown."""
    if "." in name:
        return vcpus(name)
    return _SMALLEST_OF.get(name, 1 if architecture(name) == "arm" else 2)
