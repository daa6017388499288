"""Batch jobs: their records, their states from SUBMITTED to the end, and the scheduler thread.

A job that can run is passed to `processes`, in a separate thread. Every change of a record holds `changed`.
"""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import batch

from . import control, processes
from .job_spec import container_of, depends_on, vcpus_of
from .resources import arn

Document = dict[str, Any]

WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")
ENDED = ("SUCCEEDED", "FAILED")
MAX_PROCESSES = 16
TICK_SECONDS = 0.5

changed = threading.Condition()


class Refused(ValueError):
    """An error that Batch returns as ClientException."""


def install(url: str) -> None:
    processes.install(url)
    threading.Thread(target=_move_for_ever, daemon=True, name="batch-scheduler").start()


def now() -> int:
    return int(time.time() * 1000)


def notice() -> None:
    """Wake the scheduler, because a condition that jobs wait for can have changed."""
    with changed:
        changed.notify_all()


def submit(wanted: Document, definition: Document, queue: Document) -> Document:
    job = _record(wanted, definition, queue)
    size = wanted.get("arrayProperties", {}).get("size")
    with changed:
        if size:
            job["arrayProperties"] = {"size": size, "statusSummary": {}}
            for index in range(size):
                _add(_child(job, index, wanted.get("dependsOn", [])))
        _add(job)
        changed.notify_all()
    return {key: job[key] for key in ("jobId", "jobName", "jobArn")}


def _record(wanted: Document, definition: Document, queue: Document) -> Document:
    job_id = str(uuid.uuid4())
    if not wanted.get("jobName"):
        raise Refused("jobName is required")
    _check_share(wanted, definition, queue)
    return {
        "jobId": job_id,
        "jobArn": arn("batch", f"job/{job_id}"),
        "jobName": wanted["jobName"],
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": definition["jobDefinitionArn"],
        "status": "SUBMITTED",
        "createdAt": now(),
        "attempts": [],
        "dependsOn": wanted.get("dependsOn", []),
        "retryStrategy": wanted.get("retryStrategy") or definition.get("retryStrategy") or {"attempts": 1},
        "timeout": wanted.get("timeout") or definition.get("timeout") or {},
        "parameters": {**definition.get("parameters", {}), **wanted.get("parameters", {})},
        "container": container_of(definition, wanted),
        "tags": {**(definition["tags"] if wanted.get("propagateTags") else {}), **wanted.get("tags", {})},
        "platformCapabilities": definition.get("platformCapabilities", ["EC2"]),
        **{key: wanted[key] for key in ("shareIdentifier", "schedulingPriority") if key in wanted},
        "_scope": (get_account_id(), get_region()),
        "_waits_for": [item["jobId"] for item in wanted.get("dependsOn", []) if item.get("jobId")],
        "_since": now(),
    }


def _check_share(wanted: Document, definition: Document, queue: Document) -> None:
    """A queue with a scheduling policy requires a share identifier and a priority; other queues reject an identifier."""
    is_shared = bool(queue.get("schedulingPolicyArn"))
    if is_shared != bool(wanted.get("shareIdentifier")):
        raise Refused(
            f"shareIdentifier {'must' if is_shared else 'must not'} be specified for queue {queue['jobQueueName']}"
        )
    if is_shared and wanted.get("schedulingPriorityOverride", definition.get("schedulingPriority")) is None:
        raise Refused("schedulingPriority must be specified for a fair-share queue")


def _child(parent: Document, index: int, dependencies: list[Document]) -> Document:
    job_id = f"{parent['jobId']}:{index}"
    return {
        **parent,
        "jobId": job_id,
        "jobArn": f"{parent['jobArn']}:{index}",
        "attempts": [],
        "container": dict(parent["container"]),
        "arrayProperties": {"index": index},
        "_waits_for": depends_on(parent["jobId"], index, dependencies),
    }


def _add(job: Document) -> None:
    batch._jobs[job["jobId"]] = job


