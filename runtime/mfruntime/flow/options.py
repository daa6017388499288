"""StepOptions: the options of a step's decorators, as values for executors, compilers and hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..decorators.base import StepDecorator

T = TypeVar("T")


@dataclass(frozen=True)
class StepOptions:
    """All options of one step: the name of each decorator and its frozen value."""

    given: tuple[tuple[str, object], ...] = ()

    def get(self, kind: type[T]) -> T | None:
        """The options of one type, for example `options.get(Retry)`; None if the step does not have that decorator."""
        return next(iter(self.all(kind)), None)

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """All options of one type, for decorators that a step can have more than once."""
        return tuple(value for _, value in self.given if isinstance(value, kind))

    def named(self, name: str) -> tuple[object, ...]:
        """All options of decorators with this name."""
        return tuple(value for given, value in self.given if given == name)


def step_options(step: str, decorators: Iterable[StepDecorator]) -> StepOptions:
    """Validate the decorators of a step and return their options. Raises MetaflowException with the allowed values."""
    attached = list(decorators)
    options = StepOptions(tuple((decorator.name, decorator.options(step)) for decorator in attached))
    for decorator in attached:
        decorator.check(step, options)
    return options
