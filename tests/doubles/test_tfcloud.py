"""The provider double itself: what it says of secrets, and what terraform installs and locks of it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from mfinfra.render import files as render
from mfinfra.render import workspace
from mfinfra.stackfile import component_versions as versions
from mfinfra.stackfile import load
from mfinfra.stackfile.yaml_reader import read
from tests.programs import ROOT

from . import programs
from .fixtures import TfCloud
from .tfcloud import mirror

OTHERS = {"random": "3.9.1", "tls": "4.4.1", "null": "3.3.2", "time": "0.14.2", "local": "2.9.1", "archive": "2.8.1"}


def call(terraform: str, folder: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    return subprocess.run(
        [terraform, *argv, "-no-color"], cwd=folder, env={**kept, **env}, capture_output=True, text=True
    )


def test_init_locks_the_pinned_version_and_rendering_again_keeps_the_lock(terraform: str, tmp_path: Path) -> None:
    python = programs.programs("tfcloud") / "python"
    config = mirror.make(tmp_path / "mirror", python, {"aws": versions.AWS_PROVIDER})
    files = render.render(load.validated(read(ROOT / "examples/stacks/aws-sandbox.yaml")))
    folder = tmp_path / "stack"
    workspace.write(files, folder)
    env = {"TF_CLI_CONFIG_FILE": str(config)}
    assert call(terraform, folder, "init", **env).returncode == 0
    lock = (folder / ".terraform.lock.hcl").read_text()
    assert f'version     = "{versions.AWS_PROVIDER}"' in lock
    done = call(terraform, folder, "validate", **env)
    assert done.returncode == 0, done.stdout + done.stderr
    workspace.write(files, folder)
    assert (folder / ".terraform.lock.hcl").read_text() == lock


def test_another_version_than_the_pinned_one_is_not_taken(terraform: str, tmp_path: Path) -> None:
    python = programs.programs("tfcloud") / "python"
    config = mirror.make(tmp_path / "mirror", python, {"aws": "6.1.0"})
    folder = tmp_path / "stack"
    workspace.write(render.render(load.validated(read(ROOT / "examples/stacks/aws-sandbox.yaml"))), folder)
    done = call(terraform, folder, "init", TF_CLI_CONFIG_FILE=str(config))
    assert done.returncode == 1
    assert versions.AWS_PROVIDER in done.stderr


SECRET = """
ephemeral "aws_secretsmanager_random_password" "p" { password_length = 40 }

resource "aws_secretsmanager_secret" "s" { name = "s" }

resource "aws_secretsmanager_secret_version" "v" {
  secret_id                = aws_secretsmanager_secret.s.id
  secret_string_wo         = "marked-${ephemeral.aws_secretsmanager_random_password.p.random_password}"
  secret_string_wo_version = 1
}
"""


def test_what_is_written_only_is_kept_nowhere(terraform: str, tfcloud: TfCloud, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SECRET)
    env = tfcloud.environment
    for argv in (["init"], ["plan", "-out=p"], ["apply", "p"]):
        done = call(terraform, tmp_path, *argv, **env)
        assert done.returncode == 0, done.stdout + done.stderr
    shown = call(terraform, tmp_path, "show", "-json", "p", **env).stdout
    for text in (shown, (tmp_path / "terraform.tfstate").read_text(), tfcloud.log.read_text()):
        assert "marked-" not in text
    assert any(entry["op"] == "open" for entry in tfcloud.calls())


def test_what_is_secret_cannot_be_put_out_plainly(terraform: str, tfcloud: TfCloud, tmp_path: Path) -> None:
    text = 'resource "aws_api_gateway_api_key" "k" { name = "k" }\noutput "k" { value = aws_api_gateway_api_key.k.value }\n'
    (tmp_path / "main.tf").write_text(text)
    call(terraform, tmp_path, "init", **tfcloud.environment)
    done = call(terraform, tmp_path, "plan", **tfcloud.environment)
    assert done.returncode == 1
    assert "sensitive" in done.stderr


@pytest.mark.parametrize("name", OTHERS)
def test_every_schema_can_be_read(name: str) -> None:
    schemas = json.loads((mirror.SCHEMAS / f"{name}.json").read_text())
    assert schemas["resource_schemas"] or schemas["data_source_schemas"]


def test_the_types_that_modules_use_are_there() -> None:
    import re

    schemas = [json.loads(path.read_text()) for path in mirror.SCHEMAS.glob("*.json")]
    resources = {"terraform_data"}.union(*(found["resource_schemas"] for found in schemas))
    data = set().union(*(found["data_source_schemas"] for found in schemas))
    for path in (ROOT / "terraform" / "modules").rglob("*.tf"):
        text = path.read_text()
        assert set(re.findall(r'^resource "(\w+)"', text, re.M)) <= resources
        assert set(re.findall(r'^data "(\w+)"', text, re.M)) <= data
