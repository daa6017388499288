"""FlowSpec: the base class of flows, with the methods that steps can call.

The runtime stores its own data about a task in one value, `_task_state`. Some of its fields are artifacts of every
task, and attributes of the flow, as Metaflow's readers expect.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import registry
from ..errors import MetaflowException
from ..ids import check_component
from ..printable import for_stream
from . import attributes

if TYPE_CHECKING:
    from .graph import Graph
    from .parameters import Parameter
    from .task_state import TaskState


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


class _FlowName:
    """`self.name`: the name of the flow, unless a step assigned an artifact of this name."""

    def __get__(self, flow: Any, owner: type | None = None) -> Any:
        state = None if flow is None else flow._task_state
        if state is None or state.datastore is None or "name" not in state.datastore:
            return (owner or type(flow)).__name__
        from .artifacts import load

        return load(flow, "name")


class _LazyGraph:
    """The graph of a flow class, read from the source when it is first used."""

    def __get__(self, flow: Any, owner: type[Any]) -> Graph:
        if owner not in _graphs:
            from .graph import Graph

            _graphs[owner] = Graph(owner)
        return _graphs[owner]


class FlowSpec:
    """Base class of flows: methods with @step, connected by `self.next`.

    A new attribute here takes a name from all flows, so code that needs no override is in functions of other modules.
    """

    name: Any = _FlowName()
    #: None in an instance without a task.
    _task_state: TaskState | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_component("flow name", cls.__name__)
        attributes.check_class(cls)

    def __init__(self, use_cli: bool = True):
        """With `use_cli`, run the command line of the flow and exit."""
        if use_cli:
            registry.load("mfruntime.flowcli.main:main")(self)

    # -- the class as data ---------------------------------------------------------------------------------------------

    #: The steps and their connections, of the class and of its instances.
    _graph = _LazyGraph()

    @classmethod
    def _get_parameters(cls) -> Iterator[tuple[str, Parameter]]:
        """(attribute, parameter) of every parameter, sorted by name."""
        yield from attributes.parameters(cls).items()

    def __iter__(self) -> Iterator[Any]:
        """The steps of the flow."""
        return (getattr(self, node.name) for node in self._graph)

    def __getitem__(self, step: str) -> Any:
        if step in self._graph:
            return getattr(self, step)
        raise KeyError(step)

    @property
    def script_name(self) -> str:
        """The name of the file that defines the flow."""
        import os

        module = sys.modules.get(type(self).__module__)
        return os.path.basename(getattr(module, "__file__", None) or sys.argv[0])

    # -- a running task ------------------------------------------------------------------------------------------------

    def _become(self, state: TaskState) -> None:
        """Make this instance represent the task with this state."""
        object.__setattr__(self, "_task_state", state)
        if state.datastore is not None:
            attributes.show_artifacts(self, state.datastore)

    def __getattr__(self, name: str) -> Any:
        # Called for names that are not in the instance: the task's state, and artifacts of earlier steps, which are
        # loaded when first read.
        from .artifacts import load, missing

        state = self._task_state
        if state is not None and not name.startswith("__"):
            if state.has(name):
                return state.read(name)
            if state.datastore is not None and name in state.datastore:
                return load(self, name)
        raise AttributeError(missing(self, name))

    def __setattr__(self, name: str, value: Any) -> None:
        state = self._task_state
        if state is not None:
            if state.assign(name, value):
                return
            if name in attributes.names(type(self)).fixed:
                raise AttributeError(attributes.refusal(type(self), name))
            state.inherited.pop(name, None)
        object.__setattr__(self, name, value)

    def __getstate__(self) -> Any:
        raise MetaflowException("A flow cannot be pickled. Store the required values instead of self.")

    @property
    def index(self) -> int | None:
        """Index of this task in the innermost foreach; None outside of a foreach."""
        stack = _frames(self)
        return stack[-1].index if stack else None

    @property
    def input(self) -> Any:
        """The item of this task in the innermost foreach; None outside of a foreach."""
        from .foreach import item

        stack = _frames(self)
        return item(self, len(stack) - 1) if stack else None

    def foreach_stack(self) -> list[tuple[int, int | None, Any]] | None:
        """(index, number of splits, item) of every enclosing foreach, outermost first."""
        from .foreach import item

        return [(frame.index, frame.num_splits, item(self, i)) for i, frame in enumerate(_frames(self))]

    # -- the end of a step ---------------------------------------------------------------------------------------------

    def next(self, *targets: Any, **kwargs: Any) -> None:
        """Set the next step or steps; the last statement of a step.

        Arguments: one step (linear), several steps (parallel branches), one step with `foreach="name"` of an iterable
        artifact, or a dict of values to steps with `condition="name"` of the artifact that selects the step.
        """
        from .transition import set_next

        set_next(self, targets, **kwargs)

    def merge_artifacts(
        self,
        inputs: Iterable[Any],
        exclude: str | Iterable[str] | None = None,
        include: str | Iterable[str] | None = None,
    ) -> None:
        """Copy from the branches every artifact that this join has not set and that is the same in all branches.

        `include` limits this to some names, `exclude` omits some. Raises UnhandledInMergeArtifactsException for names
        that differ between branches, and MissingInMergeArtifactsException for included names that no branch has.
        """
        from .merge import merge

        merge(self, inputs, exclude, include)


_graphs: dict[type[FlowSpec], Graph] = {}


def _frames(flow: FlowSpec) -> list[Any]:
    return flow._task_state.foreach_stack if flow._task_state else []
