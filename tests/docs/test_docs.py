"""The documents tell the truth: blocks are run, tables and pages are those of the code, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sections

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT, ROOT / "docs", ROOT / "docs" / "reference", ROOT / "tests", ROOT / "runtime")
PAGES = [page for folder in FOLDERS for page in sorted(folder.glob("*.md"))]
PAGES += sorted((ROOT / "terraform").rglob("README.md"))


def page_id(page: Path) -> str:
    return page.name if page.parent in FOLDERS[:3] else page.relative_to(ROOT).as_posix()


def block(page: str, name: str) -> str:
    """The code block below `<!-- name -->`."""
    match = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert match, f"{page} has no block '{name}'"
    return match.group(1)


def run(argv: list[str], cwd: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(Path.home() / "flows")}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_generated_pages_are_those_of_the_code() -> None:
    run([sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], ROOT)


def test_every_decision_is_in_the_index_once() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    lines = re.findall(r"^- (\S+): \[(.*)\]\(#.*\)$", text.split("<!-- end of index -->")[0], re.M)
    assert [f"{date}: {title}" for date, title in lines] == re.findall(r"^## (.*)$", text, re.M)


def test_a_section_is_replaced_and_nothing_else() -> None:
    page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
    assert sections.with_section(page, "x", r"\1 new" + "\n") == page.replace("old", r"\1 new")
    with pytest.raises(ValueError, match="no section 'y'"):
        sections.with_section(page, "y", "")


def test_the_readmes_flow_runs_and_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "squares.py").write_text(block("README.md", "flow"))
    run([sys.executable, "squares.py", "run"], tmp_path)
    assert run([sys.executable, "-c", block("README.md", "client")], tmp_path) == "14\n"


def test_the_readmes_next_command_runs() -> None:
    assert "best:" in run(["bash", "-ec", block("README.md", "next command")], ROOT)


def test_the_readmes_stacks_in_clouds_are_written(tmp_path: Path) -> None:
    shown = run(["bash", "-ec", block("README.md", "cloud")], tmp_path)
    assert "rendering" in shown
    for folder, cloud in (("demo-stack", "aws"), ("demo-on-azure", "azure"), ("demo-on-gcp", "gcp")):
        assert (tmp_path / folder / "modules" / cloud).is_dir()


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_the_first_stack_of_a_guide_is_written(cloud: str, tmp_path: Path) -> None:
    run(["bash", "-ec", block(f"docs/{cloud}.md", cloud)], tmp_path)
    assert (tmp_path / "demo-stack" / "modules" / cloud).is_dir()
    assert (tmp_path / "demo-stack" / "modules" / "kubernetes").is_dir()


def test_the_guides_one_stack_file_is_valid_on_three_clouds(tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(block("docs/kubernetes.md", "one"))
    shown = run(["bash", "-ec", block("docs/kubernetes.md", "three")], tmp_path)
    for place in ("aws eu-west-1", "azure westeurope", "gcp europe-west1"):
        assert f"demo: {place}, preset team" in shown


def test_the_platform_guides_clouds_are_rendered(tmp_path: Path) -> None:
    run(["bash", "-ec", block("docs/platform-engineers.md", "clouds")], tmp_path)
    assert (tmp_path / "demo-stack" / "modules" / "azure").is_dir()


def commands() -> dict[str, Any]:
    """The commands of the program, as the reference page has them."""
    import generate

    found: dict[str, Any] = generate.commands()
    return found


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_that_pages_name_are_there(page: Path) -> None:
    named = re.findall(r"(?:`|^ {4}|- run: )mfinfra (?:--json )?([a-z-]+)", page.read_text(encoding="utf-8"), re.M)
    assert {name for name in named if not name.startswith("-")} <= {name.split()[1] for name in commands()}


def test_the_readmes_commands_are_all_there_is() -> None:
    rows = re.findall(r"^\| `(mfinfra [a-z ]+)` \| (.*) \|$", (ROOT / "README.md").read_text(), re.M)
    assert dict(rows) == {name: command.help.replace("\n", " ") for name, command in commands().items()}


def test_the_guides_commands_run(tmp_path: Path) -> None:
    run(["bash", "-ec", block("docs/data-scientists.md", "run")], ROOT)
    shown = run([sys.executable, "-c", block("docs/data-scientists.md", "client")], ROOT)
    assert "9 35" in shown
    assert "METAFLOW_DEFAULT_DATASTORE" in run(["bash", "-ec", block("docs/platform-engineers.md", "stacks")], tmp_path)


def test_the_page_of_plans_has_every_key() -> None:
    from dataclasses import fields

    from mfinfra.plans.changes import ACTIONS, RISKS, Change, Plan

    text = (ROOT / "docs/reference/plan-json.md").read_text()
    keys = [*Plan("x", "terraform", (), "").document(), *(f"changes[].{field.name}" for field in fields(Change))]
    assert re.findall(r"^\| `([\w.\[\]]+)` \|", text, re.M)[: len(keys)] == keys
    assert all(f"`{word}`" in text for word in (*ACTIONS, *RISKS))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_pictures_hold_no_path_of_the_machine_they_were_made_on() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        assert not re.search(r"(/root|/tmp|/work|/home)/", picture.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_into_pages_lead_to_their_headings(page: Path) -> None:
    """As the headings are named where pages are read: small letters, dashes for spaces, nothing else."""
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        text = ((page.parent / target) if target else page).read_text(encoding="utf-8")
        anchors = {sections.anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}
        assert anchor in anchors, f"{page.name} links to {target}#{anchor}"
