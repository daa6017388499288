"""The developer checks of CONTRIBUTING.md, run in a small project that has the same commands."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from tests.programs import ROOT, Call, run_program

PROJECT = """
[tool.ruff]
include = ["small/**"]
[tool.mypy]
strict = true
packages = ["small"]
[tool.importlinter]
root_packages = ["small"]
[[tool.importlinter.contracts]]
name = "one needs two"
type = "layers"
containers = ["small"]
layers = ["one", "two"]
"""
GENERATE = 'import pathlib\npathlib.Path("docs/page.md").write_text("generated\\n")\n'
PAGE_TEST = 'def test_page():\n    assert open("docs/page.md").read() == "generated\\n"\n'
FILES = {
    "pyproject.toml": PROJECT,
    "CHANGELOG.md": "## [1.0.0]\n",
    "runtime/mfruntime/version.py": '__version__ = "1.1.0"\n',
    "small/__init__.py": "",
    "small/one.py": "from small.two import number\n\nprint(number())\n",
    "small/two.py": "def number() -> int:\n    return 2\n",
    "docs/generate.py": GENERATE,
    "tests/__init__.py": "",
    "tests/docs/test_page.py": PAGE_TEST,
    "tests/other/test_other.py": "def test_other():\n    assert False\n",
}
#: pytest without the plug-ins of this environment, which take seconds to import.
PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
COMMANDS = ("setup", "check", "test", "docs", "release")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(ROOT / "tests" / "check.py", tmp_path / "tests")
    return tmp_path


def checks(folder: Path, *argv: str, **variables: str) -> Call:
    return run_program([sys.executable, "-m", "tests.check", *argv], folder, PYTHONPATH=str(folder), **variables)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    call = checks(ROOT, command, "--help")
    assert call.code == 0
    assert f"tests.check {command}" in call.out


def test_the_guide_names_exactly_these_commands() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"python -m tests\.check (\w+)", text)) == set(COMMANDS)


def test_the_guide_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:cli|runtime|terraform|tests|docs)/[\w./-]+)`", text.replace("CLOUD", "azure"))
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_areas_are_those_that_the_tests_readme_describes() -> None:
    listed = re.search(r"AREA +all, ([\w, ]+?) options:", " ".join(checks(ROOT, "test", "--help").out.split()))
    table = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").split("<!-- areas -->")[1].split("<!-- end")[0]
    assert listed
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == listed.group(1).split(", ")


def test_check_passes_and_names_what_fails(project: Path) -> None:
    call = checks(project, "check")
    assert call.code == 0, call.text
    assert call.out.count("passed: ") == 4

    (project / "small" / "two.py").write_text("import small.one\nimport os\n\ndef number() -> int:\n    return ''\n")
    call = checks(project, "check")
    assert call.code == 1
    assert call.err == "Failed: ruff check .; ruff format --check .; mypy; lint-imports --no-cache\n"
    assert "F401" in call.out


def test_tests_of_one_area_are_run_with_arguments_of_pytest(project: Path) -> None:
    call = checks(project, "test", "other", "-k", "nothing_else or other", **PLAIN)
    assert call.code == 1
    assert "1 failed" in call.out
    assert "tests/other" in call.err
    assert checks(project, "test", "unknown").code == 2


def test_docs_are_generated_and_then_tested(project: Path) -> None:
    call = checks(project, "docs", "-q", **PLAIN)
    assert call.code == 0, call.text
    assert (project / "docs" / "page.md").read_text() == "generated\n"


def test_setup_passes_arguments_to_pip_and_its_failure_on(project: Path) -> None:
    """The small project has nothing to build with, and pip may not fetch it."""
    call = checks(project, "setup", "--no-index", "--no-build-isolation", "--dry-run")
    assert call.code == 1
    assert "-e .[test] -e runtime" in call.err


def test_a_release_needs_a_section_in_the_change_log(project: Path) -> None:
    call = checks(project, "release")
    assert call.code == 1
    assert call.err == "Failed: CHANGELOG.md has no section for version 1.1.0\n"
    assert not (project / "dist").exists()


def test_the_change_log_has_this_version() -> None:
    version = re.search(r'__version__ = "(.*)"', (ROOT / "runtime/mfruntime/version.py").read_text())
    assert version
    assert f"## [{version.group(1)}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_release_is_built_and_runs_a_flow() -> None:
    call = checks(ROOT, "release")
    assert call.code == 0, call.text
    assert {path.suffix for path in (ROOT / "dist").iterdir()} == {".whl", ".gz"}
