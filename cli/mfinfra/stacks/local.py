"""The commands on a local stack.

Steps of `up`: create the directory, install the runtime, start servers, write the profile, run the smoke test.
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
from . import known
from .results import STATUS_VERSION, Down, Up, next_command, server_document

if TYPE_CHECKING:
    from ..console import Console
    from ..machine.record import Record
    from ..plans.changes import Plan
    from ..runtime.install import Environment, Installed
    from ..runtime.smoke_test import SmokeRun
    from ..stackfile.schema import StackConfig
    from .base import Confirm


class LocalStack:
    """A local stack; `config` is from the stack file and options, for the commands that read them."""

    report = "local"

    def __init__(self, name: str, console: Console, config: StackConfig | None = None) -> None:
        self.name, self._console, self._config = name, console, config

    def up(self, confirm: Confirm, smoke: bool, plan_file: Path | None) -> Up:
        """Can be repeated; continues where it stopped. Needs no confirmation."""
        if plan_file is not None:
            raise Refused("A local stack has no plan.", hint="Run: mfinfra up")
        from ..stackfile.schema import StackConfig

        config = self._config or StackConfig.model_validate({"name": self.name})
        with record.locked(self.name):
            _refuse_cloud(self.name)
            return _up(config, smoke, self._console)

    def plan(self, out: Path | None, form: str) -> Plan:
        formats.check(form)
        raise Refused("A local stack has no plan.", hint="Run: mfinfra up")

    def connect(self, smoke: bool) -> Up:
        raise Refused(
            "A local stack can only be used on the machine that created it.",
            hint="For a cloud stack, run: mfinfra connect --cloud aws --name NAME; for a local one, run: mfinfra up",
        )

    def disconnect(self) -> Record:
        record.need(self.name)
        raise Refused(
            f"Stack '{self.name}' is a local stack and cannot be disconnected.", hint=f"Run: mfinfra down {self.name}"
        )

    def down(self, confirm: Confirm, keep_data: bool) -> Down:
        with record.locked(self.name):
            stack = record.need(self.name)
            if not confirm(_deletion_question(stack, keep_data)):
                raise Refused(f"Stack '{self.name}' was not changed.", hint=f"Run: mfinfra down {self.name} --yes")
            record.save(stack.updated(state="deleting"))
            profile.remove(self.name)
            left = deployment.destroy(stack, keep_data)
        others = [other.name for other in record.every()] if profile.default_stack() is None else []
        return Down(self.name, tuple(str(path) for path in left), tuple(others))

    def drift(self) -> Plan:
        raise self._not_deployed()

    def unlock(self, confirm: Confirm) -> str:
        raise self._not_deployed()

    def _not_deployed(self) -> NotFound:
        """The error for commands that only cloud stacks support."""
        record.find(self.name)
        return known.absent(self.name)

    def status(self) -> dict[str, Any]:
        return _document(record.need(self.name))

    def outputs(self, namespace: str | None) -> dict[str, str]:
        if namespace is not None:
            raise Refused(f"Stack '{self.name}' has no namespaces.", hint=f"Run: mfinfra outputs {self.name}")
        settings = deployment.settings(record.need(self.name))
        public = {key: value for key, value in settings.items() if key not in servers.SECRET_SETTINGS}
        return {**public, profile.MARKER: self.name}

    def start(self) -> list[dict[str, Any]]:
        """Start its servers, for example after a restart of the machine. Raises NotFound if it has none."""
        with record.locked(self.name):
            stack = _with_servers(self.name)
            if stack.python is None or stack.state == "deleting":
                raise NotFound(f"Stack '{self.name}' is incomplete.", hint=f"Run: mfinfra up --name {self.name}")
            _start_servers(stack, stack.python, self._console)
            # A port changes if another program uses the previous one.
            profile.write(self.name, deployment.settings(stack))
        return _servers(stack)

    def stop(self) -> list[dict[str, Any]]:
        """Stop its servers. No data is deleted."""
        with record.locked(self.name):
            stack = _with_servers(self.name)
            self._console.step("Stopping the servers of the stack")
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
    """Start the servers of a stack in the background, if its preset has servers."""
    if servers.preset(stack) == "files":
        return
    console.step("Starting the servers of the stack")
    servers.start(stack, python)
    for server, _ in servers.states(stack):
        console.done(f"Server {server.name} on {server.address}, in the background")


def _with_servers(name: str) -> Record:
    stack = record.need(name)
    if stack.cloud != "local" or servers.preset(stack) == "files":
        raise NotFound(f"Stack '{name}' has no servers on this machine.", hint=f"Run: mfinfra status {name}")
    return stack


def _servers(stack: Record) -> list[dict[str, Any]]:
    """The servers of a stack and their status, for documents."""
    return [server_document(server, one) for server, one in servers.states(stack)]


def _refuse_cloud(name: str) -> None:
    """Raise Refused if a cloud stack has this name: omitting the cloud must not turn it into a local stack."""
    stack = deployment.known(name)
    if stack is not None and stack.cloud != "local":
        raise Refused(
            f"Stack '{name}' already exists on {stack.cloud}; a local stack needs another name.",
            hint=f"In the directory of its stack file, run: mfinfra up --cloud {stack.cloud} --name {name}",
        )


def _python(config: StackConfig, stack: Record | None) -> str:
    """The Python in the configuration, else that of the stack, else that of mfinfra."""
    if config.runtime.python is not None:
        return config.runtime.python
    if stack is not None and stack.python is not None and os.path.exists(stack.python):
        return stack.python
    return install.default_python()


def _examples(runtime: Installed, console: Console) -> bool:
    command = install.ensure_examples(runtime.python, console.step)
    if command is not None:
        console.warn("scikit-learn could not be installed; train_digits.py needs it.", hint=f"Run: {command}")
    return command is None


def _smoke_test(stack: Record, runtime: Installed, console: Console) -> SmokeRun:
    console.step("Running the smoke flow")
    ran = smoke_test.run(stack.name, runtime.python, deployment.log_folder(stack.name))
    if not deployment.has_run(stack, ran.run):
        raise SmokeTestFailed(
            f"The smoke flow ran, but {ran.run} is not in {stack.data_folder}: another setting overrides the profile.",
            hint="Run: mfinfra doctor",
        )
    console.done(f"{ran.run} ran and was read back ({ran.seconds:.1f} s)")
    return ran


def _deletion_question(stack: Record, keep_data: bool) -> str:
    found = deployment.runs(stack)
    count = None if found is None else sum(found.values())
    runs = "all its runs" if count is None else "1 run" if count == 1 else f"{count} runs"
    data = f"but keep its data in {stack.data_folder}" if keep_data else f"including {runs} in {stack.data_folder}"
    return f"Delete stack '{stack.name}', {data}?"


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
    """The Python environment of the flows of a stack, None if it does not exist."""
    if stack.python is None:
        return None
    try:
        return install.look(stack.python)
    except MfinfraError:
        return None


def _has_profile(name: str) -> bool:
    return profile.owner(profile.path_of(name)) == name


def _state(stack: Record, found: Environment | None) -> str:
    """`ready`, the state of an unfinished command, `broken` if a component no longer exists, or the state of the
    servers: `stopped` or `starting`."""
    if stack.state != "ready":
        return stack.state
    has_runtime = found is not None and found.version is not None and not found.missing
    is_complete = has_runtime and _has_profile(stack.name) and Path(stack.data_folder).is_dir()
    if not is_complete:
        return "broken"
    states = [one.state if one is not None else "stopped" for _, one in servers.states(stack)]
    if states and all(state == "stopped" for state in states):
        return "stopped"
    return "ready" if all(state == "ready" for state in states) else "starting"
