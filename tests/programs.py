"""Programs that tests call, and what they leave behind."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
_SECONDS = 300
#: What an interpreter reads when it starts, too late for one that is forked.
_READ_AT_START = ("PYTHON", "LC_", "LANG")


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
    done = subprocess.run(
        argv, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=_SECONDS
    )
    return Call(done.returncode, done.stdout, done.stderr)


def run_mfinfra(arguments: Sequence[str], cwd: Path, **environment: str) -> Call:
    """As `run_program` of `python -m mfinfra`, forked from an interpreter that has the program's modules loaded."""
    if any(name.startswith(_READ_AT_START) for name in environment):
        return run_program([sys.executable, "-m", "mfinfra", *arguments], cwd, **environment)
    request = {"arguments": arguments, "cwd": str(cwd), "env": {**os.environ, **environment}}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, open(os.devnull) as nothing:
        code = _forked(request, nothing, out, err)
        out.seek(0)
        err.seek(0)
        return Call(code, out.read(), err.read())


def _forked(request: dict[str, object], *files: IO[str]) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(_forkserver())
        text = json.dumps(request).encode()
        connection.sendall(len(text).to_bytes(4, "big"))
        sent = socket.send_fds(connection, [text], [file.fileno() for file in files])
        connection.sendall(text[sent:])
        with connection.makefile() as answer:
            pid = int(answer.readline())
            try:
                return int(answer.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise


@functools.cache
def _forkserver() -> str:
    """The socket of this process's server, which ends with it."""
    folder, owner = tempfile.mkdtemp(prefix="mff"), os.getpid()  # sockets need short paths
    argv = [sys.executable, "-m", "tests.forkserver", f"{folder}/s"]
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        if os.getpid() == owner:  # a child that a test forks comes here too
            process.communicate(timeout=10)
            shutil.rmtree(folder)

    atexit.register(end)
    return f"{folder}/s"
