"""RunContext: the data that all tasks of a run share, created once before the first task starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .command import TopOptions

if TYPE_CHECKING:
    from ..flow.graph import Graph
    from ..flow.options import StepOptions
    from ..flow.spec import FlowSpec
    from ..metadata_provider.base import Metadata, MetadataEntry, TaskRecord
    from ..store.artifacts import FlowStore, TaskReader
    from .command import TaskCommand


@dataclass
class RunContext:
    """The flow, its stores and the identity of the run. `presets` are artifacts with the same value in every task."""

    flow: FlowSpec
    graph: Graph
    store: FlowStore
    metadata: Metadata
    run_id: str
    user: str
    tags: tuple[str, ...]
    system_tags: tuple[str, ...]
    top: TopOptions
    script: str
    namespace: str | None = None
    origin_run_id: str | None = None
    #: The record of the code package that every task registers, as JSON; None if there is no package.
    package: str | None = None
    options: dict[str, StepOptions] = field(default_factory=dict)
    presets: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    #: The constants of a resumed run whose values are not those of its origin.
    changed_constants: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    _prefetched: tuple[str, TaskReader] | None = None

    def record(self, step: str, task_id: str) -> TaskRecord:
        """The identity of a task for the metadata provider."""
        from ..metadata_provider.base import TaskRecord

        return TaskRecord(
            flow=self.graph.name,
            run=self.run_id,
            step=step,
            task=task_id,
            user=self.user,
            tags=self.tags,
            sys_tags=self.system_tags,
        )

    def registration_data(self) -> list[MetadataEntry]:
        """The metadata of the environment that is registered with each task."""
        from ..metadata_provider.base import MetadataEntry
        from ..version import METAFLOW_VERSION
        from .system_tags import python_version, runtime_name

        facts = {
            "runtime": runtime_name(),
            "python_version": python_version(),
            "user": self.user,
            "metaflow_version": METAFLOW_VERSION,
            "script-name": self.script,
        }
        if self.package is not None:
            facts["code-package"] = self.package
        return [MetadataEntry(name, value, name) for name, value in facts.items()]

    def shared(self) -> dict[str, Any]:
        """The values with which a worker recreates this context from flow and settings; all can be pickled."""
        return {
            "run_id": self.run_id,
            "tags": self.tags,
            "namespace": self.namespace,
            "origin_run_id": self.origin_run_id,
            "package": self.package,
            "presets": self.presets,
        }

    @property
    def parameters_task(self) -> str:
        """Id of the `_parameters` pseudo task."""
        return f"{self.metadata.task_prefix}0"

    def parameter_names(self) -> tuple[str, ...]:
        """The artifact names of the flow's parameters."""
        return tuple(name for name, _ in type(self.flow)._get_parameters())

    def inherited_names(self) -> tuple[str, ...]:
        """The artifacts that a join inherits: parameters and constants of the flow."""
        from ..flow.attributes import constants

        return (*self.parameter_names(), *constants(type(self.flow)))

    def prefetch(self, command: TaskCommand) -> None:
        """Read the common input of the tasks of a foreach once for all of them."""
        if command.split_index is None or (self._prefetched and self._prefetched[0] == command.input_paths[0]):
            return
        path = command.input_paths[0]
        (reader,) = self.store.tasks([path])
        names = ("_foreach_stack", "_foreach_var", "_foreach_num_splits", "_foreach_values", "_iteration_stack")
        if reader.is_done:
            reader.preload([name for name in names if name in reader])
            self._prefetched = (path, reader)

    def inputs(self, command: TaskCommand) -> list[TaskReader]:
        """The results of a task's inputs."""
        if self._prefetched and command.input_paths == (self._prefetched[0],):
            return [self._prefetched[1]]
        return self.store.tasks(command.input_paths)
