"""StepOptions: what the decorators of one step say, as values that executors, compilers and hooks read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..decorators.base import StepDecorator

T = TypeVar("T")


@dataclass(frozen=True)
class StepOptions:
    """All options of one step: the name of each decorator it has, and that decorator's frozen value."""

    given: tuple[tuple[str, object], ...] = ()

    def get(self, kind: type[T]) -> T | None:
        """The options of one type, as in `options.get(Retry)`; None where the step does not have that decorator."""
        return next(iter(self.all(kind)), None)

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """All options of one type, for decorators that a step may have more than once."""
        return tuple(value for _, value in self.given if isinstance(value, kind))

    def named(self, name: str) -> tuple[object, ...]:
        """All options that decorators of this name gave."""
        return tuple(value for given, value in self.given if given == name)


def step_options(step: str, decorators: Iterable[StepDecorator]) -> StepOptions:
    """Check the decorators of a step and turn them into values. Raises MetaflowException saying what is allowed."""
    attached = list(decorators)
    options = StepOptions(tuple((decorator.name, decorator.options(step)) for decorator in attached))
    for decorator in attached:
        decorator.check(step, options)
    return options
