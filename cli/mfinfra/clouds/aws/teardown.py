"""Before a stack is deleted: stop jobs, empty buckets, keep a snapshot. After it: list the resources that remain."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...errors import CloudError
from .identity import call, client, each_page, pages

_ALIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
_WAIT_SECONDS = 3.0
_WAIT_MOST = 600.0
_SNAPSHOT_MOST = 3600.0
Report = Callable[[str], None]


def drain_queues(session: Any, arns: list[str], report: Report) -> None:
    """Stop every job of these queues and wait until none is left. Raises CloudError after 10 minutes."""
    batch = client(session, "batch")
    known = {str(queue["jobQueueArn"]) for queue in call(batch.describe_job_queues, jobQueues=arns)["jobQueues"]}
    deadline = time.monotonic() + _WAIT_MOST
    while jobs := [job for arn in known for job in _jobs(batch, arn)]:
        if time.monotonic() > deadline:
            raise CloudError(
                f"{len(jobs)} jobs did not stop within 10 minutes.",
                hint="Check them in the AWS Batch console, then run the command again",
            )
        report(f"Stopping {len(jobs)} jobs")
        for job in jobs:
            call(batch.terminate_job, jobId=job, reason="The stack is being deleted.")
        time.sleep(_WAIT_SECONDS)


def _jobs(batch: Any, arn: str) -> list[str]:
    return [
        str(job["jobId"])
        for state in _ALIVE
        for job in pages(batch, "list_jobs", "jobSummaryList", jobQueue=arn, jobStatus=state)
    ]


def empty_bucket(session: Any, bucket: str, report: Report) -> None:
    """Delete every object, every old version and every incomplete upload of a bucket, if the bucket exists."""
    s3 = client(session, "s3")
    try:
        call(s3.head_bucket, Bucket=bucket)
    except CloudError as exc:
        if exc.code in ("404", "NoSuchBucket", "NotFound"):
            return
        raise CloudError(f"Bucket '{bucket}' cannot be emptied: {exc.message}", hint=exc.hint) from exc
    removed = 0
    for page in each_page(s3, "list_object_versions", Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        removed += _delete(s3, bucket, [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in found])
        if found:
            report(f"Emptying {bucket}: {removed} objects deleted")
    for upload in pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket):
        call(s3.abort_multipart_upload, Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _delete(s3: Any, bucket: str, objects: list[dict[str, str]]) -> int:
    """Delete a page of at most 1,000 objects, the limit of one request."""
    if not objects:
        return 0
    found = call(s3.delete_objects, Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    errors = found.get("Errors") or []
    if errors:
        first = errors[0]
        raise CloudError(
            f"Object '{first.get('Key')}' in bucket '{bucket}' cannot be deleted: {first.get('Message')}",
            hint="Run the command again",
        )
    return len(objects)


def keep_database(session: Any, database: str, report: Report) -> str | None:
    """Create a final snapshot of a database that has none; returns its name, None if the database does not exist.

    Waits until the snapshot is available: the database can be deleted only then.
    """
    rds, name = client(session, "rds"), f"{database}-kept-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
    try:
        call(rds.create_db_snapshot, DBInstanceIdentifier=database, DBSnapshotIdentifier=name)
    except CloudError as exc:
        if "NotFound" in exc.code:
            return None
        raise
    deadline = time.monotonic() + _SNAPSHOT_MOST
    while call(rds.describe_db_snapshots, DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"] != "available":
        if time.monotonic() > deadline:
            raise CloudError(
                f"Snapshot '{name}' is not available after one hour.",
                hint="Run the command again when it is available",
            )
        report(f"Creating database snapshot {name}")
        time.sleep(_WAIT_SECONDS)
    return name


def leftovers(session: Any, stack: str) -> list[str]:
    """ARNs of the resources with the tag of a stack. AWS also lists deleted resources for some time."""
    tagging = client(session, "resourcegroupstaggingapi")
    filters = [{"Key": "mfinfra:stack", "Values": [stack]}]
    found = pages(tagging, "get_resources", "ResourceTagMappingList", TagFilters=filters)
    return sorted(str(item["ResourceARN"]) for item in found)
