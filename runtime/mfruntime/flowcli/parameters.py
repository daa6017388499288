"""A flow's parameters as options of `run` and `init`, and their values as artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import MetaflowException

if TYPE_CHECKING:
    from ..flow.parameters import Parameter
    from .wiring import Env


class _Converted(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Converts strings with the parameter's own function, so that all sources have the same values and messages."""

    def __init__(self, parameter: Parameter, kind: Any, name: str):
        self._parameter = parameter
        self._kind = kind
        self.name = name

    def get_metavar(self, *args: Any, **kwargs: Any) -> str | None:
        """The values in `run --help`, for types of click that show them: `[a|b]`."""
        shown: Any = getattr(self._kind, "get_metavar", None)
        return shown(*args, **kwargs) if shown is not None else None

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parameter.convert(value, self._kind)
        except MetaflowException as exc:
            self.fail(exc.message, param, ctx)


def _type(parameter: Parameter) -> Any:
    from ..flow import parameter_types as types

    if parameter.nargs == 1:
        return _Converted(parameter, parameter.type, parameter.type_name)
    return click.Tuple([_Converted(parameter, kind, types.name(kind)) for kind in parameter.types])


def options(env: Env) -> list[click.Parameter]:
    """One option per parameter of the flow, in order of definition."""
    return [_option(parameter) for _, parameter in type(env.flow)._get_parameters()]


def _option(parameter: Parameter) -> click.Option:
    shown = parameter.help or ""
    default = parameter.shown_default
    if default is not None:
        shown = f"{shown}  [default: {default}]".strip()
    return click.Option(
        [f"--{parameter.name}", _variable(parameter.name)],
        type=_type(parameter),
        nargs=parameter.nargs,
        hidden=parameter.hidden,
        required=False,
        multiple=parameter.multiple,
        default=None,
        envvar=f"METAFLOW_RUN_{parameter.name.upper().replace('-', '_')}",
        help=shown + ("  [required]" if parameter.required else ""),
    )


def _variable(name: str) -> str:
    return "param_" + name.replace("-", "_")


def values(env: Env, given: dict[str, Any]) -> dict[str, Any]:
    """Artifact values of all parameters: given ones, else defaults. Raises an error for missing required ones."""
    from ..flow.parameters import resolve

    result: dict[str, Any] = {}
    for attribute, parameter in type(env.flow)._get_parameters():
        text = given.pop(_variable(parameter.name), None)
        if parameter.multiple and text == ():
            text = None
        value = resolve(parameter, text, _resolver(env))
        result[attribute] = _included(env, parameter, value) if parameter.kind == "IncludeFile" else value
    return result


def _included(env: Env, parameter: Any, path: str | None) -> Any:
    """Store the file of an IncludeFile, and return the artifact that refers to it."""
    from ..store.included import save_included

    if path is None:
        return None
    content = parameter.read(path)
    return parameter.value(content, save_included(env.storage, env.flow_name, content))


def _resolver(env: Env) -> Any:
    from ..flow.parameters import ParameterContext

    def make(name: str) -> ParameterContext:
        return ParameterContext(
            flow_name=env.flow_name,
            user_name=env.user,
            parameter_name=name,
            logger=env.console.info,
            ds_type=env.top.datastore,
            configs={},
        )

    return make
