"""Starts `mfinfra` as a process of its own, but with its imports done: most of what a short command takes is those.

    python -m tests.forkserver SOCKET

loads the program once and forks for each request. What a fresh interpreter imports, and that it can, is seen by the
tests in tests/cli and tests/architecture, which start one. Ends when its standard input does.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile
from typing import Any

#: What commands import when they first need it. Nothing with threads (grpc), which do not survive a fork.
LIBRARIES = ("boto3", "botocore.signers", "jinja2", "python_terraform", "questionary", "requests", "rich.table")
#: Programs for the flows' Python and for processes of their own.
_APART = ("mfinfra.runtime.smoke", "mfinfra.runtime.inside")


def load() -> None:
    import mfinfra

    for module in pkgutil.walk_packages(mfinfra.__path__, "mfinfra."):
        if not module.name.startswith(_APART) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()


def serve(listener: socket.socket) -> dict[str, Any]:
    """Returns in the process of each program, with what it shall do."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            os._exit(0)
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            return _program(connection)
        connection.close()


def _program(connection: socket.socket) -> dict[str, Any]:
    """Returns in the program; its parent waits for its end and tells it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size = int.from_bytes(connection.recv(4), "big")
    text, fds, _, _ = socket.recv_fds(connection, 1, 3)
    while len(text) < size:
        text += connection.recv(size - len(text))
    pid = os.fork()
    if pid:
        connection.sendall(f"{pid}\n".encode())
        connection.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
        os._exit(0)
    connection.close()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    found: dict[str, Any] = json.loads(text)
    return found


def become(request: dict[str, Any]) -> None:
    """As `python -m mfinfra` in that folder and environment."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    tempfile.tempdir = None
    sys.path[0] = request["cwd"]
    sys.argv = ["mfinfra", *request["arguments"]]
    runpy.run_module("mfinfra", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    load()
    with socket.socket(socket.AF_UNIX) as found:
        found.bind(sys.argv[1])
        found.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        wanted = serve(found)
    become(wanted)
