"""Parameters of flows: declaration, and conversion of strings to values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import MetaflowException, ParameterFieldFailed, ParameterFieldTypeMismatch
from ..ids import check_component

#: Names of other options of `run` and `init`.
RESERVED = frozenset(
    {
        *("params", "with", "with_", "tag", "tags", "namespace", "user-namespace", "obj", "decospecs", "help"),
        *("run-id", "task-id", "run-id-file", "runner-attribute-file", "isolation"),
        *("max-num-splits", "max-workers", "max-log-size"),
    }
)
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class ParameterContext(NamedTuple):
    """The argument of a callable default. `configs` maps names of Configs to their values."""

    flow_name: str
    user_name: str
    parameter_name: str
    logger: Callable[..., None]
    ds_type: str
    configs: Any


class JSONTypeClass:
    """The type of parameters that are given as JSON."""

    name = "JSON"

    def __repr__(self) -> str:
        return "JSON"


JSONType = JSONTypeClass()


class Parameter:
    """An input value of a run; `self.<attribute>` reads it in every step.

    `type` is str, int, float, bool or JSONType, by default that of `default`, else str. A callable `default` is called
    with a ParameterContext when the run starts. `separator` splits a string into a list; `multiple` allows the option
    several times.
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
        kwargs.pop("external_trigger", None)
        if kwargs:
            raise MetaflowException(
                f"Parameter '{name}' has the unknown argument '{next(iter(kwargs))}'. "
                "Known: default, type, help, required, show_default, separator, multiple."
            )
        self.type = self._given_type(type)
        self.required = bool(required)
        if self.required and default is not None:
            raise MetaflowException(f"Parameter '{name}' is required and has a default; remove one of the two.")
        self.attribute = name
        self._check_default()

    def _given_type(self, given: Any) -> Any:
        if given is not None:
            if given not in (str, int, float, bool, JSONType):
                raise MetaflowException(
                    f"Parameter '{self.name}' has the type {given!r}; str, int, float, bool and JSONType are allowed."
                )
            return given
        if callable(self.default) or self.default is None:
            return str
        for known in (bool, int, float, str):
            if type(self.default) is known:
                return known
        return JSONType if isinstance(self.default, (dict, list)) else str

    def _check_default(self) -> None:
        """Check that a default has the type of the parameter."""
        if self.default is None or callable(self.default) or self.separator or self.multiple:
            return
        self.coerce(self.default, "default")

    @property
    def type_name(self) -> str:
        names: dict[Any, str] = {str: "text", int: "integer", float: "float", bool: "boolean"}
        return names.get(self.type, "JSON")

    @property
    def shown_default(self) -> str | None:
        """The default as in `run --help`."""
        if self.show_default is False or self.default is None:
            return None
        if callable(self.default):
            return "computed when the run starts"
        return self.default if isinstance(self.default, str) else json.dumps(self.default)

    def convert(self, text: str) -> Any:
        """Convert a string to the parameter's type. Raises MetaflowException with parameter, string and type."""
        if self.separator and not self.multiple:
            return [self._one(part) for part in text.split(self.separator)]
        return self._one(text)

    def _one(self, text: str) -> Any:
        try:
            return _convert(self.type, text)
        except (ValueError, RecursionError) as exc:
            detail = f" ({exc})" if self.type is JSONType else ""
            raise MetaflowException(f"{_shorten(text)} is not a valid {self.type_name}{detail}.") from None

    def coerce(self, value: Any, what: str) -> Any:
        """Convert a value from Python code (a default) to the parameter's type. Raises ParameterFieldTypeMismatch."""
        if isinstance(value, str) and self.type is not str:
            try:
                return self._one(value)
            except MetaflowException as exc:
                raise ParameterFieldTypeMismatch(f"The {what} of parameter '{self.name}': {exc.message}") from None
        if self.type is JSONType:
            return self._checked_json(value, what)
        if self.type is float and type(value) is int:
            return float(value)
        if type(value) is not self.type:
            kind = type(value).__name__
            message = (
                f"The {what} of parameter '{self.name}' is a {kind}, but the parameter's type is {self.type_name}."
            )
            raise ParameterFieldTypeMismatch(message)
        return value

    def _checked_json(self, value: Any, what: str) -> Any:
        try:
            json.dumps(value)
        except (TypeError, ValueError) as exc:
            raise ParameterFieldTypeMismatch(
                f"The {what} of parameter '{self.name}' is not valid JSON: {exc}."
            ) from None
        return value

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


def _convert(kind: Any, text: str) -> Any:
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in _TRUE | _FALSE:
            raise ValueError
        return lowered in _TRUE
    if kind is JSONType:
        return json.loads(text)
    return text if kind is str else kind(text)


def resolve(parameter: Parameter, given: Any, context: Callable[[str], ParameterContext]) -> Any:
    """The value for a run: the given one (already converted), else the default.

    Raises MetaflowException for a required parameter without value, and ParameterFieldFailed if a default raises.
    """
    if given is not None:
        return list(given) if isinstance(given, tuple) else given
    default = parameter.default
    if callable(default):
        try:
            default = default(context(parameter.name))
        except Exception as exc:
            raise ParameterFieldFailed(parameter.name, "default", f"{type(exc).__name__}: {exc}") from exc
    if default is None:
        if parameter.required:
            raise MetaflowException(
                f"The parameter '{parameter.name}' is required.", hint=f"Add the option: run --{parameter.name} VALUE"
            )
        return None
    if parameter.separator and isinstance(default, str):
        return parameter.convert(default)
    if parameter.multiple and isinstance(default, str):
        return [parameter.convert(default)]
    if parameter.multiple or (parameter.separator and not isinstance(default, str)):
        return list(default)
    return parameter.coerce(default, "default")
