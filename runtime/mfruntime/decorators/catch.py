"""@catch: a step that fails in all attempts is treated as successful, and the exception is stored as an artifact."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MetaflowException
from .base import StepDecorator, maker
from .values import flag


@dataclass(frozen=True)
class Catch:
    var: str | None = None
    print_exception: bool = True


class CatchDecorator(StepDecorator):
    name = "catch"
    defaults = {"var": None, "print_exception": True}

    def options(self, step: str) -> Catch:
        var = self.attributes["var"]
        if var is not None and not (isinstance(var, str) and var.isidentifier()):
            raise MetaflowException(f"@catch of step '{step}': 'var' must be the name of an artifact, not {var!r}.")
        return Catch(var, flag(self.attributes["print_exception"]))

    def artifacts(self) -> tuple[str, ...]:
        return (self.attributes["var"],) if self.attributes["var"] else ()

    def placement_error(self, step: str, kind: str) -> str | None:
        if kind not in ("foreach", "split-switch"):
            return None
        return (
            f"Step {step} cannot have @catch, because its next steps depend on its results. "
            "Add a step between it and the split."
        )


catch = maker(CatchDecorator)
