"""The AWS Batch API: environments, queues, policies, definitions and jobs, in ministack's own stores.

ministack accepts jobs and marks them as finished; here `jobs` runs them. The functions without underscore are also called
by the resource types of CloudFormation and the tasks of Step Functions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import AccountRegionScopedDict, error_response_json
from ministack.services import batch

from .. import machines
from . import jobs
from .jobs import Document, Refused
from .resources import arn

_policies = AccountRegionScopedDict()


def install() -> None:
    """Replace ministack's Batch, and reset the policies together with its other resources."""
    forget = batch.reset

    def reset() -> None:
        forget()
        _policies.clear()

    batch.handle_request, batch.reset = _handle, reset


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Document) -> Any:
    try:
        if path.startswith("/v1/tags/"):
            found = _tags(method, unquote(path.removeprefix("/v1/tags/")), body, query)
        else:
            verb = CALLS.get(path.rstrip("/").lower())
            if verb is None:
                return error_response_json("ClientException", f"Unknown path: {path}", 404)
            found = verb(json.loads(body or b"{}"))
    except Refused as exc:
        return error_response_json("ClientException", str(exc), 400)
    return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()


def _last(name: str) -> str:
    """The name at the end of an ARN, or the name itself."""
    return name.rpartition("/")[2]


def _known(store: Any, name: str, what: str) -> Document:
    found = store.get(_last(name))
    if found is None:
        raise Refused(f"{what} {name} does not exist")
    return found  # type: ignore[no-any-return]


def _chosen(store: Any, names: list[str]) -> list[Document]:
    """The named records, or all; like AWS, unknown names are ignored."""
    return [store[_last(name)] for name in names if _last(name) in store] if names else list(store.values())


# Compute environments


def create_environment(wanted: Document) -> Document:
    name = wanted.get("computeEnvironmentName", "")
    if not batch._CE_NAME_RE.fullmatch(name):
        raise Refused(f"Error executing request, Exception : computeEnvironmentName {name!r} is not valid")
    if name in batch._compute_envs:
        raise Refused("Object already exists")
    wrong = machines.batch_refusal(wanted.get("computeResources", {}))
    if wrong:
        raise Refused(f"Error executing request, Exception : {wrong}")
    made = {
        "computeEnvironmentName": name,
        "computeEnvironmentArn": arn("batch", f"compute-environment/{name}"),
        "ecsClusterArn": arn("ecs", f"cluster/{name}_Batch_{int(time.time())}"),
        "type": wanted.get("type", "MANAGED"),
        "state": wanted.get("state", "ENABLED"),
        "status": "VALID",
        "statusReason": "ComputeEnvironment Healthy",
        "computeResources": wanted.get("computeResources", {}),
        "serviceRole": wanted.get("serviceRole") or _service_role(),
        "tags": wanted.get("tags", {}),
        "containerOrchestrationType": "ECS",
    }
    batch._compute_envs[name] = made
    return {key: made[key] for key in ("computeEnvironmentName", "computeEnvironmentArn")}


def _service_role() -> str:
    account = arn("", "").split(":")[4]
    return f"arn:aws:iam::{account}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def update_environment(wanted: Document) -> Document:
    found = _known(batch._compute_envs, wanted["computeEnvironment"], "ComputeEnvironment")
    changed = {key: wanted[key] for key in ("state", "serviceRole", "updatePolicy", "unmanagedvCpus") if key in wanted}
    found.update(changed)
    found["computeResources"] = {**found["computeResources"], **(wanted.get("computeResources") or {})}
    jobs.notice()
    return {key: found[key] for key in ("computeEnvironmentName", "computeEnvironmentArn")}


def _delete_environment(wanted: Document) -> Document:
    found = batch._compute_envs.get(_last(wanted["computeEnvironment"]))
    if found and found["state"] != "DISABLED":
        raise Refused("Cannot delete, resource must be DISABLED")
    if found:
        remove_environment(found["computeEnvironmentName"])
    return {}


