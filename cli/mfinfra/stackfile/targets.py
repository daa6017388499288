"""What a field of the stack file becomes where a stack is rendered, said beside the field itself.

Every field is a variable of the root templates of Terraform in every cloud, unless `Only` says otherwise. It is a
parameter of the CloudFormation template where it has a `Parameter`. Lists of fields are derived from this, so that a
new one is written down once.
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
    """The clouds whose roots have a variable for a field; none, where rendering makes something else of it."""

    clouds: tuple[str, ...]


NOT_RENDERED = Only(())
AWS_ONLY = Only(("aws",))


@dataclass(frozen=True)
class Parameter:
    """The parameter of the CloudFormation template that a field becomes, where it has one.

    `needs` and `without` name a part that the stack must have, or must not (render/cloudformation.py decides them).
    What is not given here is that of the field: its description, its pattern; `pattern=""` takes none.
    """

    name: str
    group: str
    description: str | None = None
    needs: str | None = None
    without: str | None = None
    pattern: str | None = None
    kind: str | None = None

    def fits(self, has: Mapping[str, Any]) -> bool:
        """Whether a stack with these parts has the parameter."""
        return (self.needs is None or bool(has[self.needs])) and (self.without is None or not has[self.without])


Marker = TypeVar("Marker", Only, Parameter)


def marker(field: FieldInfo, kind: type[Marker]) -> Marker | None:
    """What a field says of itself in this respect."""
    return next((one for one in field.metadata if isinstance(one, kind)), None)


def is_variable(field: FieldInfo, cloud: str) -> bool:
    """Whether the root of a cloud has a variable for a field."""
    only = marker(field, Only)
    return only is None or cloud in only.clouds


def fields_of(model: type[BaseModel], cloud: str) -> dict[str, FieldInfo]:
    """The fields of a section that are variables in a cloud."""
    return {name: field for name, field in model.model_fields.items() if is_variable(field, cloud)}


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a type holds: itself, one that may be left out, or those of a map."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (section_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def elsewhere(model: type[BaseModel], cloud: str, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places of fields that other clouds have a variable for, and this one has not."""
    for name, field in model.model_fields.items():
        only, section = marker(field, Only), section_in(field.annotation)
        if only is not None and only.clouds and cloud not in only.clouds:
            yield (*place, name)
        elif section is not None and not is_map(field.annotation):
            yield from elsewhere(section, cloud, (*place, name))


def is_map(annotation: Any) -> bool:
    """Whether a type is a map of sections by name, as pools are."""
    return getattr(annotation, "__origin__", None) is dict
