"""The composition root: what each command does, as a sequence of steps between frozen values.

load -> create -> profile -> install runtime -> prove -> report; `down` is the way back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import profile, prove, record, runtime_install
from .console import Console
from .engines import local
from .errors import MfinfraError, Refused
from .paths import shown

if TYPE_CHECKING:
    from .profile import Profile
    from .prove import Proof
    from .record import Record
    from .runtime_install import Installed
    from .stackfile import StackConfig

STATUS_VERSION = 1


@dataclass(frozen=True)
class Up:
    """The result of `up`."""

    stack: Record
    profile: Profile
    runtime: Installed
    proof: Proof | None


def up(config: StackConfig, python: str | None, smoke: bool, console: Console) -> Up:
    """Make the stack exist and prove that flows run through it. May be repeated; goes on where it was stopped."""
    target = python or runtime_install.default_python()
    with record.locked(config.name):
        stack = local.create(config.name, profile.path_of(config.name))
        console.done(f"Stack {config.name}: {shown(stack.data_folder)}")
        written = profile.write(config.name, local.settings(stack))
        console.done(f"Profile {shown(written.path)}")
        runtime = _runtime(config, target, console)
        stack = stack.updated(python=runtime.python, runtime_version=runtime.version)
        record.save(stack)
        proof = _proof(config.name, runtime, console) if smoke else None
        if proof is not None:
            stack = stack.updated(proven_run=proof.run, proven_at=record.now())
        stack = stack.updated(state="ready")
        record.save(stack)
    return Up(stack, written, runtime, proof)


def _runtime(config: StackConfig, target: str, console: Console) -> Installed:
    runtime = runtime_install.ensure(target, config.runtime.packages, console.step)
    console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
    if config.runtime.examples:
        command = runtime_install.ensure_examples(target, console.step)
        if command is not None:
            console.warn("scikit-learn could not be installed; train_digits.py needs it.", hint=f"Type: {command}")
    return runtime


def _proof(name: str, runtime: Installed, console: Console) -> Proof:
    console.step("Running the smoke flow")
    proof = prove.prove(name, runtime.python, local.log_folder(name))
    console.done(f"{proof.run} ran and was read back ({proof.seconds:.1f} s)")
    return proof


def report_up(result: Up, console: Console) -> None:
    """The table at the end of `up`: what exists, where, what to type next."""
    if console.as_json:
        console.document({"status": status(result.stack.name), "next": _next(result)})
        return
    rows = [
        ("stack", result.stack.name, f"mfinfra status {result.stack.name}"),
        ("data", shown(result.stack.data_folder), f"mfinfra outputs {result.stack.name}"),
        ("profile", shown(result.profile.path), _use(result)),
        ("runtime", f"mfruntime {result.runtime.version} in {shown(result.runtime.python)}", "mfinfra runtime info"),
    ]
    if result.proof is not None:
        rows.append(("smoke flow", result.proof.run, _next(result)))
    console.table(("what", "where", "what to type next"), rows)


def _use(result: Up) -> str:
    return "(the default)" if result.profile.is_default else f"mfinfra use {result.stack.name}"


def _next(result: Up) -> str:
    return "python examples/flows/train_digits.py run"


def down(name: str, keep_data: bool, agreed: Callable[[str], bool]) -> list[Path]:
    """Remove a stack after `agreed` to what goes; returns what was left because it is not ours or was to be kept."""
    with record.locked(name):
        stack = record.need(name)
        if not agreed(_what_goes(stack, keep_data)):
            raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra down {name} --yes")
        left = local.destroy(stack, keep_data)
        profile.remove(name)
    return left


def _what_goes(stack: Record, keep_data: bool) -> str:
    runs = sum(local.runs(stack).values())
    data = f"its data stays in {stack.data_folder}" if keep_data else f"with {runs} runs in {stack.data_folder}"
    return f"Remove the stack '{stack.name}', {data}?"


def status(name: str) -> dict[str, Any]:
    """The state of a stack as a document whose shape is kept stable (docs/reference/status-json.md)."""
    stack = record.need(name)
    found = _installed(stack)
    return {
        "version": STATUS_VERSION,
        "name": stack.name,
        "cloud": stack.cloud,
        "state": _state(stack, found),
        "created_at": stack.created_at,
        "data": {"folder": stack.data_folder, "bytes": local.size(stack), "runs": local.runs(stack)},
        "profile": {"path": stack.profile, "is_default": profile.default_stack() == name, "exists": _has_profile(name)},
        "runtime": {"python": stack.python, "version": found.version if found else None},
        "proof": {"run": stack.proven_run, "at": stack.proven_at},
    }


def _installed(stack: Record) -> Installed | None:
    if stack.python is None or not os.path.exists(stack.python):
        return None
    try:
        return runtime_install.installed(stack.python)
    except MfinfraError:
        return None


def _has_profile(name: str) -> bool:
    return profile.owner(profile.path_of(name)) == name


def _state(stack: Record, found: Installed | None) -> str:
    """`ready`, what an unfinished command left, or `broken` where something that was made is gone."""
    if stack.state != "ready":
        return stack.state
    whole = found is not None and _has_profile(stack.name) and Path(stack.data_folder).is_dir()
    return "ready" if whole else "broken"


def report_status(document: dict[str, Any], console: Console) -> None:
    """A status for people."""
    runs = document["data"]["runs"]
    rows = [
        ("state", document["state"]),
        ("cloud", document["cloud"]),
        ("created", document["created_at"]),
        ("data", f"{document['data']['folder']} ({document['data']['bytes'] / 1e6:.1f} MB)"),
        ("runs", ", ".join(f"{flow}: {count}" for flow, count in runs.items()) or "none"),
        ("profile", document["profile"]["path"] + (" (the default)" if document["profile"]["is_default"] else "")),
        ("runtime", f"{document['runtime']['version'] or 'not installed'} in {document['runtime']['python']}"),
        (
            "proven",
            f"{document['proof']['run']} at {document['proof']['at']}" if document["proof"]["run"] else "not yet",
        ),
    ]
    console.table((document["name"], ""), rows)
    if document["state"] != "ready":
        console.warn(f"The stack is {document['state']}.", hint=f"Type: mfinfra up --name {document['name']}")


def outputs(name: str) -> dict[str, str]:
    """The settings that the stack makes true: its runtime_config."""
    stack = record.need(name)
    return {**local.settings(stack), profile.MARKER: name}


def listing() -> list[dict[str, Any]]:
    """All stacks, a few facts each."""
    default = profile.default_stack()
    return [{**asdict(stack), "is_default": stack.name == default} for stack in record.every()]
