"""Starts each task in a new interpreter: slower than a fork, but safe for every program and platform.

The process runs the same command line as a container. Long lists of inputs are passed in a file, because operating
systems limit the length of an argument.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from ...tasks.command import MAX_ARGUMENT_CHARACTERS, TaskCommand
from ...tasks.paths import encode_paths
from . import processes
from .worker import ProcessEvent, ProcessExited, ProcessStarted

#: The variable with the pid of the run, with which a spawned task must end (see processes.die_with).
PARENT_VARIABLE = "MFINFRA_PARENT_PID"
#: The same for all processes that the task starts, which end with the run.
SCHEDULER_VARIABLE = "MFINFRA_SCHEDULER_PID"
#: Set in an interpreter that was started with the variables of its step's @environment.
ENVIRONMENT_VARIABLE = "MFINFRA_STEP_ENVIRONMENT"


def start_interpreter(argv: Sequence[str], variables: Mapping[str, str], descriptor: int) -> int:
    """Start a program with these environment variables and an open descriptor in a session of its own; returns its
    pid."""
    environment = {**os.environ, **variables, ENVIRONMENT_VARIABLE: "1"}
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # what the import prints, it has printed in the scheduler
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=[descriptor],
        start_new_session=True,
    )
    process.returncode = 0  # the caller waits for the pid
    return process.pid


class SpawnWorker:
    """Starts `entrypoint ... step ...` for every command; `entrypoint` is the interpreter and the flow file.

    `environments` contains the environment variables of steps with @environment.
    """

    def __init__(self, entrypoint: Sequence[str], environments: Mapping[str, Mapping[str, str]] | None = None):
        self._entrypoint = list(entrypoint)
        self._environments = environments or {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._files: dict[str, str] = {}
        self._new: list[ProcessEvent] = []
        self._exits = _Exits() if can_watch() else None
        processes.adopt_orphans()

    def configure(self, shared: Any) -> None:
        """Do nothing: a task's command line contains all it needs."""

    def fileno(self) -> int | None:
        return None if self._exits is None else self._exits.fileno()

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None:
        argv = command.argv(self._entrypoint, self._paths_file(command))
        scheduler = str(os.getpid())
        own = {"PYTHONUNBUFFERED": "1", PARENT_VARIABLE: scheduler, SCHEDULER_VARIABLE: scheduler}
        if command.step in self._environments:
            own = {**self._environments[command.step], **own, ENVIRONMENT_VARIABLE: "1"}
        environment = {**os.environ, **own}
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
        if self._exits is not None:
            self._exits.watch(process.pid)

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
        if self._exits is not None:
            self._exits.clear()
        for task_id, process in list(self._running.items()):
            code = process.poll()
            if code is not None:
                processes.signal_group(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
                self._forget(task_id)
                if self._exits is not None:
                    self._exits.forget(process.pid)
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
        processes.kill_adopted(f"{SCHEDULER_VARIABLE}={os.getpid()}")
        if self._exits is not None:
            self._exits.close()
            self._exits = None


def can_watch() -> bool:
    """Whether the kernel has descriptors of processes (Linux 5.3)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class _Exits:
    """A descriptor that is readable after a process started or ended."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._selector.register(self._read, selectors.EVENT_READ)
        self._watched: dict[int, int] = {}

    def fileno(self) -> int:
        return self._selector.fileno()

    def watch(self, pid: int) -> None:
        try:
            self._watched[pid] = os.pidfd_open(pid)
            self._selector.register(self._watched[pid], selectors.EVENT_READ)
        finally:
            self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._write, b"x")
        except BlockingIOError:
            return  # readable already

    def clear(self) -> None:
        try:
            while os.read(self._read, 4096):
                pass
        except BlockingIOError:
            return

    def forget(self, pid: int) -> None:
        descriptor = self._watched.pop(pid, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    def close(self) -> None:
        for pid in list(self._watched):
            self.forget(pid)
        self._selector.close()
        os.close(self._read)
        os.close(self._write)
