"""AWS in memory (ministack), with the resource types it lacks, and with delays and failures that a test asks for.

Run by the Python that ministack is installed in: `python server.py`. The file that TESTCLOUD_CONTROL names says

    {"delay": {"AWS::RDS::DBInstance": 0.5, "*": 0.01}, "fail": {"AWS::RDS::DBInstance:create": "reason"}}
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import batch, ec2
from ministack.services.cloudformation import provisioners, stacks

Made = tuple[str, dict[str, Any]]
CONTROL = os.environ.get("TESTCLOUD_CONTROL", "")


def control() -> dict[str, Any]:
    try:
        with open(CONTROL, encoding="utf-8") as file:
            return json.load(file)  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return {}


def answer(response: Any) -> dict[str, Any]:
    """The document of one of ministack's own answers."""
    _status, _headers, body = response
    document: dict[str, Any] = json.loads(body)
    if "jobQueueArn" not in document and "computeEnvironmentArn" not in document:
        raise ValueError(str(document.get("message", document)))
    return document


def lowered(value: Any) -> Any:
    """Properties of a template as the API has them."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lowered(item) for key, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


def environment(logical_id: str, props: dict[str, Any], stack: str) -> Made:
    name = props.get("ComputeEnvironmentName") or f"{logical_id}-{uuid.uuid4().hex[:12]}"
    made = answer(batch._create_compute_environment({**lowered(props), "computeEnvironmentName": name}))
    return made["computeEnvironmentArn"], {"ComputeEnvironmentArn": made["computeEnvironmentArn"]}


def queue(logical_id: str, props: dict[str, Any], stack: str) -> Made:
    name = props.get("JobQueueName") or f"{logical_id}-{uuid.uuid4().hex[:12]}"
    made = answer(batch._create_job_queue({**lowered(props), "jobQueueName": name}))
    return made["jobQueueArn"], {"JobQueueArn": made["jobQueueArn"]}


def forget(kept: Any) -> Callable[[str, dict[str, Any]], None]:
    def delete(physical_id: str, props: dict[str, Any]) -> None:
        kept.pop(physical_id.rsplit("/", 1)[-1], None)

    return delete


def named(prefix: str, **attributes: str) -> Callable[[str, dict[str, Any], str], Made]:
    """A resource of which nothing but its id is ever asked."""

    def create(logical_id: str, props: dict[str, Any], stack: str) -> Made:
        name = f"{prefix}-{uuid.uuid4().hex[:17]}"
        return name, {key: form.format(id=name) for key, form in attributes.items()}

    return create


def ingress(logical_id: str, props: dict[str, Any], stack: str) -> Made:
    """A rule of its own, in the group it is for, so that describing the group shows it."""
    group = ec2._security_groups[props["GroupId"]]
    rule = {"IpProtocol": str(props["IpProtocol"]), "FromPort": props.get("FromPort", -1), "ToPort": props.get("ToPort", -1), "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": [{"GroupId": props.get("SourceSecurityGroupId", "")}]}  # fmt: skip
    group["IpPermissions"].append(rule)
    return f"sgr-{uuid.uuid4().hex[:17]}", {}


def stays(
    physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str | None = None
) -> Made:
    return physical_id, {}


def nothing(physical_id: str, props: dict[str, Any]) -> None:
    return


ADDED: dict[str, tuple[Callable[[str, dict[str, Any], str], Made], Callable[[str, dict[str, Any]], None]]] = {
    "AWS::Batch::ComputeEnvironment": (environment, forget(batch._compute_envs)),
    "AWS::Batch::JobQueue": (queue, forget(batch._job_queues)),
    "AWS::Batch::SchedulingPolicy": (named("scheduling-policy", Arn="arn:aws:batch:::{id}"), nothing),
    "AWS::EC2::SecurityGroupIngress": (ingress, nothing),
    "AWS::EC2::NatGateway": (named("nat", NatGatewayId="{id}"), nothing),
    "AWS::EC2::EIP": (named("eipalloc", AllocationId="{id}"), nothing),
    "AWS::EC2::FlowLog": (named("fl", Id="{id}"), nothing),
    "AWS::ApiGateway::VpcLink": (named("link"), nothing),
}


def obedient(operation: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Do what a test asks before doing what CloudFormation asks."""

    def act(kind: str, *arguments: Any, **options: Any) -> Any:
        said = control()
        delays = said.get("delay", {})
        time.sleep(delays.get(kind, delays.get("*", 0)))
        reason = said.get("fail", {}).get(f"{kind}:{operation}")
        if reason:
            raise ValueError(reason)
        return original(kind, *arguments, **options)

    return act


def counted(original: Callable[..., Any], place: int) -> Callable[..., Any]:
    """Numbers that come from parameters are texts; CloudFormation itself turns them into numbers."""

    def act(*arguments: Any, **options: Any) -> Any:
        values = list(arguments)
        values[place] = {**values[place], "DesiredCount": int(values[place].get("DesiredCount", 1))}
        return original(*values, **options)

    return act


def install() -> None:
    service = provisioners._RESOURCE_HANDLERS["AWS::ECS::Service"]
    service["create"] = counted(service["create"], 1)
    if "update" in service:
        service["update"] = counted(service["update"], 2)
    for kind, (create, delete) in ADDED.items():
        provisioners._RESOURCE_HANDLERS.setdefault(kind, {"create": create, "update": stays, "delete": delete})
    stacks._provision_resource = obedient("create", stacks._provision_resource)
    stacks._update_resource = obedient("update", stacks._update_resource)
    stacks._delete_resource = obedient("delete", stacks._delete_resource)
    plain = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: plain(kind) or bool(control().get("delay"))


if __name__ == "__main__":
    install()
    app.main()
