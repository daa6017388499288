"""What decorators do around the code of a step: one file per decorator, behind the protocol in `base.py`.

Order: `registry.TASK_HOOKS` lists the hooks, outermost first, and `stack.py` keeps to it. A hook that stands further
out sees what those within it did; how decorators are ordered above a step does not matter.
"""

from __future__ import annotations

from typing import Any

#: Exceptions that artifacts of runs name as members of this package: both their pickles and what @catch records.
_NAMED_IN_ARTIFACTS = {"TimeoutException": "timeout", "FailureHandledByCatch": "catch"}


def __getattr__(name: str) -> Any:
    if name not in _NAMED_IN_ARTIFACTS:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMED_IN_ARTIFACTS[name]}"), name)
