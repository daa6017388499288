"""What stands outside of any cloud: the linters and security checkers of the field, on what is rendered."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mfinfra.render import cloudformation, files, templates, workspace
from mfinfra.stackfile import load, presets, schema
from mfinfra.stackfile.yaml_reader import Document, read
from tests.doubles import programs
from tests.programs import ROOT

EXAMPLES = sorted((ROOT / "examples" / "stacks").glob("*.yaml"))
#: Every feature on, and the presets that people deploy.
BATCH = ("aws-everything", "aws-ui-oidc", "aws-sandbox", "aws-production")
CLUSTERS = ("aws-eks-everything", "azure-everything", "azure-production", "gcp-everything", "gcp-production")
SCORED = [
    *((name, framework) for name in BATCH for framework in ("terraform", "cloudformation")),
    *((name, "terraform") for name in CLUSTERS),
]
LEAST = 95.0


def values(name: str) -> dict[str, Any]:
    return load.validated(read(ROOT / "examples" / "stacks" / f"{name}.yaml")).model_dump()


def cases() -> dict[str, dict[str, Any]]:
    every = {path.stem: values(path.stem) for path in EXAMPLES}
    found = {name: case for name, case in every.items() if case["compute"]["backend"] == "batch"}
    for preset in presets.PRESETS:
        for region in ("us-east-1", "cn-north-1", "us-gov-west-1"):
            given = {"name": "demo", "cloud": "aws", "region": region, "preset": preset}
            found[f"{preset}-{region}"] = load.validated(Document(given, {}, "")).model_dump()
    return found


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    program = str(programs.programs("cfn-lint") / "cfn-lint")
    by_region: dict[str, list[str]] = {}
    for name, case in cases().items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(cloudformation.render(case, templates.cloudformation_folder()))
        by_region.setdefault(case["region"], []).append(str(path))
    assert len(by_region) >= 3
    for region, paths in by_region.items():
        done = subprocess.run([program, "--regions", region, "--", *paths], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def score(folder: Path, framework: str) -> tuple[float, list[str]]:
    """Percentage of passed checks, and what failed."""
    program = str(programs.programs("checkov") / "checkov")
    argv = [program, "-d", str(folder), "--framework", framework, "--compact", "--quiet", "--skip-download",
            "--download-external-modules", "false", "-o", "json"]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, cwd=folder)
    document = json.loads(done.stdout)
    counts = document["summary"]
    failed = [f"{check['check_id']} {check['resource']}" for check in document["results"]["failed_checks"]]
    assert counts["passed"] > 100
    return 100 * counts["passed"] / (counts["passed"] + counts["failed"]), failed


#: One with every feature on; the others are scored at night.
DAILY = ("aws-eks-everything",)


@pytest.mark.parametrize(
    ("name", "framework"),
    [pytest.param(*case, marks=[] if case[0] in DAILY else [pytest.mark.slow]) for case in SCORED],
)
def test_checkov_passes_and_the_documents_say_how_far(name: str, framework: str, tmp_path: Path) -> None:
    case = values(name)
    if framework == "terraform":
        config = schema.StackConfig.model_validate({**case, "engine": "terraform"})
        workspace.write(files.render(config), tmp_path / "stack")
    else:
        (tmp_path / "stack").mkdir()
        (tmp_path / "stack" / "template.yaml").write_text(
            cloudformation.render(case, templates.cloudformation_folder())
        )
    found, failed = score(tmp_path / "stack", framework)
    assert found >= LEAST, failed
    told = re.search(rf"\| `{name}` \| {framework} \| ([0-9.]+) % \|", (ROOT / "docs" / "security.md").read_text())
    assert told is not None
    assert abs(float(told.group(1)) - found) < 0.05, f"docs/security.md must say {found:.1f}"


def test_every_skipped_check_has_a_reason() -> None:
    for path in (ROOT / "terraform").rglob("*.tf"):
        for skip in re.findall(r"#checkov:skip=(.*)", path.read_text()):
            assert re.fullmatch(r"CKV2?_(AWS|AZURE|GCP|K8S)_\d+:.{10,}", skip), f"{path}: {skip}"
    for path in (ROOT / "cloudformation").rglob("*.j2"):
        for skip in re.findall(r"\{ id: (.*) \}", path.read_text()):
            assert re.match(r"CKV2?_AWS_\d+, comment: .{10,}", skip), f"{path}: {skip}"
