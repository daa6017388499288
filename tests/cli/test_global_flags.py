"""Global flags before and behind every command, `--version`, `-h`, and usage errors as JSON."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import Call, run_program

from mfinfra.__main__ import run
from mfinfra.app import app
from mfinfra.commands.state import State

Tool = Callable[..., Call]
ROOT = Path(__file__).parents[2]

#: A command line of each command, in pieces that belong together: a word, or an option and its value.
COMMAND_LINES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("init",), ("--name", "demo"), ("--package", "a"), ("--package=b",), ("--force",)),
    (("up",), ("-n", "demo"), ("--cloud", "aws"), ("--no-smoke",), ("-y",)),
    (("connect",), ("--name=demo",), ("--region", "-C"), ("--engine", "terraform")),
    (("disconnect",), ("demo",)),
    (("render",), ("--out", "--json"), ("-ndemo",)),
    (("validate",), ("--preset", "--no-color")),
    (("plan",), ("--format", "json"), ("--out", "file")),
    (("drift",), ("demo",)),
    (("unlock",), ("demo",), ("--yes",)),
    (("down",), ("demo",), ("-y",), ("--keep", "data")),
    (("status",), ("demo",)),
    (("status",),),
    (("status",), ("--", "--json")),
    (("start",), ("demo",)),
    (("stop",), ("demo",)),
    (("open",), ("ui",), ("demo",), ("--no-browser",), ("--show-secret",)),
    (("kubeconfig",), ("demo",), ("--out", "file"), ("--native",)),
    (("kube-token",), ("demo",)),
    (("ls",),),
    (("outputs",), ("demo",), ("--format", "env"), ("--namespace", "x")),
    (("use",), ("demo",)),
    (("doctor",), ("--python", "python3")),
    (("version",),),
    (("schema",),),
    (("help",), ("runtime",), ("info",)),
    (("runtime",), ("install",), ("--examples",)),
    (("runtime",), ("info",), ("--python", "python3")),
)


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its full name, hidden ones too."""
    children = getattr(command, "commands", {})
    for key, child in children.items():
        yield from leaves(child, f"{name} {key}".strip())
    if not children:
        yield name, command


PROGRAM: Any = typer.main.get_command(app)
NAMES = [name for name, _ in leaves(PROGRAM)]


@functools.cache
def recorder() -> tuple[Any, dict[str, Any]]:
    """The program with commands that only say how they were called, and what they said last."""
    program, found = typer.main.get_command(app), {}

    def record(name: str) -> Callable[..., None]:
        return lambda **values: found.update(command=name, values=values, flags=State.flags, cwd=os.getcwd())

    for name, command in leaves(program):
        command.callback = record(name)
    return program, found


def parsed(words: list[str]) -> dict[str, Any]:
    """What a command line means: command, its values, and the global flags; the command itself is not run."""
    program, found = recorder()
    before = os.getcwd()
    found.clear()
    try:
        program.main(words, "mfinfra", standalone_mode=False)
    finally:
        os.chdir(before)
    return {**found, "as_json": State.console.as_json, "color": State.console.color}


