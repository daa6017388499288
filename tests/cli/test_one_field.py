"""A field of the stack file on AWS is written down in four places, and in no other.

`PLACES` are all of them. The test adds a field to a copy of the tree there, and renders it with both engines: everything
else (root variables and their types, values, arguments of the module, parameter, refusal in other clouds) is derived.
The reference page is generated too: `python docs/generate.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIELD = "maintenance_window"
#: File -> the line that the new text follows, and the text.
PLACES = {
    "cli/mfinfra/stackfile/sections.py": (
        '    high_availability: Annotated[bool, Parameter("DatabaseStandby", "Database", needs="database")] = Field(',
        f"""    {FIELD}: Annotated[str, AWS_ONLY, Parameter("DatabaseMaintenance", "Database", needs="database")] = Field(
        "sun:03:00-sun:04:00", pattern=r"^[a-z0-9:-]{{19}}$", description="When AWS may patch the database."
    )
""",
    ),
    "terraform/modules/aws/metadata/variables.tf": (
        'variable "backup_days" {',
        f"""variable "{FIELD}" {{
  description = "When AWS may patch the database."
  type        = string
  default     = "sun:03:00-sun:04:00"
}}

""",
    ),
    "terraform/modules/aws/metadata/database.tf": (
        "  multi_az ",
        f"  {FIELD:<22} = var.{FIELD}\n",
    ),
    "cloudformation/parts/database.yaml.j2": (
        "      MultiAZ: ",
        "      PreferredMaintenanceWindow: !Ref DatabaseMaintenance\n",
    ),
}
VALUE = "mon:01:00-mon:02:00"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what renders stacks, with the field added."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("cli/mfinfra", "terraform", "cloudformation"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    for name, (before, text) in PLACES.items():
        path = folder / name
        content = path.read_text(encoding="utf-8")
        assert content.count(f"\n{before}") == 1, f"{name}: {before}"
        path.write_text(content.replace(f"\n{before}", f"\n{text}{before}"), encoding="utf-8")
    return folder


def mfinfra(tree: Path, folder: Path, stack: str, *args: str) -> subprocess.CompletedProcess[str]:
    """The command line of the copied tree, in a folder with this stack file."""
    folder.mkdir(exist_ok=True)
    (folder / "mfinfra.yaml").write_text(stack)
    env = {**os.environ, "PYTHONPATH": str(tree / "cli")}
    return subprocess.run(
        [sys.executable, "-m", "mfinfra", *args], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )


AWS = f"name: demo\ncloud: aws\nregion: eu-west-1\nmetadata:\n  {FIELD}: {VALUE}\n"


def test_there_are_four_places() -> None:
    assert len(PLACES) <= 4


def test_terraform_has_the_field(tree: Path, tmp_path: Path) -> None:
    call = mfinfra(tree, tmp_path, AWS, "render", "--engine", "terraform", "--out", "out")
    assert call.returncode == 0, call.stderr
    out = tmp_path / "out"
    assert json.loads((out / "terraform.tfvars.json").read_text())["metadata"][FIELD] == VALUE
    declared = re.search(r'^variable "metadata" \{.*?^\}', (out / "variables.tf").read_text(), re.M | re.S)
    passed = re.search(r'^module "metadata" \{.*?^\}', (out / "main.tf").read_text(), re.M | re.S)
    assert declared is not None and re.search(rf"^    {FIELD} += string$", declared.group(), re.M)
    assert passed is not None and re.search(rf"^  {FIELD} += var\.metadata\.{FIELD}$", passed.group(), re.M)
    assert f"var.{FIELD}" in (out / "modules/aws/metadata/database.tf").read_text()
    checked = mfinfra(tree, tmp_path, AWS, "validate", "--engine", "terraform")
    assert checked.returncode == 0, checked.stderr


def test_cloudformation_has_the_field(tree: Path, tmp_path: Path) -> None:
    call = mfinfra(tree, tmp_path, AWS, "render", "--engine", "cloudformation", "--out", "out")
    assert call.returncode == 0, call.stderr
    given = {
        one["ParameterKey"]: one["ParameterValue"] for one in json.loads((tmp_path / "out/parameters.json").read_text())
    }
    assert given["DatabaseMaintenance"] == VALUE
    template = (tmp_path / "out/template.yaml").read_text()
    assert (
        '  DatabaseMaintenance:\n    Type: "String"\n    Description: "When AWS may patch the database."\n' in template
    )
    assert '    AllowedPattern: "^[a-z0-9:-]{19}$"\n' in template
    assert "      PreferredMaintenanceWindow: !Ref DatabaseMaintenance\n" in template
    assert re.search(r"default: Database \}\n +Parameters: \[.*\bDatabaseMaintenance\b", template)


@pytest.mark.parametrize(
    ("cloud", "region", "title"), [("azure", "westeurope", "Azure"), ("gcp", "europe-west1", "Google Cloud")]
)
def test_other_clouds_refuse_it_and_have_no_variable_for_it(
    tree: Path, tmp_path: Path, cloud: str, region: str, title: str
) -> None:
    stack = f"name: demo\ncloud: {cloud}\nregion: {region}\n"
    refused = mfinfra(tree, tmp_path, f"{stack}metadata:\n  {FIELD}: {VALUE}\n", "render", "--out", "out")
    assert refused.returncode == 3, refused.stderr
    assert f"{FIELD} is for AWS; {title} does not support it" in refused.stderr
    call = mfinfra(tree, tmp_path, stack, "render", "--out", "out")
    assert call.returncode == 0, call.stderr
    assert FIELD not in "".join(path.read_text() for path in (tmp_path / "out").glob("*.*"))


def test_the_schema_has_the_field(tree: Path, tmp_path: Path) -> None:
    call = mfinfra(tree, tmp_path, AWS, "schema")
    assert FIELD in json.loads(call.stdout)["$defs"]["Metadata"]["properties"]
