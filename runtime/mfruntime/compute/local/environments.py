"""Starts the tasks of steps with @environment in interpreters that were started with the variables.

Much reads a variable only once: the interpreter at its start, libraries and the flow file at their import. So each
environment gets a worker process of its own, a new interpreter that imports the flow once and forks its tasks. If it
cannot fork, or does not start, each task gets a new interpreter, whose output contains the reason.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from ...tasks.command import TaskCommand
from ..base import ExecutorLost
from . import processes
from .fork import WorkerConnection
from .spawn import SpawnWorker, can_watch, start_interpreter
from .worker import ProcessEvent, Worker

Environments = Mapping[str, Mapping[str, str]]


class EnvironmentWorker:
    """Passes each command to the worker of its step's environment, and those without one to `base`."""

    def __init__(self, base: Worker, entrypoint: Sequence[str], environments: Environments):
        self._base = base
        self._entrypoint = list(entrypoint)
        self._environments = environments
        self._shared: Any = None
        self._workers: dict[frozenset[tuple[str, str]], _Interpreter] = {}
        self._selector = selectors.DefaultSelector()
        self._register(base)

    def _register(self, worker: Worker | _Interpreter) -> None:
        descriptor = worker.fileno()
        if descriptor is not None:
            self._selector.register(descriptor, selectors.EVENT_READ)

    def configure(self, shared: Any) -> None:
        self._shared = shared
        self._base.configure(shared)

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None:
        variables = self._environments.get(command.step)
        worker = self._base if variables is None else self._worker(command, variables)
        worker.start(command, stdout, stderr)

    def _worker(self, command: TaskCommand, variables: Mapping[str, str]) -> _Interpreter:
        key = frozenset(variables.items())
        if key not in self._workers:
            spawn = SpawnWorker(self._entrypoint, self._environments)
            argv = [*self._entrypoint, *command.top.argv()]
            self._workers[key] = _Interpreter(argv, variables, self._shared, spawn)
            self._register(self._workers[key])
        return self._workers[key]

    def events(self) -> list[ProcessEvent]:
        events = self._base.events()
        for worker in self._workers.values():
            before = worker.fileno()
            events += worker.events()
            if worker.fileno() != before:
                if before is not None:
                    self._selector.unregister(before)
                worker.disconnect()
                self._register(worker)
        return events

    def fileno(self) -> int | None:
        if self._base.fileno() is None or not can_watch():
            return None
        return self._selector.fileno()

    def close(self) -> None:
        self._base.close()
        for worker in self._workers.values():
            worker.close()
        self._selector.close()


class _Interpreter:
    """The worker of one environment. Commands wait until it is ready; if it ends before that, they are spawned."""

    def __init__(self, argv: Sequence[str], variables: Mapping[str, str], shared: Any, spawn: SpawnWorker):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._pid = start_interpreter(
                [*argv, "worker", "--socket", str(theirs.fileno())], variables, theirs.fileno()
            )
        self._connection = WorkerConnection(ours, self._pid)
        self._connection.configure(shared)
        self._spawn = spawn
        self._is_lost = False
        self._waiting: list[tuple[TaskCommand, int, int]] = []

    def fileno(self) -> int | None:
        return self._spawn.fileno() if self._is_lost else self._connection.fileno()

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None:
        if self._is_lost:
            self._spawn.start(command, stdout, stderr)
        elif self._connection.is_ready:
            self._connection.start(command, stdout, stderr)
        else:
            self._waiting.append((command, os.dup(stdout), os.dup(stderr)))

    def events(self) -> list[ProcessEvent]:
        if self._is_lost:
            return self._spawn.events()
        events: list[ProcessEvent] = []
        try:
            events = self._connection.events()
        except ExecutorLost:
            if self._connection.is_ready:
                raise
            self._is_lost = True
        if self._is_lost or self._connection.is_ready:
            self._start_waiting()
        return events

    def _start_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for command, *pipes in waiting:
            try:
                self.start(command, *pipes)
            finally:
                _close(pipes)

    def disconnect(self) -> None:
        """Stop the worker if it is not ready, and release the connection to it."""
        if not self._connection.is_ready:
            processes.signal_group(self._pid, signal.SIGKILL)
        self._connection.close()

    def close(self) -> None:
        for _, *pipes in self._waiting:
            _close(pipes)
        self.disconnect()
        self._spawn.close()


def _close(pipes: Sequence[int]) -> None:
    for pipe in pipes:
        os.close(pipe)
