"""The seam to a metadata provider: registration while a run goes on, and the reads that the client is built on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

Record = dict[str, Any]


class TaskRecord(NamedTuple):
    """The identity of a task and the tags it is registered with."""

    flow: str
    run: str
    step: str
    task: str
    user: str
    tags: tuple[str, ...] = ()
    sys_tags: tuple[str, ...] = ()


class Datum(NamedTuple):
    """One fact about a task, for example ("attempt-done", "0", "attempt-done")."""

    field: str
    value: Any
    type: str


class ArtifactRecord(NamedTuple):
    """One artifact of an attempt and where its blob lies."""

    name: str
    sha: str
    content_type: str
    type: str
    ds_type: str
    location: str


class Metadata(Protocol):
    """Registers and reads. Records are the JSON objects of Metaflow's metadata service; ids are given flow first."""

    @property
    def type(self) -> str: ...
    @property
    def root(self) -> str:
        """Where the records lie: a folder, or the URL of a service."""
        ...

    @property
    def task_prefix(self) -> str:
        """What task ids start with: "" where they are numbers of the run, else what keeps them from being numbers."""
        ...

    def new_run(
        self, flow: str, tags: Sequence[str], sys_tags: Sequence[str], user: str, run_id: str | None = None
    ) -> str:
        """Register a run under a new id, or under `run_id`, and return the id."""
        ...

    def register_task(self, record: TaskRecord, data: Sequence[Datum], attempt: int) -> None:
        """Make a task known, with its step; doing it again adds only `data`."""
        ...

    def register_data(self, record: TaskRecord, data: Sequence[Datum], attempt: int | None) -> None: ...
    def register_artifacts(self, record: TaskRecord, attempt: int, artifacts: Sequence[ArtifactRecord]) -> None: ...
    def flush(self) -> str | None:
        """Wait until all that was registered is there, or is kept to be sent later; what a person should know of the
        latter, None where all is there."""
        ...

    def mutate_tags(self, flow: str, run: str, add: Sequence[str], remove: Sequence[str]) -> list[str]:
        """Change a run's user tags, removals first, and return them. Safe under concurrent callers."""
        ...

    def latest_run(self, flow: str) -> str | None:
        """The run that was started last on this machine."""
        ...

    def get(self, *ids: str) -> Record | None:
        """The record of flow, run, step or task, by as many ids."""
        ...

    def children(self, *ids: str) -> list[Record]:
        """Flows (no id), runs of a flow, steps of a run, tasks of a step."""
        ...

    def child_names(self, *ids: str) -> list[str]:
        """As children, but names only: they can be listed even where a record is damaged."""
        ...

    def artifacts(self, flow: str, run: str, step: str, task: str, attempt: int | None = None) -> list[Record]:
        """The artifacts of an attempt, by default of the last one that is done."""
        ...

    def data(self, flow: str, run: str, step: str, task: str) -> list[Record]:
        """All facts about a task, oldest first."""
        ...