def public(job: Document) -> Document:
    """A record without internal fields; an array job with the number of its children."""
    found = {key: value for key, value in job.items() if not key.startswith("_")}
    if "size" in job.get("arrayProperties", {}):
        counts = dict.fromkeys((*WAITING, "STARTING", "RUNNING", *ENDED), 0)
        for child in children_of(job["jobId"]):
            counts[child["status"]] += 1
        found["arrayProperties"] = {**job["arrayProperties"], "statusSummary": counts}
    return found


def summary(job: Document) -> Document:
    keys = (
        "jobId",
        "jobArn",
        "jobName",
        "jobDefinition",
        "createdAt",
        "startedAt",
        "stoppedAt",
        "status",
        "statusReason",
    )
    container = {key: job["container"][key] for key in ("exitCode", "reason") if key in job["container"]}
    more = {"arrayProperties": job["arrayProperties"]} if "arrayProperties" in job else {}
    return {**{key: job[key] for key in keys if key in job}, "container": container, **more}


def of_queue(queue: str) -> list[Document]:
    return [job for job in batch._jobs.values() if job["jobQueue"] == queue]


def children_of(parent: str) -> list[Document]:
    return [job for job in batch._jobs.values() if job["jobId"].startswith(f"{parent}:")]


# Endings asked for from outside


def cancel(job_id: str, reason: str) -> None:
    """Cancel a job that has not started; a started job continues, as in AWS."""
    _end(job_id, reason, "isCancelled", WAITING)


def terminate(job_id: str, reason: str) -> None:
    _end(job_id, reason, "isTerminated", (*WAITING, "STARTING", "RUNNING"))


def _end(job_id: str, reason: str, mark: str, states: tuple[str, ...]) -> None:
    with changed:
        job = batch._jobs.get(job_id)
        if job is None:
            raise Refused(f"Job {job_id} does not exist")
        for one in (*children_of(job_id), job):
            if one["status"] in states:
                one.update({mark: True, "_ending": reason})
                _stop(one, reason)
        changed.notify_all()


def _stop(job: Document, reason: str) -> None:
    if job["status"] in WAITING and "size" not in job.get("arrayProperties", {}):
        _finish(job, "FAILED", reason)
    else:
        processes.kill(job["jobId"])


def end_of_queue(queue: str) -> None:
    for job in of_queue(queue):
        terminate(job["jobId"], "Job queue deleted")


def end_all() -> None:
    """Stop every process, for a reset and at the exit of the program."""
    with changed:
        for job in list(batch._jobs._data.values()):
            job["_ending"] = "The cloud was reset"
        processes.kill_all()


# The way of a job


def _move_for_ever() -> None:
    while True:
        with changed:
            for job in list(batch._jobs._data.values()):
                if job["status"] not in ENDED:
                    with request_scope(*job["_scope"]):
                        _move(job)
            changed.wait(TICK_SECONDS)


def _move(job: Document) -> None:
    """Move a job to its next state, unless it has to wait."""
    if "size" in job.get("arrayProperties", {}):
        _move_array(job)
    elif job["status"] in ("SUBMITTED", "PENDING"):
        _look_at_dependencies(job)
    if job["status"] == "RUNNABLE" and not _over_time(job):
        _start_if_possible(job)


def _move_array(job: Document) -> None:
    children = children_of(job["jobId"])
    job["status"] = "PENDING"
    if all(child["status"] in ENDED for child in children):
        failed = any(child["status"] == "FAILED" for child in children)
        _finish(
            job, "FAILED" if failed else "SUCCEEDED", job.get("_ending") or ("Array Child Job failed" if failed else "")
        )


def _look_at_dependencies(job: Document) -> None:
    states = [batch._jobs[name]["status"] if name in batch._jobs else "FAILED" for name in job["_waits_for"]]
    if "FAILED" in states:
        _finish(job, "FAILED", "Dependent Job failed")
    elif all(state == "SUCCEEDED" for state in states):
        job.update(status="RUNNABLE", _since=now())
    else:
        job["status"] = "PENDING"


