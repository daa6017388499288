"""The tunnels of a stack: one program for all of them, kept running by the supervisor that keeps local stacks' servers.

It gets our credentials for the cloud by inheritance: they are in its memory, and in no file.
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
#: Word -> setting. METAFLOW_UI_URL is not among them: stock clients put it into each message that a workflow sends to
#: people at other machines.
_SETTINGS = {"metadata": "METAFLOW_SERVICE_URL", "argo": "METAFLOW_ARGO_WORKFLOWS_UI_URL"}
#: What credentials are told by, and where clouds are.
CREDENTIALS = ("AWS_", "AZURE_", "GOOGLE_", "ARM_", "CLOUDSDK_", "MFINFRA_")


def folder_of(stack: Record) -> Path:
    """Where the supervisor of a stack lives."""
    return record.folder_of(stack.name) / FOLDER


def words(stack: Record) -> tuple[str, ...]:
    """The words for what of a stack is reached by tunnels."""
    return services.of(StackConfig.model_validate_json(stack.config)) if stack.config is not None else ()


def start(stack: Record) -> dict[str, int]:
    """Have the tunnels of a stack listen when this returns; the port of each. Raises MfinfraError where they cannot, as
    where there are no credentials."""
    folder = folder_of(stack)
    found = ports.assigned(folder, words(stack), running=control.is_running(folder))
    control.start(folder, [_server(stack, found)], CREDENTIALS)
    return found


def restart(stack: Record) -> dict[str, int]:
    """As start, with the credentials that we have now."""
    stop(stack)
    return start(stack)


def _server(stack: Record, found: dict[str, int]) -> Server:
    """The fingerprint is not read: a cluster that was made anew has other tunnels."""
    argv = (sys.executable, "-m", "mfinfra.kube", stack.name, *(f"{word}={port}" for word, port in found.items()))
    return Server(NAME, (*argv, cluster_of(stack).fingerprint), next(iter(found.values())))


def stop(stack: Record) -> None:
    control.stop(folder_of(stack))


def remove(stack: Record) -> None:
    """End the tunnels of a stack, and remove their folder; somebody's link in its place stays."""
    folder = folder_of(stack)
    if folder.is_dir() and not folder.is_symlink():
        stop(stack)
        shutil.rmtree(folder, ignore_errors=True)


def states(stack: Record) -> list[tuple[str, Server, ServerState | None]]:
    """Each tunnel by its word, as a server on its own port, with how it is doing; nothing where none was started."""
    found = []
    for server, state in control.states(folder_of(stack)):
        for word, port in listening(server).items():
            found.append((word, Server(f"tunnel to {word}", server.argv, port), state))
    return found


def listening(server: Server) -> dict[str, int]:
    """The port of each tunnel of a program."""
    pairs = (word.split("=") for word in server.argv if "=" in word)
    return {word: int(port) for word, port in pairs}


def settings(stack: Record) -> dict[str, str]:
    """What tunnels add to the runtime_config of a stack: addresses on this machine, for whoever works on it."""
    known = {word: port for server in spec.load(folder_of(stack)) for word, port in listening(server).items()}
    return {setting: f"http://127.0.0.1:{known[word]}/" for word, setting in _SETTINGS.items() if word in known}
