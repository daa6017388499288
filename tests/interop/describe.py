"""Print everything that a client shows of a run, as canonical JSON: python describe.py LIBRARY Flow/run

It runs under stock Metaflow (`metaflow`) and under ours (`mfruntime`) alike; equal data must give equal text.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from typing import Any


def shown(value: Any) -> str:
    """A value as text, without what differs by process: addresses and frames of the library that ran the step."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def members(data: Any) -> list[str]:
    """The names in a MetaflowData, which lists them in any order."""
    return sorted(re.findall(r"[\w-]+", str(data)))


def neighbours(step: Any, name: str) -> list[str] | str:
    """Steps before or after; stock stops with an error at one that has not run."""
    try:
        return sorted(s.id for s in getattr(step, name))
    except Exception as exc:
        assert type(exc).__name__ == "MetaflowNotFound", exc
        return "unknown"


def describe_task(task: Any) -> dict[str, Any]:
    artifacts = {}
    for artifact in task:
        artifacts[artifact.id] = {
            "value": shown(artifact.data),
            "sha": artifact.sha,
            "size": artifact.size,
            "pathspec": artifact.pathspec,
            "attempt": artifact._attempt if hasattr(artifact, "_attempt") else None,
        }
    internal = {}
    for name in (
        "_transition", "_task_ok", "_success", "_foreach_stack", "_iteration_stack", "_foreach_var", "_foreach_values",
        "_foreach_num_splits", "_current_step", "_graph_info", "_exception", "_configs_processed", "_catch_exception",
    ):  # fmt: skip
        if name in task:
            value = task[name].data
            internal[name] = value if name == "_graph_info" else shown(value)
    return {
        "id": task.id,
        "pathspec": task.pathspec,
        "artifacts": artifacts,
        "artifact_fields": sorted(task.artifacts._fields),
        "internal": internal,
        "data": members(task.data),
        "index": task.index,
        "successful": task.successful,
        "finished": task.finished,
        "created_at": str(task.created_at),
        "finished_at": str(task.finished_at),
        "exception": shown(task.exception),
        "runtime_name": task.runtime_name,
        "stdout": task.stdout,
        "stderr": task.stderr,
        "stdout_size": task.stdout_size,
        "loglines": [[str(t), line] for t, line in task.loglines("stdout")],
        "metadata": sorted([m.name, shown(m.value), m.type] for m in task.metadata),
        "metadata_dict": {k: shown(v) for k, v in sorted(task.metadata_dict.items())},
        "current_attempt": task.current_attempt,
        "origin_pathspec": task.origin_pathspec,
        "parents": sorted(task.parent_task_pathspecs),
        "children": sorted(task.child_task_pathspecs),
        "parent_tasks": sorted(t.pathspec for t in task.parent_tasks),
        "tags": sorted(task.tags),
        "path_components": list(task.path_components),
        "parent": repr(task.parent),
        "repr": repr(task),
    }


def described_code(code: Any) -> list[Any] | None:
    if code is None:
        return None
    info = {name: code.info[name] for name in ("script", "username", "environment_type", "metaflow_version")}
    return [code.script_name, len(code.flowspec), code.script_name in code.tarball.getnames(), info]


def describe(library: Any, pathspec: str) -> dict[str, Any]:
    library.namespace(None)
    run = library.Run(pathspec)
    flow = run.parent
    steps = {}
    for step in run:
        steps[step.id] = {
            "tasks": [describe_task(task) for task in step],
            "task": repr(step.task),
            "parents": neighbours(step, "parent_steps"),
            "children": neighbours(step, "child_steps"),
            "finished_at": str(step.finished_at),
            "tags": sorted(step.tags),
            "environment_info": bool(step.environment_info),  # stock: "Local environment"; ours says what there is
        }
    return {
        "flow": repr(flow),
        "runs": [repr(r) for r in flow],
        "latest": repr(flow.latest_run),
        "latest_successful": repr(flow.latest_successful_run),
        "steps": steps,
        "step_order": [s.id for s in run.steps()],
        "successful": run.successful,
        "finished": run.finished,
        "finished_at": str(run.finished_at),
        "created_at": str(run.created_at),
        "tags": sorted(run.tags),
        "user_tags": sorted(run.user_tags),
        "system_tags": sorted(run.system_tags),
        "end_task": repr(run.end_task),
        "data": members(run.data),
        "code": described_code(run.code),
        "trigger": shown(run.trigger),
        "flows": sorted(repr(f) for f in library.Metaflow()),
        "has_start": "start" in run,
        "no_such_step": "nothing" in run,
        "by_tag": [repr(r) for r in flow.runs("shape")],
    }


if __name__ == "__main__":
    print(json.dumps(describe(importlib.import_module(sys.argv[1]), sys.argv[2]), indent=1, sort_keys=True))
