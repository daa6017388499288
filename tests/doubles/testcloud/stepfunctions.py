"""Step Functions' tasks that submit jobs: `batch:submitJob` and `batch:submitJob.sync`. A stopped execution stops them."""

from __future__ import annotations

import contextvars
import json
import time
from typing import Any

from ministack.services import stepfunctions

from . import batch, control, jobs
from .batch_resources import lowered
from .jobs import Document, Refused

SUBMIT = "arn:aws:states:::batch:submitJob"
SYNC = ".sync"
#: What Step Functions adds to the environment of jobs that it starts.
MARK = {"name": "MANAGED_BY_AWS", "value": "STARTED_BY_STEP_FUNCTIONS"}

_execution: contextvars.ContextVar[str] = contextvars.ContextVar("execution", default="")
_submitted: dict[str, list[str]] = {}


def install() -> None:
    stepfunctions._SERVICE_DISPATCH[SUBMIT] = _submit_job
    stepfunctions._scaled_sleep = lambda seconds: time.sleep(seconds * control.state.time_scale)
    run, stop = stepfunctions._run_execution, stepfunctions._stop_execution

    def run_named(name: str) -> None:
        _execution.set(name)
        run(name)

    def stop_with_jobs(data: Document) -> Any:
        answer = stop(data)
        for job in _submitted.pop(data.get("executionArn", ""), []):
            jobs.terminate(job, "The Step Functions execution was stopped")
        return answer

    stepfunctions._run_execution, stepfunctions._stop_execution = run_named, stop_with_jobs


def forget() -> None:
    """Reset: no execution has jobs."""
    _submitted.clear()


def _submit_job(resource: str, data: Document) -> Document:
    try:
        made = batch.submit(_request(data))
    except Refused as exc:
        raise stepfunctions._ExecutionError("Batch.ClientException", str(exc)) from exc
    _submitted.setdefault(_execution.get(), []).append(made["jobId"])
    return _end_of(made["jobId"]) if resource.endswith(SYNC) else raised(made)


def _request(data: Document) -> Document:
    """The task's parameters with the spelling of the Batch API."""
    request: Document = lowered(data)
    overrides = request.setdefault("containerOverrides", {})
    overrides["environment"] = [*overrides.get("environment", []), MARK]
    return request


def _end_of(job_id: str) -> Document:
    begun = control.generation
    job = jobs.wait_for(job_id, lambda: control.generation != begun)
    if job.get("status") != "SUCCEEDED":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(raised(job)))
    return raised(job)


def raised(value: Any) -> Any:
    """Responses with the spelling of Step Functions: jobId -> JobId. Keys of free maps do not change."""
    if isinstance(value, list):
        return [raised(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = ("tags", "parameters", "options")
    return {key[:1].upper() + key[1:]: item if key in kept else raised(item) for key, item in value.items()}
