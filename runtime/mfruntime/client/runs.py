"""Flows and runs, and the list of all flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import DataCorrupt, MetaflowNotFound
from . import scope
from .objects import MetaflowObject, register

if TYPE_CHECKING:
    from .code import MetaflowCode


class Metaflow:
    """All flows in the namespace. `_current_metadata` selects another metadata provider for this object."""

    def __init__(self, _current_metadata: str | None = None):
        self._place = _current_metadata.partition("@")[2] if _current_metadata else None

    @property
    def flows(self) -> list[Flow]:
        return list(self)

    def __iter__(self) -> Iterator[Flow]:
        backend = scope.backend(self._place)
        for record in backend.children():
            flow = Flow(record["flow_id"], _record=record, _place=backend.root, _namespace_check=False)
            flow._namespace_check = True
            if flow._has_visible_runs():
                yield flow

    def __getitem__(self, name: str) -> Flow:
        try:
            return Flow(str(name), _place=scope.backend(self._place).root)
        except MetaflowNotFound as exc:
            raise KeyError(str(exc)) from exc

    def __contains__(self, name: str) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True

    def __str__(self) -> str:
        return f"Metaflow({scope.get_metadata()})"

    __repr__ = __str__


@register
class Flow(MetaflowObject):
    """A flow: iterate over its runs, newest first, or get one by id."""

    _NAME = "Flow"
    _DEPTH = 1

    def is_in_namespace(self) -> bool:
        return True if scope.get_namespace() is None else self._has_visible_runs()

    def _has_visible_runs(self) -> bool:
        return scope.get_namespace() is None or any(run.is_in_namespace() for run in self._children())

    def _children(self) -> list[Any]:
        try:
            return super()._children()
        except DataCorrupt:
            return self._readable_children()

    def _readable_children(self) -> list[Any]:
        """Runs whose records can be read: a corrupt record must not hide the other runs."""
        made = []
        for name in self._metadata.child_names(*self._parts):
            try:
                record = self._metadata.get(*self._parts, name)
            except DataCorrupt:
                continue
            if record is not None:
                made.append(self._child(record, name))
        return sorted(made, key=lambda run: int(run._record.get("ts_epoch", 0)), reverse=True)

    def runs(self, *tags: str) -> Iterator[Run]:
        """Runs that have all the tags, newest first."""
        return self._filtered(*tags)

    @property
    def latest_run(self) -> Run | None:
        return next(iter(self), None)

    @property
    def latest_successful_run(self) -> Run | None:
        return next((run for run in self if run.successful), None)


@register
class Run(MetaflowObject):
    """A run: iterate over its steps, or get one by name."""

    _NAME = "Run"
    _DEPTH = 2

    def steps(self, *tags: str) -> Iterator[Any]:
        """Steps that have all the tags, newest first."""
        return self._filtered(*tags)

    @property
    def code(self) -> MetaflowCode | None:
        """The code package recorded by the first or the last step; None if no code package was recorded."""
        from .code import MetaflowCode

        for step in (self._find(name) for name in self._graph_endpoints):
            code = step.task.code if step is not None and step.task is not None else None
            if isinstance(code, MetaflowCode):
                return code
        return None

    @property
    def data(self) -> Any:
        """The artifacts of the end step; None until it has finished."""
        end = self.end_task
        return end.data if end is not None else None

    @property
    def end_task(self) -> Any:
        """The task of the last step; None if it has not started."""
        step = self._find(self._graph_endpoints[1])
        return step.task if step is not None else None

    @property
    def _graph_endpoints(self) -> tuple[str, str]:
        """The names of the first and the last step: recorded with the parameters since Metaflow 2.19, before always
        `start` and `end`."""
        found = {"start_step": "start", "end_step": "end"}
        for task in self._metadata.child_names(*self._parts, "_parameters"):
            for datum in self._metadata.data(*self._parts, "_parameters", task):
                if datum["field_name"] in found:
                    found[datum["field_name"]] = str(datum["value"])
        return found["start_step"], found["end_step"]

    def _origin(self) -> str | None:
        for step in self._children():
            for task in step._children():
                run = task.metadata_dict.get("origin-run-id")
                return f"{self._parts[0]}/{run}" if run not in (None, "None") else None
        return None

    @property
    def successful(self) -> bool:
        """Whether the end task has finished successfully."""
        end = self.end_task
        return end is not None and end.successful

    @property
    def finished(self) -> bool:
        """Whether the end task has finished."""
        end = self.end_task
        return end is not None and end.finished

    @property
    def finished_at(self) -> datetime | None:
        end = self.end_task
        return end.finished_at if end is not None else None

    @property
    def trigger(self) -> None:
        """The event that started the run; local runs have none."""
        return None

    def add_tag(self, tag: str | Iterable[str]) -> None:
        """Add a user tag (or several)."""
        self.replace_tags((), tag)

    def add_tags(self, tags: str | Iterable[str]) -> None:
        self.replace_tags((), tags)

    def remove_tag(self, tag: str | Iterable[str]) -> None:
        """Remove a user tag (or several)."""
        self.replace_tags(tag, ())

    def remove_tags(self, tags: str | Iterable[str]) -> None:
        self.replace_tags(tags, ())

    def replace_tag(self, tag_to_remove: str, tag_to_add: str) -> None:
        """Remove one user tag and add another, in one operation."""
        self.replace_tags(tag_to_remove, tag_to_add)

    def replace_tags(self, tags_to_remove: str | Iterable[str], tags_to_add: str | Iterable[str]) -> None:
        """Remove user tags, then add others, in one operation. System tags cannot be removed."""
        tags = self._metadata.mutate_tags(*self._parts, _listed(tags_to_add), _listed(tags_to_remove))
        self._record["tags"] = tags


def _listed(tags: str | Iterable[str]) -> list[str]:
    return [tags] if isinstance(tags, str) else list(tags)
