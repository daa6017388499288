"""Step options as values: what executors and compilers read, checked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import MetaflowException

if TYPE_CHECKING:
    from .decorators import StepDecorator

#: First attempt, retries and the failure handler of @catch together (readers look at attempts 0..5).
MAX_ATTEMPTS = 6


@dataclass(frozen=True)
class Retry:
    times: int = 3
    minutes: float = 2.0


@dataclass(frozen=True)
class Catch:
    var: str | None = None
    print_exception: bool = True


@dataclass(frozen=True)
class Timeout:
    seconds: float


@dataclass(frozen=True)
class Environment:
    vars: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resources:
    """What a task asks of a remote machine: cores, GPUs, and sizes in megabytes."""

    cpu: float = 1.0
    gpu: int | None = None
    disk: int | None = None
    memory: int = 4096
    shared_memory: int | None = None


@dataclass(frozen=True)
class StepOptions:
    """All options of one step; None where the decorator is absent."""

    retry: Retry | None = None
    catch: Catch | None = None
    timeout: Timeout | None = None
    environment: Environment | None = None
    resources: Resources | None = None


def step_options(step: str, decorators: Iterable[StepDecorator]) -> StepOptions:
    """Check the decorators of a step and turn them into values. Raises MetaflowException saying what is allowed."""
    makers = {
        "retry": _retry,
        "catch": _catch,
        "timeout": _timeout,
        "environment": _environment,
        "resources": _resources,
    }
    made: dict[str, Any] = {}
    for decorator in decorators:
        if decorator.name in makers:
            made[decorator.name] = makers[decorator.name](step, decorator.attributes)
    options = StepOptions(**made)
    _check_attempts(step, options)
    return options


def _check_attempts(step: str, options: StepOptions) -> None:
    if options.retry is None:
        return
    handler = 1 if options.catch else 0
    allowed = MAX_ATTEMPTS - 1 - handler
    if options.retry.times > allowed:
        raise MetaflowException(
            f"@retry of step '{step}' asks for {options.retry.times} retries; at most {allowed} are possible here "
            f"({MAX_ATTEMPTS} attempts in all).",
            hint=f"Write @retry(times={allowed}).",
        )


def _number(step: str, decorator: str, name: str, value: Any, *, minimum: float = 0, whole: bool = False) -> float:
    try:
        number = float(value)
        if (whole and number != int(number)) or number != number or number in (float("inf"), float("-inf")):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        kind = "a whole number" if whole else "a number"
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be {kind}, not {value!r}.") from None
    if number < minimum:
        raise MetaflowException(f"@{decorator} of step '{step}': '{name}' must be at least {minimum:g}, not {value!r}.")
    return number


def _retry(step: str, given: dict[str, Any]) -> Retry:
    times = int(_number(step, "retry", "times", given["times"], whole=True))
    return Retry(times, _number(step, "retry", "minutes_between_retries", given["minutes_between_retries"]))


def _catch(step: str, given: dict[str, Any]) -> Catch:
    var = given["var"]
    if var is not None and not (isinstance(var, str) and var.isidentifier()):
        raise MetaflowException(f"@catch of step '{step}': 'var' must be the name of an artifact, not {var!r}.")
    return Catch(var, _flag(given["print_exception"]))


def _flag(value: Any) -> bool:
    return value.lower() not in ("false", "0", "no") if isinstance(value, str) else bool(value)


def _timeout(step: str, given: dict[str, Any]) -> Timeout:
    units = {"seconds": 1, "minutes": 60, "hours": 3600}
    total = sum(_number(step, "timeout", unit, given[unit]) * factor for unit, factor in units.items())
    if total <= 0:
        raise MetaflowException(f"@timeout of step '{step}' is zero.", hint="Write for example @timeout(minutes=30).")
    return Timeout(total)


def _environment(step: str, given: dict[str, Any]) -> Environment:
    variables = given["vars"]
    if not isinstance(variables, dict):
        raise MetaflowException(f"@environment of step '{step}': 'vars' must be a dict of names to texts.")
    for name, value in variables.items():
        if not isinstance(name, str) or not isinstance(value, str) or not name or "=" in name or "\0" in name + value:
            raise MetaflowException(f"@environment of step '{step}': {name!r}={value!r} is not a name and a text.")
    return Environment(dict(variables))


def _resources(step: str, given: dict[str, Any]) -> Resources:
    def size(name: str, whole: bool = True) -> Any:
        value = given[name]
        return None if value is None else _number(step, "resources", name, value, whole=whole)

    return Resources(
        cpu=size("cpu", whole=False) or 1.0,
        gpu=_whole(size("gpu")),
        disk=_whole(size("disk")),
        memory=_whole(size("memory")) or 4096,
        shared_memory=_whole(size("shared_memory")),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
