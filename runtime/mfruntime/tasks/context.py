"""What all tasks of one run share, put together once before the first of them starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .command import TopOptions

if TYPE_CHECKING:
    from ..flow.graph import Graph
    from ..flow.options import StepOptions
    from ..flow.spec import FlowSpec
    from ..metadata.base import Datum, Metadata, TaskRecord
    from ..store.artifacts import FlowStore


@dataclass
class RunContext:
    """The flow, its stores and the identity of the run. `presets` are artifacts that are the same in every task."""

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
    options: dict[str, StepOptions] = field(default_factory=dict)
    presets: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def record(self, step: str, task_id: str) -> TaskRecord:
        """The identity of a task as the metadata provider wants it."""
        from ..metadata.base import TaskRecord

        return TaskRecord(
            flow=self.flow.name,
            run=self.run_id,
            step=step,
            task=task_id,
            user=self.user,
            tags=self.tags,
            sys_tags=self.system_tags,
        )

    def registration_data(self) -> list[Datum]:
        """What is known of the program when a task is registered."""
        from ..metadata.base import Datum
        from ..version import METAFLOW_VERSION
        from .environment import python_version, runtime_name

        facts = {
            "runtime": runtime_name(),
            "python_version": python_version(),
            "user": self.user,
            "metaflow_version": METAFLOW_VERSION,
            "script-name": self.script,
        }
        return [Datum(name, value, name) for name, value in facts.items()]

    def parameter_names(self) -> tuple[str, ...]:
        """The names that the flow's parameters have as artifacts."""
        return tuple(name for name, _ in type(self.flow)._get_parameters())

    def inherited_names(self) -> tuple[str, ...]:
        """What a join takes over from its first input: parameters and constants of the flow."""
        return (*self.parameter_names(), *self.flow._constants())
