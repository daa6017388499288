"""The composition root: what each command does, as a sequence of steps between frozen values.

load -> create -> profile -> install runtime -> prove -> report; `down` is the way back.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from .console import Console
from .engines.local import servers as local_servers
from .engines.local import stack as local
from .errors import MfinfraError, NotFound, ProofFailed, Refused
from .machine import profile, record
from .machine.paths import shown
from .runtime import install, smoke_test

if TYPE_CHECKING:
    from .machine.profile import Profile
    from .machine.record import Record
    from .machine.supervisor.spec import Server
    from .machine.supervisor.state import ServerState
    from .runtime.install import Environment, Installed
    from .runtime.smoke_test import Proof
    from .stackfile.schema import StackConfig

STATUS_VERSION = 1

#: What may lie where `up` was called, the more telling first, and whether it needs what the examples need.
_EXAMPLES = (("examples/flows/train_digits.py", True), ("examples/flows/hello.py", False))


@dataclass(frozen=True)
class Up:
    """The result of `up`; `next_command` is what to type now."""

    stack: Record
    profile: Profile
    runtime: Installed
    proof: Proof | None
    next_command: str


@dataclass(frozen=True)
class Down:
    """The result of `down`: what stays because it is not ours or was to be kept, and which stacks could be used now."""

    name: str
    left: tuple[Path, ...]
    others: tuple[str, ...]


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


def _next(is_default: bool, name: str, python: str, has_examples: bool) -> str:
    """The command that runs a flow through the stack from here."""
    here = (flow for flow, needs in _EXAMPLES if os.path.isfile(flow) and (has_examples or not needs))
    command = f"{_as_typed(python)} {next(here, 'your_flow.py')} run"
    return command if is_default else f"METAFLOW_PROFILE={name} {command}"


def next_command(is_default: bool, name: str, runtime: Installed) -> str:
    """The command that runs an example through the stack, by what the runtime's Python has."""
    return _next(is_default, name, runtime.python, runtime.has_examples)


def _as_typed(python: str) -> str:
    """`python` where the shell finds this one under that name."""
    found = which("python")
    if found and os.path.abspath(os.path.dirname(found)) == os.path.dirname(python):
        return "python"
    return shown(python) if shlex.quote(python) == python else shlex.quote(python)


def report_up(result: Up, console: Console) -> None:
    """The table at the end of `up`: what exists, where, what to type next."""
    name = result.stack.name
    if console.as_json:
        console.document({"status": status(name), "next": result.next_command})
        return
    rows = [
        ("stack", name, f"mfinfra status {name}"),
        ("data", shown(result.stack.data_folder), f"mfinfra outputs {name}"),
        ("profile", shown(result.profile.path), "" if result.profile.is_default else f"mfinfra use {name}"),
        ("runtime", f"mfruntime {result.runtime.version} in {shown(result.runtime.python)}", "mfinfra runtime info"),
        ("smoke flow", result.proof.run if result.proof else "not run", result.next_command),
    ]
    console.table(("what", "where", "what to type next"), rows)


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


def report_down(result: Down, console: Console) -> None:
    """What is gone, what is left."""
    if console.as_json:
        console.document({"removed": result.name, "left": [str(path) for path in result.left]})
    console.done(f"The stack '{result.name}' is gone.")
    if result.left:
        console.warn(f"Left in place: {', '.join(shown(path) for path in result.left)}")
    if result.others:
        console.warn("No stack is the default now.", hint=f"Type: mfinfra use {result.others[0]}")


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


def report_status(document: dict[str, Any], console: Console) -> None:
    """A status for people."""
    data, profiled, runtime, proof = (document[key] for key in ("data", "profile", "runtime", "proof"))
    rows = [
        ("state", document["state"]),
        ("cloud", document["cloud"]),
        ("created", document["created_at"]),
        ("data", f"{shown(data['folder'])} ({data['bytes'] / 1e6:.1f} MB)"),
        ("runs", _runs_text(data["runs"])),
        *(("server", server_text(server)) for server in document["servers"]),
        ("profile", shown(profiled["path"]) + (" (the default)" if profiled["is_default"] else "")),
        ("runtime", f"{runtime['version'] or 'not installed'} in {shown(runtime['python'] or 'any Python yet')}"),
        ("proven", f"{proof['run']} at {proof['at']}" if proof["run"] else "not yet"),
    ]
    console.table((document["name"], ""), rows)
    again = f"Type: mfinfra up --name {document['name']}"
    if document["state"] in ("stopped", "starting"):
        console.warn("The stack's servers do not (all) run.", hint=f"Type: mfinfra start {document['name']}")
    elif document["state"] == "deleting":
        console.warn("The stack is half removed.", hint=f"Type: mfinfra down {document['name']}")
    elif document["state"] != "ready":
        what = "broken" if document["state"] == "broken" else "not finished"
        console.warn(f"The stack is {what}.", hint=again)
    elif not runtime["is_current"]:
        console.warn("The runtime is not the one that belongs to this mfinfra.", hint=again)


def _runs_text(runs: dict[str, int] | None) -> str:
    if runs is None:
        return "not known while the metadata service is stopped"
    return ", ".join(f"{flow}: {count}" for flow, count in runs.items()) or "none"


def server_text(server: dict[str, Any]) -> str:
    """How a server is doing, in words."""
    again = f", started again {server['restarts']} times, it {server['last_end']}" if server["restarts"] else ""
    process = f" (process {server['pid']})" if server["pid"] is not None else ""
    return f"{server['name']} on {server['address']}: {server['state']}{process}{again}"


def report_servers(name: str, servers: list[dict[str, Any]], console: Console) -> None:
    """The servers of a stack after `start` and `stop`."""
    if console.as_json:
        console.document({"stack": name, "servers": servers})
        return
    for server in servers:
        console.done(server_text(server))


def outputs(name: str) -> dict[str, str]:
    """The settings that the stack makes true: its runtime_config, without the keys that only its profile holds."""
    stack = record.need(name)
    shown = {key: value for key, value in local.settings(stack).items() if key not in local_servers.SECRET_SETTINGS}
    return {**shown, profile.MARKER: name}


def where(stack: dict[str, Any]) -> str:
    """The place of a stack in a cloud, in the words of that cloud."""
    from .stackfile import rules

    return f"{stack['region']}, {rules.ACCOUNTS[stack['cloud']]} {stack['account']}"


def listing() -> list[dict[str, Any]]:
    """All stacks, a few facts each."""
    default = profile.default_stack()
    return [{**asdict(stack), "is_default": stack.name == default} for stack in record.every()]
