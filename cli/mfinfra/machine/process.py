"""The only place that starts other programs. Arguments are lists; no shell ever sees them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import MfinfraError

_GRACE_SECONDS = 10
#: A program that was started and goes on by itself.
Program: TypeAlias = "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Finished:
    """How a program ended; `output` is its stdout and stderr as one text where they were not kept apart."""

    code: int
    output: str
    errors: str = ""

    @property
    def tail(self) -> str:
        """The last lines, for an error message."""
        lines = [line for line in (self.output + self.errors).strip().splitlines() if line.strip()]
        return "\n  ".join(lines[-8:])


def run(argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None) -> Finished:
    """Run a program to its end, keeping stdout and stderr apart."""
    try:
        done = subprocess.run(
            list(argv), env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
    except OSError as exc:
        raise MfinfraError(f"{argv[0]} cannot be started: {exc.strerror or exc}.") from exc
    return Finished(done.returncode, done.stdout, done.stderr)


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    patient: bool = False,
) -> Finished:
    """Run a program, handing on each line as it comes. On Ctrl-C it is ended too, and waited for.

    `patient` is for programs that must not be cut short: Ctrl-C reaches them once, by us, and they are waited for
    however long they need to save what they did; what they say meanwhile is handed on.
    """
    try:
        process = subprocess.Popen(
            list(argv),
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=patient,
        )
    except OSError as exc:
        raise MfinfraError(f"{argv[0]} cannot be started: {exc.strerror or exc}.") from exc
    lines: list[str] = []
    with process:
        try:
            code = _followed(process, lines, on_line)
        except BaseException:
            if patient:
                process.send_signal(signal.SIGINT)
                _followed(process, lines, on_line)
            else:
                end(process, signal.SIGTERM, _GRACE_SECONDS)
            raise
    return Finished(code, "".join(lines))


def started(argv: Sequence[str], log: Path, env: Mapping[str, str], cwd: str) -> Program:
    """Start a program in a session of its own, what it says added to a log, and leave it to the caller."""
    try:
        with open(log, "ab") as out:
            return subprocess.Popen(
                list(argv), env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
    except OSError as exc:
        raise MfinfraError(f"{argv[0]} cannot be started: {exc.strerror or exc}.") from exc


def detached(argv: Sequence[str], log: Path, env: Mapping[str, str], cwd: str) -> None:
    """Start a program that outlives this one and its terminal."""
    program = started(argv, log, env, cwd)
    program.returncode = 0  # nobody waits for it


def born(pid: int) -> str | None:
    """When a process began, as the system tells it: with its number that names one for good. None: it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if os.path.isdir("/proc/self"):
            return None
        return _born_by_ps(pid)
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _born_by_ps(pid: int) -> str | None:
    done = run(["ps", "-o", "lstart=", "-p", str(pid)])
    return done.output.strip() or None


def _followed(process: subprocess.Popen[str], lines: list[str], on_line: Callable[[str], None]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        on_line(line.rstrip("\n"))
    return process.wait()


def end(process: subprocess.Popen[Any], number: signal.Signals, seconds: float) -> None:
    """Ask a program to end, wait for it, then insist."""
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