def test_there_is_a_command_line_for_every_command() -> None:
    described = {" ".join(piece[0] for piece in line) for line in COMMAND_LINES}
    assert [name for name in NAMES if not any(f"{line} ".startswith(f"{name} ") for line in described)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_accepts_the_global_flags_behind_it(name: str, tmp_path: Path) -> None:
    line = next(line for line in COMMAND_LINES if " ".join(p[0] for p in line).startswith(name))
    words = [word for piece in line for word in piece]
    found = parsed([*words, "--json", "--no-color", "-C", str(tmp_path)])
    assert found["command"] == name
    assert (found["flags"].as_json, found["flags"].no_color, found["cwd"]) == (True, True, str(tmp_path))


@given(data=st.data())
def test_any_place_of_the_global_flags_gives_the_same_parse(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    line = data.draw(st.sampled_from(COMMAND_LINES))
    flags = data.draw(st.lists(st.sampled_from(("--json", "--no-color", "-C")), unique=True))
    pieces = [(("-C", str(folder)) if flag == "-C" else (flag,)) for flag in flags]
    expected = parsed([word for piece in (*pieces, *line) for word in piece])
    placed = list(line)
    for piece in pieces:
        last = next((place for place, other in enumerate(placed) if other[0] == "--"), len(placed))
        placed.insert(data.draw(st.integers(0, last)), piece)
    assert parsed([word for piece in placed for word in piece]) == expected
    assert expected["as_json"] == ("--json" in flags)


def test_the_folder_that_is_named_last_counts(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    for words in (["-C", one, "ls", "-C", two], ["-C", one, "-C", two, "ls"], ["ls", "-C", one, "-C", two]):
        assert parsed(words)["cwd"] == two


@pytest.mark.parametrize("name", ["", "runtime", *NAMES])
def test_every_help_lists_the_global_options_in_one_section(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "-h"):
        assert PROGRAM.main([*name.split(), option], "mfinfra", standalone_mode=False) == 0
        text = capsys.readouterr().out
        _, _, rest = text.partition("\nGlobal options:\n")
        section = rest.partition("\n\n")[0]
        assert re.findall(r"^  (-\S+)", section, re.M) == ["--json", "--no-color", "-C"]
        assert text.count("--json ") == 1


def test_help_as_a_word_is_the_help_of_a_command(mfinfra: Tool) -> None:
    assert mfinfra("help", "runtime", "info").out == mfinfra("runtime", "info", "--help").out
    assert mfinfra("help").out == mfinfra("-h").out
    call = mfinfra("help", "nothing")
    assert (call.code, "No such command 'nothing'" in call.err) == (2, True)


def test_a_folder_behind_the_command_holds_before_the_stack_file_is_looked_for(mfinfra: Tool, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mfinfra.yaml").write_text("name: found\n")
    for words in (("-C", "there", "status"), ("status", "-C", "there"), ("status", "-Cthere")):
        call = mfinfra(*words)
        assert (call.code, "Stack 'found' was not found on this machine." in call.err) == (4, True), call.text


def test_a_folder_that_cannot_be_entered_is_a_document_wherever_json_stands(mfinfra: Tool) -> None:
    for words in (("-C", "/no/such", "ls", "--json"), ("--json", "ls", "-C", "/no/such")):
        call = mfinfra(*words)
        assert (call.code, json.loads(call.out)["error"]["exit_code"]) == (4, 4)


def test_version_is_a_flag_too(mfinfra: Tool) -> None:
    assert mfinfra("--version") == mfinfra("version")
    assert mfinfra("--version", "--json") == mfinfra("--json", "--version") == mfinfra("version", "--json")


def test_version_of_a_program_that_is_not_installed_is_one_line(tmp_path: Path) -> None:
    """As `version` has it: the source alone, with the libraries, and no distribution of that name."""
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT / 'cli')!r})\n"
        "from pathlib import Path\n"
        "find = Path.glob\n"
        "Path.glob = lambda self, name: () if name == 'mfinfra-*.dist-info' else find(self, name)\n"
        "from mfinfra.__main__ import run\nrun()"
    )
    for word in ("--version", "version"):
        done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (4, "", 2), done.stderr
        assert done.stderr.startswith("Error: mfinfra runs from its source directory")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Tool]:
    """Call the program in this process: a usage error ends before any command starts."""
    before = signal.getsignal(signal.SIGINT)

    def call(*words: str) -> Call:
        monkeypatch.setattr(sys, "argv", ["mfinfra", *words])
        State.command, State.code = None, 0
        with pytest.raises(SystemExit) as ended:
            run()
        return Call(ended.value.code, *capsys.readouterr())  # type: ignore[arg-type]

    yield call
    signal.signal(signal.SIGINT, before)


