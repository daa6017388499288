"""Output of jobs in CloudWatch Logs: a stream per attempt, a line per event."""

from __future__ import annotations

import time
from typing import IO, Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

Document = dict[str, Any]

DEFAULT_GROUP = "/aws/batch/job"


def stream_of(job: Document, task: str) -> str:
    """The stream's name: prefix, container, task."""
    name = job["jobDefinition"].rpartition("/")[2].rpartition(":")[0]
    return f"{_options(job).get('awslogs-stream-prefix', name)}/default/{task}"


def _options(job: Document) -> dict[str, str]:
    return job["container"].get("logConfiguration", {}).get("options") or {}


class Log:
    """An open stream of a job. Only Batch's own log group, or one with awslogs-create-group, is created."""

    def __init__(self, job: Document, stream: str) -> None:
        options = _options(job)
        group = options.get("awslogs-group", DEFAULT_GROUP)
        if group == DEFAULT_GROUP or options.get("awslogs-create-group") == "true":
            cloudwatch_logs._create_log_group({"logGroupName": group})
        if group not in cloudwatch_logs._log_groups:
            raise ValueError(f"failed to create Cloudwatch log stream: The log group {group} does not exist")
        self._place = {"logGroupName": group, "logStreamName": stream}
        self._scope = job["_scope"]
        cloudwatch_logs._create_log_stream(self._place)

    def copy(self, output: IO[bytes]) -> None:
        """Write every line of a process until it closes its output."""
        with request_scope(*self._scope):
            for line in output:
                message = line.decode("utf-8", errors="replace").rstrip("\n")
                event = {"timestamp": int(time.time() * 1000), "message": message}
                cloudwatch_logs._put_log_events({**self._place, "logEvents": [event]})
        output.close()
