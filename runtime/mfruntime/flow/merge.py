"""`self.merge_artifacts`: a join inherits the artifacts that are the same in all its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import MetaflowException, MissingInMergeArtifactsException, UnhandledInMergeArtifactsException
from . import attributes
from .foreach import is_stored_name
from .task_state import ATTRIBUTES, state_of

#: Artifacts that describe one task or the whole run, and so are never merged.
_OF_ONE_TASK = frozenset({*ATTRIBUTES, "_graph_info", "_catch_exception", "_unbounded_foreach"})


def merge(flow: Any, inputs: Iterable[Any], exclude: Any, include: Any) -> None:
    """Inherit artifacts of the inputs, as described at `FlowSpec.merge_artifacts`."""
    state = state_of(flow)
    step = state.step
    if step is None or flow._graph[step].type != "join":
        raise MetaflowException(f"merge_artifacts() can only be called in a join step; '{step}' is not a join.")
    included, excluded = _listed("include", include), _listed("exclude", exclude)
    if included and excluded:
        raise MetaflowException("merge_artifacts() accepts include or exclude, not both.")
    found, conflicts = _Candidates(flow, set(included), set(excluded)).of([state_of(i).datastore for i in inputs])
    _check(step, conflicts, [name for name in included if name not in found and name not in vars(flow)])
    for name, datastore in found.items():
        # Only the key is inherited: the artifact is loaded if the step reads it.
        state.inherited[name] = (datastore.sha(name), datastore.info.get(name, {}))
        state.datastore.add(name, datastore)
    attributes.show_artifacts(flow, found)


def _listed(argument: str, names: Any) -> list[str]:
    """The names of an argument; a single name can be given as text."""
    listed = [names] if isinstance(names, str) else list(names or ())
    for name in listed:
        if not isinstance(name, str):
            raise MetaflowException(f"merge_artifacts(): {argument} must contain names of artifacts, not {name!r}.")
    return listed


def _check(step: str, conflicts: set[str], missing: list[str]) -> None:
    if conflicts:
        raise UnhandledInMergeArtifactsException(
            f"Step {step} cannot merge artifacts that differ between its inputs: {', '.join(sorted(conflicts))}. "
            "Assign them in the step before merge_artifacts(), or exclude them.",
            sorted(conflicts),
        )
    if missing:
        raise MissingInMergeArtifactsException(
            f"Step {step} includes artifacts that no input has: {', '.join(sorted(missing))}.", sorted(missing)
        )


class _Candidates:
    """Which artifacts of the inputs a join merges."""

    def __init__(self, flow: Any, include: set[str], exclude: set[str]):
        kind = type(flow)
        self._include = include
        self._skipped = exclude | set(attributes.parameters(kind)) | set(attributes.constants(kind)) | set(vars(flow))
        self._flow_name = kind.__name__
        self._defaults: dict[str, bool] = {}

    def of(self, datastores: Sequence[Any]) -> tuple[dict[str, Any], set[str]]:
        """The first input that has each artifact, and the names of artifacts that differ."""
        found: dict[str, Any] = {}
        keys: dict[str, str] = {}
        conflicts: set[str] = set()
        for datastore in datastores:
            for name in datastore.names():
                if self._is_merged(name, datastore):
                    key = datastore.sha(name)
                    if keys.setdefault(name, key) != key:
                        conflicts.add(name)
                    found.setdefault(name, datastore)
        return found, conflicts

    def _is_merged(self, name: str, datastore: Any) -> bool:
        if name in self._skipped or name in _OF_ONE_TASK or is_stored_name(name):
            return False
        if self._include and name not in self._include:
            return False
        return name != "name" or not self._is_default(datastore)

    def _is_default(self, datastore: Any) -> bool:
        """Whether the artifact `name` is that of every task: the name of the flow."""
        key = datastore.sha("name")
        if key not in self._defaults:
            self._defaults[key] = datastore["name"] == self._flow_name
        return self._defaults[key]