def remove_environment(name: str) -> None:
    """Delete as CloudFormation does: it disables the environment first, and fails if a queue uses it."""
    found = batch._compute_envs.get(_last(name))
    if found is None:
        return
    if any(found["computeEnvironmentArn"] in _environments_of(queue) for queue in batch._job_queues.values()):
        raise Refused("Cannot delete, found existing JobQueue relationship")
    del batch._compute_envs[_last(name)]


def _describe_environments(wanted: Document) -> Document:
    return {"computeEnvironments": _chosen(batch._compute_envs, wanted.get("computeEnvironments", []))}


# Queues


def create_queue(wanted: Document) -> Document:
    name = wanted.get("jobQueueName", "")
    if name in batch._job_queues:
        raise Refused("Object already exists")
    made = {
        "jobQueueName": name,
        "jobQueueArn": arn("batch", f"job-queue/{name}"),
        "state": wanted.get("state", "ENABLED"),
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "priority": wanted.get("priority", 1),
        "computeEnvironmentOrder": _order(wanted.get("computeEnvironmentOrder", [])),
        "jobStateTimeLimitActions": wanted.get("jobStateTimeLimitActions", []),
        "tags": wanted.get("tags", {}),
    }
    if wanted.get("schedulingPolicyArn"):
        made["schedulingPolicyArn"] = wanted["schedulingPolicyArn"]
    batch._job_queues[name] = made
    return {key: made[key] for key in ("jobQueueName", "jobQueueArn")}


def _order(wanted: list[Document]) -> list[Document]:
    """The environments by ARN, as AWS returns them."""
    found = [(_known(batch._compute_envs, item["computeEnvironment"], "computeEnvironment"), item) for item in wanted]
    return [{**item, "computeEnvironment": record["computeEnvironmentArn"]} for record, item in found]


def _environments_of(queue: Document) -> list[str]:
    return [item["computeEnvironment"] for item in queue["computeEnvironmentOrder"]]


def update_queue(wanted: Document) -> Document:
    found = _known(batch._job_queues, wanted["jobQueue"], "JobQueue")
    if wanted.get("schedulingPolicyArn") and "schedulingPolicyArn" not in found:
        raise Refused("A scheduling policy cannot be added to an existing job queue")
    for key in ("state", "priority", "schedulingPolicyArn", "jobStateTimeLimitActions"):
        if key in wanted:
            found[key] = wanted[key]
    if "computeEnvironmentOrder" in wanted:
        found["computeEnvironmentOrder"] = _order(wanted["computeEnvironmentOrder"])
    jobs.notice()
    return {key: found[key] for key in ("jobQueueName", "jobQueueArn")}


def _delete_queue(wanted: Document) -> Document:
    found = batch._job_queues.get(_last(wanted["jobQueue"]))
    if found and found["state"] != "DISABLED":
        raise Refused("Cannot delete, resource must be DISABLED")
    remove_queue(wanted["jobQueue"])
    return {}


def remove_queue(name: str) -> None:
    """Delete a queue and stop its jobs, as AWS does."""
    found = batch._job_queues.get(_last(name))
    if found:
        jobs.end_of_queue(found["jobQueueArn"])
        del batch._job_queues[_last(name)]


def _describe_queues(wanted: Document) -> Document:
    return {"jobQueues": _chosen(batch._job_queues, wanted.get("jobQueues", []))}


def _snapshot(wanted: Document) -> Document:
    queue = _known(batch._job_queues, wanted["jobQueue"], "JobQueue")
    waiting = [job for job in jobs.of_queue(queue["jobQueueArn"]) if job["status"] == "RUNNABLE"]
    first = [{"jobArn": job["jobArn"], "earliestTimeAtPosition": job["createdAt"]} for job in waiting[:100]]
    return {"frontOfQueue": {"jobs": first, "lastUpdatedAt": jobs.now()}}


# Scheduling policies


def create_policy(wanted: Document) -> Document:
    name = wanted["name"]
    if name in _policies:
        raise Refused("Object already exists")
    made = {
        "name": name,
        "arn": arn("batch", f"scheduling-policy/{name}"),
        "fairsharePolicy": wanted.get("fairsharePolicy", {}),
        "tags": wanted.get("tags", {}),
    }
    _policies[name] = made
    return {key: made[key] for key in ("name", "arn")}


