"""The composition root: what each command does, as a sequence of steps between frozen values.

load -> create -> profile -> install runtime -> prove -> report; `down` is the way back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Console
from ..engines.local import servers as local_servers
from ..engines.local import stack as local
from ..errors import MfinfraError, NotFound, ProofFailed, Refused
from ..machine import profile, record
from ..machine.paths import shown
from ..runtime import install, smoke_test
from .results import STATUS_VERSION, Down, Up, _next, server_document

if TYPE_CHECKING:
    from ..machine.record import Record
    from ..runtime.install import Environment, Installed
    from ..runtime.smoke_test import Proof
    from ..stackfile.schema import StackConfig


def up(config: StackConfig, smoke: bool, console: Console) -> Up:
    """Make the stack exist and prove that flows run through it. May be repeated; goes on where it was stopped."""
    with record.locked(config.name):
        _refuse_cloud(config.name)
        python = install.supported(_python(config, local.known(config.name))).python
        asked = config.preset if "preset" in config.model_fields_set else None
        stack = local.create(config.name, profile.path_of(config.name), asked)
        console.done(f"Stack {config.name}: {shown(stack.data_folder)}")
        packages = (*local_servers.PACKAGES[local_servers.preset(stack)], *config.runtime.packages)
        runtime = install.ensure(python, packages, console.step)
        console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
        stack = stack.updated(python=runtime.python, runtime_version=runtime.version)
        record.save(stack)
        _start_servers(stack, runtime.python, console)
        written = profile.write(config.name, local.settings(stack))
        console.done(f"Profile {shown(written.path)}")
        has_examples = config.runtime.examples and _examples(runtime, console)
        proof = _proof(stack, runtime, console) if smoke else None
        if proof is not None:
            stack = stack.updated(proven_run=proof.run, proven_at=record.now())
        stack = stack.updated(state="ready")
        record.save(stack)
    return Up(stack, written, runtime, proof, _next(written.is_default, config.name, runtime.python, has_examples))


def _start_servers(stack: Record, python: str, console: Console) -> None:
    """Have a stack's servers run in the background, where its preset has some."""
    if local_servers.preset(stack) == "files":
        return
    console.step("Starting the stack's servers")
    local_servers.start(stack, python)
    for server, _ in local_servers.states(stack):
        console.done(f"Server {server.name} on {server.address}, in the background")


def start(name: str, console: Console) -> list[dict[str, Any]]:
    """Start a stack's servers again, after a stop or a restart of the machine. Raises NotFound for a stack without."""
    with record.locked(name):
        stack = _with_servers(name)
        if stack.python is None or stack.state == "deleting":
            raise NotFound(f"The stack '{name}' is not set up.", hint=f"Type: mfinfra up --name {name}")
        _start_servers(stack, stack.python, console)
        profile.write(name, local.settings(stack))  # a port may have been taken by somebody else meanwhile
    return _servers(stack)


def stop(name: str, console: Console) -> list[dict[str, Any]]:
    """Stop a stack's servers; everything in them is kept."""
    with record.locked(name):
        stack = _with_servers(name)
        console.step("Stopping the stack's servers")
        local_servers.stop(stack)
    return _servers(stack)


def _with_servers(name: str) -> Record:
    stack = record.need(name)
    if stack.cloud != "local" or local_servers.preset(stack) == "files":
        raise NotFound(f"The stack '{name}' has no servers on this machine.", hint=f"Type: mfinfra status {name}")
    return stack


def _servers(stack: Record) -> list[dict[str, Any]]:
    """The servers of a stack and how they are doing, for documents."""
    return [server_document(server, one) for server, one in local_servers.states(stack)]


def _refuse_cloud(name: str) -> None:
    """A stack in a cloud is not made a local one by leaving its cloud out."""
    stack = local.known(name)
    if stack is not None and stack.cloud != "local":
        raise Refused(
            f"'{name}' is a stack in {stack.cloud}; a local one needs another name.",
            hint=f"Type: mfinfra up --cloud {stack.cloud} --name {name}, in the folder of its stack file",
        )


def _python(config: StackConfig, stack: Record | None) -> str:
    """As asked for, else the one that the stack has, else our own."""
    if config.runtime.python is not None:
        return config.runtime.python
    if stack is not None and stack.python is not None and os.path.exists(stack.python):
        return stack.python
    return install.default_python()


