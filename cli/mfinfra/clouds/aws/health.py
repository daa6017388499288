"""Health of the resources of a stack in AWS: bucket, table, queues."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...errors import MfinfraError
from .identity import call, client, pages

_WAITING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


def check_access(session: Any, settings: Mapping[str, str]) -> list[str]:
    """Use the bucket and the table as a flow does. Returns one sentence for each problem."""
    return [*_bucket(session, settings), *_table(session, settings)]


def _bucket(session: Any, settings: Mapping[str, str]) -> list[str]:
    root = urlsplit(settings.get("METAFLOW_DATASTORE_SYSROOT_S3", ""))
    key = f"{root.path.strip('/')}/mfinfra-trial/{uuid.uuid4().hex}"
    s3, content = client(session, "s3"), uuid.uuid4().hex.encode()
    try:
        call(s3.put_object, Bucket=root.netloc, Key=key, Body=content)
        read = call(s3.get_object, Bucket=root.netloc, Key=key)["Body"].read()
        call(s3.delete_object, Bucket=root.netloc, Key=key)
    except MfinfraError as exc:
        return [f"Bucket '{root.netloc}' cannot be used: {exc.message}"]
    return [] if read == content else [f"Bucket '{root.netloc}' did not return the object that was written to it."]


def _table(session: Any, settings: Mapping[str, str]) -> list[str]:
    name = settings.get("METAFLOW_SFN_DYNAMO_DB_TABLE")
    if name is None:
        return []
    try:
        table = call(client(session, "dynamodb").describe_table, TableName=name)["Table"]
    except MfinfraError as exc:
        return [f"Table '{name}' cannot be used: {exc.message}"]
    return [] if table["TableStatus"] == "ACTIVE" else [f"Table '{name}' is {table['TableStatus'].lower()}."]


def queues(session: Any, arns: list[str]) -> list[dict[str, Any]]:
    """Each queue with its state and the number of its jobs by status."""
    if not arns:
        return []
    batch = client(session, "batch")
    found = call(batch.describe_job_queues, jobQueues=arns)["jobQueues"]
    return [_queue(batch, queue) for queue in sorted(found, key=lambda q: str(q["jobQueueName"]))]


def _queue(batch: Any, queue: dict[str, Any]) -> dict[str, Any]:
    name = str(queue["jobQueueName"])
    counts = {
        state.lower(): len(pages(batch, "list_jobs", "jobSummaryList", jobQueue=queue["jobQueueArn"], jobStatus=state))
        for state in _WAITING
    }
    busy = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "empty"
    return {"name": name, "state": queue["state"], "status": queue["status"], "jobs": counts,
            "text": f"{queue['state'].lower()}, {queue['status'].lower()}, {busy}"}  # fmt: skip
