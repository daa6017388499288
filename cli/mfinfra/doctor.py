"""`doctor`: everything on this machine that decides whether flows run, looked at without changing anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import process, profile, record, runtime_install
from .errors import MfinfraError

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
    checks: list[Callable[[str], Finding]] = [
        _python, _runtime, _stacks, _profile, _overrides, _project_file, _data_folder, _stock, _platform,
    ]  # fmt: skip
    return [_guarded(check, python) for check in checks]


def _guarded(check: Callable[[str], Finding], python: str) -> Finding:
    try:
        return check(python)
    except MfinfraError as exc:
        return Finding(check.__name__.strip("_"), "problem", exc.message, exc.hint)


def _python(python: str) -> Finding:
    found = runtime_install.probe(python)
    version = str(found["python_version"])
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if not numbers >= (3, 10):
        hint = "Name a newer one with --python."
        return Finding("python", "problem", f"{python} is Python {version}; 3.10 to 3.13 are supported.", hint)
    level = "ok" if numbers <= (3, 13) else "note"
    return Finding("python", level, f"Python {version} ({python})")


def _runtime(python: str) -> Finding:
    found = runtime_install.installed(python)
    if found is None:
        return Finding(
            "runtime", "problem", f"The runtime is not installed in {python}.", "Type: mfinfra runtime install"
        )
    return Finding("runtime", "ok", f"mfruntime {found.version} in {found.path}")


def _stacks(python: str) -> Finding:
    stacks = record.every()
    if not stacks:
        return Finding("stacks", "note", "There is no stack yet.", "Type: mfinfra up")
    unready = [s.name for s in stacks if s.state != "ready"]
    if unready:
        return Finding(
            "stacks", "problem", f"Not ready: {', '.join(unready)}.", f"Type: mfinfra up --name {unready[0]}"
        )
    return Finding("stacks", "ok", ", ".join(s.name for s in stacks))


def _profile(python: str) -> Finding:
    name = os.environ.get("METAFLOW_PROFILE")
    path = profile.path_of(name) if name and name.islower() else profile.default_path()
    if name and not name.islower():
        path = profile.default_path().with_name(f"config_{name}.json")
    content = profile.read(path)
    if content is None:
        if name:
            hint = f"Type: unset METAFLOW_PROFILE, or: mfinfra up --name {name}"
            return Finding("profile", "problem", f"METAFLOW_PROFILE names {path}, which does not exist.", hint)
        return Finding("profile", "note", f"No profile is in force ({path} does not exist).", "Type: mfinfra up")
    stack = content.get(profile.MARKER)
    return Finding("profile", "ok", f"{path}" + (f" (stack {stack})" if stack else " (not written by mfinfra)"))


def _overrides(python: str) -> Finding:
    names = sorted(
        n for n in os.environ if n.startswith("METAFLOW_") and n not in ("METAFLOW_PROFILE", "METAFLOW_HOME")
    )
    if names:
        text = f"Environment variables override the profile: {', '.join(names)}."
        return Finding("environment", "note", text, f"Type: unset {' '.join(names)}")
    return Finding("environment", "ok", "no variable overrides the profile")


def _project_file(python: str) -> Finding:
    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / ".metaflow" / "config.json"
        if path.is_file():
            return Finding("project", "note", f"{path} overrides the profile for flows started below {folder}.")
    return Finding("project", "ok", "no project file overrides the profile")


def _data_folder(python: str) -> Finding:
    for stack in record.every():
        folder = Path(stack.data_folder)
        if not folder.is_dir():
            hint = f"Type: mfinfra up --name {stack.name}"
            return Finding("data", "problem", f"The data folder {folder} is gone.", hint)
        if not os.access(folder, os.W_OK):
            return Finding("data", "problem", f"The data folder {folder} is not writable.", f"Type: chmod u+w {folder}")
        free = shutil.disk_usage(folder).free
        if free < _LOW_SPACE:
            return Finding("data", "problem", f"Only {free / 1e6:,.0f} MB are free at {folder}.", "Free some space.")
    return Finding("data", "ok", "data folders are there and writable")


def _stock(python: str) -> Finding:
    done = process.run([python, "-c", "import importlib.metadata as m; print(m.version('metaflow'))"])
    if done.code != 0:
        return Finding("metaflow", "ok", "stock Metaflow is not installed here; it is not needed")
    return Finding(
        "metaflow", "note", f"stock Metaflow {done.output.strip()} is installed too; it reads the same profiles"
    )


def _platform(python: str) -> Finding:
    if os.name == "nt":
        text = "On Windows the client works; running flows does not."
        return Finding("platform", "problem", text, "Use the Windows Subsystem for Linux to run flows.")
    return Finding("platform", "ok", sys.platform)
