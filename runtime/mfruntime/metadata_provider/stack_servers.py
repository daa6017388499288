"""The metadata service of a stack on this machine: the server of a local stack, or the tunnel to a cluster.

A profile contains the name of its stack. If the service of the stack does not listen on the port in the profile, for
example after a reboot, or because another program uses the port, `mfinfra start STACK` is run: a fixed command with a
validated name, so that settings cannot inject another one. If necessary it selects another port, and writes it to the
profile.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

from .. import settings as all_settings
from ..errors import MetaflowException
from ..settings import Settings

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_HOSTS = ("127.0.0.1", "localhost", "::1")
_SECONDS = 90.0
_URL = "METAFLOW_SERVICE_URL"


class StackService:
    """The metadata service of one stack."""

    def __init__(self, stack: str, has_profile: bool):
        self.stack, self._has_profile = stack, has_profile

    @property
    def hint(self) -> str:
        return f"Run: mfinfra start {self.stack}"

    def url(self) -> str | None:
        """The URL in the profile, which another process can have changed."""
        try:
            return all_settings.load().get(_URL) if self._has_profile else None
        except MetaflowException:
            return None

    def start(self, problem: str) -> None:
        """Start the processes of the stack. Errors are ignored: the next request then fails with the cause."""
        command = _command()
        if command is None:
            return
        sys.stderr.write(
            f"The metadata service of stack '{self.stack}' {problem}. Starting it: mfinfra start {self.stack}\n"
        )
        detached = {**os.environ, "MFINFRA_DETACHED": "1"}  # its servers outlive a run whose task starts them
        try:
            subprocess.run(
                [*command, "start", self.stack],
                env=detached,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return


def stack_service(settings: Settings, url: str) -> StackService | None:
    """The service of a stack at `url`, or the tunnel to it; None for a service on another machine."""
    stack = settings.get("MFINFRA_STACK")
    if stack is None or not _NAME.fullmatch(stack) or urlsplit(url).hostname not in _HOSTS:
        return None
    return StackService(stack, settings.get(_URL) == url and settings.source(_URL) != "environment")


def _command() -> list[str] | None:
    import importlib.util

    if importlib.util.find_spec("mfinfra") is not None:
        return [sys.executable, "-m", "mfinfra"]
    path = shutil.which("mfinfra")
    return None if path is None else [path]
