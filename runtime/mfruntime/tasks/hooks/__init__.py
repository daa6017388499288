"""Hooks: code of decorators that runs around a step's code, one file per decorator, with the protocol in `base.py`.

Order: `registry.TASK_HOOKS` lists the hooks, outermost first, and `stack.py` applies that order. An outer hook sees the
effects of the inner ones; the order of decorators above a step does not matter.
"""

from __future__ import annotations

from typing import Any

#: Exceptions that artifacts of runs contain as members of this package: in pickles, and in the records of @catch.
_NAMED_IN_ARTIFACTS = {"TimeoutException": "timeout", "FailureHandledByCatch": "catch"}


def __getattr__(name: str) -> Any:
    if name not in _NAMED_IN_ARTIFACTS:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMED_IN_ARTIFACTS[name]}"), name)
