"""What the client finds in a run of LegacyFlow, as JSON: `python read.py RUN`."""

import json
import sys

from mfruntime import Flow, Run, namespace

namespace(None)
run = Run(f"LegacyFlow/{sys.argv[1]}")
start = run["start"].task
last = next((step for step in run if step.id == "last"), None)


def metadata(name):
    """The values of one kind of metadata, of all tasks."""
    return {meta.value for step in run for task in step for meta in task.metadata if meta.name == name}


found = {
    "runs": sorted(one.id for one in Flow("LegacyFlow")),
    "successful": run.successful,
    "finished": run.finished,
    "tags": sorted(run.user_tags),
    "system_tags": sorted(tag for tag in run.system_tags if tag.startswith(("user:", "date:"))),
    "steps": sorted(step.id for step in run),
    "data": {name: repr(getattr(start.data, name)) for name in
             ("alpha", "options", "nothing", "number", "text", "raw", "nested", "day", "price", "items")},
    "stdout": start.stdout,
    "stderr": start.stderr,
    "script": start.metadata_dict["script-name"],
    "foreach": sorted([task.data.upper, task.index] for task in run["work"]),
    "problem": [str(task.data.problem.exception) for task in run["fragile"] if task.data.problem],
    "letters": run["join"].task.data.letters,
    "problems": run["join"].task.data.problems,
    "total": getattr(run.data, "total", None) if run.successful else None,
    "failure": str(last.task.exception.exception) if last is not None and last.task.exception else None,
    "origin": sorted(metadata("origin-run-id") - {"None"}),
    "cloned": sorted({step.id for step in run for task in step if "origin-task-id" in task.metadata_dict}),
}  # fmt: skip
print(json.dumps(found))
