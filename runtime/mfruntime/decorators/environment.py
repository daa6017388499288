"""@environment: environment variables of a step."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import MetaflowException
from .base import StepDecorator, maker


@dataclass(frozen=True)
class Environment:
    vars: dict[str, str] = field(default_factory=dict)


class EnvironmentDecorator(StepDecorator):
    name = "environment"
    defaults = {"vars": {}}

    def options(self, step: str) -> Environment:
        variables = self.attributes["vars"]
        if not isinstance(variables, dict):
            raise MetaflowException(f"@environment of step '{step}': 'vars' must be a dict of names to strings.")
        for name, value in variables.items():
            if not _is_variable(name, value):
                raise MetaflowException(
                    f"@environment of step '{step}': {name!r}={value!r} is not a name and a string."
                )
        return Environment(dict(variables))


def _is_variable(name: object, value: object) -> bool:
    if not isinstance(name, str) or not isinstance(value, str):
        return False
    return bool(name) and "=" not in name and "\0" not in name + value


environment = maker(EnvironmentDecorator)
