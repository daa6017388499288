"""Where the templates of stacks are, and which components each cloud has."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import NotFound


def terraform_folder() -> Path:
    """The folder of Terraform modules and roots."""
    return _folder("terraform")


def cloudformation_folder() -> Path:
    """The folder of the CloudFormation template."""
    return _folder("cloudformation")


def _folder(name: str) -> Path:
    here = Path(__file__).parents[1]
    for folder in (here / "_bundled" / name, here.parents[1] / name):
        if folder.is_dir():
            return folder
    raise NotFound("The templates of stacks are missing from this installation of mfinfra.", hint="Install it again.")


def modules(cloud: str) -> tuple[str, ...]:
    """The Terraform modules of a cloud."""
    folder = terraform_folder() / "modules" / cloud
    return tuple(sorted(path.name for path in folder.iterdir() if (path / "versions.tf").is_file()))


def module_files(cloud: str, noun: str) -> dict[str, str]:
    """The files of a module by their paths in it, without its tests."""
    folder = terraform_folder() / "modules" / cloud / noun
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {
        path.as_posix(): (folder / path).read_text(encoding="utf-8")
        for path in sorted(paths)
        if path.parts[0] not in ("tests", "README.md") and not any(part.startswith(".") for part in path.parts)
    }


def root_templates(cloud: str) -> dict[str, str]:
    """The templates of a cloud's root by the name of the file they give."""
    folder = terraform_folder() / "stacks" / cloud
    return {path.name.removesuffix(".j2"): path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.j2"))}


def shared_templates() -> dict[str, str]:
    """What the roots of several clouds include, by the name that they include it by."""
    folder = terraform_folder() / "stacks" / "kubernetes"
    return {f"{folder.name}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.j2"))}


def root_resources(cloud: str) -> frozenset[str]:
    """The addresses of what a cloud's root itself can make, beside its modules."""
    texts = [*root_templates(cloud).values(), *shared_templates().values()]
    found = (pair for text in texts for pair in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M))
    return frozenset(f"{kind}.{name}" for kind, name in found)
