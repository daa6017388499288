"""The smoke test: a small flow runs on the stack, with the profile that `up` wrote, and its result is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import SmokeTestFailed
from ..machine import process
from ..machine.paths import make_folder, profiles_home, write_text

_SMOKE = Path(__file__).parent / "smoke"


@dataclass(frozen=True)
class SmokeRun:
    """A successful run of the smoke flow."""

    run: str
    seconds: float


def environment(stack: str) -> dict[str, str]:
    """The environment of this process, with the profile of the stack and without variables that override it."""
    kept = {k: v for k, v in os.environ.items() if k == "METAFLOW_USER" or not k.startswith(("METAFLOW_", "MFINFRA_"))}
    return {**kept, "METAFLOW_HOME": str(profiles_home()), "METAFLOW_PROFILE": stack}


def run(stack: str, python: str, log_folder: Path, **settings: str) -> SmokeRun:
    """Run the smoke flow and read its result; `settings` override the profile. Raises SmokeTestFailed with the last
    lines of output."""
    import time

    make_folder(log_folder)
    run_id_file = log_folder / "smoke.run_id"
    log = log_folder / "smoke.log"
    env, began = {**environment(stack), **settings}, time.monotonic()
    argv = [python, str(_SMOKE / "flow.py"), "run", "--run-id-file", str(run_id_file)]
    done = process.stream(argv, lambda _: None, env=env, cwd=str(log_folder))
    write_text(log, done.output)
    if done.code != 0:
        raise SmokeTestFailed(f"The smoke flow failed (log: {log}):\n  {done.tail}", hint="Run: mfinfra doctor")
    run_id = _written(run_id_file)
    read = process.run([python, str(_SMOKE / "read.py"), run_id], env=env, cwd=str(log_folder))
    if read.code != 0:
        raise SmokeTestFailed(f"The smoke flow ran, but its result cannot be read:\n  {read.tail}")
    return SmokeRun(f"SmokeFlow/{run_id}", time.monotonic() - began)


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise SmokeTestFailed(f"The smoke flow ran, but {path} does not contain its run ID: {exc.strerror}.") from exc


def forget(log_folder: Path) -> None:
    """Delete the directory that `run` created. A symbolic link is kept."""
    import shutil

    if log_folder.is_dir() and not log_folder.is_symlink():
        shutil.rmtree(log_folder, ignore_errors=True)
