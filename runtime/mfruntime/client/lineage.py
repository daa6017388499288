"""Which tasks a task read from and was read by: found by the steps' connections and the place in foreaches.

In a loop every visit of a step counts as neighbour of every other, itself included: so does Metaflow's client.
"""

from __future__ import annotations

from typing import Any

from .graph_info import graph_steps


def parent_pathspecs(task: Any) -> list[str]:
    """Tasks that the given one read."""
    steps = graph_steps(task)
    name = task.path_components[2]
    if name not in steps:
        return []
    found = []
    for parent, info in steps.items():
        if name in info["next"]:
            found += _related(task, parent, _depth_change(steps, parent, name))
    return found


def child_pathspecs(task: Any) -> list[str]:
    """Tasks that read the given one."""
    steps = graph_steps(task)
    name = task.path_components[2]
    found = []
    for child in steps.get(name, {}).get("next", []):
        found += _related(task, child, -_depth_change(steps, name, child))
    return found


def _depth_change(steps: dict[str, Any], parent: str, child: str) -> int:
    """How many foreach levels deeper the child of a connection lies: 1 below a foreach, -1 at its join, else 0."""
    if steps[parent]["type"] == "split-foreach":
        return 1
    closes = [s for s in steps.values() if s.get("matching_join") == child and s["type"] == "split-foreach"]
    return -1 if closes and steps[child]["type"] == "join" else 0


def _related(task: Any, step: str, deeper: int) -> list[str]:
    """Tasks of `step` that share the foreach indices of `task`, as many as both have; it lies `deeper` levels below."""
    run = task.parent.parent
    if step not in run:
        return []
    own = _indices(task)
    found = []
    for other in run[step]._children():
        theirs = _indices(other)
        common = min(len(own), len(theirs))
        if own[:common] == theirs[:common] and len(own) - len(theirs) == deeper:
            found.append(other.pathspec)
    return sorted(found, key=_task_number)


def _task_number(pathspec: str) -> tuple[int, str]:
    name = pathspec.rsplit("/", 1)[1]
    return (int(name), "") if name.isdigit() else (0, name)


def _indices(task: Any) -> tuple[int, ...]:
    reader = task._reader
    stack = reader["_foreach_stack"] if "_foreach_stack" in reader else []
    return tuple(frame.index for frame in stack)
