"""CloudFormation: a change set is the plan of a stack, executing it is the apply, its events are the progress."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from ...clouds.aws.errors import explain_text
from ...clouds.aws.identity import call, client, pages
from ...clouds.known_errors import of_kind
from ...errors import CloudError, EngineError, MfinfraError, NotFound, Refused
from ...plans import cloudformation_risk
from ...plans.changes import Change, Event, Plan
from ...render.outputs import StackOutputs, of_cloudformation
from .events import Follower, root_cause

OnEvent = Callable[[Event], None]

#: The largest template that CreateChangeSet accepts as text; larger ones are uploaded to a bucket.
_MOST_INLINE = 51_200
_NOTHING = ("didn't contain changes", "No updates are to be performed")
#: The status of a stack that is empty and can only be deleted.
_EMPTY = ("ROLLBACK_COMPLETE",)
#: The status of stacks that cannot be updated but still have resources, which only `down` deletes.
_STUCK = ("ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_CHANGE_SET = "mfinfra"


def stack_name(name: str) -> str:
    """The name of a stack in CloudFormation."""
    return f"mfinfra-{name}"


def found(session: Any, name: str) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it, None if it does not exist."""
    try:
        stacks = call(client(session, "cloudformation").describe_stacks, StackName=stack_name(name))["Stacks"]
    except CloudError as exc:
        if exc.code == "ValidationError" and "does not exist" in exc.message:
            return None
        raise
    live = [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    return live[0] if live else None


def busy(session: Any, name: str) -> tuple[str, str] | None:
    """The operation that CloudFormation runs on a stack, and its start time; None if it is idle."""
    stack = found(session, name)
    if (
        stack is None
        or not stack["StackStatus"].endswith("_IN_PROGRESS")
        or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    ):
        return None
    since = stack.get("LastUpdatedTime") or stack["CreationTime"]
    return str(stack["StackStatus"]), since.strftime("%Y-%m-%dT%H:%M:%SZ")


def wait_until_idle(session: Any, name: str, on_event: OnEvent) -> None:
    """Wait for the running operation, and report its events: it can be that of an interrupted command."""
    stack = found(session, name)
    if stack is not None and busy(session, name) is not None:
        _follow(session, name, str(stack["StackId"]), Follower(on_event))


def plan(
    session: Any, name: str, template: str, parameters: Mapping[str, str], tags: Mapping[str, str], bucket: str
) -> Plan:
    """The plan, as a change set for apply."""
    cloudformation = client(session, "cloudformation")
    stack = found(session, name)
    if stack is not None and stack["StackStatus"] in _STUCK:
        raise Refused(
            f"Stack '{name}' is {stack['StackStatus']} in CloudFormation: it cannot be updated, only deleted.",
            hint=f"Run: mfinfra down {name}; then run the command again",
        )
    if stack is not None and stack["StackStatus"] in _EMPTY:
        destroy(session, name, lambda _: None)
        stack = None
    is_new = stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    if stack is not None:
        call(cloudformation.delete_change_set, StackName=stack_name(name), ChangeSetName=_CHANGE_SET)
    made = call(
        cloudformation.create_change_set,
        StackName=stack_name(name),
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **_template(session, template, bucket),
    )
    arn = str(made["Id"])
    entries = _ready(cloudformation, arn, name)
    before = {p["ParameterKey"]: p.get("ParameterValue", "") for p in (stack or {}).get("Parameters", [])}
    moved = cloudformation_risk.Moved(before, parameters)
    return Plan(name, "cloudformation", tuple(_change(entry, is_new, moved) for entry in entries), arn)


def _template(session: Any, template: str, bucket: str) -> dict[str, str]:
    if len(template.encode()) <= _MOST_INLINE:
        return {"TemplateBody": template}
    s3 = client(session, "s3")
    key = f"templates/{hashlib.sha256(template.encode()).hexdigest()}.yaml"
    call(s3.put_object, Bucket=bucket, Key=key, Body=template.encode())
    return {"TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}"}


def _ready(cloudformation: Any, arn: str, name: str) -> list[dict[str, Any]]:
    """Wait for a change set; returns its entries."""
    pause = 0.2
    while True:
        answer = call(cloudformation.describe_change_set, ChangeSetName=arn, StackName=stack_name(name))
        status, reason = answer["Status"], str(answer.get("StatusReason", ""))
        if status == "FAILED" and any(sign in reason for sign in _NOTHING):
            call(cloudformation.delete_change_set, ChangeSetName=arn, StackName=stack_name(name))
            return []
        if status == "FAILED":
            raise explain_text(reason) or EngineError(f"CloudFormation rejected the template: {reason}")
        if status == "CREATE_COMPLETE":
            return _all_changes(cloudformation, arn, name, answer)
        time.sleep(pause)
        pause = min(pause * 1.5, 3.0)


def _all_changes(cloudformation: Any, arn: str, name: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    entries = list(answer.get("Changes", []))
    while answer.get("NextToken"):
        place = {"ChangeSetName": arn, "StackName": stack_name(name), "NextToken": answer["NextToken"]}
        answer = call(cloudformation.describe_change_set, **place)
        entries += answer.get("Changes", [])
    return [entry["ResourceChange"] for entry in entries if entry.get("Type", "Resource") == "Resource"]


def _change(entry: dict[str, Any], is_new: bool, moved: cloudformation_risk.Moved) -> Change:
    changes = "replace" if cloudformation_risk.is_replaced(entry) else "update"
    action = {"Add": "create", "Remove": "delete"}.get(str(entry["Action"]), changes)
    danger, reason = cloudformation_risk.of(entry, is_new, moved)
    targets = [(detail.get("Target") or {}) for detail in entry.get("Details") or []]
    names = sorted({str(target["Name"]) for target in targets if target.get("Name")})
    return Change(
        str(entry["LogicalResourceId"]), str(entry["ResourceType"]), action, danger, reason or ", ".join(names)
    )


def apply(session: Any, plan: Plan, on_event: OnEvent) -> None:
    """Execute exactly the change set of a plan, and wait until it has finished."""
    cloudformation = client(session, "cloudformation")
    follower = Follower(on_event)
    stack = found(session, plan.stack)
    if stack is None:
        raise Refused(
            "The plan is stale: its stack no longer exists. Nothing was changed.",
            hint="Run: mfinfra plan --out FILE",
        )
    follower.skip(_events(session, str(stack["StackId"])))
    try:
        call(cloudformation.execute_change_set, ChangeSetName=plan.handle, StackName=stack_name(plan.stack))
    except CloudError as exc:
        if exc.code in ("ChangeSetNotFound", "InvalidChangeSetStatus"):
            raise Refused(
                "The plan is stale: the stack has changed since it was created. Nothing was changed.",
                hint="Run: mfinfra plan --out FILE",
            ) from exc
        raise
    _follow(session, plan.stack, str(stack["StackId"]), follower)


def _follow(session: Any, name: str, stack_id: str, follower: Follower) -> None:
    """Report events until the operation has finished. Raises MfinfraError with the first failure."""
    cloudformation, pause = client(session, "cloudformation"), 0.3
    while True:
        stack = call(cloudformation.describe_stacks, StackName=stack_id)["Stacks"][0]
        reported = follower.report(_events(session, stack_id))
        status = str(stack["StackStatus"])
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(pause)
        pause = 0.5 if reported else min(pause * 1.3, 5.0)
    if "ROLLBACK" in status or status.endswith("_FAILED"):
        raise _failure(name, status, follower.events)


def _failure(name: str, status: str, events: list[dict[str, Any]]) -> MfinfraError:
    """The first failure and its cause, as a known error if possible, and the status of the stack."""
    cause, state = root_cause(events), _STATES.get(status, f"the stack is {status}")
    hint = f"Fix the cause, then run: mfinfra {'down' if status == 'DELETE_FAILED' else 'up --name'} {name}"
    if cause is None:
        return EngineError(f"{status}; {state}.", hint=hint)
    what = f"{cause['LogicalResourceId']} ({cause['ResourceType']})"
    reason = " ".join(str(cause.get("ResourceStatusReason", "no reason given")).split())
    meant = explain_text(reason)
    if meant is not None:
        return of_kind(meant.kind, f"{what}: {meant.message.rstrip('.')}; {state}.", str(meant.hint))
    return EngineError(f"{what}: {reason}; {state}.", hint=hint)


_STATES = {
    "ROLLBACK_COMPLETE": "the created resources were deleted again",
    "UPDATE_ROLLBACK_COMPLETE": "the stack was rolled back and is unchanged",
    "UPDATE_ROLLBACK_FAILED": "the rollback failed too: continue it in the CloudFormation console",
    "DELETE_FAILED": "the other resources of the stack still exist",
}


def _events(session: Any, stack_id: str) -> list[dict[str, Any]]:
    """All events of a stack, the oldest first."""
    return list(
        reversed(pages(client(session, "cloudformation"), "describe_stack_events", "StackEvents", StackName=stack_id))
    )


def destroy(session: Any, name: str, on_event: OnEvent) -> None:
    """Delete a stack, and wait until it is deleted."""
    stack = found(session, name)
    if stack is None:
        return
    follower = Follower(on_event)
    follower.skip(_events(session, str(stack["StackId"])))
    call(client(session, "cloudformation").delete_stack, StackName=str(stack["StackId"]))
    _follow(session, name, str(stack["StackId"]), follower)


def protect(session: Any, name: str, wanted: bool) -> None:
    """Turn termination protection on or off."""
    change = client(session, "cloudformation").update_termination_protection
    call(change, StackName=stack_name(name), EnableTerminationProtection=wanted)


def outputs(session: Any, name: str, settings: Mapping[str, str]) -> StackOutputs:
    """The outputs of a stack; `settings` maps outputs to runtime settings."""
    stack = found(session, name)
    values = {str(o["OutputKey"]): str(o["OutputValue"]) for o in (stack or {}).get("Outputs", [])}
    return of_cloudformation(values, settings)


def resources(session: Any, name: str) -> list[tuple[str, str, str]]:
    """Name, type and ID of the resources of a stack."""
    if found(session, name) is None:
        return []
    listed = pages(
        client(session, "cloudformation"), "list_stack_resources", "StackResourceSummaries", StackName=stack_name(name)
    )
    return [
        (str(r["LogicalResourceId"]), str(r["ResourceType"]), str(r.get("PhysicalResourceId", "")))
        for r in listed
        if r["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def drift(session: Any, name: str) -> list[Change]:
    """The drift of a stack."""
    if found(session, name) is None:
        raise NotFound(f"Stack '{name}' does not exist in CloudFormation.", hint=f"Run: mfinfra up --name {name}")
    cloudformation = client(session, "cloudformation")
    token = call(cloudformation.detect_stack_drift, StackName=stack_name(name))["StackDriftDetectionId"]
    pause = 0.3
    while True:
        answer = call(cloudformation.describe_stack_drift_detection_status, StackDriftDetectionId=token)
        if answer["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)
    drifts = call(
        cloudformation.describe_stack_resource_drifts,
        StackName=stack_name(name),
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
    )["StackResourceDrifts"]
    return [_drifted(entry) for entry in drifts]


def _drifted(entry: dict[str, Any]) -> Change:
    address, kind = str(entry["LogicalResourceId"]), str(entry["ResourceType"])
    if entry["StackResourceDriftStatus"] == "DELETED":
        return Change(address, kind, "delete", None, "it was deleted")
    names = [str(d["PropertyPath"]).strip("/") for d in entry.get("PropertyDifferences") or []]
    return Change(address, kind, "update", None, f"differs in {', '.join(names[:6])}")
