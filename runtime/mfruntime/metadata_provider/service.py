"""Metadata in a shared metadata service, over the HTTP API of Metaflow's metadata service.

The service assigns run numbers. The client assigns task ids ("t-1", "t-2", ...: the service accepts ids that are not
numbers), so that registering a task needs no response and can be retried.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from ..errors import MetaflowNotFound, MetaflowTaggingError
from ..settings import Settings, profile_folder
from ..store import layout
from ..store.storage.local import find_root
from .base import ArtifactRecord, MetadataEntry, Record, TaskRecord
from .http import OLDEST, Connection, Response, ServiceError, path
from .outbox import Outbox, Write, drain
from .tags import check_tags
from .tree import DiskTree

_TAG_TRIES = 10
_CHILDREN = ("", "/runs", "/steps", "/tasks")


class ServiceMetadata:
    """The Metadata protocol over the service at `root`."""

    type = "service"
    task_prefix = "t-"

    def __init__(self, connection: Connection, local_root: str, spool: str):
        self._connection = connection
        self._local = DiskTree(local_root)
        self._spool = spool
        self._outbox = Outbox(connection, spool, self._send_heartbeat)
        self._steps: set[tuple[str, str, str]] = set()
        self._heartbeat_path: str | None = None
        self._started = False  # whether this process started the run: it also sends the spooled writes of its tasks

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> ServiceMetadata:
        """`root` is the URL of a service, by default METAFLOW_SERVICE_URL."""
        connection = Connection.from_settings(settings, root)
        return cls(connection, find_root(settings, None), os.path.join(profile_folder(os.environ), "unsent"))

    @property
    def root(self) -> str:
        return self._connection.url

    # -- registration --------------------------------------------------------------------------------------------------

    def new_run(
        self,
        flow: str,
        tags: Sequence[str],
        sys_tags: Sequence[str],
        user: str,
        run_id: str | None = None,
        is_latest: bool = True,
    ) -> str:
        if run_id is not None:
            layout.check_run_id(run_id)
        self._check_version()
        drain(self._connection, self._spool)
        owner = {"user_name": user, "tags": list(tags), "system_tags": list(sys_tags)}
        self._ask("POST", path(flow), {"user_name": user, "tags": [], "system_tags": []}, fine=(200, 201, 409))
        body = {**owner, **({} if run_id is None else {"run_number": run_id})}
        response = self._connection.request("POST", f"{path(flow)}/run", body, key=os.urandom(16).hex())
        self._check(response, (200, 201, 409), f"{path(flow)}/run")
        run = run_id if run_id is not None else str(response.body["run_number"])
        if is_latest:
            self.set_latest_run(flow, run)
        self._heartbeat_path = f"{path(flow, run)}/heartbeat"
        self._started = True
        return run

    def set_latest_run(self, flow: str, run: str) -> None:
        self._local.write(layout.latest_run(flow), run.encode())

    def _check_version(self) -> None:
        response = self._ask("GET", "/ping", fine=(200,))
        if response.body != "pong" or response.version is None:
            stack = self._connection.stack
            check = "Check METAFLOW_SERVICE_URL: it must be the URL of a metadata service."
            hint = check if stack is None else f"Run: mfinfra start {stack}"
            raise ServiceError(f"The server at {self.root} is not a metadata service.", hint=hint)
        numbers = tuple(int(part) for part in response.version.split(".")[:3] if part.isdigit())
        if numbers < OLDEST:
            wanted = ".".join(str(part) for part in OLDEST)
            message = (
                f"The metadata service at {self.root} has version {response.version}; {wanted} or newer is required."
            )
            raise ServiceError(message, hint="Ask the operator of the stack to run: mfinfra up")

    def register_task(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int) -> None:
        owner = {"user_name": record.user, "tags": list(record.tags), "system_tags": list(record.sys_tags)}
        step = path(record.flow, record.run, record.step)
        key = (record.flow, record.run, record.step)
        if key not in self._steps:
            self._outbox.put(Write(f"{step}/step", owner))
            self._steps.add(key)
        self._outbox.put(Write(f"{step}/task", {**owner, **_external(record.task)}))
        if record.step != "_parameters":
            self._heartbeat_path = f"{_task(record)}/heartbeat"
        self.register_data(record, data, attempt)

    def register_data(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int | None) -> None:
        tags = [] if attempt is None else [f"attempt_id:{attempt}"]
        now = int(time.time() * 1000)  # unchanged in retries, so that the service recognizes them
        body = [
            {
                "field_name": entry.field,
                "value": entry.value,
                "type": entry.type,
                "user_name": record.user,
                "tags": tags,
                "system_tags": [],
                "ts_epoch": now,
            }
            for entry in data
        ]
        if body:
            self._outbox.put(Write(f"{_task(record)}/metadata", body))

    def register_artifacts(self, record: TaskRecord, attempt: int, artifacts: Sequence[ArtifactRecord]) -> None:
        body = [
            {
                "name": a.name,
                "location": a.location,
                "ds_type": a.ds_type,
                "sha": a.sha,
                "type": a.type,
                "content_type": a.content_type,
                "attempt_id": attempt,
                "user_name": record.user,
                "tags": list(record.tags),
                "system_tags": list(record.sys_tags),
            }
            for a in artifacts
        ]
        if body:
            self._outbox.put(Write(f"{_task(record)}/artifact", body))

    def flush(self) -> str | None:
        self._outbox.flush()
        if self._outbox.refused:
            return f"{self._outbox.refused[0]} ({len(self._outbox.refused)} writes in all)"
        if self._started and drain(self._connection, self._spool):
            return f"The metadata service is unavailable. The next run sends the metadata stored in {self._spool}."
        return None

    def _send_heartbeat(self) -> None:
        """Send a heartbeat; a lost one is harmless."""
        if self._heartbeat_path is not None:
            try:
                self._connection.request("POST", self._heartbeat_path, {}, retries=0)
            except ServiceError:
                return

    def mutate_tags(self, flow: str, run: str, add: Sequence[str], remove: Sequence[str]) -> list[str]:
        check_tags(add)
        body = {"tags_to_add": list(add), "tags_to_remove": list(remove)}
        for number in range(_TAG_TRIES):
            response = self._connection.request("PATCH", f"{path(flow, run)}/tag/mutate", body)
            if response.status != 409:
                return self._mutated(response, flow, run)
            time.sleep(0.3 * 1.5**number)
        raise MetaflowTaggingError(
            f"The tags of {flow}/{run} could not be changed because of concurrent changes. Try again."
        )

    def _mutated(self, response: Response, flow: str, run: str) -> list[str]:
        if response.status == 404:
            raise MetaflowNotFound(f"The run {flow}/{run} does not exist.")
        if response.status in (400, 422):
            raise MetaflowTaggingError(f"The metadata service rejected the tags: {_detail(response)}.")
        self._check(response, (200,), f"{path(flow, run)}/tag/mutate")
        return list(response.body["tags"])

    # -- reads ---------------------------------------------------------------------------------------------------------

    def latest_run(self, flow: str) -> str | None:
        content = self._local.read(layout.latest_run(flow))
        return content.decode("utf-8", "replace").strip() if content else None

    def get(self, *ids: str) -> Record | None:
        found: Record | None = self._ask("GET", path(*ids), fine=(200, 404)).body if ids else None
        return found if found is not None and "flow_id" in found else None

    def children(self, *ids: str) -> list[Record]:
        target = "/flows" if not ids else path(*ids) + _CHILDREN[len(ids)]
        return self._listed(target)

    def child_names(self, *ids: str) -> list[str]:
        key = ("flow_id", "run_number", "step_name", "task_id")[len(ids)]
        return [str(record[key]) for record in self.children(*ids)]

    def artifacts(self, flow: str, run: str, step: str, task: str, attempt: int | None = None) -> list[Record]:
        middle = "" if attempt is None else f"/attempt/{attempt}"
        return self._listed(f"{path(flow, run, step, task)}{middle}/artifacts")

    def data(self, flow: str, run: str, step: str, task: str) -> list[Record]:
        return sorted(self._listed(f"{path(flow, run, step, task)}/metadata"), key=lambda r: r.get("ts_epoch", 0))

    def _listed(self, target: str) -> list[Record]:
        response = self._ask("GET", target, fine=(200, 404))
        return response.body if response.status == 200 and isinstance(response.body, list) else []

    def _ask(self, method: str, target: str, body: Any = None, fine: tuple[int, ...] = (200,)) -> Response:
        response = self._connection.request(method, target, body)
        self._check(response, fine, target)
        return response

    def _check(self, response: Response, fine: tuple[int, ...], target: str) -> None:
        if response.status in fine:
            return
        hint = "Check METAFLOW_SERVICE_AUTH_KEY." if response.status in (401, 403) else None
        what = f"The metadata service at {self.root} rejected {target} ({response.status})"
        raise ServiceError(f"{what}: {_detail(response)}.", hint=hint)


def _task(record: TaskRecord) -> str:
    return path(record.flow, record.run, record.step, record.task)


def _external(task: str) -> dict[str, str]:
    """The id of a task, if it was assigned by the client."""
    return {} if task.isdigit() else {"task_id": task}


def _detail(response: Response) -> Any:
    body = response.body
    return (body.get("detail") or body.get("message") or body) if isinstance(body, dict) else body or "no reason given"
