"""Bad surroundings: no home, full or closed folders, odd terminals, damaged files, bugs. Always a line, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.programs import ROOT, Call

Tool = Callable[..., Call]
UP = ("up", "--name", "demo", "--no-examples", "--no-smoke")


def stacks(home: Path) -> Path:
    return home / "data" / "mfinfra" / "stacks"


def test_a_data_folder_that_cannot_be_made_is_named(mfinfra: Tool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    call = mfinfra(*UP, XDG_DATA_HOME=str(tmp_path / "file"))
    assert call.code == 1
    assert call.err == (
        f"Error: Directory {tmp_path}/file/mfinfra/stacks cannot be created: Not a directory.\n"
        "  Fix the cause, or select another directory, run: export XDG_DATA_HOME=DIRECTORY\n"
    )


def test_a_profile_folder_that_cannot_be_made_is_named_and_up_goes_on_later(mfinfra: Tool, home: Path) -> None:
    (home / "profiles").write_text("")
    call = mfinfra(*UP)
    assert (call.code, f"{home}/profiles" in call.err) == (1, True)
    assert json.loads(mfinfra("--json", "status", "demo").out)["state"] == "creating"
    (home / "profiles").unlink()
    assert mfinfra(*UP).code == 0
    assert json.loads(mfinfra("--json", "status", "demo").out)["state"] == "ready"


def test_an_account_without_a_home_says_what_to_set(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "def none(): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = none\n"
        "sys.argv[1:] = ['ls']\n"
        "from mfinfra.__main__ import run\n"
        "run()\n"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("XDG_DATA_HOME", "METAFLOW_HOME")}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "Error: This user has no home directory.\n  Run: export HOME=DIRECTORY\n"


def test_a_relative_data_folder_is_ignored(mfinfra: Tool, home: Path, tmp_path: Path) -> None:
    assert mfinfra(*UP, XDG_DATA_HOME="here").code == 0
    assert list(tmp_path.iterdir()) == []
    assert (home / ".local" / "share" / "mfinfra" / "stacks" / "demo" / "stack.json").is_file()


def test_a_terminal_that_knows_only_ascii_gets_ascii(mfinfra: Tool) -> None:
    call = mfinfra(*UP, PYTHONIOENCODING="ascii")
    assert call.code == 0, call.text
    assert call.err.isascii()
    assert call.err.startswith("+ Stack demo: ")
    assert mfinfra("-C", "/no/such/földer", "ls", PYTHONIOENCODING="ascii").code == 4


def test_what_a_name_does_to_a_terminal_is_shown_not_done(mfinfra: Tool) -> None:
    call = mfinfra("-C", "/no/\x1b[31m", "ls")
    assert "\x1b" not in call.text
    assert r"/no/\x1b[31m" in call.err


def test_a_bug_is_one_line_and_a_report(home: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from mfinfra.stacks import listing\n"
        "from mfinfra.__main__ import run\n"
        "listing.every = lambda: 1 / 0\n"
        "sys.argv[1:] = ['ls']\n"
        "run()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    (report,) = (home / "data" / "mfinfra" / "crashes").iterdir()
    assert (
        done.stderr == f"Error: mfinfra failed unexpectedly: ZeroDivisionError: division by zero\n  Details: {report}\n"
    )
    assert "Traceback" in report.read_text()


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1, "name": 5}'])
def test_a_damaged_record_is_named_and_up_mends_it(mfinfra: Tool, home: Path, content: str) -> None:
    for name in ("demo", "other"):
        assert mfinfra("up", "--name", name, "--no-examples", "--no-smoke").code == 0
    record = stacks(home) / "demo" / "stack.json"
    record.write_text(content)
    status = mfinfra("status", "demo")
    assert status.code == 1
    assert status.err == f"Error: Record {record} is corrupt.\n  Run: mfinfra up --name demo\n"
    listed = mfinfra("ls")
    assert (listed.code, listed.out.split("\t")[0]) == (0, "other")
    assert "The record of stack 'demo' is corrupt." in listed.err
    assert "problem\tCorrupt records of stacks: demo." in mfinfra("doctor").out
    assert mfinfra(*UP).code == 0
    assert json.loads(mfinfra("--json", "status", "demo").out)["state"] == "ready"


def test_a_record_of_another_version_is_left_alone(mfinfra: Tool, home: Path) -> None:
    mfinfra(*UP)
    record = stacks(home) / "demo" / "stack.json"
    record.write_text(record.read_text().replace('"version": 1', '"version": 2'))
    before = record.read_text()
    for args in (UP, ("down", "demo", "--yes")):
        call = mfinfra(*args)
        assert (call.code, "has version 2; this mfinfra supports version 1." in call.err) == (1, True)
    assert record.read_text() == before


def test_a_default_profile_that_is_a_broken_link_is_somebodys(mfinfra: Tool, home: Path) -> None:
    (home / "profiles").mkdir()
    link = home / "profiles" / "config.json"
    link.symlink_to(home / "not-mounted" / "config.json")
    assert "mfinfra use demo" in mfinfra(*UP).out
    assert mfinfra("use", "demo").code == 5
    assert link.is_symlink()


def test_down_never_follows_a_link(mfinfra: Tool, home: Path, tmp_path: Path) -> None:
    mfinfra(*UP)
    data, elsewhere = stacks(home) / "demo" / "data", tmp_path / "elsewhere"
    data.rename(elsewhere)
    data.symlink_to(elsewhere)
    (elsewhere / ".metaflow" / "file").write_text("kept")
    call = mfinfra("down", "demo", "--yes")
    assert call.code == 0
    assert "Not deleted: ~/data/mfinfra/stacks/demo/data" in call.err
    assert (elsewhere / ".metaflow" / "file").read_text() == "kept"


def test_down_that_was_stopped_is_finished_by_the_next(mfinfra: Tool, home: Path) -> None:
    mfinfra(*UP)
    record = stacks(home) / "demo" / "stack.json"
    record.write_text(record.read_text().replace('"ready"', '"deleting"').replace('"creating"', '"deleting"'))
    (home / "profiles" / "config_demo.json").unlink()
    assert "mfinfra down demo" in mfinfra("status", "demo").err
    assert mfinfra("down", "demo", "--yes").code == 0
    assert list(stacks(home).iterdir()) == []


def test_down_of_the_default_names_what_could_be_used_now(mfinfra: Tool, home: Path) -> None:
    mfinfra(*UP)
    mfinfra("up", "--name", "other", "--no-examples", "--no-smoke")
    assert "mfinfra use other" in mfinfra("down", "demo", "--yes").err
    assert not (home / "profiles" / "config.json").exists()
    assert "Run: mfinfra use other" in mfinfra("doctor").out


def test_a_project_file_that_overrides_the_profile_fails_the_proof(mfinfra: Tool, home: Path, tmp_path: Path) -> None:
    project = home / ".metaflow" / "config.json"
    project.parent.mkdir()
    project.write_text(json.dumps({"METAFLOW_DATASTORE_SYSROOT_LOCAL": str(tmp_path / "elsewhere")}))
    call = mfinfra("up", "--name", "demo", "--no-examples")
    assert call.code == 9
    assert "another setting overrides the profile" in call.err
    assert "mfinfra doctor" in call.err
    assert str(project) in mfinfra("-C", str(home), "doctor").out


def test_a_smoke_flow_that_fails_shows_its_end_and_its_log(mfinfra: Tool, home: Path) -> None:
    mfinfra(*UP)
    (stacks(home) / "demo" / "data" / ".metaflow").rmdir()
    (stacks(home) / "demo" / "data" / ".metaflow").write_text("in the way")
    call = mfinfra("up", "--name", "demo", "--no-examples")
    assert call.code == 1
    assert ".metaflow cannot be created" in call.err
    (stacks(home) / "demo" / "data" / ".metaflow").unlink()
    (stacks(home) / "demo" / "data" / ".metaflow" / "SmokeFlow").parent.mkdir()
    (stacks(home) / "demo" / "data" / ".metaflow" / "SmokeFlow").write_text("in the way")
    call = mfinfra("up", "--name", "demo", "--no-examples")
    assert call.code == 9
    assert f"(log: {stacks(home)}/demo/logs/smoke.log)" in call.err


COMMANDS = [
    ("init", "--name", "demo"),
    UP,
    ("status", "demo"),
    ("ls",),
    ("outputs", "demo"),
    ("outputs", "demo", "--format", "env"),
    ("use", "demo"),
    ("doctor",),
    ("runtime", "install"),
    ("runtime", "info"),
    ("version",),
    ("schema",),
    ("down", "demo", "--yes"),
    ("status", "demo"),
]


def test_every_command_prints_one_json_document(mfinfra: Tool) -> None:
    for command in COMMANDS:
        call = mfinfra("--json", *command)
        assert json.loads(call.out) is not None, command
        assert not call.err.startswith("Traceback")


def test_what_to_type_next_is_what_lies_there(mfinfra: Tool, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert mfinfra(*UP, PATH=path).out.splitlines()[-1].endswith("\tpython your_flow.py run")
    in_checkout = mfinfra("-C", str(ROOT), *UP, PATH=path)
    assert in_checkout.out.splitlines()[-1].endswith("\tpython examples/flows/hello.py run")
    other = mfinfra("-C", str(ROOT), "up", "--name", "other", "--no-smoke", PATH=path)
    command = "METAFLOW_PROFILE=other python examples/flows/train_digits.py run"
    assert other.out.splitlines()[-1].endswith(f"\t{command}")
