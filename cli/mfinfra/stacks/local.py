"""A stack on this machine: what each command does with it, as a sequence of steps between frozen values.

load -> create -> profile -> install runtime -> smoke flow -> report; `down` is the way back.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.local import deployment, servers
from ..errors import MfinfraError, NotFound, Refused, SmokeTestFailed
from ..machine import profile, record
from ..machine.paths import shown
from ..plans import formats
from ..runtime import install, smoke_test
from ..stackfile.schema import StackConfig
from . import known
from .results import STATUS_VERSION, Down, Up, next_command, server_document

if TYPE_CHECKING:
    from ..console import Console
    from ..machine.record import Record
    from ..plans.changes import Plan
    from ..runtime.install import Environment, Installed
    from ..runtime.smoke_test import SmokeRun
    from .base import Agreed


class LocalStack:
    """A stack on this machine; `config` is what a stack file and options say of it, where a command reads them."""

    report = "local"

    def __init__(self, name: str, console: Console, config: StackConfig | None = None) -> None:
        self.name, self._console, self._config = name, console, config

    def up(self, agreed: Agreed, smoke: bool, plan_file: Path | None) -> Up:
        """May be repeated; goes on where it was stopped. There is nothing to agree to."""
        if plan_file is not None:
            raise Refused("A local stack has no plan.", hint="Type: mfinfra up")
        config = self._config or StackConfig.model_validate({"name": self.name})
        with record.locked(self.name):
            _refuse_cloud(self.name)
            return _up(config, smoke, self._console)

    def plan(self, out: Path | None, form: str) -> Plan:
        formats.check(form)
        raise Refused("A local stack has nothing to plan.", hint="Type: mfinfra up")

    def connect(self, smoke: bool) -> Up:
        raise Refused(
            "A local stack is on the machine that made it; there is nothing to connect to.",
            hint="Name the stack in a cloud: mfinfra connect --cloud aws --name NAME, or type: mfinfra up",
        )

    def disconnect(self) -> Record:
        record.need(self.name)
        raise Refused(
            f"'{self.name}' is a local stack: all of it is on this machine.", hint=f"Type: mfinfra down {self.name}"
        )

    def down(self, agreed: Agreed, keep_data: bool) -> Down:
        with record.locked(self.name):
            stack = record.need(self.name)
            if not agreed(_what_goes(stack, keep_data)):
                raise Refused(
                    f"The stack '{self.name}' is left as it is.", hint=f"Type: mfinfra down {self.name} --yes"
                )
            record.save(stack.updated(state="deleting"))
            profile.remove(self.name)
            left = deployment.destroy(stack, keep_data)
        others = [other.name for other in record.every()] if profile.default_stack() is None else []
        return Down(self.name, tuple(str(path) for path in left), tuple(others))

    def drift(self) -> Plan:
        raise self._not_deployed()

    def unlock(self, agreed: Agreed) -> str:
        raise self._not_deployed()

    def _not_deployed(self) -> NotFound:
        """No engine of a cloud deployed such a stack."""
        record.find(self.name)
        return known.absent(self.name)

    def status(self) -> dict[str, Any]:
        return _document(record.need(self.name))

    def outputs(self, namespace: str | None) -> dict[str, str]:
        if namespace is not None:
            raise Refused(f"The stack '{self.name}' has no namespaces.", hint=f"Type: mfinfra outputs {self.name}")
        settings = deployment.settings(record.need(self.name))
        public = {key: value for key, value in settings.items() if key not in servers.SECRET_SETTINGS}
        return {**public, profile.MARKER: self.name}

    def start(self) -> list[dict[str, Any]]:
        """Its servers, after a stop or a restart of the machine. Raises NotFound for a stack without."""
        with record.locked(self.name):
            stack = _with_servers(self.name)
            if stack.python is None or stack.state == "deleting":
                raise NotFound(f"The stack '{self.name}' is not set up.", hint=f"Type: mfinfra up --name {self.name}")
            _start_servers(stack, stack.python, self._console)
            profile.write(
                self.name, deployment.settings(stack)
            )  # a port may have been taken by somebody else meanwhile
        return _servers(stack)

    def stop(self) -> list[dict[str, Any]]:
        """Its servers; everything in them is kept."""
        with record.locked(self.name):
            stack = _with_servers(self.name)
            self._console.step("Stopping the stack's servers")
            servers.stop(stack)
        return _servers(stack)


def _up(config: StackConfig, smoke: bool, console: Console) -> Up:
    python = install.supported(_python(config, deployment.known(config.name))).python
    asked = config.preset if "preset" in config.model_fields_set else None
    stack = deployment.create(config.name, profile.path_of(config.name), asked)
    console.done(f"Stack {config.name}: {shown(stack.data_folder)}")
    packages = (*servers.PACKAGES[servers.preset(stack)], *config.runtime.packages)
    runtime = install.ensure(python, packages, console.step)
    console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
    stack = stack.updated(python=runtime.python, runtime_version=runtime.version)
    record.save(stack)
    _start_servers(stack, runtime.python, console)
    written = profile.write(config.name, deployment.settings(stack))
    console.done(f"Profile {shown(written.path)}")
    has_examples = config.runtime.examples and _examples(runtime, console)
    ran = _smoke_test(stack, runtime, console) if smoke else None
    if ran is not None:
        stack = stack.updated(proven_run=ran.run, proven_at=record.now())
    stack = stack.updated(state="ready")
    record.save(stack)
    command = next_command(written.is_default, config.name, runtime.python, has_examples)
    return Up(stack, written, runtime, ran, command)


def _start_servers(stack: Record, python: str, console: Console) -> None:
    """Have a stack's servers run in the background, where its preset has some."""
    if servers.preset(stack) == "files":
        return
    console.step("Starting the stack's servers")
    servers.start(stack, python)
    for server, _ in servers.states(stack):
        console.done(f"Server {server.name} on {server.address}, in the background")


