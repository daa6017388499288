"""Markers for the fields of the stack file: the Terraform variables and CloudFormation parameters that they become.

Every field is a variable of the Terraform root templates of every cloud, unless it has an `Only` marker. It is a
parameter of the CloudFormation template if it has a `Parameter` marker. Lists of fields are derived from the markers,
so that a new field is declared in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

CLOUDS = ("aws", "azure", "gcp")


@dataclass(frozen=True)
class Only:
    """The clouds whose root templates have a variable for a field; empty if the field is not rendered as a variable."""

    clouds: tuple[str, ...]


NOT_RENDERED = Only(())
AWS_ONLY = Only(("aws",))


@dataclass(frozen=True)
class Parameter:
    """The parameter of the CloudFormation template for a field.

    `needs` and `without` name a component that the stack must have, or must not have (see render/cloudformation.py).
    Description and pattern default to those of the field; `pattern=""` omits the pattern.
    """

    name: str
    group: str
    description: str | None = None
    needs: str | None = None
    without: str | None = None
    pattern: str | None = None
    kind: str | None = None

    def fits(self, has: Mapping[str, Any]) -> bool:
        """Whether a stack with these components has the parameter."""
        return (self.needs is None or bool(has[self.needs])) and (self.without is None or not has[self.without])


Marker = TypeVar("Marker", Only, Parameter)


def marker(field: FieldInfo, kind: type[Marker]) -> Marker | None:
    """The marker of this type on a field, None if it has none."""
    return next((one for one in field.metadata if isinstance(one, kind)), None)


def is_variable(field: FieldInfo, cloud: str) -> bool:
    """Whether the root template of a cloud has a variable for a field."""
    only = marker(field, Only)
    return only is None or cloud in only.clouds


def fields_of(model: type[BaseModel], cloud: str) -> dict[str, FieldInfo]:
    """The fields of a section that are variables in a cloud."""
    return {name: field for name, field in model.model_fields.items() if is_variable(field, cloud)}


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The section in a type: the type itself, an optional section, or the values of a map."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (section_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def unsupported(model: type[BaseModel], cloud: str, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of fields that are variables in other clouds only."""
    for name, field in model.model_fields.items():
        only, section = marker(field, Only), section_in(field.annotation)
        if only is not None and only.clouds and cloud not in only.clouds:
            yield (*place, name)
        elif section is not None and not is_map(field.annotation):
            yield from unsupported(section, cloud, (*place, name))


def is_map(annotation: Any) -> bool:
    """Whether a type is a map of sections by name, as pools are."""
    return getattr(annotation, "__origin__", None) is dict
