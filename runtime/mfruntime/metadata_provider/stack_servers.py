"""Starts the processes of a stack on this machine, for example after a reboot: the servers of a local stack, or the
tunnel to a cluster.

A profile contains the name of its stack. If its service should be on this machine, but nothing listens on the port,
`mfinfra start STACK` is tried once: a fixed command with a validated name, so that settings cannot inject another one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from ..settings import Settings

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_HOSTS = ("127.0.0.1", "localhost", "::1")
_SECONDS = 90.0


def server_starter(settings: Settings, url: str) -> Callable[[], None] | None:
    """A function that starts the service at `url`, or the tunnel to it; None for a service on another machine."""
    stack = settings.get("MFINFRA_STACK")
    if stack is None or not _NAME.fullmatch(stack) or urlsplit(url).hostname not in _HOSTS:
        return None
    return lambda: _start(stack)


def _start(stack: str) -> None:
    """Start the processes of a stack. Errors are ignored: the next request then fails with the cause."""
    command = _command()
    if command is None:
        return
    sys.stderr.write(f"The metadata service of stack '{stack}' is not running. Starting it: mfinfra start {stack}\n")
    try:
        subprocess.run(
            [*command, "start", stack], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def _command() -> list[str] | None:
    import importlib.util

    if importlib.util.find_spec("mfinfra") is not None:
        return [sys.executable, "-m", "mfinfra"]
    path = shutil.which("mfinfra")
    return None if path is None else [path]
