"""The results of commands on a stack, and the command to run next."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from shutil import which
from typing import TYPE_CHECKING, Any

from ..machine.paths import shown

if TYPE_CHECKING:
    from ..machine.profile import Profile
    from ..machine.record import Record
    from ..machine.supervisor.spec import Server
    from ..machine.supervisor.state import ServerState
    from ..runtime.install import Installed
    from ..runtime.smoke_test import SmokeRun


STATUS_VERSION = 1


#: Example flows to suggest after `up`, the preferred one first, and whether they need the packages for examples.
_EXAMPLES = (("examples/flows/train_digits.py", True), ("examples/flows/hello.py", False))


@dataclass(frozen=True)
class Up:
    """The result of `up`; `next_command` is the command to run next."""

    stack: Record
    profile: Profile
    runtime: Installed
    smoke_run: SmokeRun | None
    next_command: str


@dataclass(frozen=True)
class Down:
    """The result of `down`: what remains, as paths or resource names, and the other stacks if there is no default."""

    name: str
    left: tuple[str, ...]
    others: tuple[str, ...] = ()


def server_document(server: Server, one: ServerState | None) -> dict[str, Any]:
    """A server and its status."""
    return {
        "name": server.name,
        "address": server.address,
        "state": "stopped" if one is None else one.state,
        "pid": None if one is None else one.pid,
        "since": None if one is None else one.since,
        "restarts": 0 if one is None else one.restarts,
        "last_end": None if one is None else one.ended,
    }


def next_command(is_default: bool, name: str, python: str, has_examples: bool) -> str:
    """The command that runs a flow on the stack: an example if it exists and that Python has its packages."""
    here = (flow for flow, needs in _EXAMPLES if os.path.isfile(flow) and (has_examples or not needs))
    command = f"{_python_command(python)} {next(here, 'your_flow.py')} run"
    return command if is_default else f"METAFLOW_PROFILE={name} {command}"


def _python_command(python: str) -> str:
    """`python` if the shell finds this Python under that name, else its path."""
    found = which("python")
    if found and os.path.abspath(os.path.dirname(found)) == os.path.dirname(python):
        return "python"
    return shown(python) if shlex.quote(python) == python else shlex.quote(python)
