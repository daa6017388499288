"""The commands on a cloud stack.

Steps of `up`: identity, state, render, plan, confirm, apply, outputs, profile, runtime, smoke test. Every step can be
interrupted and repeated: the engine records completed changes, and the steps after `apply` write their files again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.base import refuse_held
from ..errors import CloudError, Locked, NotFound, Refused
from ..machine import profile, record
from ..plans import formats, saved
from ..plans.changes import Event, Plan
from ..printable import without_credentials
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
    from .base import Confirm


class CloudStack:
    """A cloud stack, described by `config`, else by the local record or the stack file of the working directory."""

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
                self._console.done(f"Saved {out}. To apply it, run: mfinfra up --plan {out}")
        return found

    def up(self, confirm: Confirm, smoke: bool, plan_file: Path | None) -> Up:
        config, console = self._config, self._console
        with record.locked(self.name):
            python = local_setup.python_of(config)
            session = open_stack(config, console)
            session.deployment.wait_until_idle(self._show)
            refuse_held(session.deployment, self.name)
            cluster.prepare_up(session.cloud, session.deployment, console)
            wanted = _wanted(session, plan_file, confirm, console)
            stack = local_setup.save_record(config, session.cloud, session.deployment.engine)
            if not wanted.is_empty:
                session.deployment.apply(wanted, self._show)
                console.done(f"Applied {len(wanted.changes)} changes")
            outputs = session.deployment.outputs()
            _write_manifest(session.cloud, stack.updated(outputs=outputs.text), console)
            return local_setup.set_up(stack, LocalTarget(config, session.cloud, python, smoke), outputs, console)

    def connect(self, smoke: bool) -> Up:
        return connect.connect(self._config, smoke, self._console)

    def disconnect(self) -> Record:
        return connect.disconnect(self.name, self._console)

    def down(self, confirm: Confirm, keep_data: bool) -> Down:
        """Delete the stack, also if it is incomplete."""
        config, console = self._config, self._console
        _refuse_protected(config)
        with record.locked(self.name):
            session = open_stack(config, console)
            session.deployment.wait_until_idle(self._show)
            refuse_held(session.deployment, self.name)
            stack = local_setup.save_record(config, session.cloud, session.deployment.engine)
            left = self._remove(session, stack, confirm, keep_data)
        return Down(self.name, left)

    def _remove(self, session: Session, stack: Record, confirm: Confirm, keep_data: bool) -> tuple[str, ...]:
        """Confirm, then delete the resources; returns those that are left."""
        name, cloud, console = self.name, session.cloud, self._console
        if keep_data:
            session.deployment.retain(cloud.data_kinds)
        api = cluster.prepare_down(cloud, session.deployment, confirm, console)
        wanted = session.deployment.plan(destroy=True)
        if not confirm(_deletion_question(name, wanted, keep_data)):
            raise Refused(f"Stack '{name}' was not changed.", hint=f"Run: mfinfra down {name} --yes")
        record.save(stack.updated(state="deleting"))
        if api is not None:
            cluster.drain(api, session.config, console)
        for kept in cloud.drain(_outputs(session), keep_data, console.step):
            console.done(kept)
        # Also for an empty plan: CloudFormation keeps an empty stack after a plan, or after a failed creation.
        session.deployment.apply(wanted, self._show)
        _remove_manifest(cloud, name, console)
        left = cloud.leftovers(session.deployment.engine, keep_data, console.step)
        local_setup.forget(stack)
        return left

    def drift(self) -> Plan:
        """The drift, as a plan of changes."""
        with record.locked(self.name):
            session = open_stack(self._config, self._console)
            cluster.check_reachable(session.cloud, session.deployment)
            changes = session.deployment.drift()
            stack = record.find(self.name)
            if stack is not None:
                record.save(stack.updated(drift=str(len(changes)), drift_at=record.now()))
        return Plan(self.name, session.deployment.engine, changes, "drift")

    def unlock(self, confirm: Confirm) -> str:
        name, session = self.name, open_stack(self._config, self._console)
        holder = session.deployment.holder()
        if holder is None:
            raise NotFound(f"The state of stack '{name}' is not locked.")
        if not confirm(
            f"Release the state lock that {holder.who} has held since {holder.since}? If that process is still running,"
            " unlocking can corrupt the state."
        ):
            raise Locked(
                f"The state lock of stack '{name}' is still held by {holder.who}.",
                hint=f"Run: mfinfra unlock {name} --yes",
            )
        session.deployment.unlock(holder)
        return holder.who

    def status(self) -> dict[str, Any]:
        """`resources`, `service` and `queues` are read from the cloud."""
        session = open_stack(self._config, self._console)
        return _document(session, record.find(self.name))

    def outputs(self, namespace: str | None) -> dict[str, str]:
        """Raises NotFound if the stack does not have the namespace."""
        name, stack = self.name, record.need(self.name)
        recorded = parsed(stack.outputs)
        found = dict(recorded.runtime_config)
        if namespace is not None:
            found |= _of_namespace(name, recorded, namespace)
        found |= cluster.settings(stack) if found else {}
        if not found:
            raise NotFound(f"Stack '{name}' has no outputs yet.", hint=f"Run: mfinfra up --name {name}")
        return {**found, profile.MARKER: name}

    def start(self) -> list[dict[str, Any]]:
        return cluster.start(self.name, self._console)

    def stop(self) -> list[dict[str, Any]]:
        return cluster.stop(self.name, self._console)


def _write_manifest(cloud: Cloud, stack: Record, console: Console) -> None:
    """Write the stack manifest. Only `connect` needs it, so that a failure is only a warning."""
    try:
        if (states := cloud.states()) is not None:
            manifest.write(states, stack)
    except CloudError as exc:
        console.warn(
            f"The stack manifest could not be written, so `mfinfra connect` will need the stack file: {exc.message}",
            hint=exc.hint,
        )


def _remove_manifest(cloud: Cloud, name: str, console: Console) -> None:
    try:
        if (states := cloud.states()) is not None:
            manifest.remove(states, name)
    except CloudError as exc:
        console.warn(f"The stack manifest could not be removed: {exc.message}", hint=exc.hint)


def _wanted(session: Session, plan_file: Path | None, confirm: Confirm, console: Console) -> Plan:
    """The plan to apply: the saved one, which needs no confirmation, or a new one that the user confirms."""
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
    if not confirm(f"Apply these {len(wanted.changes)} changes?"):
        raise Refused(f"Stack '{name}' was not changed.", hint=f"Run: mfinfra up --name {name} --yes")
    return wanted


def _refuse_protected(config: StackConfig) -> None:
    if config.deletion_protection:
        raise Refused(
            f"Stack '{config.name}' has deletion protection.",
            hint="Set deletion_protection: false in its stack file, run mfinfra up, then run the command again",
        )


def _deletion_question(name: str, wanted: Plan, keep_data: bool) -> str:
    data = "but keep its bucket" if keep_data else "including its bucket and database with all data"
    return f"Delete {len(wanted.changes)} resources of stack '{name}', {data}?"


def _outputs(session: Session) -> StackOutputs:
    """The outputs of a stack; empty if it is incomplete."""
    try:
        return session.deployment.outputs()
    except CloudError:
        return StackOutputs()


def _document(session: Session, stack: Record | None) -> dict[str, Any]:
    """The status of a stack; `stack` is its local record."""
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
        "endpoints": {key: without_credentials(settings[key]) for key in _ENDPOINTS if key in settings},
        "service": {"is_public": local_setup.is_reachable(config), **service_health.document(settings)},
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


def _of_namespace(name: str, outputs: StackOutputs, namespace: str) -> dict[str, str]:
    """The settings for flows in a Kubernetes namespace."""
    configs = outputs.namespace_configs
    if namespace not in configs:
        hint = f"Available namespaces: {', '.join(configs)}" if configs else f"Run: mfinfra outputs {name}"
        raise NotFound(f"Stack '{name}' has no namespace '{namespace}'.", hint=hint)
    return dict(configs[namespace])