def _with_servers(name: str) -> Record:
    stack = record.need(name)
    if stack.cloud != "local" or servers.preset(stack) == "files":
        raise NotFound(f"The stack '{name}' has no servers on this machine.", hint=f"Type: mfinfra status {name}")
    return stack


def _servers(stack: Record) -> list[dict[str, Any]]:
    """The servers of a stack and how they are doing, for documents."""
    return [server_document(server, one) for server, one in servers.states(stack)]


def _refuse_cloud(name: str) -> None:
    """A stack in a cloud is not made a local one by leaving its cloud out."""
    stack = deployment.known(name)
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


def _smoke_test(stack: Record, runtime: Installed, console: Console) -> SmokeRun:
    console.step("Running the smoke flow")
    ran = smoke_test.run(stack.name, runtime.python, deployment.log_folder(stack.name))
    if not deployment.has_run(stack, ran.run):
        raise SmokeTestFailed(
            f"The smoke flow ran, but {ran.run} is not in {stack.data_folder}: something overrides the profile.",
            hint="Type: mfinfra doctor",
        )
    console.done(f"{ran.run} ran and was read back ({ran.seconds:.1f} s)")
    return ran


def _what_goes(stack: Record, keep_data: bool) -> str:
    found = deployment.runs(stack)
    count = None if found is None else sum(found.values())
    runs = "all its runs" if count is None else "1 run" if count == 1 else f"{count} runs"
    data = f"its data stays in {stack.data_folder}" if keep_data else f"with {runs} in {stack.data_folder}"
    return f"Remove the stack '{stack.name}', {data}?"


def _document(stack: Record) -> dict[str, Any]:
    """The status of a stack."""
    found = _environment(stack)
    return {
        "version": STATUS_VERSION,
        "name": stack.name,
        "cloud": stack.cloud,
        "state": _state(stack, found),
        "created_at": stack.created_at,
        "data": {"folder": stack.data_folder, "bytes": deployment.size(stack), "runs": deployment.runs(stack)},
        "preset": servers.preset(stack),
        "servers": _servers(stack),
        "profile": {
            "path": stack.profile,
            "is_default": profile.default_stack() == stack.name,
            "exists": _has_profile(stack.name),
        },
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
    states = [one.state if one is not None else "stopped" for _, one in servers.states(stack)]
    if states and all(state == "stopped" for state in states):
        return "stopped"
    return "ready" if all(state == "ready" for state in states) else "starting"
