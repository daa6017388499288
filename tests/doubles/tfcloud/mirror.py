"""A directory from which `terraform init` installs these providers, and the configuration that forces it."""

from __future__ import annotations

import platform
from pathlib import Path

SCHEMAS = Path(__file__).parent / "schemas"
ROOT = Path(__file__).parents[3]
_SYSTEM = f"linux_{'arm64' if platform.machine() == 'aarch64' else 'amd64'}"


def make(folder: Path, python: Path, versions: dict[str, str]) -> Path:
    """Write providers of these versions, and return the configuration file for TF_CLI_CONFIG_FILE."""
    for name, version in versions.items():
        place = folder / "registry.terraform.io" / "hashicorp" / name / version / _SYSTEM
        place.mkdir(parents=True)
        program = place / f"terraform-provider-{name}_v{version}"
        program.write_text(
            f'#!/bin/sh\nexport TFCLOUD_FOLDER="$PWD"\ncd "{ROOT}" && exec "{python}" -m tests.doubles.tfcloud.plugin "{SCHEMAS / name}.json"\n'
        )
        program.chmod(0o755)
    config = folder / "terraform.rc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\ndisable_checkpoint = true\n'
    )
    return config
