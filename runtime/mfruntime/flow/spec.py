"""FlowSpec: the base class of flows, with the methods that steps can call.

The runtime stores its own data about a task in one value, `_task_state`. Some of its fields are artifacts of every
task, and attributes of the flow, as Metaflow's readers expect.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import registry
from ..errors import (
    MetaflowException,
    MissingInMergeArtifactsException,
    UnhandledInMergeArtifactsException,
)
from ..ids import check_component
from ..printable import for_stream

if TYPE_CHECKING:
    from .graph import Graph
    from .parameters import Parameter
    from .task_state import TaskState

#: Attributes of an instance that are not artifacts of its task.
_EPHEMERAL = frozenset({"_task_state", "_graph_info"})
#: Values of these types cannot change after they were loaded, so they need not be saved again.
_IMMUTABLE = (str, bytes, int, float, bool, complex, type(None))
#: The metadata contains a text of each foreach item, truncated to this length (Metaflow's limit).
MAX_FOREACH_VALUE_CHARS = 30


class InvalidNextException(MetaflowException):
    """A `self.next` without valid next steps."""

    headline = "Invalid self.next() transition detected"


def _explain(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print an error of the runtime, raised during the import of a flow file, with its location, not as a traceback."""
    if not isinstance(error, MetaflowException):
        _previous_hook(kind, error, trace)
        return
    own, place = __name__.split(".", 1)[0] + ".", ""
    while trace is not None:
        if not trace.tb_frame.f_globals.get("__name__", "").startswith(own):
            place = f"{trace.tb_frame.f_code.co_filename} line {trace.tb_lineno}: "
        trace = trace.tb_next
    text = f"    {error.headline}:\n    {place}{error.message}\n" + (f"    {error.hint}\n" if error.hint else "")
    sys.stderr.write(for_stream(text, sys.stderr))


_previous_hook = sys.excepthook
sys.excepthook = _explain


