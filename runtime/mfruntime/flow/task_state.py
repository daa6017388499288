"""TaskState: the runtime's data about the task of a flow instance, separate from the user's artifacts.

It is stored in `FlowSpec._task_state`. Metaflow's readers expect some of it as artifacts of every task, and programs
read these as attributes of the flow: `ARTIFACTS` contains their names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .attributes import ARTIFACTS as ARTIFACTS
from .attributes import ATTRIBUTES as ATTRIBUTES

#: While these are None, the values of the previous task apply.
_INHERITED = frozenset({"foreach_values", "iteration_stack", "task_ok", "success"})


@dataclass
class TaskState:
    """Position of a task in the graph, inherited data, next steps and result."""

    step: str | None = None
    #: The artifacts of earlier steps: the results of the task's input, or those that a join inherits from its inputs.
    datastore: Any = None
    foreach_stack: list[Any] = field(default_factory=list)
    iteration_stack: list[int] | None = None
    configs_processed: bool = True

    #: Names of the next steps, and the artifact of a foreach; set by `self.next`.
    transition: tuple[list[str], str | None] | None = None
    foreach_var: str | None = None
    foreach_num_splits: int | None = None
    foreach_values: list[str] | None = None

    #: Whether the task succeeded, whether its own code succeeded, and the exception if that failed.
    task_ok: bool | None = None
    success: bool | None = None
    exception: Any = None

    #: Artifacts inherited by key from inputs of a join; values loaded so far; items of the enclosing foreaches.
    inherited: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    loaded: dict[str, Any] = field(default_factory=dict)
    foreach_items: dict[int, Any] = field(default_factory=dict)
    #: The results of the first input, in which the items of the enclosing foreaches are found.
    foreach_source: Any = None

    def has(self, attribute: str) -> bool:
        """Whether this attribute of the flow is a field with its own value."""
        name = ATTRIBUTES.get(attribute)
        return name is not None and (name not in _INHERITED or getattr(self, name) is not None)

    def read(self, attribute: str) -> Any:
        """The value of the field for an attribute of the flow."""
        return getattr(self, ATTRIBUTES[attribute])

    def assign(self, attribute: str, value: Any) -> bool:
        """Set the field for an attribute of the flow; returns False if it has no field."""
        name = ATTRIBUTES.get(attribute)
        if name is not None:
            setattr(self, name, value)
        return name is not None

    def artifacts(self) -> dict[str, Any]:
        """The fields that are saved, by the names of Metaflow's format."""
        return {name: self.read(name) for name in ARTIFACTS if self.has(name)}

    def end(self, *, ok: bool, success: bool, exception: Any = None) -> None:
        """Record the result of the task; a failure that a hook handled is ok without success."""
        self.task_ok, self.success, self.exception = ok, success, exception


def state_of(flow: Any) -> TaskState:
    """The state of a task; an instance without task gets a state without step, so that steps can be tested."""
    if flow._task_state is None:
        flow._become(TaskState())
    state: TaskState = flow._task_state
    return state
