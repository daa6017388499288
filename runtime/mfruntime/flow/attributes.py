"""The attributes of a flow class: which are artifacts of every run, and which a step cannot assign.

One rule for each kind of name on `self`:

- A parameter, and a public class attribute that is a plain value (a constant), has the value that the run stored when
  it started, in every step and for every client. A step cannot assign it.
- A step, and a name that the runtime needs (`RESERVED`), cannot be assigned: `self.next(self.train)` needs the step.
- Every other name is an artifact once it is assigned, also if the class has a method or a private attribute of that
  name. Later steps, joins and clients then read the artifact.
"""

from __future__ import annotations

import sys
from collections.abc import Container
from typing import Any

from .. import registry
from ..errors import MetaflowException

#: Attributes of FlowSpec that steps use, and those that the runtime uses on every flow.
API = frozenset({"next", "index", "input", "foreach_stack", "merge_artifacts", "script_name"})
RUNTIME = frozenset({"_task_state", "_become", "_graph", "_get_parameters", "_graph_info"})
RESERVED = API | RUNTIME
#: Attributes of a flow that are fields of its TaskState, and are saved with the artifacts.
ARTIFACTS = {
    "_current_step": "step",
    "_transition": "transition",
    "_foreach_var": "foreach_var",
    "_foreach_num_splits": "foreach_num_splits",
    "_foreach_values": "foreach_values",
    "_foreach_stack": "foreach_stack",
    "_iteration_stack": "iteration_stack",
    "_configs_processed": "configs_processed",
    "_task_ok": "task_ok",
    "_success": "success",
    "_exception": "exception",
}
#: Attributes that are also fields, but are not saved.
ATTRIBUTES = {**ARTIFACTS, "_datastore": "datastore"}


class Constant:
    """A class attribute in a run: a step reads the value that the run stored, and cannot assign another."""

    def __init__(self, name: str, value: Any):
        self.name, self.value = name, value

    def __get__(self, flow: Any, owner: type | None = None) -> Any:
        if flow is None:
            return self.value
        state = flow._task_state
        if state is None or state.datastore is None or self.name not in state.datastore:
            return self.value  # outside of a run, or in a run of an earlier version
        return registry.load("mfruntime.flow.artifacts:load_constant")(flow, self.name, self.value)

    def __set__(self, flow: Any, value: Any) -> None:
        raise AttributeError(_refusal(type(flow).__name__, self.name, "a class attribute, which is constant in a run"))


def parameters(cls: type[Any]) -> dict[str, Any]:
    """The parameters of a flow by attribute, sorted."""
    return {name: value for name, value in _public(cls).items() if _is_parameter(value)}


def constants(cls: type[Any]) -> dict[str, Any]:
    """Class attributes that are plain values, also those of mixins: they are stored as artifacts of the run."""
    found = _public(cls)
    return {name: value for name, value in found.items() if not _is_parameter(value) and _is_plain(value)}


def _public(cls: type[Any]) -> dict[str, Any]:
    return {name: value for name, value in sorted(_attributes(cls).items()) if not name.startswith("_")}


def _attributes(cls: type[Any]) -> dict[str, Any]:
    """The attributes that a flow adds to those of FlowSpec, as Python finds them."""
    mro = list(cls.__mro__)
    own = next((position for position, base in enumerate(mro) if base.__module__ == _SPEC), len(mro))
    found: dict[str, Any] = {}
    for base in reversed([*mro[:own], *mro[own + 1 :]]):
        if base is not object:
            found.update(vars(base))
    hidden = set(vars(mro[own])) - set().union(*map(vars, mro[:own])) if own < len(mro) else set()
    return {name: _unwrapped(value) for name, value in found.items() if name not in hidden}


_SPEC = f"{__package__}.spec"


def _unwrapped(value: Any) -> Any:
    return value.value if isinstance(value, Constant) else value


def _is_parameter(value: Any) -> bool:
    return bool(getattr(type(value), "is_parameter", False))


def _is_plain(value: Any) -> bool:
    """Whether a class attribute is a value: not a function, a property or another descriptor, a class or a module."""
    return not (isinstance(value, (type, type(sys))) or hasattr(type(value), "__get__"))


# -- checks when the class is defined ----------------------------------------------------------------------------------


def check_class(cls: type[Any]) -> None:
    """Raise MetaflowException if an attribute of the class has a name that a flow cannot use for it."""
    for name, value in _attributes(cls).items():
        kind = "parameter" if _is_parameter(value) else "attribute"
        if name in RUNTIME or name in ATTRIBUTES or (name in API and (kind == "parameter" or _is_plain(value))):
            raise MetaflowException(
                f"Flow {cls.__name__}: the {kind} '{name}' has the name of an attribute of FlowSpec; rename it."
            )
    _check_parameter_names(cls)


def _check_parameter_names(cls: type[Any]) -> None:
    seen: dict[str, str] = {}
    for attribute, parameter in parameters(cls).items():
        key = parameter.name.lower().replace("-", "_")
        if key in seen:
            raise MetaflowException(
                f"Flow {cls.__name__} has two parameters named '{parameter.name}' ({seen[key]} and {attribute}); "
                "names must differ in more than case, dashes and underscores."
            )
        seen[key] = attribute


# -- names in a task ---------------------------------------------------------------------------------------------------


class Names:
    """The names of one flow class that need care in its tasks."""

    def __init__(self, cls: type[Any]):
        found = _attributes(cls)
        self.steps = frozenset(name for name, value in found.items() if getattr(value, "is_step", False) is True)
        self.fixed = self.steps | RESERVED
        self.constants = constants(cls)
        #: Attributes of the class that an artifact of the same name hides: Python would find them first.
        self.hidden_by_artifacts = tuple(
            name
            for name, value in found.items()
            if not (name.startswith("__") or name in self.fixed or name in self.constants)
            and not hasattr(type(value), "__set__")
        )


_names: dict[type[Any], Names] = {}


def names(cls: type[Any]) -> Names:
    """The names of a flow class. The first call makes its constants readable by artifact."""
    if cls not in _names:
        _names[cls] = Names(cls)
        for name, value in _names[cls].constants.items():
            setattr(cls, name, Constant(name, value))
    return _names[cls]


def refusal(cls: type[Any], name: str) -> str | None:
    """Why a step cannot assign this name; None if it can."""
    if name in RESERVED:
        return _refusal(cls.__name__, name, "an attribute of FlowSpec")
    if name in names(cls).steps:
        return _refusal(cls.__name__, name, "a step")
    if name in names(cls).constants:
        return _refusal(cls.__name__, name, "a class attribute, which is constant in a run")
    return _refusal(cls.__name__, name, "a parameter") if name in parameters(cls) else None


def _refusal(flow: str, name: str, what: str) -> str:
    return f"self.{name} cannot be assigned: in flow {flow}, '{name}' is {what}. Use another name for the artifact."


def show_artifacts(flow: Any, inherited: Container[str]) -> None:
    """Load inherited artifacts in place of what the class has under their names, which Python would find first."""
    for name in names(type(flow)).hidden_by_artifacts:
        if name in inherited:
            vars(flow)[name] = flow._task_state.datastore[name]
