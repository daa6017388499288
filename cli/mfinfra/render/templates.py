"""The folders of the templates, and the components of each cloud."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import NotFound


def terraform_folder() -> Path:
    """The directory of Terraform modules and root modules."""
    return _folder("terraform")


def cloudformation_folder() -> Path:
    """The directory of the CloudFormation template."""
    return _folder("cloudformation")


def _folder(name: str) -> Path:
    here = Path(__file__).parents[1]
    for folder in (here / "_bundled" / name, here.parents[1] / name):
        if folder.is_dir():
            return folder
    raise NotFound(
        "This installation of mfinfra is incomplete: the stack templates are missing.", hint="Reinstall mfinfra"
    )


def modules(cloud: str) -> tuple[str, ...]:
    """The Terraform modules of a cloud."""
    folder = terraform_folder() / "modules" / cloud
    return tuple(sorted(path.name for path in folder.iterdir() if (path / "versions.tf").is_file()))


def module_files(cloud: str, noun: str) -> dict[str, str]:
    """The files of a module by their relative paths, without its tests."""
    folder = terraform_folder() / "modules" / cloud / noun
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {
        path.as_posix(): (folder / path).read_text(encoding="utf-8")
        for path in sorted(paths)
        if path.parts[0] not in ("tests", "README.md") and not any(part.startswith(".") for part in path.parts)
    }


def root_templates(cloud: str) -> dict[str, str]:
    """The templates of a cloud's root module, by the names of the files that they render."""
    folder = terraform_folder() / "stacks" / cloud
    return {path.name.removesuffix(".j2"): path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.j2"))}


def shared_templates() -> dict[str, str]:
    """Templates that the root modules of several clouds include, by the name used there."""
    folder = terraform_folder() / "stacks" / "kubernetes"
    return {f"{folder.name}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.j2"))}


def root_resources(cloud: str) -> frozenset[str]:
    """The addresses of the resources that a cloud's root module itself contains, outside its child modules."""
    texts = [*root_templates(cloud).values(), *shared_templates().values()]
    found = (pair for text in texts for pair in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M))
    return frozenset(f"{kind}.{name}" for kind, name in found)
