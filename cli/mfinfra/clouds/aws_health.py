"""Whether what a stack is made of works: its bucket, its table, its metadata service, its queues."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import MfinfraError
from .aws_identity import call, client, pages

_WAITING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


@dataclass(frozen=True)
class Health:
    """How a metadata service answers. `schema` is what it says of its database, where it says it."""

    ok: bool
    version: str | None = None
    schema: str | None = None
    seconds: float = 0.0
    problem: str | None = None


def service(settings: Mapping[str, str], timeout: float = 10.0) -> Health:
    """Ask the metadata service that settings name, with the key they have."""
    url = settings.get("METAFLOW_SERVICE_URL", "")
    if urlsplit(url).scheme not in ("http", "https"):
        return Health(False, problem="the profile names no service")
    headers = {"x-api-key": key} if (key := settings.get("METAFLOW_SERVICE_AUTH_KEY")) else {}
    began = time.monotonic()
    try:
        version, _ = _get(f"{url.rstrip('/')}/ping", headers, timeout)
    except OSError as exc:
        return Health(False, problem=f"{urlsplit(url).netloc} does not answer: {_reason(exc)}")
    seconds = time.monotonic() - began
    return Health(True, version, _schema(url, headers, timeout), seconds)


def _get(url: str, headers: Mapping[str, str], timeout: float) -> tuple[str | None, str]:
    from urllib.request import Request, urlopen

    with urlopen(Request(url, headers=dict(headers)), timeout=timeout) as answer:
        return answer.headers.get("METADATA_SERVICE_VERSION"), answer.read(65536).decode("utf-8", "replace")


def _schema(url: str, headers: Mapping[str, str], timeout: float) -> str | None:
    try:
        found = json.loads(_get(f"{url.rstrip('/')}/db_schema_status", headers, timeout)[1])
        return "up to date" if found["is_up_to_date"] else f"{len(found['unapplied_migrations'])} migrations behind"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _reason(exc: OSError) -> str:
    status = getattr(exc, "code", None)
    if status in (401, 403):
        return f"it refuses the key ({status})"
    return f"status {status}" if status else str(getattr(exc, "reason", exc) or exc)


def trial(session: Any, settings: Mapping[str, str], is_public: bool) -> list[str]:
    """Use the stack as a flow would; what does not work, in words. A private service cannot be tried from here."""
    found = [*_bucket(session, settings), *_table(session, settings)]
    if is_public:
        health = service(settings)
        found += [] if health.ok else [f"The metadata service is not well: {health.problem}."]
    return found


def _bucket(session: Any, settings: Mapping[str, str]) -> list[str]:
    root = urlsplit(settings.get("METAFLOW_DATASTORE_SYSROOT_S3", ""))
    key = f"{root.path.strip('/')}/mfinfra-trial/{uuid.uuid4().hex}"
    s3, content = client(session, "s3"), uuid.uuid4().hex.encode()
    try:
        call(s3.put_object, Bucket=root.netloc, Key=key, Body=content)
        read = call(s3.get_object, Bucket=root.netloc, Key=key)["Body"].read()
        call(s3.delete_object, Bucket=root.netloc, Key=key)
    except MfinfraError as exc:
        return [f"The bucket {root.netloc} cannot be used: {exc.message}"]
    return [] if read == content else [f"The bucket {root.netloc} does not give back what was put into it."]


def _table(session: Any, settings: Mapping[str, str]) -> list[str]:
    name = settings.get("METAFLOW_SFN_DYNAMO_DB_TABLE")
    if name is None:
        return []
    try:
        table = call(client(session, "dynamodb").describe_table, TableName=name)["Table"]
    except MfinfraError as exc:
        return [f"The table {name} cannot be used: {exc.message}"]
    return [] if table["TableStatus"] == "ACTIVE" else [f"The table {name} is {table['TableStatus'].lower()}."]


def document(settings: Mapping[str, str]) -> dict[str, Any]:
    """The health of the service as JSON has it."""
    return asdict(service(settings))


def queues(session: Any, arns: list[str]) -> list[dict[str, Any]]:
    """Each queue with its state and how many jobs are in it, by what they do."""
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
