"""Artifacts as attributes of a flow: loaded when a step reads them, saved when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import registry
from . import foreach
from .pickled_names import IncludedFile

if TYPE_CHECKING:
    from .task_state import TaskState

#: Attributes of an instance that are not artifacts of its task.
_EPHEMERAL = frozenset({"_task_state", "_graph_info"})
#: Values of these types cannot change after they were loaded, so they need not be saved again.
_IMMUTABLE = (str, bytes, int, float, bool, complex, type(None))


def load(flow: Any, name: str) -> Any:
    """The value of an inherited artifact."""
    state, own = flow._task_state, vars(flow)
    if name in own:
        return own[name]
    if name in state.loaded:
        return state.loaded[name]
    value = state.datastore[name]
    if isinstance(value, IncludedFile):
        value = registry.load("mfruntime.store.included:read_included")(value)
    return _keep(flow, state, name, value)


def load_constant(flow: Any, name: str, value: Any) -> Any:
    """The stored value of a constant. It is not read if its key is that of `value`, the one of the class."""
    import hashlib
    import pickle

    state = flow._task_state
    if name in vars(flow) or name in state.loaded:
        return load(flow, name)
    payload = pickle.dumps(value, 4)
    if hashlib.sha1(payload, usedforsecurity=False).hexdigest() != state.datastore.sha(name):
        return load(flow, name)
    return _keep(flow, state, name, value if type(value) in _IMMUTABLE else pickle.loads(payload))


def _keep(flow: Any, state: TaskState, name: str, value: Any) -> Any:
    if state.foreach_stack:
        foreach.remember(state, name, value)
    # The step can change a mutable value in place, so it is saved with the others.
    (state.loaded if type(value) in _IMMUTABLE else vars(flow))[name] = value
    return value


def parameter_value(flow: Any, name: str) -> Any:
    """The value of a parameter in a task. Raises AttributeError outside of a run."""
    state = flow._task_state
    if state is None or state.datastore is None or name not in state.datastore:
        raise AttributeError(f"The parameter '{name}' has no value: parameters can only be read in the steps of a run.")
    return load(flow, name)


def to_save(flow: Any) -> dict[str, Any]:
    """The artifacts of a task: attributes of self that are not private to the process, and its state."""
    assigned = {
        name: value for name, value in vars(flow).items() if name not in _EPHEMERAL and not name.startswith("__")
    }
    return {**assigned, **(flow._task_state.artifacts() if flow._task_state else {})}


def missing(flow: Any, name: str) -> str:
    """The message for an attribute that does not exist."""
    kind, step = type(flow).__name__, flow._task_state.step if flow._task_state else None
    if step is None:
        return f"Flow {kind} has no attribute '{name}'"
    return (
        f"Flow {kind} has no attribute '{name}' in step '{step}': no previous step assigned it "
        "(after a join, artifacts of branches are only available through inputs or merge_artifacts)"
    )
