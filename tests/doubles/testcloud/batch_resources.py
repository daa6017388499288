"""The CloudFormation types of Batch, created with the Batch API."""

from __future__ import annotations

from typing import Any

from . import batch, resources
from .resources import Made, name_for

Props = dict[str, Any]
MAP = ("Tags", "map")


def register() -> None:
    resources.register(
        "AWS::Batch::ComputeEnvironment", _create_environment, _update_environment, _delete_environment,
        replacing=("ComputeEnvironmentName", "Type", "EksConfiguration"), tags=MAP,
    )  # fmt: skip
    resources.register(
        "AWS::Batch::JobQueue", _create_queue, _update_queue, _delete_queue, replacing=("JobQueueName",), tags=MAP
    )
    resources.register(
        "AWS::Batch::SchedulingPolicy", _create_policy, _update_policy, _delete_policy, replacing=("Name",), tags=MAP
    )
    resources.register(
        "AWS::Batch::JobDefinition", _create_definition, _update_definition, _delete_definition,
        replacing=("JobDefinitionName",), tags=MAP,
    )  # fmt: skip


def lowered(value: Any) -> Any:
    """Properties with the spelling of the API: ComputeResources -> computeResources. Tags and free maps stay."""
    if isinstance(value, list):
        return [lowered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _lower(key): item if key in ("Tags", "Parameters", "Options") else lowered(item) for key, item in value.items()
    }


def _lower(key: str) -> str:
    return key[:1].lower() + key[1:]


NUMBERS = (
    "minvCpus",
    "maxvCpus",
    "desiredvCpus",
    "bidPercentage",
    "priority",
    "order",
    "maxTimeSeconds",
    "unmanagedvCpus",
)


def _numbers(value: Any) -> Any:
    """Convert CloudFormation's parameters, which are strings, to the numbers of the Batch API."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: int(item) if key in NUMBERS and item is not None else _numbers(item) for key, item in value.items()}


def _request(props: Props) -> Props:
    request = _numbers(lowered(props))
    resources_of = request.get("computeResources", {})
    if "updateToLatestImageVersion" in resources_of:
        resources_of.pop("updateToLatestImageVersion")
    if isinstance(resources_of.get("tags"), dict):
        resources_of["tags"] = {str(key): str(item) for key, item in resources_of["tags"].items()}
    return request  # type: ignore[no-any-return]


def _create_environment(logical_id: str, props: Props, stack: str) -> Made:
    name = props.get("ComputeEnvironmentName") or name_for(stack, logical_id)
    made = batch.create_environment({**_request(props), "computeEnvironmentName": name})
    return made["computeEnvironmentArn"], {"ComputeEnvironmentArn": made["computeEnvironmentArn"]}


def _update_environment(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    batch.update_environment({**_request(new), "computeEnvironment": physical_id})
    batch.set_tags(physical_id, new.get("Tags", {}))
    return physical_id, {"ComputeEnvironmentArn": physical_id}


def _delete_environment(physical_id: str, props: Props) -> None:
    batch.remove_environment(physical_id)


def _create_queue(logical_id: str, props: Props, stack: str) -> Made:
    name = props.get("JobQueueName") or name_for(stack, logical_id)
    made = batch.create_queue({**_request(props), "jobQueueName": name})
    return made["jobQueueArn"], {"JobQueueArn": made["jobQueueArn"]}


def _update_queue(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    batch.update_queue({**_request(new), "jobQueue": physical_id})
    batch.set_tags(physical_id, new.get("Tags", {}))
    return physical_id, {"JobQueueArn": physical_id}


def _delete_queue(physical_id: str, props: Props) -> None:
    batch.remove_queue(physical_id)


def _create_policy(logical_id: str, props: Props, stack: str) -> Made:
    made = batch.create_policy({**_request(props), "name": props.get("Name") or name_for(stack, logical_id)})
    return made["arn"], {"Arn": made["arn"]}


def _update_policy(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    batch.update_policy({**_request(new), "arn": physical_id})
    batch.set_tags(physical_id, new.get("Tags", {}))
    return physical_id, {"Arn": physical_id}


def _delete_policy(physical_id: str, props: Props) -> None:
    batch.delete_policy({"arn": physical_id})


def _create_definition(logical_id: str, props: Props, stack: str) -> Made:
    name = props.get("JobDefinitionName") or name_for(stack, logical_id)
    arn = batch.register_definition({**_request(props), "jobDefinitionName": name})["jobDefinitionArn"]
    return arn, {"JobDefinitionArn": arn}


def _update_definition(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    """Every change creates a new revision and deactivates the previous one."""
    name = physical_id.rpartition("/")[2].rpartition(":")[0]
    arn = batch.register_definition({**_request(new), "jobDefinitionName": name})["jobDefinitionArn"]
    batch.deregister_definition({"jobDefinition": physical_id})
    return arn, {"JobDefinitionArn": arn}


def _delete_definition(physical_id: str, props: Props) -> None:
    batch.deregister_definition({"jobDefinition": physical_id})
