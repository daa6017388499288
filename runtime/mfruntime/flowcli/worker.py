"""`worker`: the process that forks the tasks of one environment (compute/local/environments.py starts it)."""

from __future__ import annotations

import os
import socket

import click

from ..errors import CommandException
from .run import ForkedTasks
from .wiring import Env


@click.command("worker", help="Start tasks with the environment of this process.")
@click.option("--socket", "descriptor", type=int, required=True, help="Descriptor of the connection to the scheduler.")
@click.pass_obj
def command(env: Env, descriptor: int) -> None:
    from ..compute.local import fork_safety
    from ..compute.local.fork import WorkerServer
    from ..compute.local.spawn import ENVIRONMENT_VARIABLE

    os.environ.pop(ENVIRONMENT_VARIABLE, None)
    reason = fork_safety.unsafe_to_fork()
    if reason:
        raise CommandException(f"Each task starts in a new interpreter: {reason}.")
    tasks = ForkedTasks(env)
    WorkerServer(socket.socket(fileno=descriptor), tasks.run, tasks.prefetch, tasks.configure).serve()
