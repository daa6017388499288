"""Developer checks: `python -m tests.check setup|check|test|docs|release`. CONTRIBUTING.md describes them."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
STATIC = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-cache"),
)


class Failed(Exception):
    """A check failed; the message names it."""


def setup(options: argparse.Namespace) -> None:
    """Install mfinfra, the runtime and the test tools into this Python environment. Arguments are passed to pip."""
    run(sys.executable, "-m", "pip", "install", "-q", "-e", ".[test]", "-e", "runtime", *options.arguments)


def check(_: argparse.Namespace) -> None:
    """Run the static checks: ruff, ruff format, mypy and import-linter. Takes less than 30 seconds."""
    started = [(argv, start(*argv)) for argv in STATIC]
    failed = []
    for argv, process in started:
        output = process.communicate()[0]
        sys.stdout.write(f"{'failed' if process.returncode else 'passed'}: {' '.join(argv)}\n")
        if process.returncode:
            sys.stdout.write(output)
            failed.append(" ".join(argv))
    if failed:
        raise Failed("; ".join(failed))


def test(options: argparse.Namespace) -> None:
    """Run the tests of one area, or of all. Arguments are passed to pytest."""
    folder = "tests" if options.area == "all" else f"tests/{options.area}"
    run(sys.executable, "-m", "pytest", folder, *options.arguments)


def docs(options: argparse.Namespace) -> None:
    """Update the generated pages, then run the tests of the docs. Arguments are passed to pytest."""
    run(sys.executable, "docs/generate.py")
    run(sys.executable, "-m", "pytest", "tests/docs", *options.arguments)


def release(_: argparse.Namespace) -> None:
    """Build both distributions into dist/, and run a flow with them in a new virtual environment."""
    version = current_version()
    if f"## [{version}]" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        raise Failed(f"CHANGELOG.md has no section for version {version}")
    shutil.rmtree(DIST, ignore_errors=True)
    for project in (".", "runtime"):
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST, project)
    with tempfile.TemporaryDirectory(prefix="mfinfra-release-") as folder:
        try_wheels(Path(folder), version)


def try_wheels(folder: Path, version: str) -> None:
    """Install the built wheels into a new environment, and use them from outside of the checkout."""
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    wheels = sorted(DIST.glob(f"*-{version}-*.whl"))
    run(programs / "python", "-m", "pip", "install", "-q", *wheels, cwd=folder)
    run(programs / "python", "-m", "pip", "check", cwd=folder)
    run(programs / "mfinfra", "version", cwd=folder)
    flow = ROOT / "examples" / "flows" / "branch_join.py"
    run(programs / "python", flow, "run", cwd=folder, METAFLOW_HOME=str(folder / "profiles"))


def current_version() -> str:
    """The version of both distributions."""
    text = (ROOT / "runtime" / "mfruntime" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.*)"$', text, re.M)
    if not found:
        raise Failed("runtime/mfruntime/version.py has no version")
    return found.group(1)


def areas() -> list[str]:
    """The folders of tests/ that contain tests."""
    return sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py")))


def run(*argv: str | Path, cwd: Path = ROOT, **variables: str) -> None:
    """Print a command and run it. Raises Failed for an exit code other than 0."""
    words = [str(word) for word in argv]
    sys.stderr.write(f"+ {' '.join(words)}\n")
    if subprocess.run(words, cwd=cwd, env={**environment(), **variables}, check=False).returncode:
        raise Failed(" ".join(words))


def start(*argv: str) -> subprocess.Popen[str]:
    """Start a command whose output is read later."""
    return subprocess.Popen(
        argv, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def environment() -> dict[str, str]:
    """The environment variables, with the programs of this Python first on the PATH."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m tests.check", description="Developer checks of mfinfra.")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        if command is test:
            one.add_argument("area", choices=["all", *areas()], metavar="AREA", help=f"all, {', '.join(areas())}")
    return found


def main(argv: list[str]) -> int:
    options, rest = parser().parse_known_args(argv)
    options.arguments = rest
    if rest and options.command in ("check", "release"):
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        next(command for command in COMMANDS if command.__name__ == options.command)(options)
    except Failed as exc:
        sys.stderr.write(f"Failed: {exc}\n")
        return 1
    return 0


#: Each is called with the parsed options; `arguments` are those that the command passes on.
COMMANDS = (setup, check, test, docs, release)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
