"""Step decorators: marks on step functions that carry options. What they do is elsewhere (options, tasks)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, overload

from .. import registry
from ..errors import InvalidDecoratorAttribute, MetaflowException, UnknownName
from ..ids import check_component

F = TypeVar("F", bound=Callable[..., Any])


@overload
def step(function: F) -> F: ...
@overload
def step(*, start: bool = False, end: bool = False) -> Callable[[F], F]: ...
def step(function: Any = None, *, start: bool = False, end: bool = False) -> Any:
    """Mark a method as a step of its flow; `start` and `end` mark the first and last step where names do not."""
    if function is None:
        return lambda f: _as_step(f, start, end)
    return _as_step(function, start, end)


def _as_step(function: Any, start: bool, end: bool) -> Any:
    check_component("step name", function.__name__)
    function.is_step, function.is_start, function.is_end = True, start, end
    function.decorators = []
    function.name = function.__name__
    return function


class StepDecorator:
    """One decorator on one step: `attributes` are its defaults with what was given laid over them."""

    name = ""
    defaults: dict[str, Any] = {}

    def __init__(
        self, attributes: dict[str, Any] | None = None, statically_defined: bool = False, inserted_by: str | None = None
    ):
        given = attributes or {}
        for attribute in given:
            if attribute not in self.defaults:
                raise _unknown_attribute(self.name, attribute, list(self.defaults))
        self.attributes: dict[str, Any] = {**self.defaults, **given}
        self.statically_defined = statically_defined
        self.inserted_by = inserted_by

    def __str__(self) -> str:
        mode = "static" if self.statically_defined else "cli"
        attributes = " ".join(f"{k}={v}" for k, v in self.attributes.items())
        return f"{self.name}<{mode} {attributes}>"

    def info(self) -> dict[str, Any]:
        """As the flow's graph artifact lists it."""
        return {
            "name": self.name,
            "attributes": self.attributes,
            "statically_defined": self.statically_defined,
            "inserted_by": self.inserted_by,
        }


def _unknown_attribute(decorator: str, attribute: str, known: Sequence[str]) -> InvalidDecoratorAttribute:
    unknown = UnknownName.of(f"attribute of @{decorator}", attribute, known)
    return InvalidDecoratorAttribute(unknown.message, hint=unknown.hint)


class RetryDecorator(StepDecorator):
    name = "retry"
    defaults = {"times": 3, "minutes_between_retries": 2}


class CatchDecorator(StepDecorator):
    name = "catch"
    defaults = {"var": None, "print_exception": True}


class TimeoutDecorator(StepDecorator):
    name = "timeout"
    defaults = {"seconds": 0, "minutes": 0, "hours": 0}


class EnvironmentDecorator(StepDecorator):
    name = "environment"
    defaults = {"vars": {}}


class ResourcesDecorator(StepDecorator):
    name = "resources"
    defaults = {"cpu": "1", "gpu": None, "disk": None, "memory": "4096", "shared_memory": None}

    def info(self) -> dict[str, Any]:
        # Metaflow lists absent resources as the text "None".
        attributes = {k: "None" if v is None else v for k, v in self.attributes.items()}
        return {**super().info(), "attributes": attributes}


def _maker(cls: type[StepDecorator]) -> Any:
    @overload
    def decorate(function: F) -> F: ...
    @overload
    def decorate(**attributes: Any) -> Callable[[F], F]: ...
    def decorate(function: Any = None, **attributes: Any) -> Any:
        if function is not None and not callable(function):
            raise MetaflowException(f"@{cls.name} takes named attributes only, as in @{cls.name}({_example(cls)}).")
        decorator = cls(attributes, statically_defined=True)
        return _attached(function, decorator) if function is not None else lambda f: _attached(f, decorator)

    decorate.__name__ = cls.name
    decorate.__doc__ = f"Attach @{cls.name} to a step; attributes and defaults: {cls.defaults}."
    return decorate


def _example(cls: type[StepDecorator]) -> str:
    name, value = next(iter(cls.defaults.items()))
    return f"{name}={value!r}"


def _attached(function: F, decorator: StepDecorator) -> F:
    if not getattr(function, "is_step", False):
        name = getattr(function, "__name__", repr(function))
        raise MetaflowException(
            f"@{decorator.name} is above '{name}', which is not a step.",
            hint=f"Write @{decorator.name} above @step, and @step directly above the method.",
        )
    existing = {d.name for d in function.decorators}  # type: ignore[attr-defined]
    if decorator.name in existing:
        raise MetaflowException(f"The step '{function.__name__}' has @{decorator.name} twice; keep one of them.")
    function.decorators.append(decorator)  # type: ignore[attr-defined]
    return function


retry = _maker(RetryDecorator)
catch = _maker(CatchDecorator)
timeout = _maker(TimeoutDecorator)
environment = _maker(EnvironmentDecorator)
resources = _maker(ResourcesDecorator)


def attach(steps: Iterable[Any], specs: Sequence[str]) -> None:
    """Attach decorators given as text (`--with retry:times=2`) to step functions that do not have them yet."""
    functions = list(steps)
    for spec in specs:
        name, attributes = parse_spec(spec)
        cls: type[StepDecorator] = registry.lookup("decorator", name, registry.STEP_DECORATORS)
        for function in functions:
            if name not in {d.name for d in function.decorators}:
                function.decorators.append(cls(dict(attributes), statically_defined=False, inserted_by="cli"))


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """`name:attr=value,attr=value` taken apart; values are JSON where they parse as JSON, else text."""
    name, _, rest = spec.partition(":")
    attributes: dict[str, Any] = {}
    for part in _parts(rest) if rest else []:
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise InvalidDecoratorAttribute(
                f"{part!r} in '--with {spec}' is not an attribute.", hint=f"Type: --with {name}:attribute=value"
            )
        attributes[key.strip()] = _value(value.strip())
    return name.strip(), attributes


def _parts(text: str) -> list[str]:
    """Split at commas outside of brackets and quotes."""
    parts, depth, quoted, current, previous = [], 0, False, "", ""
    for c in text:
        if c == '"' and previous != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (c in "[{") - (c in "]}")
        if c == "," and depth <= 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += c
        previous = "" if previous == "\\" else c
    return [*parts, current]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def format_spec(name: str, attributes: dict[str, Any]) -> str:
    """The text that `parse_spec` takes apart into these attributes."""
    if not attributes:
        return name
    return f"{name}:{','.join(f'{key}={json.dumps(value)}' for key, value in attributes.items())}"
