"""Steps, tasks and artifacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DataCorrupt, MetaflowDataMissing, MetaflowNotFound
from ..store import log_lines
from . import scope
from .graph_info import graph_steps
from .lineage import child_pathspecs, parent_pathspecs
from .objects import MetaflowObject, register
from .time import from_milliseconds

if TYPE_CHECKING:
    from .code import MetaflowCode


class Metadata(NamedTuple):
    """One entry of task metadata."""

    name: str
    value: Any
    created_at: datetime
    type: str
    task: Any


class MetaflowData:
    """Artifacts as attributes: `task.data.x`. Values are loaded when first read."""

    def __init__(self, artifacts: list[DataArtifact]):
        self._artifacts = {artifact.id: artifact for artifact in artifacts}

    def __getattr__(self, name: str) -> Any:
        artifacts = self.__dict__.get("_artifacts", {})
        if name not in artifacts:
            raise AttributeError(f"The task has no artifact '{name}'.")
        return artifacts[name].data

    def __contains__(self, name: str) -> bool:
        return name in self._artifacts

    def __str__(self) -> str:
        return f"<MetaflowData: {', '.join(sorted(self._artifacts))}>"

    __repr__ = __str__


@register
class Step(MetaflowObject):
    """A step of a run: iterate over its tasks, newest first."""

    _NAME = "Step"
    _DEPTH = 3

    @property
    def task(self) -> Task | None:
        """The newest task of the step; None if the step has no tasks."""
        return next(iter(self), None)

    def tasks(self, *tags: str) -> Iterator[Task]:
        return self._filtered(*tags)

    @property
    def control_task(self) -> Task | None:
        """The control task of a @parallel step; local steps have none."""
        return next(self.control_tasks(), None)

    def control_tasks(self, *tags: str) -> Iterator[Task]:
        return iter(())

    @property
    def finished_at(self) -> datetime | None:
        """When the last task of the step finished; None until all have finished."""
        times = [task.finished_at for task in self]
        return max(times) if times and all(times) else None

    @property
    def environment_info(self) -> dict[str, Any] | None:
        """The environment that created the code package of the first task; None without a code package."""
        task = self.task
        return (task.environment_info or None) if task is not None else None

    @property
    def parent_steps(self) -> Iterator[Step]:
        """Steps whose results this one reads."""
        return iter([self.parent[name] for name in self._neighbors("in")])

    @property
    def child_steps(self) -> Iterator[Step]:
        """Steps that read the results of this one."""
        return iter([self.parent[name] for name in self._neighbors("out")])

    def _origin(self) -> str | None:
        above = self.parent.origin_pathspec
        return f"{above}/{self.id}" if above else None

    def _neighbors(self, direction: str) -> list[str]:
        steps = graph_steps(self)
        out = steps.get(self.id, {}).get("next", [])
        found = [n for n, s in steps.items() if self.id in s["next"]] if direction == "in" else out
        return [name for name in found if name in self.parent]


@register
class Task(MetaflowObject):
    """A task: its artifacts, logs and metadata. `attempt` selects an attempt; default is the last one."""

    _NAME = "Task"
    _DEPTH = 4

    def _reader(self) -> Any:
        if "_kept_reader" not in self.__dict__:
            ids = self._parts[1:]
            self._kept_reader = scope.store(self._place, *self._parts).task(*ids, self._attempt)
        return self._kept_reader

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_kept_reader", None)
        return state

    # -- artifacts -----------------------------------------------------------------------------------------------------

    def _children(self) -> list[Any]:
        records = self._metadata.artifacts(*self._parts, attempt=self.current_attempt)
        return [self._artifact(record) for record in records if not record["name"].startswith("_")]

    def _artifact(self, record: dict[str, Any]) -> DataArtifact:
        path = f"{self.pathspec}/{record['name']}"
        return DataArtifact(path, attempt=self._attempt, _record=record, _parent=self, _namespace_check=False)

    def _find(self, name: str) -> Any:
        records = self._metadata.artifacts(*self._parts, attempt=self.current_attempt)
        return next((self._artifact(r) for r in records if r["name"] == name), None)

    @property
    def artifacts(self) -> Any:
        """The artifacts as a named tuple of DataArtifact objects."""
        from collections import namedtuple

        children = list(self)
        made = namedtuple("MetaflowArtifacts", [child.id for child in children])  # type: ignore[misc]
        return made._make(children)

    @property
    def data(self) -> MetaflowData:
        """The artifacts' values as attributes."""
        return MetaflowData(list(self))

    def __iter__(self) -> Iterator[DataArtifact]:
        return iter(self._children())

    # -- state ---------------------------------------------------------------------------------------------------------

    @property
    def current_attempt(self) -> int:
        """Number of the selected attempt, from 0."""
        if self._attempt is not None:
            return self._attempt
        attempts = [int(d.value) for d in self.metadata_list() if d.type == "attempt"]
        return max(attempts, default=0)

    def _flag(self, name: str) -> bool:
        reader = self._reader()
        try:
            return bool(reader[name]) if name in reader else False
        except (DataCorrupt, MetaflowDataMissing):
            return False

    @property
    def successful(self) -> bool:
        """Whether the step's code succeeded."""
        return self._flag("_success")

    @property
    def finished(self) -> bool:
        """Whether the task has finished, also if @catch handled an exception."""
        return self._flag("_task_ok")

    @property
    def finished_at(self) -> datetime | None:
        """When the results were registered; None before that."""
        artifact = self._find("_task_ok")
        return artifact.created_at if artifact is not None else None

    @property
    def exception(self) -> Any:
        """The exception that ended the task; None if there was none."""
        return self._reader()["_exception"] if "_exception" in self._reader() else None

    @property
    def index(self) -> int | None:
        """Index in the innermost foreach; None outside of a foreach."""
        stack = self._reader()["_foreach_stack"] if "_foreach_stack" in self._reader() else []
        return stack[-1].index if stack else None

    @property
    def runtime_name(self) -> str | None:
        """The runtime that scheduled the task; `dev` for a run started by a user."""
        return next((tag.split(":", 1)[1] for tag in self.tags if tag.startswith("runtime:")), None)

    @property
    def code(self) -> MetaflowCode | None:
        """The code package; None if the task has none. Local runs create one only if a setting or option enables it."""
        from .code import MetaflowCode

        record = self.metadata_dict.get("code-package")
        return None if record is None else MetaflowCode(self._parts[0], record)

    @property
    def environment_info(self) -> dict[str, Any]:
        """The environment that created the code package; {} without a code package."""
        code = self.code
        return {} if code is None else code.info

    # -- metadata ------------------------------------------------------------------------------------------------------

    def metadata_list(self) -> list[Metadata]:
        """All metadata entries, also those of other attempts."""
        records = self._metadata.data(*self._parts)
        return [
            Metadata(r["field_name"], r["value"], from_milliseconds(r["ts_epoch"]), r["type"], self) for r in records
        ]

    @property
    def metadata(self) -> list[Metadata]:
        """Metadata entries of the selected attempt, and those without attempt."""
        if self._attempt is None:
            return self.metadata_list()
        wanted = f"attempt_id:{self._attempt}"
        kept = []
        for record, datum in zip(self._metadata.data(*self._parts), self.metadata_list()):
            attempts = [tag for tag in record.get("tags") or () if tag.startswith("attempt_id:")]
            if not attempts or wanted in attempts:
                kept.append(datum)
        return kept

    @property
    def metadata_dict(self) -> dict[str, Any]:
        """Metadata values by name; of several with the same name, the last."""
        return {datum.name: datum.value for datum in sorted(self.metadata, key=lambda d: d.created_at)}

    def _origin(self) -> str | None:
        facts = self.metadata_dict
        run, task = facts.get("origin-run-id"), facts.get("origin-task-id")
        return f"{self._parts[0]}/{run}/{self._parts[2]}/{task}" if task and run not in (None, "None") else None

    # -- lineage -------------------------------------------------------------------------------------------------------

    @property
    def parent_task_pathspecs(self) -> Iterator[str]:
        return iter(parent_pathspecs(self))

    @property
    def child_task_pathspecs(self) -> Iterator[str]:
        return iter(child_pathspecs(self))

    @property
    def parent_tasks(self) -> Iterator[Task]:
        """Tasks whose results this one read."""
        return (Task(p, _namespace_check=False, _place=self._place) for p in self.parent_task_pathspecs)

    @property
    def child_tasks(self) -> Iterator[Task]:
        """Tasks that read the results of this one."""
        return (Task(p, _namespace_check=False, _place=self._place) for p in self.child_task_pathspecs)

    # -- logs ----------------------------------------------------------------------------------------------------------

    @property
    def stdout(self) -> str:
        return self._log_text("stdout")

    @property
    def stderr(self) -> str:
        return self._log_text("stderr")

    @property
    def stdout_size(self) -> int:
        """Size of the stored log in bytes."""
        return self._log_size("stdout")

    @property
    def stderr_size(self) -> int:
        return self._log_size("stderr")

    def _log_size(self, stream: str) -> int:
        return sum(map(len, self._raw_logs(stream)))

    def _raw_logs(self, stream: str) -> list[bytes]:
        """The log files of a stream; for a reused task without logs, those of the original task."""
        found: list[bytes] = self._reader().raw_logs(stream, self.current_attempt)
        origin = None if found else self._log_origin()
        return found if origin is None else origin._raw_logs(stream)

    def _log_text(self, stream: str) -> str:
        return "".join(f"{text}\n" for _, text in self.loglines(stream))

    def loglines(
        self, stream: str, as_unicode: bool = True, meta_dict: dict[str, Any] | None = None
    ) -> Iterator[tuple[datetime, Any]]:
        """(UTC time, line) pairs of a log, sorted by time; lines are bytes with `as_unicode=False`."""
        for line in log_lines.merge(self._raw_logs(stream)):
            yield line.time, line.text.decode("utf-8", "replace") if as_unicode else line.text

    def _log_origin(self) -> Task | None:
        origin = self.origin_pathspec
        try:
            return None if origin is None else Task(origin, _namespace_check=False, _place=self._place)
        except MetaflowNotFound:
            return None