def update_policy(wanted: Document) -> Document:
    found = _known(_policies, wanted["arn"], "SchedulingPolicy")
    found["fairsharePolicy"] = wanted.get("fairsharePolicy", found["fairsharePolicy"])
    return {}


def delete_policy(wanted: Document) -> Document:
    if any(queue.get("schedulingPolicyArn") == wanted["arn"] for queue in batch._job_queues.values()):
        raise Refused("Cannot delete, found existing JobQueue relationship")
    _policies.pop(_last(wanted["arn"]), None)
    return {}


def _describe_policies(wanted: Document) -> Document:
    return {
        "schedulingPolicies": [_policies[_last(name)] for name in wanted.get("arns", []) if _last(name) in _policies]
    }


def _list_policies(wanted: Document) -> Document:
    return {"schedulingPolicies": [{"arn": policy["arn"]} for policy in _policies.values()]}


# Job definitions


def register_definition(wanted: Document) -> Document:
    name = wanted["jobDefinitionName"]
    revisions = batch._job_definitions.setdefault(name, [])
    revision = len(revisions) + 1
    made = {
        "type": "container",
        **wanted,
        "jobDefinitionArn": arn("batch", f"job-definition/{name}:{revision}"),
        "revision": revision,
        "status": "ACTIVE",
        "tags": wanted.get("tags", {}),
        "containerOrchestrationType": "ECS",
    }
    revisions.append(made)
    return {key: made[key] for key in ("jobDefinitionName", "jobDefinitionArn", "revision")}


def deregister_definition(wanted: Document) -> Document:
    definition(wanted["jobDefinition"])["status"] = "INACTIVE"
    return {}


def definition(reference: str) -> Document:
    """A definition by name, name:revision or ARN; by name alone it is the newest active one."""
    name, _, revision = _last(reference).partition(":")
    found = [item for item in batch._job_definitions.get(name, []) if not revision or item["revision"] == int(revision)]
    active = [item for item in found if item["status"] == "ACTIVE"]
    if not (active or (revision and found)):
        raise Refused(f"JobDefinition {reference} does not exist")
    return (active or found)[-1]  # type: ignore[no-any-return]


def _describe_definitions(wanted: Document) -> Document:
    """Like AWS: by reference or by name, filtered by status; includes inactive ones by default."""
    every = [item for revisions in batch._job_definitions.values() for item in revisions]
    references = [_last(item) for item in wanted.get("jobDefinitions", [])]
    found = [
        item
        for item in every
        if not references or item["jobDefinitionName"] in references or _last(item["jobDefinitionArn"]) in references
    ]
    for key, field in (("jobDefinitionName", "jobDefinitionName"), ("status", "status")):
        if wanted.get(key):
            found = [item for item in found if item[field] == wanted[key]]
    return {"jobDefinitions": found[::-1]}


# Jobs


def submit(wanted: Document) -> Document:
    queue = batch._job_queues.get(_last(wanted.get("jobQueue", "")))
    if queue is None:
        raise Refused(f"JobQueue {wanted.get('jobQueue')} does not exist")
    if queue["state"] != "ENABLED":
        raise Refused(f"JobQueue {wanted['jobQueue']} is not ENABLED")
    return jobs.submit(wanted, definition(wanted.get("jobDefinition", "")), queue)


def describe(ids: list[str]) -> list[Document]:
    return [jobs.public(batch._jobs[job]) for job in ids if job in batch._jobs]


def _describe_jobs(wanted: Document) -> Document:
    return {"jobs": describe(wanted.get("jobs", []))}


