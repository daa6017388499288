"""Starts each task in a new interpreter: slower than a fork, but safe for every program and platform.

The process runs the same command line as a container. Long lists of inputs are passed in a file, because operating
systems limit the length of an argument.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

from ...tasks.command import MAX_ARGUMENT_CHARACTERS, TaskCommand
from ...tasks.paths import encode_paths
from . import processes
from .worker import ProcessEvent, ProcessExited, ProcessStarted

#: The variable with the pid of the run, with which a spawned task must end (see processes.die_with).
PARENT_VARIABLE = "MFINFRA_PARENT_PID"


class SpawnWorker:
    """Starts `entrypoint ... step ...` for every command; `entrypoint` is the interpreter and the flow file."""

    def __init__(self, entrypoint: Sequence[str]):
        self._entrypoint = list(entrypoint)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._files: dict[str, str] = {}
        self._new: list[ProcessEvent] = []

    def configure(self, shared: Any) -> None:
        """Do nothing: a task's command line contains all it needs."""

    def fileno(self) -> int | None:
        return None

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None:
        argv = command.argv(self._entrypoint, self._paths_file(command))
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", PARENT_VARIABLE: str(os.getpid())}
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment,
            start_new_session=os.name == "posix",
        )
        self._running[command.task_id] = process
        self._new.append(ProcessStarted(command.task_id, process.pid))

    def _paths_file(self, command: TaskCommand) -> str | None:
        text = encode_paths(command.input_paths)
        if len(text) < MAX_ARGUMENT_CHARACTERS:
            return None
        descriptor, path = tempfile.mkstemp(prefix="mfruntime-inputs-")
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        self._files[command.task_id] = path
        return path

    def events(self) -> list[ProcessEvent]:
        events, self._new = self._new, []
        for task_id, process in list(self._running.items()):
            code = process.poll()
            if code is not None:
                processes.signal_group(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
                self._forget(task_id)
                events.append(ProcessExited(task_id, code))
        return events

    def _forget(self, task_id: str) -> None:
        del self._running[task_id]
        path = self._files.pop(task_id, None)
        if path:
            os.unlink(path)

    def close(self) -> None:
        for task_id, process in list(self._running.items()):
            processes.signal_group(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()
            self._forget(task_id)
