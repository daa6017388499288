"""A stack in a cloud: what each command does with it, the pipeline cut short or reversed.

identity -> state -> render -> plan -> agree -> apply -> outputs -> profile -> runtime -> smoke flow. Every step may be
stopped and begun again; what the engine has done it knows, and what comes after it is made anew each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.base import refuse_held
from ..errors import CloudError, Locked, NotFound, Refused
from ..machine import profile, record
from ..plans import formats, saved
from ..plans.changes import Event, Plan
from ..render.outputs import StackOutputs, parsed
from . import cluster, connect, known, local_setup, manifest, service_health
from .local_setup import LocalTarget
from .progress import show
from .results import STATUS_VERSION, Down, Up
from .session import Session, open_stack

if TYPE_CHECKING:
    from ..clouds.base import Cloud
    from ..console import Console
    from ..machine.record import Record
    from ..stackfile.schema import StackConfig
    from .base import Agreed


class CloudStack:
    """A stack in a cloud: as `config` describes it, else as this machine or this folder knows it."""

    report = "cloud"

    def __init__(self, name: str, console: Console, config: StackConfig | None = None) -> None:
        self.name, self._console, self._given = name, console, config

    @property
    def _config(self) -> StackConfig:
        return self._given if self._given is not None else known.config_of(self.name)

    def _show(self, event: Event) -> None:
        show(event, self._console)

    def plan(self, out: Path | None, form: str) -> Plan:
        formats.check(form)
        with record.locked(self.name):
            session = open_stack(self._config, self._console)
            refuse_held(session.deployment, self.name)
            cluster.check_reachable(session.cloud, session.deployment)
            found = session.deployment.plan()
            if out is not None:
                saved.write(out, found, session.deployment.payload(found), session.plan_context)
                self._console.done(f"Saved {out}; to make these changes: mfinfra up --plan {out}")
        return found

    def up(self, agreed: Agreed, smoke: bool, plan_file: Path | None) -> Up:
        config, console = self._config, self._console
        with record.locked(self.name):
            python = local_setup.python_of(config)
            session = open_stack(config, console)
            session.deployment.wait_until_idle(self._show)
            refuse_held(session.deployment, self.name)
            cluster.prepare_up(session.cloud, session.deployment, console)
            wanted = _wanted(session, plan_file, agreed, console)
            stack = local_setup.begun(config, session.cloud, session.deployment.engine)
            if not wanted.is_empty:
                session.deployment.apply(wanted, self._show)
                console.done(f"{len(wanted.changes)} changes made")
            outputs = session.deployment.outputs()
            _write_manifest(session.cloud, stack.updated(outputs=outputs.text), console)
            return local_setup.take_over(stack, LocalTarget(config, session.cloud, python, smoke), outputs, console)

    def connect(self, smoke: bool) -> Up:
        return connect.connect(self._config, smoke, self._console)

    def disconnect(self) -> Record:
        return connect.disconnect(self.name, self._console)

    def down(self, agreed: Agreed, keep_data: bool) -> Down:
        """Remove a stack, however much of it there is."""
        config, console = self._config, self._console
        _refuse_protected(config)
        with record.locked(self.name):
            session = open_stack(config, console)
            session.deployment.wait_until_idle(self._show)
            refuse_held(session.deployment, self.name)
            stack = local_setup.begun(config, session.cloud, session.deployment.engine)
            left = self._remove(session, stack, agreed, keep_data)
        return Down(self.name, left)

    def _remove(self, session: Session, stack: Record, agreed: Agreed, keep_data: bool) -> tuple[str, ...]:
        """Agree to what goes, and remove it; returns what is left."""
        name, cloud, console = self.name, session.cloud, self._console
        if keep_data:
            session.deployment.retain(cloud.data_kinds)
        api = cluster.prepare_down(cloud, session.deployment, agreed, console)
        wanted = session.deployment.plan(destroy=True)
        if not agreed(_what_goes(name, wanted, keep_data)):
            raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra down {name} --yes")
        record.save(stack.updated(state="deleting"))
        if api is not None:
            cluster.drain(api, session.config, console)
        for kept in cloud.drain(_outputs(session), keep_data, console.step):
            console.done(kept)
        # Also where nothing is left: CloudFormation keeps a stack of nothing after a plan, or a creation that failed.
        session.deployment.apply(wanted, self._show)
        _remove_manifest(cloud, name, console)
        left = cloud.leftovers(session.deployment.engine, keep_data, console.step)
        local_setup.forget(stack)
        return left

    def drift(self) -> Plan:
        """As a plan that would be needed to tell the engine."""
        with record.locked(self.name):
            session = open_stack(self._config, self._console)
            cluster.check_reachable(session.cloud, session.deployment)
            changes = session.deployment.drift()
            stack = record.find(self.name)
            if stack is not None:
                record.save(stack.updated(drift=str(len(changes)), drift_at=record.now()))
        return Plan(self.name, session.deployment.engine, changes, "drift")

    def unlock(self, agreed: Agreed) -> str:
        name, session = self.name, open_stack(self._config, self._console)
        holder = session.deployment.holder()
        if holder is None:
            raise NotFound(f"Nobody holds the lock of the stack '{name}'.")
        if not agreed(
            f"Take the lock from {holder.who}, who has it since {holder.since}? If they still work, state is lost."
        ):
            raise Locked(f"The lock of '{name}' stays with {holder.who}.", hint=f"Type: mfinfra unlock {name} --yes")
        session.deployment.unlock(holder)
        return holder.who

    def status(self) -> dict[str, Any]:
        """What the cloud says now is in `resources`, `service` and `queues`."""
        session = open_stack(self._config, self._console)
        return _document(session, record.find(self.name))

    def outputs(self, namespace: str | None) -> dict[str, str]:
        """Raises NotFound for a namespace that the stack has not."""
        name, stack = self.name, record.need(self.name)
        said = parsed(stack.outputs)
        found = dict(said.runtime_config)
        if namespace is not None:
            found |= _of_namespace(name, said, namespace)
        found |= cluster.settings(stack) if found else {}
        if not found:
            raise NotFound(f"The stack '{name}' has no outputs yet.", hint=f"Type: mfinfra up --name {name}")
        return {**found, profile.MARKER: name}

    def start(self) -> list[dict[str, Any]]:
        return cluster.start(self.name, self._console)

    def stop(self) -> list[dict[str, Any]]:
        return cluster.stop(self.name, self._console)


def _write_manifest(cloud: Cloud, stack: Record, console: Console) -> None:
    """Leave beside the state what the stack is, for who connects to it. Nothing else of a stack needs it."""
    try:
        if (states := cloud.states()) is not None:
            manifest.write(states, stack)
    except CloudError as exc:
        console.warn(f"Others cannot connect without the stack file: {exc.message}", hint=exc.hint)


def _remove_manifest(cloud: Cloud, name: str, console: Console) -> None:
    try:
        if (states := cloud.states()) is not None:
            manifest.remove(states, name)
    except CloudError as exc:
        console.warn(f"What the stack said of itself is left: {exc.message}", hint=exc.hint)


def _wanted(session: Session, plan_file: Path | None, agreed: Agreed, console: Console) -> Plan:
    """The plan to apply: the saved one, which was agreed to when it was saved, or a new one that is agreed to now."""
    name = session.config.name
    if plan_file is not None:
        found = saved.read(plan_file)
        found.check(name, session.plan_context)
        return session.deployment.load_plan(found.plan, found.payload)
    wanted = session.deployment.plan()
    if wanted.is_empty:
        console.done("Nothing to change")
        return wanted
    for line in formats.text(wanted).splitlines():
        console.note(line)
    if not agreed(f"Make these {len(wanted.changes)} changes?"):
        raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra up --name {name} --yes")
    return wanted


def _refuse_protected(config: StackConfig) -> None:
    if config.deletion_protection:
        raise Refused(
            f"The stack '{config.name}' is protected from removal.",
            hint="Set deletion_protection: false in its stack file, type mfinfra up, then the same again.",
        )


def _what_goes(name: str, wanted: Plan, keep_data: bool) -> str:
    data = "its bucket stays" if keep_data else "with its bucket, database and all that is in them"
    return f"Remove {len(wanted.changes)} resources of the stack '{name}', {data}?"


def _outputs(session: Session) -> StackOutputs:
    """The outputs of a stack, however little of it there is."""
    try:
        return session.deployment.outputs()
    except CloudError:
        return StackOutputs()


def _document(session: Session, stack: Record | None) -> dict[str, Any]:
    """The status of a stack; `stack` is what this machine has recorded of it."""
    config, name = session.config, session.config.name
    outputs = session.deployment.outputs()
    settings = {**outputs.runtime_config, **(profile.read(profile.path_of(name)) or {})}
    resources = session.deployment.resources()
    within = cluster.status(session.cloud, outputs) if config.compute.backend == "kubernetes" else None
    return {
        "version": STATUS_VERSION,
        "name": name,
        "cloud": config.cloud,
        "engine": session.deployment.engine,
        "region": config.region,
        "account": session.cloud.account,
        "state": stack.state if stack is not None else ("ready" if resources else "absent"),
        "created_at": stack.created_at if stack is not None else None,
        "resources": len(resources),
        "endpoints": {key: settings[key] for key in _ENDPOINTS if key in settings},
        "service": {"is_public": local_setup.is_reached(config), **service_health.document(settings)},
        "queues": [*session.cloud.queues(outputs), *((within or {}).get("pods") or [])],
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


def _of_namespace(name: str, said: StackOutputs, namespace: str) -> dict[str, str]:
    """The settings of flows in a namespace of the cluster."""
    there = said.namespace_configs
    if namespace not in there:
        has = f"Namespaces: {', '.join(there)}" if there else f"Type: mfinfra outputs {name}"
        raise NotFound(f"The stack '{name}' has no namespace '{namespace}'.", hint=has)
    return dict(there[namespace])
