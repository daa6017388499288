"""From a stack that is there in its cloud to flows that run here, and back: record, tunnels, profile, runtime, smoke
flow.

`up` ends with it, and `connect` is little else. It changes nothing that the stack is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines.base import workspace_of
from ..errors import Refused, SmokeTestFailed
from ..machine import profile, record
from ..machine.paths import shown
from ..machine.record import Record
from ..render import workspace
from ..runtime import install, smoke_test
from . import cluster, results, service_health

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..render.outputs import StackOutputs
    from ..stackfile.schema import StackConfig


@dataclass(frozen=True)
class LocalTarget:
    """What a stack is taken over with: all that it was asked to be, who we are in its cloud, the Python that flows run
    with, and whether a flow shall be run through it."""

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


def take_over(stack: Record, target: LocalTarget, outputs: StackOutputs, console: Console) -> results.Up:
    """Make flows of this machine use a stack, and run one through it where that is asked for."""
    config, cloud = target.config, target.cloud
    stack = stack.updated(outputs=outputs.text)
    record.save(stack)
    tunnelled = cluster.tunnel(stack, console) if cluster.has_tunnel(config) else {}
    # No output holds what is secret: the cloud is asked for it.
    written = profile.write(config.name, {**outputs.runtime_config, **cloud.settings(outputs), **tunnelled})
    console.done(f"Profile {shown(written.path)}")
    packages = (*config.runtime.packages, *cloud.requirements)
    runtime = install.ensure(target.python, packages, console.step)
    console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
    stack = stack.updated(python=runtime.python, runtime_version=runtime.version)
    record.save(stack)
    ran = _smoke_test(config, cloud, runtime.python, console) if target.smoke else None
    stack = stack.updated(state="ready", proven_at=record.now() if ran is not None else stack.proven_at)
    record.save(stack)
    command = results.next_command(written.is_default, config.name, runtime.python, runtime.has_examples)
    return results.Up(stack, written, runtime, ran, command)


def python_of(config: StackConfig) -> str:
    """The Python that flows run with. Raises MfinfraError for one that cannot."""
    return install.supported(config.runtime.python or install.default_python()).python


def _smoke_test(config: StackConfig, cloud: Cloud, python: str, console: Console) -> smoke_test.SmokeRun:
    """Use what was made: bucket, table and service by themselves, then a flow by the profile alone. A service that is
    private cannot be reached from here: the flow's metadata then stays on this machine. Raises SmokeTestFailed naming
    the first that does not work."""
    name, is_near = config.name, is_reached(config)
    console.step("Trying the stack: bucket, table" + (", metadata service" if is_near else ""))
    settings = profile.read(profile.path_of(name)) or {}
    problems = cloud.check_access(settings)
    if is_near and not problems:
        health = service_health.service(settings)
        problems = [] if health.ok else [f"The metadata service is not well: {health.problem}."]
    if problems:
        raise SmokeTestFailed(problems[0], hint=f"Type: mfinfra status {name}")
    console.step("Running the smoke flow")
    private = {} if is_near else {"METAFLOW_DEFAULT_METADATA": "local"}
    ran = smoke_test.run(name, python, _smoke_folder(name), **private)
    console.done(f"{ran.run} ran with its artifacts in the stack's bucket and was read back ({ran.seconds:.1f} s)")
    if not is_near:
        console.note("The metadata service is private and was not tried from here.")
    return ran


def _smoke_folder(name: str) -> Path:
    """Where the smoke flow leaves its log."""
    return workspace_of(name).parent / "smoke"


def is_reached(config: StackConfig) -> bool:
    """Whether the metadata service of a stack can be used from here."""
    return config.metadata.api == "public" or cluster.has_tunnel(config)


def forget(stack: Record) -> None:
    """Remove what a stack has on this machine: tunnels, profile, workspace, record."""
    profile.remove(stack.name)
    cluster.forget_locally(stack)
    workspace.remove(workspace_of(stack.name))
    smoke_test.forget(_smoke_folder(stack.name))
    record.forget(stack.name)
