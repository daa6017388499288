"""Starting what a stack keeps running on this machine, as after a restart of it: the servers of a local stack, or the
tunnel to a cluster.

A profile names its stack. Where its service should be on this machine and nothing listens there, `mfinfra start STACK`
is tried once: a fixed command with a checked name, so that no setting can make it another.
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


def waker(settings: Settings, url: str) -> Callable[[], None] | None:
    """What starts the service at `url`, or the tunnel to it; None for one that is not on this machine."""
    stack = settings.get("MFINFRA_STACK")
    if stack is None or not _NAME.fullmatch(stack) or urlsplit(url).hostname not in _HOSTS:
        return None
    return lambda: _start(stack)


def _start(stack: str) -> None:
    """It fails quietly: the request that follows then tells what is wrong."""
    command = _command()
    if command is None:
        return
    sys.stderr.write(f"Nothing of the stack '{stack}' listens on this machine; starting it.\n")
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
