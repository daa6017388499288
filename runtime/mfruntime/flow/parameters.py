"""Parameters of flows: declaration, and conversion of strings to values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..errors import MetaflowException, MissingParameter, ParameterFieldFailed, ParameterFieldTypeMismatch
from ..ids import check_component
from . import parameter_types as types
from .parameter_types import JSONType as JSONType
from .parameter_types import JSONTypeClass as JSONTypeClass

#: Names of other options of `run` and `init`.
RESERVED = frozenset(
    {
        *("params", "with", "with_", "tag", "tags", "namespace", "user-namespace", "obj", "decospecs", "help"),
        *("run-id", "task-id", "run-id-file", "runner-attribute-file", "isolation"),
        *("max-num-splits", "max-workers", "max-log-size"),
    }
)


class ParameterContext(NamedTuple):
    """The argument of a callable default. `configs` maps names of Configs to their values."""

    flow_name: str
    user_name: str
    parameter_name: str
    logger: Callable[..., None]
    ds_type: str
    configs: Any


class Parameter:
    """An input value of a run; `self.<attribute>` reads it in every step.

    `type` is str, int, float, bool or JSONType, a parameter type of click, or a function of one string; by default it
    is that of `default`, else str. A callable `default` is called with a ParameterContext when the run starts.
    `separator` splits a string into a list; an empty string stays one. With `multiple` the option can be repeated, and
    the value is a tuple. With `nargs=n`, or a tuple of n types, the option takes n values, and the value is a tuple of
    n. `hidden` leaves the option out of `run --help`.

    Raises MetaflowException if the declaration is invalid.
    """

    is_parameter = True
    kind = "Parameter"

    def __init__(
        self,
        name: str,
        default: Any = None,
        type: Any = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | None = None,
        **kwargs: Any,
    ):
        _check_name(name)
        self.name = name
        self.default = default
        self.help = help
        self.show_default = show_default
        self.separator = kwargs.pop("separator", None)
        self.multiple = bool(kwargs.pop("multiple", False))
        self.hidden = bool(kwargs.pop("hidden", False))
        nargs = kwargs.pop("nargs", 1)
        kwargs.pop("external_trigger", None)
        if kwargs:
            raise MetaflowException(
                f"Parameter '{name}' has the unknown argument '{next(iter(kwargs))}'. "
                "Known: default, type, help, required, show_default, separator, multiple, nargs, hidden."
            )
        self.types = self._given_types(type, nargs)
        self.type = self.types[0]
        self.required = bool(required)
        if self.required and default is not None:
            raise MetaflowException(f"Parameter '{name}' is required and has a default; remove one of the two.")
        self.attribute = name
        self._check_default()

    def _given_types(self, given: Any, nargs: Any) -> tuple[Any, ...]:
        """The type of each value that the option takes."""
        if not isinstance(nargs, int) or nargs < 1:
            raise MetaflowException(f"Parameter '{self.name}' has nargs={nargs!r}; it must be a number from 1.")
        found = tuple(given) if isinstance(given, (tuple, list)) else (given,) * nargs
        if not found or nargs not in (1, len(found)):
            raise MetaflowException(f"Parameter '{self.name}' has nargs={nargs} and {len(found)} types.")
        return tuple(self._given_type(one) for one in found)

    def _given_type(self, given: Any) -> Any:
        if given is None:
            return self._type_of_default()
        if not types.is_type(given):
            raise MetaflowException(
                f"Parameter '{self.name}' has the type {given!r}; use str, int, float, bool, JSONType, a parameter "
                "type of click, or a function of one string."
            )
        return given

    def _type_of_default(self) -> Any:
        default = self.default
        if (self.multiple or self.separator) and isinstance(default, (list, tuple)):
            default = default[0] if default else None
        return str if callable(default) or default is None else types.type_of(default)

    def _check_default(self) -> None:
        """Check that a default has the type of the parameter."""
        if self.default is None or callable(self.default) or self.separator or self.multiple:
            return
        self.coerce(self.default, "default")

    @property
    def nargs(self) -> int:
        """How many values the option takes each time."""
        return len(self.types)

    @property
    def type_name(self) -> str:
        return " ".join(types.name(kind) for kind in self.types)

    @property
    def shown_default(self) -> str | None:
        """The default as in `run --help`."""
        if self.show_default is False or self.default is None:
            return None
        if callable(self.default):
            return "computed when the run starts"
        return self.default if isinstance(self.default, str) else json.dumps(self.default, default=str)

    def convert(self, text: str, kind: Any = None) -> Any:
        """Convert a string to the parameter's type (or to `kind`). Raises MetaflowException with string and type."""
        if self.separator and not self.multiple:
            return [self._one(part, self.type) for part in text.split(self.separator)] if text else text
        return self._one(text, kind or self.type)

    def _one(self, text: str, kind: Any) -> Any:
        try:
            return types.parse(kind, text)
        except (ValueError, RecursionError) as exc:
            if types.is_click_type(kind):
                raise MetaflowException(f"{exc}.") from None
            detail = f" ({exc})" if str(exc) else ""
            raise MetaflowException(f"{_shorten(text)} is not a valid {types.name(kind)}{detail}.") from None

    def coerce(self, value: Any, what: str) -> Any:
        """Convert a value from Python code (a default) to the parameter's type. Raises ParameterFieldTypeMismatch."""
        if self.nargs == 1:
            return self._coerced(value, self.type, what)
        if not isinstance(value, (list, tuple)) or len(value) != self.nargs:
            raise ParameterFieldTypeMismatch(
                f"The {what} of parameter '{self.name}' must have {self.nargs} values, not {_shorten(repr(value))}."
            )
        return tuple(self._coerced(one, kind, what) for one, kind in zip(value, self.types))

    def _coerced(self, value: Any, kind: Any, what: str) -> Any:
        try:
            if isinstance(value, str) and kind is not str:
                return self._one(value, kind)
            return types.check(kind, value)
        except MetaflowException as exc:
            raise ParameterFieldTypeMismatch(f"The {what} of parameter '{self.name}': {exc.message}") from None
        except (TypeError, ValueError) as exc:
            reason = f"is not valid JSON: {exc}" if kind is JSONType else str(exc)
            raise ParameterFieldTypeMismatch(f"The {what} of parameter '{self.name}' {reason}.") from None

    def default_value(self, value: Any) -> Any:
        """Convert a default, also a computed one, to the value of a run. Raises ParameterFieldTypeMismatch."""
        if self.separator:
            return self.convert(value) if isinstance(value, str) else list(value)
        if self.multiple:
            several = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else value
            return tuple(self.coerce(one, "default") for one in several)
        return self.coerce(value, "default")

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    def __get__(self, flow: Any, owner: type | None = None) -> Any:
        if flow is None:
            return self
        from .artifacts import parameter_value

        return parameter_value(flow, self.attribute)

    def __set__(self, flow: Any, value: Any) -> None:
        raise AttributeError(
            f"The parameter '{self.attribute}' cannot be changed in a step; assign the new value to another name."
        )


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise MetaflowException(f"The name of a parameter must be a string, not {name!r}.")
    check_component("parameter name", name)
    if name.replace("_", "-") in {r.replace("_", "-") for r in RESERVED}:
        raise MetaflowException(f"The parameter name '{name}' is reserved; use another one.")
    if not all(c.isalnum() or c in "_-" for c in name) or not (name[0].isalpha() or name[0] == "_"):
        raise MetaflowException(
            f"The parameter name {name!r} must start with a letter and contain only letters, digits, '_' and '-'."
        )


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def resolve(parameter: Parameter, given: Any, context: Callable[[str], ParameterContext]) -> Any:
    """The value for a run: the given one (already converted), else the default.

    Raises MissingParameter for a required parameter without value, and ParameterFieldFailed if a default raises.
    """
    if given is not None:
        return given
    default = parameter.default
    if callable(default):
        try:
            default = default(context(parameter.name))
        except Exception as exc:
            raise ParameterFieldFailed(parameter.name, "default", f"{type(exc).__name__}: {exc}") from exc
    if default is None:
        if parameter.required:
            raise MissingParameter(
                f"The parameter '{parameter.name}' is required.", hint=f"Add the option: run --{parameter.name} VALUE"
            )
        return () if parameter.multiple else None
    return parameter.default_value(default)
