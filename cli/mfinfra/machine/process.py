"""The only module that starts other programs. Arguments are lists; no shell is used."""

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
#: A program that was started and continues in the background.
Program: TypeAlias = "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Finished:
    """The result of a program; `output` contains stdout and stderr together unless they were captured separately."""

    code: int
    output: str
    errors: str = ""

    @property
    def tail(self) -> str:
        """The last lines, for an error message."""
        lines = [line for line in (self.output + self.errors).strip().splitlines() if line.strip()]
        return "\n  ".join(lines[-8:])


def run(argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None) -> Finished:
    """Run a program to its end, with stdout and stderr captured separately."""
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
    """Run a program and pass on each line as it is printed. Ctrl-C stops it too, and waits for it.

    `patient` is for programs that must not be killed: Ctrl-C sends them one signal, then waits without a limit until
    they have saved their work, and still passes on their output.
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
    """Start a program in a new session, with its output appended to a log. The caller must wait for it."""
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
    program.returncode = 0  # no process waits for it


def born(pid: int) -> str | None:
    """The start time of a process, which identifies it together with its PID. None if the process does not exist."""
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
    """Send a signal to a program and wait; kill it if it does not end."""
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
