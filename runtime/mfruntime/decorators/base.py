"""StepDecorator: the base class of step decorators, and the functions that add them with `@name` and `@name(...)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, overload

from ..errors import InvalidDecoratorAttribute, MetaflowException, UnknownName

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class OptionsOfStep(Protocol):
    """The options of all decorators of one step, by type."""

    def get(self, kind: type[T]) -> T | None: ...


class StepDecorator:
    """One decorator on one step: `attributes` are its defaults, overridden by the given ones.

    A subclass defines `name`, `defaults` and `options`; overriding the checks is optional.
    """

    name: ClassVar[str] = ""
    defaults: ClassVar[dict[str, Any]] = {}
    #: Whether a step can have this decorator more than once.
    repeatable: ClassVar[bool] = False

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

    def options(self, step: str) -> object:
        """The validated attributes as a frozen value. Raises MetaflowException with the allowed values."""
        raise NotImplementedError(f"@{self.name} does not define its options")

    def check(self, step: str, options: OptionsOfStep) -> None:
        """Raise MetaflowException if options of the step's other decorators are incompatible with this one."""

    def placement_error(self, step: str, kind: str) -> str | None:
        """Why a step of this type (`Node.type`) cannot have this decorator; None if it can."""
        return None

    def artifacts(self) -> tuple[str, ...]:
        """The names of artifacts that the decorator assigns in its step."""
        return ()

    def __str__(self) -> str:
        mode = "static" if self.statically_defined else "cli"
        attributes = " ".join(f"{k}={v}" for k, v in self.attributes.items())
        return f"{self.name}<{mode} {attributes}>"

    def info(self) -> dict[str, Any]:
        """The decorator's entry in the flow's graph artifact."""
        return {
            "name": self.name,
            "attributes": self.attributes,
            "statically_defined": self.statically_defined,
            "inserted_by": self.inserted_by,
        }


def _unknown_attribute(decorator: str, attribute: str, known: Sequence[str]) -> InvalidDecoratorAttribute:
    unknown = UnknownName.of(f"attribute of @{decorator}", attribute, known)
    return InvalidDecoratorAttribute(unknown.message, hint=unknown.hint)


def maker(cls: type[StepDecorator]) -> Any:
    """The decorator function of a class, which users write above a step: `@name` or `@name(attribute=value)`."""

    @overload
    def decorate(function: F) -> F: ...
    @overload
    def decorate(**attributes: Any) -> Callable[[F], F]: ...
    def decorate(function: Any = None, **attributes: Any) -> Any:
        if function is not None and not callable(function):
            raise MetaflowException(
                f"@{cls.name} only accepts keyword arguments, for example @{cls.name}({_example(cls)})."
            )
        decorator = cls(attributes, statically_defined=True)
        return _attached(function, decorator) if function is not None else lambda f: _attached(f, decorator)

    decorate.__name__ = cls.name
    decorate.__doc__ = f"Attach @{cls.name} to a step; attributes and defaults: {cls.defaults}."
    return decorate


def _example(cls: type[StepDecorator]) -> str:
    name, value = next(iter(cls.defaults.items()), ("attribute", "value"))
    return f"{name}={value!r}"


def _attached(function: F, decorator: StepDecorator) -> F:
    if not getattr(function, "is_step", False):
        name = getattr(function, "__name__", repr(function))
        raise MetaflowException(
            f"@{decorator.name} is used on '{name}', which is not a step.",
            hint=f"Write @{decorator.name} above @step, and @step directly above the method.",
        )
    if not can_have(function, type(decorator)):
        raise MetaflowException(f"The step '{function.__name__}' has @{decorator.name} twice; remove one of them.")
    function.decorators.append(decorator)  # type: ignore[attr-defined]
    return function


def can_have(step: Any, cls: type[StepDecorator]) -> bool:
    """Whether another decorator of this class can be added to a step function."""
    return cls.repeatable or all(present.name != cls.name for present in step.decorators)
