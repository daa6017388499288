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

from . import deployment, pipeline, profile, prove, record, runtime_install, stackfile, workspace
from .changes import Plan
from .cloud_report import Down, show
from .errors import CloudError, Locked, NotFound, ProofFailed, Refused
from .paths import shown
from .record import Record
from .stackfile import StackConfig

if TYPE_CHECKING:
    from .console import Console
    from .deployment import Deployment

Agreed = Callable[[str], bool]

#: What holds the data of a stack, for each engine: `--keep data` leaves it.
DATA_KINDS = (
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_kms_key",
    "aws_kms_alias",
)


@dataclass(frozen=True)
class Connected:
    """A stack with the account it goes to and the engine that deploys it."""

    config: StackConfig
    session: Any
    account: str
    deployment: Deployment


def connect(config: StackConfig, console: Console) -> Connected:
    """Find out who we are in the cloud and make the engine ready. Fails here where there are no credentials."""
    from .clouds import aws_identity

    stack = record.find(config.name)
    before = stack.engine if stack is not None else None
    engine = config.engine or before or deployment.chosen_engine(config)
    if stack is not None and stack.config is not None:
        stackfile.check_unmoved(json.loads(stack.config), config.model_copy(update={"engine": engine}))
    session = aws_identity.session(str(config.region))
    identity = aws_identity.identity(session)
    _check_account(config, identity.account)
    console.done(f"Account {identity.account}, region {config.region}, as {identity.arn}")
    return Connected(config, session, identity.account, deployment.of(config, engine, session, identity, console.step))


def _check_account(config: StackConfig, account: str) -> None:
    if config.account is not None and config.account != account:
        raise Refused(
            f"The credentials are for the account {account}, the stack file allows {config.account} only.",
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
    if os.path.lexists(stackfile.FILE_NAME):
        config = stackfile.load(Path(), {})
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
    from . import plan_text, planfile

    plan_text.check(form)
    _refuse_local(config)
    with record.locked(config.name):
        connected = connect(config, console)
        deployment.refuse_held(connected.deployment, config.name)
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
        "account": connected.account,
        "region": str(connected.config.region),
        "digest": connected.deployment.digest,
    }


def up(config: StackConfig, smoke: bool, agreed: Agreed, plan_file: Path | None, console: Console) -> pipeline.Up:
    """Deploy a stack and prove it; with a plan that was saved, exactly that plan."""
    with record.locked(config.name):
        chosen = config.runtime.python or runtime_install.default_python()
        python = runtime_install.supported(chosen).python
        connected = connect(config, console)
        connected.deployment.settle(lambda event: show(event, console))
        deployment.refuse_held(connected.deployment, config.name)
        wanted = _wanted(connected, plan_file, agreed, console)
        stack = _begun(connected)
        if not wanted.is_empty:
            connected.deployment.apply(wanted, lambda event: show(event, console))
            console.done(f"{len(wanted.changes)} changes made")
        outputs = connected.deployment.outputs()
        written = profile.write(config.name, _settings(connected, outputs))
        console.done(f"Profile {shown(written.path)}")
        runtime = runtime_install.ensure(python, (*config.runtime.packages, *_AWS_EXTRA), console.step)
        console.done(f"Runtime {runtime.version} in {shown(runtime.python)}")
        stack = stack.updated(python=runtime.python, runtime_version=runtime.version, outputs=json.dumps(outputs))
        record.save(stack)
        proof = None
        if smoke:
            proof = _prove(connected, runtime.python, console)
            stack = stack.updated(proven_at=record.now())
        stack = stack.updated(state="ready")
        record.save(stack)
    return pipeline.Up(stack, written, runtime, proof, pipeline.next_command(written.is_default, config.name, runtime))


