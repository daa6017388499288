"""Parent and child tasks of a task, found by the connections of the steps and the foreach indices.

In a loop, every visit of a step is a parent and child of every other visit, also of itself, as in Metaflow's client.
"""

from __future__ import annotations

from typing import Any

from .graph_info import graph_steps


def parent_pathspecs(task: Any) -> list[str]:
    """Tasks whose results the given task read."""
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
    """Tasks that read the results of the given task."""
    steps = graph_steps(task)
    name = task.path_components[2]
    found = []
    for child in steps.get(name, {}).get("next", []):
        found += _related(task, child, -_depth_change(steps, name, child))
    return found


def _depth_change(steps: dict[str, Any], parent: str, child: str) -> int:
    """The difference in foreach depth between child and parent: 1 below a foreach, -1 at its join, else 0."""
    if steps[parent]["type"] == "split-foreach":
        return 1
    closes = [s for s in steps.values() if s.get("matching_join") == child and s["type"] == "split-foreach"]
    return -1 if closes and steps[child]["type"] == "join" else 0


def _related(task: Any, step: str, deeper: int) -> list[str]:
    """Tasks of `step`, `deeper` foreach levels below `task`, with the same indices in all levels that both have."""
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
    reader = task._reader()
    stack = reader["_foreach_stack"] if "_foreach_stack" in reader else []
    return tuple(frame.index for frame in stack)