class FlowSpec:
    """Base class of flows: methods with @step, connected by `self.next`."""

    _cached_graph: Graph | None = None
    #: None in an instance without a task.
    _task_state: TaskState | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_component("flow name", cls.__name__)
        _check_parameters(cls)

    def __init__(self, use_cli: bool = True):
        """With `use_cli`, run the command line of the flow and exit."""
        self.name = type(self).__name__
        if use_cli:
            registry.load("mfruntime.flowcli.main:main")(self)

    # -- the class as data ---------------------------------------------------------------------------------------------

    @classmethod
    def _graph(cls) -> Graph:
        from .graph import Graph

        graph = cls.__dict__.get("_cached_graph")
        if graph is None:
            graph = Graph(cls)
            cls._cached_graph = graph
        return graph

    @classmethod
    def _get_parameters(cls) -> Iterator[tuple[str, Parameter]]:
        """(attribute, parameter) of every parameter, sorted by name."""
        found = {}
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                if getattr(value, "is_parameter", False):
                    found[name] = value
                else:
                    found.pop(name, None)
        yield from sorted(found.items())

    @classmethod
    def _constants(cls) -> dict[str, Any]:
        """Class attributes that are plain values: they are available in every step and stored as artifacts."""
        found: dict[str, Any] = {}
        for base in reversed(cls.__mro__[: cls.__mro__.index(FlowSpec)]):
            for name, value in vars(base).items():
                if _is_constant(name, value):
                    found[name] = value
                else:
                    found.pop(name, None)
        return dict(sorted(found.items()))

    def __iter__(self) -> Iterator[Any]:
        """The steps of the flow."""
        return (getattr(self, node.name) for node in self._graph())

    def __getitem__(self, step: str) -> Any:
        if step in self._graph():
            return getattr(self, step)
        raise KeyError(step)

    @property
    def script_name(self) -> str:
        """The name of the file that defines the flow."""
        import os

        module = sys.modules.get(type(self).__module__)
        return os.path.basename(getattr(module, "__file__", None) or sys.argv[0])

    @property
    def cmd(self) -> str:
        """The path with which the flow was called."""
        return " ".join(sys.argv)

    # -- a running task ------------------------------------------------------------------------------------------------

    def _become(self, state: TaskState) -> None:
        """Make this instance represent the task with this state."""
        object.__setattr__(self, "_task_state", state)

    def _parameter_value(self, name: str) -> Any:
        datastore = self._task_state.datastore if self._task_state else None
        if datastore is None or name not in datastore:
            raise AttributeError(
                f"The parameter '{name}' has no value: parameters can only be read in the steps of a run."
            )
        return self._shown_value(name, datastore[name])

    def __getattr__(self, name: str) -> Any:
        # Called for names that are not in the instance: the task's state, and artifacts of earlier steps, which are
        # loaded when first read.
        state = self._task_state
        if state is not None and not name.startswith("__"):
            if state.has(name):
                return state.read(name)
            if state.datastore is not None and name in state.datastore:
                return self._load(name, state)
        raise AttributeError(self._missing(name))

    def _load(self, name: str, state: TaskState) -> Any:
        if name in state.loaded:
            return state.loaded[name]
        value = state.datastore[name]
        # The step can change a mutable value in place, so it is saved with the others.
        (state.loaded if type(value) in _IMMUTABLE else self.__dict__)[name] = value
        return self._shown_value(name, value)

    def _shown_value(self, name: str, value: Any) -> Any:
        from .pickled_names import IncludedFile

        if isinstance(value, IncludedFile):
            return registry.load("mfruntime.store.included:read_included")(value)
        return value

    def _missing(self, name: str) -> str:
        flow, step = type(self).__name__, self._task_state.step if self._task_state else None
        if step is None:
            return f"Flow {flow} has no attribute '{name}'"
        return (
            f"Flow {flow} has no attribute '{name}' in step '{step}': no previous step assigned it "
            "(after a join, artifacts of branches are only available through inputs or merge_artifacts)"
        )

    def _artifacts_to_save(self) -> dict[str, Any]:
        """The artifacts of this task: attributes of self that are not private to the process, and its state."""
        assigned = {
            name: value for name, value in self.__dict__.items() if name not in _EPHEMERAL and not name.startswith("__")
        }
        return {**assigned, **(self._task_state.artifacts() if self._task_state else {})}

    # -- foreach -------------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int | None:
        """Index of this task in the innermost foreach; None outside of a foreach."""
        stack = _frames(self)
        return stack[-1].index if stack else None

    @property
    def input(self) -> Any:
        """The item of this task in the innermost foreach; None outside of a foreach."""
        stack = _frames(self)
        return self._foreach_input(len(stack) - 1) if stack else None

    def foreach_stack(self) -> list[tuple[int, int | None, Any]] | None:
        """(index, number of splits, item) of every enclosing foreach, outermost first."""
        return [(frame.index, frame.num_splits, self._foreach_input(i)) for i, frame in enumerate(_frames(self))]

    def _foreach_input(self, depth: int) -> Any:
        state = _state(self)
        if depth not in state.foreach_items:
            frame = state.foreach_stack[depth]
            items = getattr(self, frame.var)
            try:
                state.foreach_items[depth] = items[frame.index]
            except (TypeError, KeyError, IndexError):
                state.foreach_items[depth] = list(items)[frame.index]
        return state.foreach_items[depth]

    # -- next ----------------------------------------------------------------------------------------------------------

    def next(self, *targets: Any, **kwargs: Any) -> None:
        """Set the next step or steps; the last statement of a step.

        Arguments: one step (linear), several steps (parallel branches), one step with `foreach="name"` of an iterable
        artifact, or a dict of values to steps with `condition="name"` of the artifact that selects the step.
        """
        state = _state(self)
        step = state.step or "?"
        if state.transition is not None:
            raise InvalidNextException(f"Step {step} calls self.next() twice; only one call per step is allowed.")
        foreach, condition = kwargs.pop("foreach", None), kwargs.pop("condition", None)
        if "num_parallel" in kwargs:
            raise InvalidNextException(f"Step {step}: num_parallel is not supported by this version of mfruntime.")
        if kwargs:
            raise InvalidNextException(f"Step {step}: self.next() has no argument '{next(iter(kwargs))}'.")
        if condition is not None:
            state.transition = ([self._chosen(step, targets, condition)], None)
            return
        names = [self._target(step, target) for target in targets]
        if not names:
            raise InvalidNextException(f"Step {step}: self.next() has no step as argument.")
        if foreach is not None:
            self._split_foreach(state, step, names, foreach)
        state.transition = (names, foreach)

    def _target(self, step: str, target: Any) -> str:
        name = getattr(target, "__name__", None)
        if name is None or not getattr(target, "is_step", False) or name not in self._graph():
            known = ", ".join(node.name for node in self._graph())
            raise InvalidNextException(f"Step {step}: {name or target!r} in self.next() is not a step. Steps: {known}.")
        return str(name)

    def _chosen(self, step: str, targets: Sequence[Any], condition: Any) -> str:
        if len(targets) != 1 or not isinstance(targets[0], dict) or not targets[0]:
            raise InvalidNextException(f"Step {step}: a condition needs one dict of values to steps.")
        if not isinstance(condition, str) or not hasattr(self, condition):
            raise InvalidNextException(f"Step {step}: the condition {condition!r} is not an artifact of this step.")
        value, cases = getattr(self, condition), targets[0]
        if value not in cases:
            known = ", ".join(repr(case) for case in cases)
            raise InvalidNextException(
                f"Step {step}: '{condition}' is {value!r}, which is not one of the cases {known}."
            )
        return self._target(step, cases[value])

    def _split_foreach(self, state: TaskState, step: str, names: list[str], foreach: Any) -> None:
        if len(names) != 1:
            raise InvalidNextException(f"Step {step}: a foreach must have one next step, not {len(names)}.")
        if not isinstance(foreach, str):
            raise InvalidNextException(f"Step {step}: foreach must be the name of an artifact in quotes.")
        if not hasattr(self, foreach):
            raise InvalidNextException(
                f"Step {step}: foreach={foreach!r}, but self.{foreach} was never assigned.",
                hint=f"Assign a list to self.{foreach} before self.next().",
            )
        items = getattr(self, foreach)
        try:
            values = list(items)
        except TypeError:
            kind = type(items).__name__
            raise InvalidNextException(
                f"Step {step}: self.{foreach} is a {kind}, which a foreach cannot iterate over."
            ) from None
        if not values:
            raise InvalidNextException(
                f"Step {step}: self.{foreach} is empty; a foreach needs at least one item.",
                hint="If the list can be empty, select another step with self.next(..., condition=...).",
            )
        state.foreach_var = foreach
        state.foreach_num_splits = len(values)
        state.foreach_values = [str(value)[:MAX_FOREACH_VALUE_CHARS] for value in values]

    # -- merging -------------------------------------------------------------------------------------------------------

    def merge_artifacts(
        self, inputs: Iterable[Any], exclude: Iterable[str] | None = None, include: Iterable[str] | None = None
    ) -> None:
        """Copy from the branches every artifact that this join has not set and that is the same in all branches.

        `include` limits this to some names, `exclude` omits some. Raises UnhandledInMergeArtifactsException for names
        that differ between branches, and MissingInMergeArtifactsException for included names that no branch has.
        """
        state = _state(self)
        step = state.step
        if step is None or self._graph()[step].type != "join":
            raise MetaflowException(f"merge_artifacts() can only be called in a join step; '{step}' is not a join.")
        if include and exclude:
            raise MetaflowException("merge_artifacts() accepts include or exclude, not both.")
        datastores = [_state(i).datastore for i in inputs]
        candidates, conflicts = self._candidates(datastores, set(include or ()), set(exclude or ()))
        if conflicts:
            raise UnhandledInMergeArtifactsException(
                f"Step {step} cannot merge artifacts that differ between its inputs: {', '.join(sorted(conflicts))}. "
                "Assign them in the step before merge_artifacts(), or exclude them.",
                sorted(conflicts),
            )
        missing = [name for name in include or () if name not in candidates and name not in self.__dict__]
        if missing:
            raise MissingInMergeArtifactsException(
                f"Step {step} includes artifacts that no input has: {', '.join(sorted(missing))}.", sorted(missing)
            )
        for name, datastore in candidates.items():
            _inherit(state, name, datastore)

    def _candidates(
        self, datastores: Sequence[Any], include: set[str], exclude: set[str]
    ) -> tuple[dict[str, Any], set[str]]:
        taken = {name for name, _ in self._get_parameters()} | set(self._constants()) | {"name"}
        found: dict[str, Any] = {}
        keys: dict[str, str] = {}
        conflicts: set[str] = set()
        for datastore in datastores:
            for name in datastore.names():
                skipped = name.startswith("_") or name in taken or name in exclude or (include and name not in include)
                if skipped or name in self.__dict__:
                    continue
                key = datastore.sha(name)
                if keys.setdefault(name, key) != key:
                    conflicts.add(name)
                found.setdefault(name, datastore)
        return found, conflicts

    def __setattr__(self, name: str, value: Any) -> None:
        state = self._task_state
        if state is not None:
            if state.assign(name, value):
                return
            state.inherited.pop(name, None)
        object.__setattr__(self, name, value)

    def __getstate__(self) -> Any:
        raise MetaflowException("A flow cannot be pickled. Store the required values instead of self.")