def _wanted(connected: Connected, plan_file: Path | None, agreed: Agreed, console: Console) -> Plan:
    """The plan to apply: the saved one, which was agreed to when it was saved, or a new one that is agreed to now."""
    from . import plan_text, planfile

    name = connected.config.name
    if plan_file is not None:
        saved = planfile.read(plan_file)
        saved.check(name, _facts(connected))
        return connected.deployment.adopt(saved.plan, saved.payload)
    wanted = connected.deployment.plan()
    if wanted.is_empty:
        console.done("Nothing to change")
        return wanted
    for line in plan_text.text(wanted).splitlines():
        console.note(line)
    if not agreed(f"Make these {len(wanted.changes)} changes?"):
        raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra up --name {name} --yes")
    return wanted


#: What the runtime needs to talk to AWS.
_AWS_EXTRA = ("boto3>=1.40,<2", "obstore>=0.12,<0.13")


def _begun(connected: Connected) -> Record:
    config = connected.config.model_copy(
        update={"engine": connected.deployment.engine, "account": connected.config.account}
    )
    stack = record.find(config.name)
    if stack is None:
        path = str(profile.path_of(config.name))
        stack = Record(config.name, config.cloud, "creating", record.now(), "", path)
    if stack.cloud != config.cloud:
        raise Refused(f"'{config.name}' is a {stack.cloud} stack.", hint="Choose another name with --name")
    stack = stack.updated(
        engine=connected.deployment.engine,
        region=config.region,
        account=connected.account,
        config=config.model_dump_json(),
        state="creating" if stack.state != "ready" else stack.state,
    )
    record.save(stack)
    return stack


def _settings(connected: Connected, outputs: dict[str, Any]) -> dict[str, str]:
    """The runtime_config with the key of the metadata service, which no output holds."""
    from .clouds import aws_identity

    found = deployment.settings(outputs)
    key_id = outputs.get("api_key_id")
    if key_id:
        found["METAFLOW_SERVICE_AUTH_KEY"] = aws_identity.api_key(connected.session, str(key_id))
    return found


def _prove(connected: Connected, python: str, console: Console) -> prove.Proof:
    """Use what was made: bucket, table and service by themselves, then a flow by the profile alone. Raises ProofFailed
    naming the first that does not work. A service that is private cannot be reached from here: the flow's metadata then
    stays on this machine."""
    from .clouds import aws_health

    name, is_public = connected.config.name, connected.config.metadata.api == "public"
    console.step("Trying the stack: bucket, table" + (", metadata service" if is_public else ""))
    settings = profile.read(profile.path_of(name)) or {}
    problems = aws_health.trial(connected.session, settings, is_public)
    if problems:
        raise ProofFailed(problems[0], hint=f"Type: mfinfra status {name}")
    console.step("Running the smoke flow")
    private = {} if is_public else {"METAFLOW_DEFAULT_METADATA": "local"}
    proof = prove.prove(name, python, deployment.workspace_of(name).parent / "smoke", **private)
    console.done(f"{proof.run} ran with its artifacts in the stack's bucket and was read back ({proof.seconds:.1f} s)")
    if not is_public:
        console.note("The metadata service is private and was not tried from here.")
    return proof


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
        deployment.refuse_held(connected.deployment, name)
        stack = _begun(connected)
        if keep_data:
            connected.deployment.keep(DATA_KINDS)
        wanted = connected.deployment.plan(destroy=True)
        if not agreed(_what_goes(name, wanted, keep_data)):
            raise Refused(f"The stack '{name}' is left as it is.", hint=f"Type: mfinfra down {name} --yes")
        record.save(stack.updated(state="deleting"))
        if keep_data:
            _keep_database(connected, console)
        _empty(connected, keep_data, console)
        if not wanted.is_empty:
            connected.deployment.apply(wanted, lambda event: show(event, console))
        profile.remove(name)
        left = _leftovers(connected, keep_data, console)
        workspace.remove(deployment.workspace_of(name))
        record.forget(name)
    return Down(name, left)


