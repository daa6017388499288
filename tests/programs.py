"""Programs that tests call, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Call:
    """A finished program: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def end_servers(home: Path) -> None:
    """End what stacks in a home keep running in the background."""
    from mfinfra.machine.supervisor import control

    for folder in home.rglob("mfinfra/stacks/*/services"):
        control.stop(folder)


def run_program(argv: list[str], cwd: Path, **environment: str) -> Call:
    done = subprocess.run(argv, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)
    return Call(done.returncode, done.stdout, done.stderr)