@register
class DataArtifact(MetaflowObject):
    """One artifact of a task; `data` is its value."""

    _NAME = "DataArtifact"
    _DEPTH = 5

    def _origin(self) -> str | None:
        above = self.parent.origin_pathspec
        return f"{above}/{self.id}" if above else None

    def _read(self) -> dict[str, Any] | None:
        records = self._metadata.artifacts(*self._parts[:4], attempt=self._attempt)
        return next((r for r in records if r["name"] == self.id), None)

    def _reader(self) -> Any:
        flow, run, step, task, _ = self._parts
        store = scope.store(self._place, flow, run, step, task)
        return store.task(run, step, task, int(self._record["attempt_id"]))

    @property
    def data(self) -> Any:
        """The value. Raises DataCorrupt or MetaflowDataMissing if it cannot be loaded."""
        from ..flow.pickled_names import IncludedFile
        from ..store.included import read_included

        value = self._reader()[self.id]
        return read_included(value) if isinstance(value, IncludedFile) else value

    @property
    def size(self) -> int:
        """Size in bytes of the pickle, or of an included file."""
        from ..flow.pickled_names import IncludedFile

        reader = self._reader()
        if "IncludedFile" in reader.info.get(self.id, {}).get("type", ""):
            value = reader[self.id]
            return int(value.size or 0) if isinstance(value, IncludedFile) else 0
        return int(reader.info.get(self.id, {}).get("size", 0))

    @property
    def sha(self) -> str:
        """Key of the blob: the SHA-1 of the uncompressed pickle."""
        return str(self._record["sha"])

    @property
    def finished_at(self) -> datetime:
        return self.created_at

    def __iter__(self) -> Iterator[Any]:
        return iter(())
