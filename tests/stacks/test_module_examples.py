"""The example in the README of each Terraform module can be planned; those of one cloud are planned together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

MODULES = Path(__file__).parents[2] / "terraform" / "modules"
PROVIDERS = {
    "aws": 'provider "aws" {\n  region = "eu-west-1"\n}\n',
    "azure": 'provider "azurerm" {\n  subscription_id = "11111111-1111-1111-1111-111111111111"\n  features {}\n}\n',
    "gcp": 'provider "google" {\n  project = "demo-project"\n  region  = "europe-west1"\n}\n',
    "kubernetes": 'provider "kubernetes" {\n  host = "https://127.0.0.1"\n}\n'
    'provider "helm" {\n  kubernetes = { host = "https://127.0.0.1" }\n}\n',
}
PASSWORD = 'variable "password" {\n  type      = string\n  ephemeral = true\n}\n'


class Terraform(Protocol):
    """terraform in an empty folder, with the providers of the tests."""

    folder: Path

    def must(self, *argv: str) -> str: ...


def examples(cloud: str) -> Iterator[tuple[str, str]]:
    """Name and example of each module."""
    for folder in sorted(path.parent for path in (MODULES / cloud).glob("*/versions.tf")):
        found = re.findall(r"^```hcl\n(.*?)^```", (folder / "README.md").read_text(encoding="utf-8"), re.S | re.M)
        assert len(found) == 1, f"{folder.name} has {len(found)} examples"
        yield folder.name, found[0]


@pytest.mark.parametrize("cloud", PROVIDERS)
def test_the_examples_of_a_clouds_modules_can_be_planned(cloud: str, configuration: Terraform) -> None:
    (configuration.folder / "modules").symlink_to(MODULES)
    (configuration.folder / "main.tf").write_text(PROVIDERS[cloud] + PASSWORD)
    for name, example in examples(cloud):
        assert f'module "{name}" {{\n  source = "./modules/{cloud}/{name}"\n' in example
        (configuration.folder / f"{name}.tf").write_text(example)
    configuration.must("init")
    configuration.must("fmt", "-check")
    shown = configuration.must("plan", "-var", f"password={'not-a-secret' * 3}")
    assert "to add, 0 to change, 0 to destroy" in shown