def _keep_database(connected: Connected, console: Console) -> None:
    """The database of a sandbox goes without a last snapshot unless one is made first."""
    from .clouds import aws_teardown

    config = connected.config
    if config.preset != "sandbox" or config.metadata.database is not None:
        return
    snapshot = aws_teardown.keep_database(connected.session, f"{config.name}-metadata", console.step)
    if snapshot is not None:
        console.done(f"The database is kept as the snapshot {snapshot}")


def _what_goes(name: str, wanted: Plan, keep_data: bool) -> str:
    data = "its bucket stays" if keep_data else "with its bucket, database and all that is in them"
    return f"Remove {len(wanted.changes)} resources of the stack '{name}', {data}?"


def _empty(connected: Connected, keep_data: bool, console: Console) -> None:
    """Jobs are ended before their queues go, buckets emptied before they go."""
    from .clouds import aws_teardown

    try:
        outputs = connected.deployment.outputs()
    except CloudError:
        outputs = {}
    arns = [str(arn) for arn in _queue_arns(outputs)]
    if arns:
        aws_teardown.drain_queues(connected.session, arns, console.step)
    if not keep_data and connected.config.datastore.bucket is None:
        for bucket in (outputs.get("bucket_name"), *(outputs.get("log_bucket_names") or ())):
            if bucket:
                aws_teardown.empty_bucket(connected.session, str(bucket), console.step)


def _queue_arns(outputs: dict[str, Any]) -> list[Any]:
    found = outputs.get("queue_arns") or {}
    return list(found.values()) if isinstance(found, dict) else list(found)


def _leftovers(connected: Connected, keep_data: bool, console: Console) -> tuple[str, ...]:
    """What is still there when the engine is done. CloudFormation retains what holds data, outside of sandboxes, even
    where it is to go: that is removed here, and found by its tag, so also by a second `down`."""
    from .clouds import aws_retained, aws_teardown

    left = aws_teardown.leftovers(connected.session, connected.config.name)
    if connected.deployment.engine == "cloudformation":
        left = aws_retained.remove(connected.session, left, keep_data, console.step)
    return tuple(left)


def drift(name: str, console: Console) -> Plan:
    """What in the cloud is not as it was deployed, as a plan that would be needed to tell the engine."""
    with record.locked(name):
        connected = connect(known(name), console)
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
    from .clouds import aws_health

    config = known(name)
    connected = connect(config, console)
    stack = record.find(name)
    outputs = connected.deployment.outputs()
    settings = {**deployment.settings(outputs), **(profile.read(profile.path_of(name)) or {})}
    resources = connected.deployment.resources()
    return {
        "version": pipeline.STATUS_VERSION,
        "name": name,
        "cloud": config.cloud,
        "engine": connected.deployment.engine,
        "region": config.region,
        "account": connected.account,
        "state": stack.state if stack is not None else ("ready" if resources else "absent"),
        "created_at": stack.created_at if stack is not None else None,
        "resources": len(resources),
        "endpoints": {key: settings[key] for key in _ENDPOINTS if key in settings},
        "service": {"is_public": config.metadata.api == "public", **aws_health.document(settings)},
        "queues": aws_health.queues(connected.session, [str(arn) for arn in _queue_arns(outputs)]),
        "drift": {"changes": stack.drift if stack else None, "at": stack.drift_at if stack else None},
        "profile": {"path": str(profile.path_of(name)), "is_default": profile.default_stack() == name},
    }


_ENDPOINTS = (
    "METAFLOW_SERVICE_URL",
    "METAFLOW_SERVICE_INTERNAL_URL",
    "METAFLOW_UI_URL",
    "METAFLOW_DATASTORE_SYSROOT_S3",
)


def outputs(name: str) -> dict[str, str]:
    """The settings of a stack as its profile has them, without the key of the service."""
    stack = record.need(name)
    found = deployment.settings(json.loads(stack.outputs or "{}"))
    if not found:
        raise NotFound(f"The stack '{name}' has no outputs yet.", hint=f"Type: mfinfra up --name {name}")
    return {**found, profile.MARKER: name}
