"""@timeout: the time limit of a step's code."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MetaflowException
from .base import StepDecorator, maker
from .values import number

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


@dataclass(frozen=True)
class Timeout:
    seconds: float


class TimeoutDecorator(StepDecorator):
    name = "timeout"
    defaults = {"seconds": 0, "minutes": 0, "hours": 0}

    def options(self, step: str) -> Timeout:
        given = self.attributes
        total = sum(number(step, "timeout", unit, given[unit]) * factor for unit, factor in _SECONDS.items())
        if total <= 0:
            raise MetaflowException(
                f"@timeout of step '{step}' is zero.", hint="Use, for example, @timeout(minutes=30)."
            )
        return Timeout(total)


timeout = maker(TimeoutDecorator)
