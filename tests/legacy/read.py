"""What the client finds in runs of LegacyFlow, as JSON, by run: `python read.py RUN...`."""

import json
import sys

from mfruntime import Flow, Run, namespace

ARTIFACTS = ("alpha", "options", "nothing", "number", "text", "raw", "nested", "day", "price", "items")


def found(run):
    start = run["start"].task
    last = next((step.task for step in run if step.id == "last"), None)
    tasks = [task for step in run for task in step]
    origins = {meta.value for task in tasks for meta in task.metadata if meta.name == "origin-run-id"}
    return {
        "runs": sorted(one.id for one in Flow("LegacyFlow")),
        "successful": run.successful,
        "finished": run.finished,
        "tags": sorted(run.user_tags),
        "system_tags": sorted(tag for tag in run.system_tags if tag.startswith("user:")),
        "steps": sorted(step.id for step in run),
        "data": {name: repr(getattr(start.data, name)) for name in ARTIFACTS},
        "stdout": start.stdout,
        "stderr": start.stderr,
        "script": start.metadata_dict["script-name"],
        "foreach": sorted([task.data.upper, task.index] for task in run["work"]),
        "problem": [str(task.data.problem.exception) for task in run["fragile"] if task.data.problem],
        "letters": run["join"].task.data.letters,
        "problems": run["join"].task.data.problems,
        "total": run.data.total if run.successful else None,
        "failure": str(last.exception.exception) if last is not None and last.exception else None,
        "origin": sorted(origins - {"None"}),
        "cloned": sorted({task.pathspec.split("/")[2] for task in tasks if "origin-task-id" in task.metadata_dict}),
    }


namespace(None)
print(json.dumps({run: found(Run(f"LegacyFlow/{run}")) for run in sys.argv[1:]}))
