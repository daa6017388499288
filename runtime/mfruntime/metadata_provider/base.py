"""The interface of a metadata provider: registration during a run, and reads for the client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

Record = dict[str, Any]


class TaskRecord(NamedTuple):
    """The identity and the tags of a task."""

    flow: str
    run: str
    step: str
    task: str
    user: str
    tags: tuple[str, ...] = ()
    sys_tags: tuple[str, ...] = ()


class MetadataEntry(NamedTuple):
    """One entry of task metadata, for example ("attempt-done", "0", "attempt-done")."""

    field: str
    value: Any
    type: str


class ArtifactRecord(NamedTuple):
    """One artifact of an attempt, and the location of its blob."""

    name: str
    sha: str
    content_type: str
    type: str
    ds_type: str
    location: str


class Metadata(Protocol):
    """Registers and reads records, which are the JSON objects of Metaflow's metadata service. The first id is the
    flow."""

    @property
    def type(self) -> str: ...
    @property
    def root(self) -> str:
        """The location of the records: a directory, or the URL of a service."""
        ...

    @property
    def task_prefix(self) -> str:
        """The prefix of task ids: "" if they are numbers of the run, else a prefix that makes them names."""
        ...

    def new_run(
        self,
        flow: str,
        tags: Sequence[str],
        sys_tags: Sequence[str],
        user: str,
        run_id: str | None = None,
        is_latest: bool = True,
    ) -> str:
        """Register a run with a new id, or with `run_id`, and return the id. Without `is_latest`, `latest_run` does not
        return it before `set_latest_run`."""
        ...

    def set_latest_run(self, flow: str, run: str) -> None:
        """Make a run the latest that was started on this machine."""
        ...

    def register_task(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int) -> None:
        """Register a task and its step; for an existing task only `data` is added."""
        ...

    def register_data(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int | None) -> None: ...
    def register_artifacts(self, record: TaskRecord, attempt: int, artifacts: Sequence[ArtifactRecord]) -> None: ...
    def flush(self) -> str | None:
        """Wait until all records are written, or are stored to be sent later; returns a message for the user in the
        latter case, else None."""
        ...

    def mutate_tags(self, flow: str, run: str, add: Sequence[str], remove: Sequence[str]) -> list[str]:
        """Change a run's user tags, removals first, and return them. Safe with concurrent callers."""
        ...

    def latest_run(self, flow: str) -> str | None:
        """The latest run that was started on this machine."""
        ...

    def get(self, *ids: str) -> Record | None:
        """The record of a flow, run, step or task, with one id per level."""
        ...

    def children(self, *ids: str) -> list[Record]:
        """Flows (no id), runs of a flow, steps of a run, tasks of a step."""
        ...

    def child_names(self, *ids: str) -> list[str]:
        """As children, but only names, which can be listed even if a record is corrupt."""
        ...

    def artifacts(self, flow: str, run: str, step: str, task: str, attempt: int | None = None) -> list[Record]:
        """The artifacts of an attempt, by default of the last complete one."""
        ...

    def data(self, flow: str, run: str, step: str, task: str) -> list[Record]:
        """All metadata of a task, oldest first."""
        ...
