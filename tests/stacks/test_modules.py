"""The tests that Terraform modules carry, run by the real terraform."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.doubles.fixtures import TfCloud
from tests.programs import ROOT

MODULES = sorted((ROOT / "terraform" / "modules").glob("*/*/versions.tf"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_the_tests_that_a_module_carries_pass(path: Path, tfcloud: TfCloud, terraform: str, tmp_path: Path) -> None:
    folder = shutil.copytree(path.parent, tmp_path / path.parent.name)
    env = {**os.environ, **tfcloud.environment}
    for argv in (["init"], ["fmt", "-check", "-recursive"], ["test"]):
        done = subprocess.run([terraform, *argv, "-no-color"], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
