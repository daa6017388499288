"""What each command does with a stack in a cloud: the pipeline, cut short or reversed.

identity -> state -> render -> plan -> agree -> apply -> outputs -> profile -> runtime -> proof. Every step may be
stopped and begun again; what the engine has done it knows, and what comes after it is made anew each time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import clouds
from ..engines import base as engines
from ..engines import select
from ..errors import CloudError, Locked, NotFound, Refused
from ..machine import profile, record
from ..machine.record import Record
from ..plans.changes import Plan
from ..stackfile import immutable, load, rules, schema
from ..stackfile.schema import StackConfig
from . import cluster, local_setup, manifest, results, service_health
from .local_setup import Here
from .progress import show

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..engines.base import Deployment

Agreed = Callable[[str], bool]


@dataclass(frozen=True)
class Connected:
    """A stack with the cloud it goes to and the engine that deploys it."""

    config: StackConfig
    cloud: Cloud
    deployment: Deployment


def connect(config: StackConfig, console: Console) -> Connected:
    """Find out who we are in the cloud and make the engine ready. Fails here where there are no credentials."""
    stack = record.find(config.name)
    before = stack.engine if stack is not None else None
    engine = config.engine or before or select.chosen_engine(config)
    if stack is not None and stack.config is not None:
        immutable.check_unmoved(json.loads(stack.config), config.model_copy(update={"engine": engine}))
    cloud = identified(config, console)
    return Connected(config, cloud, select.of(cloud, engine, console.step))


def identified(config: StackConfig, console: Console) -> Cloud:
    """The cloud of a stack, with who we are in it. Raises CloudError where there are no credentials, Refused where the
    stack file allows another account only."""
    cloud = clouds.connect(config)
    _check_account(config, cloud.account)
    console.done(f"{rules.ACCOUNTS[config.cloud].capitalize()} {cloud.account}, region {config.region}, as {cloud.who}")
    return cloud


def _check_account(config: StackConfig, account: str) -> None:
    if config.account is not None and config.account != account:
        raise Refused(
            f"The credentials are for the {rules.ACCOUNTS[config.cloud]} {account}, the stack file allows"
            f" {config.account} only.",
            hint="Choose others with: export AWS_PROFILE=NAME",
        )


def recorded(name: str) -> StackConfig | None:
    """A stack in a cloud as `up` last had it; None where there is none of this name."""
    try:
        stack = record.find(name)
    except record.Damaged:
        return None
    return StackConfig.model_validate_json(stack.config) if stack is not None and stack.config is not None else None


def known(name: str) -> StackConfig:
    """As recorded, else as the stack file of this folder describes it."""
    last = recorded(name)
    if last is not None:
        return last
    if os.path.lexists(schema.FILE_NAME):
        config = load.load(Path(), {})
        if config.name == name and config.cloud != "local":
            return config
    raise NotFound(f"There is no stack named '{name}'.", hint=f"Type: mfinfra up --name {name}")


def is_cloud(name: str) -> bool:
    """Whether a stack of this name is in a cloud."""
    try:
        stack = record.find(name)
        return stack.cloud != "local" if stack is not None else known(name).cloud != "local"
    except (NotFound, record.Damaged):
        return False


def plan(config: StackConfig, out: Path | None, form: str, console: Console) -> Plan:
    """What `up` would change; with `out`, saved for `up --plan`."""
    from ..plans import formats
    from ..plans import saved as planfile

    formats.check(form)
    _refuse_local(config)
    with record.locked(config.name):
        connected = connect(config, console)
        engines.refuse_held(connected.deployment, config.name)
        cluster.check_reachable(connected.cloud, connected.deployment)
        found = connected.deployment.plan()
        if out is not None:
            planfile.write(out, found, connected.deployment.payload(found), _facts(connected))
            console.done(f"Saved {out}; to make these changes: mfinfra up --plan {out}")
    return found


def _refuse_local(config: StackConfig) -> None:
    if config.cloud == "local":
        raise Refused("A local stack has nothing to plan.", hint="Type: mfinfra up")


def _facts(connected: Connected) -> dict[str, str]:
    """What must be the same when a plan is applied as when it was made."""
    return {
        "engine": connected.deployment.engine,
        "account": connected.cloud.account,
        "region": str(connected.config.region),
        "digest": connected.deployment.digest,
    }


def up(config: StackConfig, smoke: bool, agreed: Agreed, plan_file: Path | None, console: Console) -> results.Up:
    """Deploy a stack and prove it; with a plan that was saved, exactly that plan."""
    with record.locked(config.name):
        python = local_setup.python_of(config)
        connected = connect(config, console)
        connected.deployment.settle(lambda event: show(event, console))
        engines.refuse_held(connected.deployment, config.name)
        cluster.go_on(connected.cloud, connected.deployment, console)
        wanted = _wanted(connected, plan_file, agreed, console)
        stack = local_setup.begun(config, connected.cloud, connected.deployment.engine)
        if not wanted.is_empty:
            connected.deployment.apply(wanted, lambda event: show(event, console))
            console.done(f"{len(wanted.changes)} changes made")
        outputs = connected.deployment.outputs()
        _describe(connected.cloud, stack.updated(outputs=json.dumps(outputs)), console)
        return local_setup.take_over(stack, Here(config, connected.cloud, python, smoke), outputs, console)


def _describe(cloud: Cloud, stack: Record, console: Console) -> None:
    """Leave beside the state what the stack is, for who connects to it. Nothing else of a stack needs it."""
    try:
        if (states := cloud.states()) is not None:
            manifest.write(states, stack)
    except CloudError as exc:
        console.warn(f"Others cannot connect without the stack file: {exc.message}", hint=exc.hint)


def _undescribe(cloud: Cloud, name: str, console: Console) -> None:
    """Take that away again."""
    try:
        if (states := cloud.states()) is not None:
            manifest.remove(states, name)
    except CloudError as exc:
        console.warn(f"What the stack said of itself is left: {exc.message}", hint=exc.hint)


def _wanted(connected: Connected, plan_file: Path | None, agreed: Agreed, console: Console) -> Plan:
    """The plan to apply: the saved one, which was agreed to when it was saved, or a new one that is agreed to now."""
    from ..plans import formats
    from ..plans import saved as planfile

    name = connected.config.name
    if plan_file is not None:
        saved = planfile.read(plan_file)
        saved.check(name, _facts(connected))
        return connected.deployment.adopt(saved.plan, saved.payload)
    wanted = connected.deployment.plan()
    if wanted.is_empty:
        console.done("Nothing to change")
        return wanted
    for line in formats.text(wanted).splitlines():
        console.note(line)
    if not agreed(f"Make these {len(wanted.changes)} changes?"):
        raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra up --name {name} --yes")
    return wanted


@dataclass(frozen=True)
class Down:
    """The result of `down`: what with the stack's tag is still there."""

    name: str
    left: tuple[str, ...]


