"""Attempts of jobs as processes of this machine: environment, time limit, output to CloudWatch Logs, exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import secretsmanager, ssm

from . import control, job_logs
from .job_spec import command_of
from .resources import arn

Document = dict[str, Any]

ENDED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE")

_running: dict[str, subprocess.Popen[bytes]] = {}
_url = ""


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt. `container` contains the fields that DescribeJobs adds to the container."""

    succeeded: bool
    timed_out: bool
    status_reason: str
    container: Document


def install(url: str) -> None:
    """Set the URL of the cloud for jobs."""
    global _url
    _url = url


def run(job: Document, started: Callable[[], None]) -> Outcome:
    """Run one attempt to its end."""
    task = uuid.uuid4().hex
    told = {"taskArn": arn("ecs", f"task/{task}"), "logStreamName": job_logs.stream_of(job, task)}
    folder = tempfile.mkdtemp(prefix="job-")
    try:
        log = job_logs.Log(job, told["logStreamName"])
        process = _start(job, folder)
    except (OSError, ValueError) as exc:
        shutil.rmtree(folder, ignore_errors=True)
        return Outcome(False, False, "Task failed to start", {**told, "reason": f"CannotStartContainerError: {exc}"})
    started()
    try:
        timed_out = _wait(job, process, log)
    finally:
        _running.pop(job["jobId"], None)
        shutil.rmtree(folder, ignore_errors=True)
    # A process that a signal ended has 128 + its number as the exit code, as containers have.
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Outcome(
        code == 0 and not timed_out, timed_out, TIMED_OUT if timed_out else ENDED, {**told, "exitCode": code}
    )


def _start(job: Document, folder: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command_of(job) or ["true"],
        cwd=folder,
        env=_environment(job, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _running[job["jobId"]] = process
    if "_ending" in job:
        _kill(process)
    return process


def _wait(job: Document, process: subprocess.Popen[bytes], log: job_logs.Log) -> bool:
    """Wait for the exit, or for the time limit. Child processes are killed too."""
    reader = threading.Thread(target=log.copy, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        process.wait(job["timeout"].get("attemptDurationSeconds"))
        timed_out = False
    except subprocess.TimeoutExpired:
        timed_out = True
    _kill(process)
    process.wait()
    reader.join(5)
    return timed_out


def _environment(job: Document, folder: str) -> dict[str, str]:
    """The environment variables of a Batch container, and those that direct it to this cloud."""
    container = job["container"]
    account, region = job["_scope"]
    given = {item["name"]: str(item.get("value", "")) for item in container["environment"]}
    secrets = {item["name"]: _secret(item["valueFrom"]) for item in container.get("secrets", [])}
    index = job.get("arrayProperties", {}).get("index")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "HOME": folder,
        "TMPDIR": folder,
        "AWS_ENDPOINT_URL": _url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "testcloud",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        **control.state.job_environment,
        **given,
        **secrets,
        "AWS_BATCH_JOB_ID": job["jobId"],
        "AWS_BATCH_JOB_ATTEMPT": str(len(job["attempts"]) + 1),
        "AWS_BATCH_JQ_NAME": job["jobQueue"].rpartition("/")[2],
        "AWS_BATCH_CE_NAME": job["_environment"],
        **({} if index is None else {"AWS_BATCH_JOB_ARRAY_INDEX": str(index)}),
    }


def _secret(reference: str) -> str:
    """The value of a secret or a parameter that a definition names by ARN; `<arn>:key::` picks a key of its JSON."""
    if ":ssm:" in reference:
        return str(ssm._parameters[reference.split(":parameter", 1)[1]]["Value"])
    parts = reference.split(":")
    _, secret = secretsmanager._resolve(":".join(parts[:7]))
    if not secret:
        raise ValueError(f"ResourceInitializationError: unable to pull secrets: {reference} is not there")
    versions = secret["Versions"].values()
    text = next(item["SecretString"] for item in versions if "AWSCURRENT" in item["Stages"])
    return str(json.loads(text)[parts[7]]) if len(parts) > 7 and parts[7] else str(text)


def kill(job_id: str) -> None:
    process = _running.get(job_id)
    if process:
        _kill(process)


def kill_all() -> None:
    for process in list(_running.values()):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all its children: each attempt has its own session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
