"""The graph of a run, as recorded by its first task."""

from __future__ import annotations

from typing import Any

from . import scope
from .objects import MetaflowObject


def graph_steps(obj: MetaflowObject) -> dict[str, Any]:
    """The steps in the graph artifact of an object's run."""
    flow, run = obj.path_components[:2]
    for task in scope.backend(obj._place).child_names(flow, run, "_parameters"):
        reader = scope.store(obj._place, flow, run, "_parameters", task).task(run, "_parameters", task)
        return _steps_of(reader)
    return {}


def _steps_of(reader: Any) -> dict[str, Any]:
    return reader["_graph_info"]["steps"] if "_graph_info" in reader else {}