def down(name: str, keep_data: bool, agreed: Agreed, console: Console) -> Down:
    """Remove a stack, however much of it there is."""
    config = known(name)
    if config.deletion_protection:
        raise Refused(
            f"The stack '{name}' is protected from removal.",
            hint="Set deletion_protection: false in its stack file, type mfinfra up, then the same again.",
        )
    with record.locked(name):
        connected = connect(config, console)
        connected.deployment.settle(lambda event: show(event, console))
        engines.refuse_held(connected.deployment, name)
        stack = local_setup.begun(config, connected.cloud, connected.deployment.engine)
        if keep_data:
            connected.deployment.keep(connected.cloud.data_kinds)
        api = cluster.let_go(connected.cloud, connected.deployment, agreed, console)
        wanted = connected.deployment.plan(destroy=True)
        if not agreed(_what_goes(name, wanted, keep_data)):
            raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra down {name} --yes")
        record.save(stack.updated(state="deleting"))
        if api is not None:
            cluster.empty(api, config, console)
        for kept in connected.cloud.empty(_outputs(connected), keep_data, console.step):
            console.done(kept)
        # Also where nothing is left: CloudFormation keeps a stack of nothing after a plan, or a creation that failed.
        connected.deployment.apply(wanted, lambda event: show(event, console))
        _undescribe(connected.cloud, name, console)
        left = connected.cloud.left(connected.deployment.engine, keep_data, console.step)
        local_setup.forget(stack)
    return Down(name, left)