def _state(flow: FlowSpec) -> TaskState:
    """The state of a task; an instance without task gets a state without step, so that steps can be tested."""
    if flow._task_state is None:
        from .task_state import TaskState

        flow._become(TaskState())
    assert flow._task_state is not None
    return flow._task_state


def _frames(flow: FlowSpec) -> list[Any]:
    return flow._task_state.foreach_stack if flow._task_state else []


def _inherit(state: TaskState, name: str, datastore: Any) -> None:
    """Inherit an artifact by key: it is only loaded if the step reads it."""
    state.inherited[name] = (datastore.sha(name), datastore.info.get(name, {}))
    state.datastore.sources[name] = datastore


def _is_constant(name: str, value: Any) -> bool:
    if name.startswith("_") or getattr(value, "is_parameter", False):
        return False
    return not (callable(value) or isinstance(value, (property, staticmethod, classmethod, type(sys))))


def _check_parameters(cls: type[FlowSpec]) -> None:
    seen: dict[str, str] = {}
    for attribute, parameter in cls._get_parameters():
        key = parameter.name.lower().replace("-", "_")
        if key in seen:
            raise MetaflowException(
                f"Flow {cls.__name__} has two parameters named '{parameter.name}' ({seen[key]} and {attribute}); "
                "names must differ in more than case, dashes and underscores."
            )
        if hasattr(FlowSpec, attribute):
            raise MetaflowException(
                f"Flow {cls.__name__}: the parameter '{attribute}' has the name of an attribute of FlowSpec; rename it."
            )
        seen[key] = attribute