def _list_jobs(wanted: Document) -> Document:
    """Jobs of a queue or children of an array; RUNNING ones unless a status or a filter is given."""
    if wanted.get("arrayJobId"):
        found = jobs.children_of(wanted["arrayJobId"])
    else:
        queue = _known(batch._job_queues, wanted.get("jobQueue", ""), "JobQueue")
        found = [job for job in jobs.of_queue(queue["jobQueueArn"]) if ":" not in job["jobId"]]
    filters = {item["name"]: item["values"] for item in wanted.get("filters", [])}
    status = wanted.get("jobStatus") or (None if filters else "RUNNING")
    found = [job for job in found if (not status or job["status"] == status) and _passes(job, filters)]
    return {"jobSummaryList": [jobs.summary(job) for job in sorted(found, key=lambda job: -job["createdAt"])]}


def _passes(job: Document, filters: dict[str, list[str]]) -> bool:
    fields = {"JOB_NAME": job["jobName"], "JOB_DEFINITION": job["jobDefinition"]}
    return all(
        any(_matches(value, fields[name]) for value in values) for name, values in filters.items() if name in fields
    )


def _matches(pattern: str, text: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else pattern in (text, _last(text))


def cancel(wanted: Document) -> Document:
    jobs.cancel(wanted["jobId"], wanted.get("reason", ""))
    return {}


def terminate(wanted: Document) -> Document:
    jobs.terminate(wanted["jobId"], wanted.get("reason", ""))
    return {}


# Tags


def _tagged(name: str) -> Document:
    """The record of an ARN, of any type."""
    kind, _, rest = name.split(":", 5)[-1].partition("/")
    stores: dict[str, Any] = {
        "compute-environment": batch._compute_envs, "job-queue": batch._job_queues,
        "scheduling-policy": _policies, "job": batch._jobs,
    }  # fmt: skip
    return definition(name) if kind == "job-definition" else _known(stores.get(kind, {}), rest, "Resource")


def set_tags(name: str, tags: dict[str, str]) -> None:
    _tagged(name)["tags"] = dict(tags)


def _tags(method: str, name: str, body: bytes, query: Document) -> Document:
    tags = _tagged(name).setdefault("tags", {})
    if method == "POST":
        tags.update(json.loads(body)["tags"])
    if method == "DELETE":
        keys = query.get("tagKeys", [])
        for key in [keys] if isinstance(keys, str) else keys:
            tags.pop(key, None)
    return {"tags": tags} if method == "GET" else {}


def everything_tagged() -> list[tuple[str, dict[str, str]]]:
    """(ARN, tags) of all tagged resources except jobs."""
    found = [(item["computeEnvironmentArn"], item["tags"]) for item in batch._compute_envs.values()]
    found += [(item["jobQueueArn"], item["tags"]) for item in batch._job_queues.values()]
    found += [(item["arn"], item["tags"]) for item in _policies.values()]
    definitions = [item for revisions in batch._job_definitions.values() for item in revisions]
    return found + [(item["jobDefinitionArn"], item["tags"]) for item in definitions if item["status"] == "ACTIVE"]


CALLS: dict[str, Callable[[Document], Document]] = {
    "/v1/canceljob": cancel,
    "/v1/createcomputeenvironment": create_environment,
    "/v1/createjobqueue": create_queue,
    "/v1/createschedulingpolicy": create_policy,
    "/v1/deletecomputeenvironment": _delete_environment,
    "/v1/deletejobqueue": _delete_queue,
    "/v1/deleteschedulingpolicy": delete_policy,
    "/v1/deregisterjobdefinition": deregister_definition,
    "/v1/describecomputeenvironments": _describe_environments,
    "/v1/describejobdefinitions": _describe_definitions,
    "/v1/describejobqueues": _describe_queues,
    "/v1/describejobs": _describe_jobs,
    "/v1/describeschedulingpolicies": _describe_policies,
    "/v1/getjobqueuesnapshot": _snapshot,
    "/v1/listjobs": _list_jobs,
    "/v1/listschedulingpolicies": _list_policies,
    "/v1/registerjobdefinition": register_definition,
    "/v1/submitjob": submit,
    "/v1/terminatejob": terminate,
    "/v1/updatecomputeenvironment": update_environment,
    "/v1/updatejobqueue": update_queue,
    "/v1/updateschedulingpolicy": update_policy,
}
