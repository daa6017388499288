"""From a stack that is there in its cloud to flows that run here: record, tunnels, profile, runtime, proof; and back.

`up` ends with it, and `connect` is little else. It changes nothing that the stack is made of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines import base
from ..errors import ProofFailed, Refused
from ..machine import profile, record
from ..machine.paths import shown
from ..machine.record import Record
from ..render import workspace
from ..runtime import install, smoke_test
from . import cluster, results, service_health

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class Here:
    """What a stack is taken over with: all that it was asked to be, who we are in its cloud, the Python that flows run
    with, and whether a flow shall prove it."""

    config: StackConfig
    cloud: Cloud
    python: str
    smoke: bool


def begun(config: StackConfig, cloud: Cloud, engine: str) -> Record:
    """The record of a stack, new or as it was, with where the stack is and all that it was asked to be."""
    config = config.model_copy(update={"engine": engine})
    stack = record.find(config.name)
    if stack is None:
        path = str(profile.path_of(config.name))
        stack = Record(config.name, config.cloud, "creating", record.now(), "", path)
    if stack.cloud != config.cloud:
        raise Refused(f"'{config.name}' is a {stack.cloud} stack.", hint="Choose another name with --name")
    stack = stack.updated(
        engine=engine,
        region=config.region,
        account=cloud.account,
        config=config.model_dump_json(),
        state="creating" if stack.state != "ready" else stack.state,
    )
    record.save(stack)
    return stack


def take_over(stack: Record, here: Here, outputs: dict[str, Any], console: Console) -> results.Up:
    """Make flows of this machine use a stack, and prove it where that is asked for."""
    config, cloud = here.config, here.cloud
    stack = stack.updated(outputs=json.dumps(outputs))
    record.save(stack)
    tunnelled = cluster.tunnel(stack, console) if cluster.has_tunnel(config) else {}
    # No output holds what is secret: the cloud is asked for it.
    written = profile.write(config.name, {**base.settings(outputs), **cloud.settings(outputs), **tunnelled})
    console.done(f"Profile {shown(written.path)}")
    packages = (*config.runtime.packages, *cloud.requirements)
    runtime = install.ensure(here.python, packages, console.step)
    console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
    stack = stack.updated(python=runtime.python, runtime_version=runtime.version)
    record.save(stack)
    proof = _prove(config, cloud, runtime.python, console) if here.smoke else None
    stack = stack.updated(state="ready", proven_at=record.now() if proof is not None else stack.proven_at)
    record.save(stack)
    return results.Up(stack, written, runtime, proof, results.next_command(written.is_default, config.name, runtime))


def python_of(config: StackConfig) -> str:
    """The Python that flows run with. Raises MfinfraError for one that cannot."""
    return install.supported(config.runtime.python or install.default_python()).python


def _prove(config: StackConfig, cloud: Cloud, python: str, console: Console) -> smoke_test.Proof:
    """Use what was made: bucket, table and service by themselves, then a flow by the profile alone. Raises ProofFailed
    naming the first that does not work. A service that is private cannot be reached from here: the flow's metadata then
    stays on this machine."""
    name, is_near = config.name, is_reached(config)
    console.step("Trying the stack: bucket, table" + (", metadata service" if is_near else ""))
    settings = profile.read(profile.path_of(name)) or {}
    problems = cloud.trial(settings)
    if is_near and not problems:
        health = service_health.service(settings)
        problems = [] if health.ok else [f"The metadata service is not well: {health.problem}."]
    if problems:
        raise ProofFailed(problems[0], hint=f"Type: mfinfra status {name}")
    console.step("Running the smoke flow")
    private = {} if is_near else {"METAFLOW_DEFAULT_METADATA": "local"}
    proof = smoke_test.prove(name, python, _smoke_folder(name), **private)
    console.done(f"{proof.run} ran with its artifacts in the stack's bucket and was read back ({proof.seconds:.1f} s)")
    if not is_near:
        console.note("The metadata service is private and was not tried from here.")
    return proof


def _smoke_folder(name: str) -> Path:
    """Where the smoke flow leaves its log."""
    return base.workspace_of(name).parent / "smoke"


def is_reached(config: StackConfig) -> bool:
    """Whether the metadata service of a stack can be used from here."""
    return config.metadata.api == "public" or cluster.has_tunnel(config)


def forget(stack: Record) -> None:
    """Remove what a stack has on this machine: tunnels, profile, workspace, record."""
    profile.remove(stack.name)
    cluster.leave(stack)
    workspace.remove(base.workspace_of(stack.name))
    smoke_test.forget(_smoke_folder(stack.name))
    record.forget(stack.name)