USAGE_ERRORS = [
    (("frobnicate", "--json"), 2, "No such command 'frobnicate'"),
    (("pln", "--json"), 2, "No such command 'pln'"),
    (("--bogus", "--json", "status"), 2, "No such option: --bogus"),
    (("status", "--bogus", "--json"), 2, "No such option: --bogus"),
    (("up", "--nmae", "x", "--json"), 2, "--name"),
    (("open", "--json"), 2, "Missing argument"),
    (("--json", "open"), 2, "Missing argument"),
    (("use", "a", "b", "--json"), 2, "unexpected extra argument"),
    (("--json", "up", "--name"), 2, "requires an argument"),
    (("status", "--yes=no", "--json"), 2, "--yes"),
    (("--json",), 2, "Missing command."),
    (("runtime", "--json"), 2, "Missing command."),
    (("--json", "runtime"), 2, "Missing command."),
    (("runtime", "bogus", "--json"), 2, "No such command 'bogus'"),
    (("help", "bogus", "--json"), 2, "No such command 'bogus'"),
    (("runtime", "info", "--bogus", "-C", "/no/such", "--json"), 2, "No such option: --bogus"),
    (("--", "status", "--json", "--bogus"), 2, "No such option: --bogus"),
    (("plan", "--bogus", "--json"), 1, "No such option: --bogus"),
    (("drift", "a", "b", "--json"), 1, "unexpected extra argument"),
    (("--bogus", "plan", "--json"), 1, "No such option: --bogus"),
]


@pytest.mark.parametrize(("words", "code", "message"), USAGE_ERRORS, ids=[" ".join(e[0]) for e in USAGE_ERRORS])
def test_a_usage_error_is_one_json_document(words: tuple[str, ...], code: int, message: str, called: Tool) -> None:
    call = called(*words)
    error = json.loads(call.out)["error"]
    assert (call.code, error.pop("exit_code")) == (code, 2)
    assert re.fullmatch(r"Run: .+ --help", error.pop("hint"))
    assert message in error["message"]
    assert list(error) == ["message"]
    assert "\n" not in error["message"]
    plain = called(*(word for word in words if word != "--json"))
    assert (plain.out, plain.err) == ("", call.err) or message == "Missing command."


def test_the_hint_of_a_usage_error_is_the_help_of_that_command(tmp_path: Path) -> None:
    program = str(Path(sys.executable).parent / "mfinfra")
    call = run_program([program, "runtime", "info", "--bogus", "--json"], tmp_path)
    assert json.loads(call.out)["error"]["hint"] == "Run: mfinfra runtime info --help"
    assert call.err.startswith("Usage: mfinfra runtime info [OPTIONS]\n")


@pytest.mark.parametrize(
    "words",
    [
        ("up", "--name", "--json", "--bogus"),
        ("up", "-yn", "--json", "--bogus"),
        ("-C", "--json", "frobnicate"),
        ("use", "a", "--", "--json"),
        ("status", "--bogus"),
    ],
    ids=" ".join,
)
def test_a_usage_error_without_the_flag_leaves_stdout_empty(words: tuple[str, ...], called: Tool) -> None:
    call = called(*words)
    assert (call.code, call.out) == (2, "")
    assert call.err.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("words", [(), ("runtime",)], ids=["mfinfra", "mfinfra runtime"])
def test_no_command_shows_the_help(words: tuple[str, ...], called: Tool) -> None:
    call = called(*words)
    assert (call.code, call.out) == (2, "")
    assert call.err == called(*words, "--help").out


def test_completion_offers_the_global_flags_behind_a_command() -> None:
    program = Path(sys.executable).parent / "mfinfra"
    for words, expected in (
        ("mfinfra status --", {"--json", "--no-color", "--help"}),
        ("mfinfra runtime info --js", {"--json"}),
        ("mfinfra status --json --no", {"--no-color"}),
        ("mfinfra --", {"--version", "--json"}),
        ("mfinfra runtime --json in", {"install", "info"}),
    ):
        env = {"_MFINFRA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run([str(program)], env={**os.environ, **env}, capture_output=True, text=True)
        assert expected <= set(done.stdout.split()), (words, done.stdout, done.stderr)


def piped(line: str, cwd: Path, unbuffered: str) -> Call:
    return run_program(["bash", "-c", f"{sys.executable} -m mfinfra {line}"], cwd, PYTHONUNBUFFERED=unbuffered)


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_into_a_closed_pipe_ends_quietly(unbuffered: str, tmp_path: Path) -> None:
    for words in ("--help", "status --bogus --json", "schema --json"):
        call = piped(f"{words} | true", tmp_path, unbuffered)
        assert not re.search("Traceback|Exception ignored|unexpected", call.err), (words, call.err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    call = piped("version > /dev/full", tmp_path, unbuffered="")
    assert (call.code, call.err) == (1, "Error: The output cannot be written: No space left on device.\n")
