"""Decorators as text, as in `--with` and the settings: parsed, added to steps, and formatted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import registry
from ..decorators.base import can_have
from ..errors import InvalidDecoratorAttribute

if TYPE_CHECKING:
    from ..decorators.base import StepDecorator


def attach(steps: Iterable[Any], specs: Sequence[str]) -> None:
    """Add decorators given as text (`--with retry:times=2`) to step functions that do not have them yet."""
    functions = list(steps)
    for spec in specs:
        name, attributes = parse_spec(spec)
        cls: type[StepDecorator] = registry.lookup("decorator", name, registry.STEP_DECORATORS)
        for function in functions:
            if can_have(function, cls):
                function.decorators.append(cls(dict(attributes), statically_defined=False, inserted_by="cli"))


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """Parse `name:attr=value,attr=value`; values are JSON if they parse as JSON, else strings."""
    name, _, rest = spec.partition(":")
    attributes: dict[str, Any] = {}
    for part in _parts(rest) if rest else []:
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise InvalidDecoratorAttribute(
                f"{part!r} in '--with {spec}' is not an attribute.", hint=f"Use: --with {name}:attribute=value"
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
    """The text that `parse_spec` parses to these attributes."""
    if not attributes:
        return name
    return f"{name}:{','.join(f'{key}={json.dumps(value)}' for key, value in attributes.items())}"
