"""The tunnels of a stack: one background process for all of them, run by the same supervisor as the servers of local
stacks.

The process inherits the credentials for the cloud from this one: they are in its memory, and in no file.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ..machine import record
from ..machine.record import Record
from ..machine.supervisor import control, ports, spec
from ..machine.supervisor.spec import Server
from ..machine.supervisor.state import ServerState
from ..stackfile.schema import StackConfig
from . import services
from .access import cluster_of

FOLDER = "services"
NAME = "tunnel"
#: Service -> setting. METAFLOW_UI_URL is not one of them: stock clients put it into the notifications of a workflow,
#: whose recipients use other machines.
_SETTINGS = {"metadata": "METAFLOW_SERVICE_URL", "argo": "METAFLOW_ARGO_WORKFLOWS_UI_URL"}
#: Environment variables with credentials and endpoints of clouds.
CREDENTIALS = ("AWS_", "AZURE_", "GOOGLE_", "ARM_", "CLOUDSDK_", "MFINFRA_")


def folder_of(stack: Record) -> Path:
    """The folder of the tunnel supervisor of a stack."""
    return record.folder_of(stack.name) / FOLDER


def words(stack: Record) -> tuple[str, ...]:
    """The names of the services of a stack that have a tunnel."""
    return services.of(StackConfig.model_validate_json(stack.config)) if stack.config is not None else ()


def start(stack: Record) -> dict[str, int]:
    """Start the tunnels of a stack; returns the port of each when they listen. Raises MfinfraError if they cannot
    start, for example without credentials."""
    folder = folder_of(stack)
    found = ports.assigned(folder, words(stack), running=control.keep_ports(folder))
    control.start(folder, [_server(stack, found)], CREDENTIALS)
    return found


def restart(stack: Record) -> dict[str, int]:
    """Like start, but with the current credentials."""
    stop(stack)
    return start(stack)


def _server(stack: Record, found: dict[str, int]) -> Server:
    """The process for the tunnels. It ignores the fingerprint, which restarts it when the cluster was replaced."""
    argv = (sys.executable, "-m", "mfinfra.kube", stack.name, *(f"{word}={port}" for word, port in found.items()))
    return Server(NAME, (*argv, cluster_of(stack).fingerprint), next(iter(found.values())))


def stop(stack: Record) -> None:
    control.stop(folder_of(stack))


def remove(stack: Record) -> None:
    """Stop the tunnels of a stack and delete their folder. A symbolic link in its place is kept."""
    folder = folder_of(stack)
    if folder.is_dir() and not folder.is_symlink():
        stop(stack)
        shutil.rmtree(folder, ignore_errors=True)


def states(stack: Record) -> list[tuple[str, Server, ServerState | None]]:
    """Each tunnel by its service name, as a server on its own port, and its state; empty if none was started."""
    found = []
    for server, state in control.states(folder_of(stack)):
        for word, port in listening(server).items():
            found.append((word, Server(f"tunnel to {word}", server.argv, port), state))
    return found


def listening(server: Server) -> dict[str, int]:
    """The port of each tunnel of a process."""
    pairs = (word.split("=") for word in server.argv if "=" in word)
    return {word: int(port) for word, port in pairs}


def settings(stack: Record) -> dict[str, str]:
    """What tunnels add to the runtime_config of a stack: local URLs, for the users of this machine."""
    known = {word: port for server in spec.load(folder_of(stack)) for word, port in listening(server).items()}
    return {setting: f"http://127.0.0.1:{known[word]}/" for word, setting in _SETTINGS.items() if word in known}
