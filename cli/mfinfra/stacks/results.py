"""What the commands on a stack give back, and the command to run next."""

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


#: What may lie where `up` was called, the more telling first, and whether it needs what the examples need.
_EXAMPLES = (("examples/flows/train_digits.py", True), ("examples/flows/hello.py", False))


@dataclass(frozen=True)
class Up:
    """The result of `up`; `next_command` is what to type now."""

    stack: Record
    profile: Profile
    runtime: Installed
    smoke_run: SmokeRun | None
    next_command: str


@dataclass(frozen=True)
class Down:
    """The result of `down`: what is still there, as paths or as the cloud calls it; stacks to use now."""

    name: str
    left: tuple[str, ...]
    others: tuple[str, ...] = ()


def server_document(server: Server, one: ServerState | None) -> dict[str, Any]:
    """A server and how it is doing."""
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
    """The command that runs a flow through the stack from here, by what that Python has."""
    here = (flow for flow, needs in _EXAMPLES if os.path.isfile(flow) and (has_examples or not needs))
    command = f"{_as_typed(python)} {next(here, 'your_flow.py')} run"
    return command if is_default else f"METAFLOW_PROFILE={name} {command}"


def _as_typed(python: str) -> str:
    """`python` where the shell finds this one under that name."""
    found = which("python")
    if found and os.path.abspath(os.path.dirname(found)) == os.path.dirname(python):
        return "python"
    return shown(python) if shlex.quote(python) == python else shlex.quote(python)
