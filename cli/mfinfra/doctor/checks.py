"""`doctor`: everything on this machine that decides whether flows run, looked at without changing anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..console import Console
from ..errors import DoctorFoundProblems, MfinfraError
from ..machine import profile, record
from ..runtime.install import NEWEST_PYTHON, Environment, is_current, look

_LOW_SPACE = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `level` is ok, note or problem; `hint` is what to type about a problem."""

    check: str
    level: str
    text: str
    hint: str | None = None


def examine(python: str) -> list[Finding]:
    """Look at everything, in the order in which things depend on each other."""
    return [*_environment(python), *(_guarded(name, check) for name, check in _CHECKS.items())]


def raise_problems(findings: list[Finding]) -> None:
    """Raise DoctorFoundProblems where there are any."""
    problems = [f for f in findings if f.level == "problem"]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise DoctorFoundProblems(f"{count} found: {problems[0].text}", problems[0].hint)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except MfinfraError as exc:
        return Finding(name, "problem", exc.message, exc.hint)


def _environment(python: str) -> list[Finding]:
    try:
        found = look(python)
    except MfinfraError as exc:
        return [Finding("python", "problem", exc.message, exc.hint)]
    return [_python(found), *([_runtime(found), _stock(found)] if found.is_supported else [])]


def _python(found: Environment) -> Finding:
    text = f"Python {found.python_version} ({found.python})"
    if not found.is_supported:
        return Finding("python", "problem", f"{text}: the runtime needs 3.10 or newer.", "Name another with --python.")
    newer = tuple(int(part) for part in found.python_version.split(".")[:2]) > NEWEST_PYTHON
    return (
        Finding("python", "note", f"{text} is newer than what was tested") if newer else Finding("python", "ok", text)
    )


def _runtime(found: Environment) -> Finding:
    install = f"Type: mfinfra runtime install --python {found.python}"
    if found.version is None:
        return Finding("runtime", "problem", f"The runtime is not installed in {found.python}.", install)
    if found.missing:
        return Finding("runtime", "problem", f"The runtime lacks what it needs: {', '.join(found.missing)}.", install)
    if not is_current(found):
        text = f"The runtime {found.version} in {found.path} is not the one that belongs to this mfinfra."
        return Finding("runtime", "problem", text, install)
    return Finding("runtime", "ok", f"mfruntime {found.version} in {found.path}")


def _stock(found: Environment) -> Finding:
    if found.metaflow is None:
        return Finding("metaflow", "ok", "stock Metaflow is not installed here; it is not needed")
    return Finding("metaflow", "note", f"stock Metaflow {found.metaflow} is installed too; it reads the same profiles")


def _stacks() -> Finding:
    damaged = record.damaged()
    if damaged:
        hint = f"Type: mfinfra up --name {damaged[0]}"
        return Finding("stacks", "problem", f"The record is damaged of: {', '.join(damaged)}.", hint)
    stacks = record.every()
    if not stacks:
        return Finding("stacks", "note", "There is no stack yet.", "Type: mfinfra up")
    unready = [s.name for s in stacks if s.state != "ready"]
    if unready:
        return Finding(
            "stacks", "problem", f"Not ready: {', '.join(unready)}.", f"Type: mfinfra up --name {unready[0]}"
        )
    return Finding("stacks", "ok", ", ".join(s.name for s in stacks))


def _profile() -> Finding:
    path, named = profile.in_force(), os.environ.get("METAFLOW_PROFILE")
    content = profile.read(path)
    if content is None and named:
        hint = "Type: unset METAFLOW_PROFILE"
        return Finding("profile", "problem", f"METAFLOW_PROFILE names {path}, which does not exist.", hint)
    if content is None:
        known = record.every()
        hint = f"Type: mfinfra use {known[0].name}" if known else "Type: mfinfra up"
        return Finding("profile", "note", f"No profile is in force: {path} does not exist.", hint)
    stack = content.get(profile.MARKER)
    if stack is None:
        return Finding("profile", "ok", f"{path} (not written by mfinfra)")
    if stack not in {s.name for s in record.every()}:
        hint = f"Type: mfinfra up --name {stack}"
        return Finding("profile", "problem", f"{path} leads to the stack '{stack}', which is not there.", hint)
    return Finding("profile", "ok", f"{path} (stack {stack})")


def _overrides() -> Finding:
    harmless = ("METAFLOW_PROFILE", "METAFLOW_HOME", "METAFLOW_USER")
    names = sorted(n for n in os.environ if n.startswith("METAFLOW_") and n not in harmless)
    if names:
        text = f"Environment variables override the profile: {', '.join(names)}."
        return Finding("environment", "note", text, f"Type: unset {' '.join(names)}")
    return Finding("environment", "ok", "no variable overrides the profile")


def _project_file() -> Finding:
    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / ".metaflow" / "config.json"
        if path.is_file():
            return Finding("project", "note", f"{path} overrides the profile for flows started below {folder}.")
    return Finding("project", "ok", "no project file overrides the profile")


def _data() -> Finding:
    for stack in record.every():
        problem = _data_problem(stack.name, Path(stack.data_folder))
        if problem is not None:
            return problem
    return Finding("data", "ok", "data folders are there and writable")


def _data_problem(name: str, folder: Path) -> Finding | None:
    if not folder.is_dir():
        return Finding("data", "problem", f"The data folder {folder} is gone.", f"Type: mfinfra up --name {name}")
    if not os.access(folder, os.W_OK):
        return Finding("data", "problem", f"The data folder {folder} is not writable.", f"Type: chmod u+w {folder}")
    free = shutil.disk_usage(folder).free
    if free < _LOW_SPACE:
        return Finding("data", "problem", f"Only {free / 1e6:,.0f} MB are free at {folder}.", "Free some space.")
    return None


def _platform() -> Finding:
    if os.name == "nt":
        text = "On Windows the client works; running flows does not."
        return Finding("platform", "problem", text, "Use the Windows Subsystem for Linux to run flows.")
    return Finding("platform", "ok", sys.platform)


def terminal(console: Console) -> Finding:
    """Whether a person can be asked here, and how results look."""
    if not console.is_terminal:
        return Finding("terminal", "ok", "none: nothing is asked, tables come tab-separated")
    return Finding("terminal", "ok", "with colours" if console.color else "without colours")


_CHECKS: dict[str, Callable[[], Finding]] = {
    "stacks": _stacks,
    "profile": _profile,
    "environment": _overrides,
    "project": _project_file,
    "data": _data,
    "platform": _platform,
}
