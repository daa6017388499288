"""The runtime in other environments: installed once, mended when it differs, and refusals that say what to do.

The environments are real; their pip is a small one of ours, which copies the runtime and notes how it was called.
"""

from __future__ import annotations

import json
import os
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.programs import ROOT, Call

NEEDS = ["tiny-thing<9,>=8", "fast; python_version < '3'"]

PIP = """
import json, os, shutil, sys
here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
with open(os.path.join(here, "calls"), "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
refusal = os.path.join(here, "refusal")
if os.path.exists(refusal):
    sys.exit(open(refusal).read())
for argument in sys.argv[1:]:
    if os.path.isdir(argument):
        target = os.path.join(here, "mfruntime")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(os.path.join(argument, "mfruntime"), target)
        info = os.path.join(here, "mfinfra_runtime-0.1.0.dist-info")
        os.makedirs(info, exist_ok=True)
        with open(os.path.join(info, "METADATA"), "w") as metadata:
            metadata.write("Metadata-Version: 2.1\\nName: mfinfra-runtime\\nVersion: 0.1.0\\n"
                           "Requires-Dist: tiny-thing<9,>=8\\nRequires-Dist: fast; python_version < '3'\\n"
                           "Requires-Dist: scikit-learn<2; extra == 'examples'\\n")
    elif argument.startswith("tiny-thing"):
        info = os.path.join(here, "tiny_thing-8.0.dist-info")
        os.makedirs(info, exist_ok=True)
        with open(os.path.join(info, "METADATA"), "w") as metadata:
            metadata.write("Metadata-Version: 2.1\\nName: tiny_thing\\nVersion: 8.0\\n")
"""


class Target:
    """An environment, and what its pip was asked to do."""

    def __init__(self, folder: Path):
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        (self.packages,) = folder.glob("lib/python*/site-packages")

    def give_pip(self) -> None:
        (self.packages / "pip").mkdir()
        (self.packages / "pip" / "__init__.py").write_text("")
        (self.packages / "pip" / "__main__.py").write_text(PIP)

    def refuse(self, text: str) -> None:
        (self.packages / "refusal").write_text(text)

    @property
    def calls(self) -> list[list[str]]:
        """Arguments of each call of pip, without the options that are always there."""
        path = self.packages / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        common = {"install", "--quiet", "--disable-pip-version-check", "--no-input"}
        return [[a for a in json.loads(line) if a not in common] for line in lines]


@pytest.fixture
def target(tmp_path: Path) -> Target:
    made = Target(tmp_path / "target")
    made.give_pip()
    return made


@pytest.fixture
def install(mfinfra: Callable[..., Call], target: Target) -> Callable[..., Call]:
    """Call `runtime install` for the target; the test's own runtime is out of its sight."""
    return lambda *args: mfinfra(
        "runtime", "install", *args, "--python", str(target.python), PYTHONPATH=str(ROOT / "cli")
    )


def test_the_runtime_and_what_it_needs_are_installed_once(install: Callable[..., Call], target: Target) -> None:
    first = install()
    assert first.code == 0, first.text
    assert target.calls == [["--force-reinstall", "--no-deps", str(ROOT / "runtime")], NEEDS]
    again = install()
    assert "(already installed)" in again.err
    assert len(target.calls) == 2


def test_a_runtime_of_other_content_is_replaced(install: Callable[..., Call], target: Target) -> None:
    install()
    changed = target.packages / "mfruntime" / "version.py"
    changed.write_text(changed.read_text() + "# changed\n")
    assert install().code == 0
    assert changed.read_text() == (ROOT / "runtime" / "mfruntime" / "version.py").read_text()
    assert len(target.calls) == 4


def test_something_that_went_missing_is_installed_alone(install: Callable[..., Call], target: Target) -> None:
    install()
    (target.packages / "tiny_thing-8.0.dist-info" / "METADATA").unlink()
    (target.packages / "tiny_thing-8.0.dist-info").rmdir()
    assert install().code == 0
    assert target.calls[2:] == [["tiny-thing<9,>=8"]]