def _examples(runtime: Installed, console: Console) -> bool:
    command = install.ensure_examples(runtime.python, console.step)
    if command is not None:
        console.warn("scikit-learn could not be installed; train_digits.py needs it.", hint=f"Type: {command}")
    return command is None


def _proof(stack: Record, runtime: Installed, console: Console) -> Proof:
    console.step("Running the smoke flow")
    proof = smoke_test.prove(stack.name, runtime.python, local.log_folder(stack.name))
    if not local.has_run(stack, proof.run):
        raise ProofFailed(
            f"The smoke flow ran, but {proof.run} is not in {stack.data_folder}: something overrides the profile.",
            hint="Type: mfinfra doctor",
        )
    console.done(f"{proof.run} ran and was read back ({proof.seconds:.1f} s)")
    return proof


def down(name: str, keep_data: bool, agreed: Callable[[str], bool]) -> Down:
    """Remove a stack after `agreed` to what goes."""
    with record.locked(name):
        stack = record.need(name)
        if not agreed(_what_goes(stack, keep_data)):
            raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra down {name} --yes")
        record.save(stack.updated(state="deleting"))
        profile.remove(name)
        left = local.destroy(stack, keep_data)
    others = [other.name for other in record.every()] if profile.default_stack() is None else []
    return Down(name, tuple(left), tuple(others))


def _what_goes(stack: Record, keep_data: bool) -> str:
    found = local.runs(stack)
    count = None if found is None else sum(found.values())
    runs = "all its runs" if count is None else "1 run" if count == 1 else f"{count} runs"
    data = f"its data stays in {stack.data_folder}" if keep_data else f"with {runs} in {stack.data_folder}"
    return f"Remove the stack '{stack.name}', {data}?"


def status(name: str) -> dict[str, Any]:
    """The state of a stack as a document whose shape is kept stable (docs/reference/status-json.md)."""
    stack = record.need(name)
    found = _environment(stack)
    return {
        "version": STATUS_VERSION,
        "name": stack.name,
        "cloud": stack.cloud,
        "state": _state(stack, found),
        "created_at": stack.created_at,
        "data": {"folder": stack.data_folder, "bytes": local.size(stack), "runs": local.runs(stack)},
        "preset": local_servers.preset(stack),
        "servers": _servers(stack),
        "profile": {"path": stack.profile, "is_default": profile.default_stack() == name, "exists": _has_profile(name)},
        "runtime": {
            "python": stack.python,
            "version": found.version if found else None,
            "is_current": found is not None and install.is_current(found),
        },
        "proof": {"run": stack.proven_run, "at": stack.proven_at},
    }


def _environment(stack: Record) -> Environment | None:
    """The environment of a stack's flows, None where it is gone."""
    if stack.python is None:
        return None
    try:
        return install.look(stack.python)
    except MfinfraError:
        return None


def _has_profile(name: str) -> bool:
    return profile.owner(profile.path_of(name)) == name


def _state(stack: Record, found: Environment | None) -> str:
    """`ready`, what an unfinished command left, `broken` where something that was made is gone, `stopped` or `starting`
    for the servers."""
    if stack.state != "ready":
        return stack.state
    has_runtime = found is not None and found.version is not None and not found.missing
    whole = has_runtime and _has_profile(stack.name) and Path(stack.data_folder).is_dir()
    if not whole:
        return "broken"
    states = [one.state if one is not None else "stopped" for _, one in local_servers.states(stack)]
    if states and all(state == "stopped" for state in states):
        return "stopped"
    return "ready" if all(state == "ready" for state in states) else "starting"


def outputs(name: str) -> dict[str, str]:
    """The settings that the stack makes true: its runtime_config, without the keys that only its profile holds."""
    stack = record.need(name)
    shown = {key: value for key, value in local.settings(stack).items() if key not in local_servers.SECRET_SETTINGS}
    return {**shown, profile.MARKER: name}


def where(stack: dict[str, Any]) -> str:
    """The place of a stack in a cloud, in the words of that cloud."""
    from ..stackfile import rules

    return f"{stack['region']}, {rules.ACCOUNTS[stack['cloud']]} {stack['account']}"


def listing() -> list[dict[str, Any]]:
    """All stacks, a few facts each."""
    default = profile.default_stack()
    return [{**asdict(stack), "is_default": stack.name == default} for stack in record.every()]
