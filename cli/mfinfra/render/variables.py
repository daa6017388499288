"""The variables of a root module, from the schema of the stack file: their types, and the arguments of modules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ..stackfile import targets
from ..stackfile.schema import StackConfig
from . import templates

_SIMPLE = {bool: "bool", int: "number", float: "number", str: "string"}
_DECLARED = re.compile(r'^variable "(\w+)"', re.M)


def type_of(section: str, cloud: str) -> str:
    """The type of the variable of a section, as the root of a cloud declares it."""
    return _type(StackConfig.model_fields[section].annotation, cloud, "  ")


def _type(annotation: Any, cloud: str, indent: str) -> str:
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part is not NoneType]
    if origin is Annotated:
        return _type(parts[0], cloud, indent)
    if origin is Literal:
        return _SIMPLE[type(parts[0])]
    if origin is list:
        return f"list({_type(parts[0], cloud, indent)})"
    if origin is dict:
        return f"map({_type(parts[1], cloud, indent)})"
    if parts:  # an optional type
        return _type(parts[0], cloud, indent)
    return _object(annotation, cloud, indent) if issubclass(annotation, BaseModel) else _SIMPLE[annotation]


def _object(model: type[BaseModel], cloud: str, indent: str) -> str:
    inner = indent + "  "
    found = {name: _type(field.annotation, cloud, inner) for name, field in targets.fields_of(model, cloud).items()}
    lines = "\n".join(f"{inner}{line}" for line in assignments(found.items()))
    return f"object({{\n{lines}\n{indent}}})"


def assignments(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Assignments in the format of `terraform fmt`: consecutive one-line values are aligned."""
    lines: list[str] = []
    group: list[tuple[str, str]] = []
    for name, value in [*pairs, ("", "\n")]:
        if "\n" not in value:
            group.append((name, value))
            continue
        width = max((len(short) for short, _ in group), default=0)
        lines += [f"{short:<{width}} = {text}" for short, text in group]
        lines += [f"{name} = {value}"] if name else []
        group = []
    return lines


def passed(cloud: str, noun: str, section: str | None = None, but: tuple[str, ...] = ()) -> str:
    """The arguments of a module that are root variables of the same name: those of the stack, and those of a section.
    `but` lists the arguments that the template itself sets."""
    declared = _DECLARED.findall(templates.module_files(cloud, noun)["variables.tf"])
    given = {name: f"var.{name}" for name, field in targets.fields_of(StackConfig, cloud).items()
             if targets.section_in(field.annotation) is None}  # fmt: skip
    model = targets.section_in(StackConfig.model_fields[section].annotation) if section is not None else None
    if model is not None:
        given |= {name: f"var.{section}.{name}" for name in targets.fields_of(model, cloud)}
    pairs = [(name, given[name]) for name in declared if name in given and name not in but]
    return "\n".join(f"  {line}" for line in assignments(pairs))
