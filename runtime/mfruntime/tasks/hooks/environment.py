"""The hook of @environment: sets environment variables for the step's code and its child processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .base import RunningTask, TaskHook

if TYPE_CHECKING:
    from ...decorators.environment import Environment


class EnvironmentHook(TaskHook):
    def __init__(self, options: Environment):
        self._variables = options.vars

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        os.environ.update(self._variables)
        code()
