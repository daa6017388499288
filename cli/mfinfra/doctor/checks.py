"""`doctor`: read-only checks of this machine for problems that stop flows from running."""

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
    """The result of one check. `level` is ok, note or problem; `hint` is the next command for a problem."""

    check: str
    level: str
    text: str
    hint: str | None = None


def examine(python: str) -> list[Finding]:
    """Run all checks, in the order of their dependencies."""
    return [*_environment(python), *(_guarded(name, check) for name, check in _CHECKS.items())]


def raise_problems(findings: list[Finding]) -> None:
    """Raise DoctorFoundProblems if a check found a problem."""
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
        return Finding(
            "python", "problem", f"{text}: the runtime needs 3.10 or newer.", "Select another one with --python"
        )
    newer = tuple(int(part) for part in found.python_version.split(".")[:2]) > NEWEST_PYTHON
    return (
        Finding("python", "note", f"{text} is newer than the tested versions")
        if newer
        else Finding("python", "ok", text)
    )


def _runtime(found: Environment) -> Finding:
    install = f"Run: mfinfra runtime install --python {found.python}"
    if found.version is None:
        return Finding("runtime", "problem", f"The runtime is not installed in {found.python}.", install)
    if found.missing:
        return Finding(
            "runtime", "problem", f"Dependencies of the runtime are missing: {', '.join(found.missing)}.", install
        )
    if not is_current(found):
        text = f"The runtime {found.version} in {found.path} is not the version of this mfinfra."
        return Finding("runtime", "problem", text, install)
    return Finding("runtime", "ok", f"mfruntime {found.version} in {found.path}")


def _stock(found: Environment) -> Finding:
    if found.metaflow is None:
        return Finding("metaflow", "ok", "stock Metaflow is not installed; it is not required")
    return Finding("metaflow", "note", f"stock Metaflow {found.metaflow} is installed too; it reads the same profiles")


def _stacks() -> Finding:
    corrupt = record.corrupt_names()
    if corrupt:
        hint = f"Run: mfinfra up --name {corrupt[0]}"
        return Finding("stacks", "problem", f"Corrupt records of stacks: {', '.join(corrupt)}.", hint)
    stacks = record.every()
    if not stacks:
        return Finding("stacks", "note", "No stacks exist yet.", "Run: mfinfra up")
    unready = [s.name for s in stacks if s.state != "ready"]
    if unready:
        return Finding("stacks", "problem", f"Not ready: {', '.join(unready)}.", f"Run: mfinfra up --name {unready[0]}")
    return Finding("stacks", "ok", ", ".join(s.name for s in stacks))


def _profile() -> Finding:
    path, named = profile.in_force(), os.environ.get("METAFLOW_PROFILE")
    content = profile.read(path)
    if content is None and named:
        hint = "Run: unset METAFLOW_PROFILE"
        return Finding("profile", "problem", f"METAFLOW_PROFILE names {path}, which does not exist.", hint)
    if content is None:
        known = record.every()
        hint = f"Run: mfinfra use {known[0].name}" if known else "Run: mfinfra up"
        return Finding("profile", "note", f"No profile is active: {path} does not exist.", hint)
    stack = content.get(profile.MARKER)
    if stack is None:
        return Finding("profile", "ok", f"{path} (not written by mfinfra)")
    if stack not in {s.name for s in record.every()}:
        hint = f"Run: mfinfra up --name {stack}"
        return Finding("profile", "problem", f"{path} is the profile of stack '{stack}', which does not exist.", hint)
    return Finding("profile", "ok", f"{path} (stack {stack})")


def _overrides() -> Finding:
    harmless = ("METAFLOW_PROFILE", "METAFLOW_HOME", "METAFLOW_USER")
    names = sorted(n for n in os.environ if n.startswith("METAFLOW_") and n not in harmless)
    if names:
        text = f"Environment variables override the profile: {', '.join(names)}."
        return Finding("environment", "note", text, f"Run: unset {' '.join(names)}")
    return Finding("environment", "ok", "no environment variable overrides the profile")


def _project_file() -> Finding:
    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / ".metaflow" / "config.json"
        if path.is_file():
            return Finding(
                "project", "note", f"{path} overrides the profile for flows that are started in or below {folder}."
            )
    return Finding("project", "ok", "no project file overrides the profile")


def _data() -> Finding:
    for stack in record.every():
        problem = _data_problem(stack.name, Path(stack.data_folder))
        if problem is not None:
            return problem
    return Finding("data", "ok", "data directories exist and are writable")


def _data_problem(name: str, folder: Path) -> Finding | None:
    if not folder.is_dir():
        return Finding(
            "data", "problem", f"The data directory {folder} does not exist.", f"Run: mfinfra up --name {name}"
        )
    if not os.access(folder, os.W_OK):
        return Finding("data", "problem", f"The data directory {folder} is not writable.", f"Run: chmod u+w {folder}")
    free = shutil.disk_usage(folder).free
    if free < _LOW_SPACE:
        return Finding("data", "problem", f"Only {free / 1e6:,.0f} MB are free in {folder}.", "Free disk space")
    return None


def _platform() -> Finding:
    if os.name == "nt":
        text = "On Windows, the client works, but flows cannot run."
        return Finding("platform", "problem", text, "Use the Windows Subsystem for Linux to run flows")
    return Finding("platform", "ok", sys.platform)


def terminal(console: Console) -> Finding:
    """Whether the terminal is interactive, and the format of results."""
    if not console.is_terminal:
        return Finding("terminal", "ok", "not interactive: no prompts, tables are tab-separated")
    return Finding("terminal", "ok", "with colors" if console.color else "without colors")


_CHECKS: dict[str, Callable[[], Finding]] = {
    "stacks": _stacks,
    "profile": _profile,
    "environment": _overrides,
    "project": _project_file,
    "data": _data,
    "platform": _platform,
}