def _over_time(job: Document) -> bool:
    """Cancel a job that has waited longer than its queue allows."""
    queue = batch._job_queues.get(job["jobQueue"].rpartition("/")[2], {})
    for limit in queue.get("jobStateTimeLimitActions", []):
        if now() - job["_since"] > limit["maxTimeSeconds"] * 1000 * control.state.time_scale:
            job["isCancelled"] = True
            _finish(job, "FAILED", f"Canceled by JobStateTimeLimit action due to reason: {limit['reason']}")
            return True
    return False


def _start_if_possible(job: Document) -> None:
    environment = next((name for name in _environments(job) if _has_room(name, job)), None)
    if environment is None or len(_running()) >= MAX_PROCESSES:
        return
    job.update(status="STARTING", _environment=environment)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_attempt, job), daemon=True, name=job["jobId"]).start()


def _environments(job: Document) -> Iterator[str]:
    """The enabled environments of the job's queue, in order of preference."""
    queue = batch._job_queues.get(job["jobQueue"].rpartition("/")[2], {})
    for item in sorted(queue.get("computeEnvironmentOrder", []), key=lambda item: item["order"]):
        name = item["computeEnvironment"].rpartition("/")[2]
        if batch._compute_envs.get(name, {}).get("state") == "ENABLED":
            yield name


def _has_room(environment: str, job: Document) -> bool:
    most = batch._compute_envs[environment]["computeResources"].get("maxvCpus")
    used = sum(vcpus_of(other) for other in _running() if other.get("_environment") == environment)
    return most is None or used + vcpus_of(job) <= most


def _running() -> list[Document]:
    return [job for job in batch._jobs.values() if job["status"] in ("STARTING", "RUNNING")]


def _attempt(job: Document) -> None:
    """Run one attempt of the job and set its next state. Called in a separate thread."""

    def started() -> None:
        with changed:
            job.update(status="RUNNING", startedAt=now())
            changed.notify_all()

    begun = now()
    outcome = processes.run(job, started)
    with changed:
        job["container"].update(outcome.container)
        attempt = {
            "container": outcome.container,
            "startedAt": begun,
            "stoppedAt": now(),
            "statusReason": outcome.status_reason,
        }
        job["attempts"].append(attempt)
        _after(job, outcome)
        changed.notify_all()


def _after(job: Document, outcome: processes.Outcome) -> None:
    if outcome.succeeded and "_ending" not in job:
        _finish(job, "SUCCEEDED", outcome.status_reason)
    elif "_ending" in job:
        _finish(job, "FAILED", job["_ending"])
    elif outcome.timed_out or not _retries(job, outcome):
        _finish(job, "FAILED", outcome.status_reason)
    else:
        job.update(status="RUNNABLE", _since=now(), statusReason=outcome.status_reason)


def _retries(job: Document, outcome: processes.Outcome) -> bool:
    strategy = job["retryStrategy"]
    if len(job["attempts"]) >= int(strategy.get("attempts", 1)):
        return False
    facts = {
        "onExitCode": str(outcome.container.get("exitCode", "")),
        "onReason": outcome.container.get("reason", ""),
        "onStatusReason": outcome.status_reason,
    }
    for rule in strategy.get("evaluateOnExit", []):
        if all(fnmatchcase(facts[key], rule[key]) for key in facts if key in rule):
            return str(rule["action"]).upper() == "RETRY"
    return True


def _finish(job: Document, status: str, reason: str) -> None:
    job.update(status=status, stoppedAt=now())
    if reason:
        job["statusReason"] = reason


def wait_for(job_id: str, is_over: Callable[[], bool]) -> Document:
    """Wait until a job has ended, or until the wait is canceled."""
    with changed:
        while True:
            job: Document | None = batch._jobs.get(job_id)
            if job is None or job["status"] in ENDED or is_over():
                return public(job) if job else {}
            changed.wait(TICK_SECONDS)