def test_examples_that_cannot_be_installed_leave_a_command_to_type(
    install: Callable[..., Call], target: Target
) -> None:
    install()
    target.refuse("ERROR: nothing found")
    call = install("--examples")
    assert call.code == 8
    assert "scikit-learn could not be installed" in call.err
    assert call.err.rstrip().endswith("'scikit-learn<2'")


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("error: externally-managed-environment", "is managed by the operating system", "python3 -m venv .venv"),
        ("ERROR: [Errno 13] Permission denied: '/usr/lib'", "no write access", "--python"),
        ("OSError: [Errno 28] No space left on device", "the disk is full", "Free disk space"),
        ("WARNING: Retrying ... NewConnectionError(...)\nERROR: No match", "index cannot be reached", "PIP_INDEX_URL"),
        ("ERROR: it rains", "could not be installed: ERROR: it rains", "To see the complete output, run: "),
        ("", "the installer exited without a message", "To see the complete output, run: "),
    ],
)
def test_what_pip_refuses_is_told_in_one_line(
    install: Callable[..., Call], target: Target, said: str, message: str, hint: str
) -> None:
    target.refuse(said or "\n")
    call = install()
    assert call.code == 8
    error, advice = call.err.splitlines()[1:]
    assert error.startswith("Error: ")
    assert message in error
    assert hint in advice


def test_an_environment_without_pip_says_what_to_do(mfinfra: Callable[..., Call], tmp_path: Path) -> None:
    bare = Target(tmp_path / "bare")
    call = mfinfra("runtime", "install", "--python", str(bare.python), PYTHONPATH=str(ROOT / "cli"), PATH="/nowhere")
    assert call.code == 8
    assert "has no pip, and uv is not on the PATH." in call.err
    assert "-m ensurepip" in call.err


def test_uv_is_used_where_there_is_no_pip(mfinfra: Callable[..., Call], tmp_path: Path) -> None:
    bare, uv = Target(tmp_path / "bare"), tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\necho "$@" >> "$0.calls"\necho "error: it rains" >&2\nexit 2\n')
    uv.chmod(0o755)
    path = f"{uv.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    call = mfinfra("runtime", "install", "--python", str(bare.python), PYTHONPATH=str(ROOT / "cli"), PATH=path)
    assert "error: it rains" in call.err
    expected = f"pip install --quiet --python {bare.python} --force-reinstall --no-deps {ROOT / 'runtime'}\n"
    assert (uv.parent / "uv.calls").read_text() == expected


def test_packages_of_the_stack_file_are_installed(mfinfra: Callable[..., Call], target: Target, tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text(
        "preset: files\nruntime:\n  python: target/bin/python\n  examples: false\n  packages: ['pandas >=2', 'rich[all]']\n"
    )
    call = mfinfra("up", "--no-smoke", PYTHONPATH=str(ROOT / "cli"))
    assert call.code == 0, call.text
    assert target.calls[-1] == ["pandas >=2", "rich[all]"]
    assert json.loads(mfinfra("--json", "status").out)["runtime"]["python"] == str(target.python)


def test_a_stack_keeps_its_python(mfinfra: Callable[..., Call], target: Target, tmp_path: Path) -> None:
    up = ["-C", "target", "up", "--preset", "files", "--no-smoke", "--no-examples"]
    assert mfinfra(*up, "--python", "bin/python", PYTHONPATH=str(ROOT / "cli")).code == 0
    again = mfinfra(*up, PYTHONPATH=str(ROOT / "cli"))
    assert f"Runtime 0.1.0 in {target.python}" in again.err
    assert again.out.splitlines()[-1] == f"smoke flow\tnot run\t{target.python} your_flow.py run"


def test_a_file_that_is_no_python_is_refused(mfinfra: Callable[..., Call], tmp_path: Path, home: Path) -> None:
    for content in (
        "#!/bin/sh\nexit 3\n",
        "#!/bin/sh\necho hello\n",
        "#!/bin/sh\necho '{}'\n",
        "#!/bin/sh\necho '[1]'\n",
    ):
        program = tmp_path / "python"
        program.write_text(content)
        program.chmod(0o755)
        for command in (("runtime", "install"), ("up", "--no-smoke")):
            call = mfinfra(*command, "--python", "./python")
        assert not (home / "data" / "mfinfra" / "stacks" / "local").exists()
        assert (call.code, call.err.splitlines()[0]) == (4, "Error: ./python is not a working Python.")


def test_an_old_python_is_told_that_it_is_old(mfinfra: Callable[..., Call], tmp_path: Path) -> None:
    program = tmp_path / "python"
    answer = {"python": str(program), "python_version": "3.8.20", "has_pip": True}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    program.chmod(0o755)
    call = mfinfra("runtime", "install", "--python", str(program))
    assert (call.code, "is Python 3.8.20; the runtime needs 3.10 or newer." in call.err) == (8, True)
    assert "3.8.20" in mfinfra("doctor", "--python", str(program)).out
