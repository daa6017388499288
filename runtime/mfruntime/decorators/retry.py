"""@retry: the number of retries of a failed task, and the delay before each."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MetaflowException
from .base import OptionsOfStep, StepDecorator, maker
from .catch import Catch
from .values import number

#: First attempt, retries and the failure handler of @catch together (readers check attempts 0..5).
MAX_ATTEMPTS = 6


@dataclass(frozen=True)
class Retry:
    times: int = 3
    minutes: float = 2.0


class RetryDecorator(StepDecorator):
    name = "retry"
    defaults = {"times": 3, "minutes_between_retries": 2}

    def options(self, step: str) -> Retry:
        times = int(number(step, "retry", "times", self.attributes["times"], integer=True))
        wait = self.attributes["minutes_between_retries"]
        return Retry(times, number(step, "retry", "minutes_between_retries", wait))

    def check(self, step: str, options: OptionsOfStep) -> None:
        """Check the limit of attempts, which includes the first one and, with @catch, the one that handles failures."""
        times = self.options(step).times
        handler = 1 if options.get(Catch) else 0
        allowed = MAX_ATTEMPTS - 1 - handler
        if times > allowed:
            raise MetaflowException(
                f"@retry of step '{step}' has {times} retries; at most {allowed} are possible "
                f"({MAX_ATTEMPTS} attempts in all).",
                hint=f"Use @retry(times={allowed}).",
            )


retry = maker(RetryDecorator)