def _what_goes(name: str, wanted: Plan, keep_data: bool) -> str:
    data = "its bucket stays" if keep_data else "with its bucket, database and all that is in them"
    return f"Remove {len(wanted.changes)} resources of the stack '{name}', {data}?"


def _outputs(connected: Connected) -> dict[str, Any]:
    """The outputs of a stack, however little of it there is."""
    try:
        return connected.deployment.outputs()
    except CloudError:
        return {}


def drift(name: str, console: Console) -> Plan:
    """What in the cloud is not as it was deployed, as a plan that would be needed to tell the engine."""
    with record.locked(name):
        connected = connect(known(name), console)
        cluster.check_reachable(connected.cloud, connected.deployment)
        changes = connected.deployment.drift()
        stack = record.find(name)
        if stack is not None:
            record.save(stack.updated(drift=str(len(changes)), drift_at=record.now()))
    return Plan(name, connected.deployment.engine, changes, "drift")


def unlock(name: str, agreed: Agreed, console: Console) -> str:
    """Take the lock of a stack from who holds it; returns who that was."""
    connected = connect(known(name), console)
    holder = connected.deployment.holder()
    if holder is None:
        raise NotFound(f"Nobody holds the lock of the stack '{name}'.")
    if not agreed(
        f"Take the lock from {holder.who}, who has it since {holder.since}? If they still work, state is lost."
    ):
        raise Locked(f"The lock of '{name}' stays with {holder.who}.", hint=f"Type: mfinfra unlock {name} --yes")
    connected.deployment.unlock(holder)
    return holder.who


def status(name: str, console: Console) -> dict[str, Any]:
    """A stack in a cloud as a document; what the cloud says now is in `resources`, `service` and `queues`."""
    config = known(name)
    connected = connect(config, console)
    stack = record.find(name)
    outputs = connected.deployment.outputs()
    settings = {**engines.settings(outputs), **(profile.read(profile.path_of(name)) or {})}
    resources = connected.deployment.resources()
    within = cluster.status(connected.cloud, outputs) if config.compute.backend == "kubernetes" else None
    return {
        "version": results.STATUS_VERSION,
        "name": name,
        "cloud": config.cloud,
        "engine": connected.deployment.engine,
        "region": config.region,
        "account": connected.cloud.account,
        "state": stack.state if stack is not None else ("ready" if resources else "absent"),
        "created_at": stack.created_at if stack is not None else None,
        "resources": len(resources),
        "endpoints": {key: settings[key] for key in _ENDPOINTS if key in settings},
        "service": {"is_public": local_setup.is_reached(config), **service_health.document(settings)},
        "queues": [*connected.cloud.queues(outputs), *((within or {}).get("pods") or [])],
        "cluster": within,
        "servers": cluster.servers(stack) if stack is not None else [],
        "drift": {"changes": stack.drift if stack else None, "at": stack.drift_at if stack else None},
        "profile": {"path": str(profile.path_of(name)), "is_default": profile.default_stack() == name},
    }


_ENDPOINTS = (
    "METAFLOW_SERVICE_URL",
    "METAFLOW_SERVICE_INTERNAL_URL",
    "METAFLOW_UI_URL",
    "METAFLOW_DATASTORE_SYSROOT_S3",
    "METAFLOW_DATASTORE_SYSROOT_AZURE",
    "METAFLOW_DATASTORE_SYSROOT_GS",
)


def outputs(name: str, namespace: str | None = None) -> dict[str, str]:
    """The settings of a stack as its profile has them, without the key of the service; with a namespace, those of flows
    in it. Raises NotFound for one that the stack has not."""
    stack = record.need(name)
    said = json.loads(stack.outputs or "{}")
    found = engines.settings(said)
    if namespace is not None:
        there = said.get("namespace_configs") or {}
        if namespace not in there:
            known = f"Namespaces: {', '.join(there)}" if there else f"Type: mfinfra outputs {name}"
            raise NotFound(f"The stack '{name}' has no namespace '{namespace}'.", hint=known)
        found |= there[namespace]
    found |= cluster.settings(stack) if found else {}
    if not found:
        raise NotFound(f"The stack '{name}' has no outputs yet.", hint=f"Type: mfinfra up --name {name}")
    return {**found, profile.MARKER: name}
