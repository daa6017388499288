"""What the code may import and who may print, start programs or end the process."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLI, RUNTIME = ROOT / "cli" / "mfinfra", ROOT / "runtime" / "mfruntime"
HEAVY = {"boto3", "jinja2", "pydantic", "questionary", "google", "azure", "ruamel", "asyncio", "ssl", "multiprocessing"}
HEAVY_RUNTIME = HEAVY | {
    "click",
    "rich",
    "isal",
    "uuid",
    "inspect",
    "ast",
    "email",
    "http",
    "urllib",
    "subprocess",
    "numpy",
}


def loaded(code: str) -> set[str]:
    """The top-level modules that a piece of code makes a fresh interpreter load."""
    text = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_help_of_the_tool_loads_nothing_heavy() -> None:
    code = "from mfinfra.app import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded(code) & HEAVY == set()


@pytest.mark.parametrize("command", ["version", "ls", "status", "use", "outputs"])
def test_short_commands_load_nothing_heavy(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    code = (
        f"import sys\nsys.argv = ['mfinfra', '-C', {str(tmp_path)!r}, '{command}']\nfrom mfinfra.__main__ import run\n"
    )
    slow = {"email", "hashlib", "http", "pydantic", "ruamel", "ssl", "zipfile"}
    assert loaded(f"{code}try:\n    run()\nexcept SystemExit:\n    pass") & (HEAVY | slow) == set()


def test_the_users_import_loads_nothing_heavy() -> None:
    assert loaded("from mfruntime import FlowSpec, step") & HEAVY_RUNTIME == set()


def test_a_flow_file_loads_only_the_decorators_that_it_names() -> None:
    code = (
        "import sys\nfrom mfruntime import FlowSpec, step{0}\nprint(*(n for n in sys.modules if n.startswith({1!r})))"
    )
    folders = ("mfruntime.decorators.", "mfruntime.tasks", "mfruntime.flow.options", "mfruntime.flow.task_state")

    def named(more: str) -> set[str]:
        program = [sys.executable, "-c", code.format(more, folders)]
        return set(subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())

    assert named("") == set()
    assert named(", timeout") == {f"mfruntime.decorators.{name}" for name in ("base", "values", "timeout")}


def test_what_decorators_say_needs_no_io() -> None:
    used = {name for _, name in calls(RUNTIME / "decorators")}
    imported = {name.partition(" ")[2] for name in used if name.startswith("import ")}
    own = {path.stem for path in (RUNTIME / "decorators").glob("*.py")}
    assert imported - own == {"__future__", "collections.abc", "dataclasses", "typing", "errors"}
    assert used & {"open", "print", "input"} == set()


#: Modules of the standard library that Windows does not have.
POSIX = ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "_posixsubprocess", "_posixshmem")


@pytest.mark.parametrize(
    "code",
    [
        "import mfinfra.app, mfinfra.stacks.local, mfinfra.doctor.checks, mfinfra.stackfile.wizard, mfinfra.stackfile.load, mfinfra.runtime.info",
        "import mfruntime; mfruntime.FlowSpec, mfruntime.step, mfruntime.Run, mfruntime.Flow, mfruntime.namespace",
    ],
    ids=["tool", "client"],
)
def test_what_works_on_windows_imports_without_posix_modules(code: str) -> None:
    import_them = (
        f"import subprocess, shutil, tempfile\nimport sys\nsys.modules.update(dict.fromkeys({POSIX!r}))\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", import_them], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_layers_are_kept() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join)
def test_the_checkers_have_nothing_to_say(tool: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


#: What tells a stack on this machine from one in a cloud.
KINDS = {"is_cloud", "is_in_cloud", "LocalStack", "CloudStack", "cloud_stack", "local_stack"}


def asked(text: str) -> list[str]:
    """Where a source asks which kind of stack it has: by a name of KINDS, or by comparing something with 'local'."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Name, ast.Attribute, ast.alias)):
            name = (
                node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else node.name
            )
            found += [name] if name in KINDS else []
        if isinstance(node, (ast.Compare, ast.Match)):
            words = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
            found += [ast.unparse(node)] if words & {"local", "aws", "azure", "gcp"} else []
    return found


def test_no_command_asks_which_kind_of_stack_it_has() -> None:
    commands = sorted((CLI / "commands").glob("*.py"))
    assert len(commands) > 5
    assert {path.name: asked(path.read_text(encoding="utf-8")) for path in commands} == {p.name: [] for p in commands}
    assert asked("x = config.cloud != 'local'") and asked("from ..stacks.known import is_in_cloud")


@functools.cache
def calls(folder: Path) -> frozenset[tuple[str, str]]:
    """(file, dotted name) of every call and every import in a package, which is parsed once for all tests."""
    return frozenset(_calls(folder))


def _calls(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(folder).as_posix(), ast.unparse(node.func)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield path.relative_to(folder).as_posix(), f"import {alias.name}"
            elif isinstance(node, ast.ImportFrom):
                yield path.relative_to(folder).as_posix(), f"import {node.module}"


@pytest.mark.parametrize(
    ("folder", "what", "allowed"),
    [
        (CLI, "print", {"console.py", "machine/supervisor/__main__.py", "kube/__main__.py", "runtime/smoke/flow.py", "runtime/inside/probe.py", "runtime/inside/settings.py"}),
        (CLI, "sys.stdout.write", set()),
        (CLI, "sys.stderr.write", set()),
        (CLI, "import subprocess", {"machine/process.py"}),
        (CLI, "import click", set()),
        (CLI, "sys.exit", {"__main__.py", "runtime/smoke/read.py"}),
        (CLI, "os.system", set()),
        (RUNTIME, "print", {"tasks/execute.py", "tasks/hooks/catch.py", "tasks/hooks/stack.py"}),
        (RUNTIME, "import subprocess", {"compute/local/spawn.py", "metadata_provider/stack_servers.py"}),
        (RUNTIME, "sys.exit", {"flowcli/main.py", "flowcli/step.py"}),
        (RUNTIME, "os.replace", {"store/durable.py"}),
        (RUNTIME, "os.fork", {"compute/local/fork.py"}),
        (RUNTIME, "os.system", set()),
        (RUNTIME, "eval", set()),
        (RUNTIME, "exec", set()),
    ],
)  # fmt: skip
def test_each_side_effect_has_one_place(folder: Path, what: str, allowed: set[str]) -> None:
    assert {file for file, name in calls(folder) if name == what} == allowed


def test_no_exported_name_is_also_a_submodule() -> None:
    """Importing a submodule sets it on the package, over whatever the package exports by that name."""
    import mfruntime

    modules = {path.stem for path in RUNTIME.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert modules & set(mfruntime.__all__) == set()
