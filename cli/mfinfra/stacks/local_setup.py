"""The local side of a cloud stack: record, tunnels, profile, runtime, smoke test.

The last part of `up`, and most of `connect`. Does not change the stack.
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
    """The parameters of the setup: the configuration of the stack, its cloud with the caller's identity, the Python of
    flows, and whether to run the smoke test."""

    config: StackConfig
    cloud: Cloud
    python: str
    smoke: bool


def save_record(config: StackConfig, cloud: Cloud, engine: str) -> Record:
    """Save and return the record of a stack, new or updated, with its location and configuration."""
    config = config.model_copy(update={"engine": engine})
    stack = record.find(config.name)
    if stack is None:
        path = str(profile.path_of(config.name))
        stack = Record(config.name, config.cloud, "creating", record.now(), "", path)
    if stack.cloud != config.cloud:
        raise Refused(f"Stack '{config.name}' already exists on {stack.cloud}.", hint="Set another name with --name")
    stack = stack.updated(
        engine=engine,
        region=config.region,
        account=cloud.account,
        config=config.model_dump_json(),
        state="creating" if stack.state != "ready" else stack.state,
    )
    record.save(stack)
    return stack


def set_up(stack: Record, target: LocalTarget, outputs: StackOutputs, console: Console) -> results.Up:
    """Set up this machine for a stack, and run the smoke test if requested."""
    config, cloud = target.config, target.cloud
    stack = stack.updated(outputs=outputs.text)
    record.save(stack)
    tunnelled = cluster.tunnel(stack, console) if cluster.has_tunnel(config) else {}
    # Outputs contain no secrets; the cloud returns them.
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
    """The Python that flows run with. Raises MfinfraError if the runtime does not support it."""
    return install.supported(config.runtime.python or install.default_python()).python


def _smoke_test(config: StackConfig, cloud: Cloud, python: str, console: Console) -> smoke_test.SmokeRun:
    """Test the bucket, the table and the metadata service, then run a flow with the profile alone. A private metadata
    service cannot be reached: the metadata of the flow is then stored on this machine. Raises SmokeTestFailed with the
    first problem."""
    name, can_reach = config.name, is_reachable(config)
    console.step("Testing access to bucket and table" + (" and metadata service" if can_reach else ""))
    settings = profile.read(profile.path_of(name)) or {}
    problems = cloud.check_access(settings)
    if can_reach and not problems:
        health = service_health.service(settings)
        problems = [] if health.ok else [f"The metadata service is unhealthy: {health.problem}."]
    if problems:
        raise SmokeTestFailed(problems[0], hint=f"Run: mfinfra status {name}")
    console.step("Running the smoke flow")
    private = {} if can_reach else {"METAFLOW_DEFAULT_METADATA": "local"}
    ran = smoke_test.run(name, python, _smoke_folder(name), **private)
    console.done(f"{ran.run} ran, and its artifacts were read from the bucket of the stack ({ran.seconds:.1f} s)")
    if not can_reach:
        console.note("The metadata service is private and was not tested from this machine.")
    return ran


def _smoke_folder(name: str) -> Path:
    """The directory for the log of the smoke flow."""
    return workspace_of(name).parent / "smoke"


def is_reachable(config: StackConfig) -> bool:
    """Whether this machine can reach the metadata service of a stack."""
    return config.metadata.api == "public" or cluster.has_tunnel(config)


def forget(stack: Record) -> None:
    """Remove the local files of a stack: tunnels, profile, workspace, record."""
    profile.remove(stack.name)
    cluster.forget_locally(stack)
    workspace.remove(workspace_of(stack.name))
    smoke_test.forget(_smoke_folder(stack.name))
    record.forget(stack.name)
