"""Clones a finished task of an earlier run into a new run: the same artifacts, by key, and the same logs.

Only logs are copied, because clients, such as stock Metaflow's, only read a task's logs from its own directory.
"""

from __future__ import annotations

from ..flow.attributes import constants
from ..metadata_provider.base import MetadataEntry
from ..store.artifacts import TaskReader
from .context import RunContext
from .execute import artifact_records


def clone_task(ctx: RunContext, step: str, task_id: str, origin: TaskReader) -> None:
    """Write task `step/task_id` of this run as a copy of `origin`, with metadata that contains its origin."""
    record = ctx.record(step, task_id)
    origin_run, _, origin_task = origin.pathspec.split("/")[-3:]
    ctx.metadata.register_task(record, ctx.registration_data(), 0)
    writer = ctx.store.writer(ctx.run_id, step, task_id, 0)
    writer.begin(None, marker=False)
    writer.reuse(origin.objects, origin.info)
    for name, (sha, info) in ctx.changed_constants.items():
        writer.preset(name, sha, info)
    writer.save_logs(origin.log_files())
    writer.commit()
    storage = ctx.store.storage
    facts = {"attempt": "0", "origin-run-id": origin_run, "origin-task-id": origin_task}
    facts |= {"ds-type": storage.type, "ds-root": storage.root}
    data = [MetadataEntry(name, value, name) for name, value in facts.items()]
    data += [
        MetadataEntry("attempt_ok", "True", "internal_attempt_status"),
        MetadataEntry("attempt-done", "0", "attempt-done"),
    ]
    ctx.metadata.register_artifacts(record, 0, artifact_records(ctx, writer))
    ctx.metadata.register_data(record, data, 0)


#: Artifacts of a resumed run's parameters: the run that it resumes, and the step from which the user had it run again.
ORIGIN_RUN, ORIGIN_STEP = "_origin_run_id", "_origin_step"


def clone_parameters(ctx: RunContext, origin: TaskReader, rerun_step: str | None) -> None:
    """Write the parameters of a resumed run, which are those of its origin, and the constants of the present class."""
    record = ctx.record("_parameters", ctx.parameters_task)
    ctx.metadata.register_task(record, ctx.registration_data(), 0)
    writer = ctx.store.writer(ctx.run_id, "_parameters", ctx.parameters_task, 0)
    writer.begin(None, marker=False)
    writer.reuse(origin.objects, origin.info)
    written = constants(type(ctx.flow))
    writer.save(written)
    changed = [name for name in written if writer.objects[name] != origin.objects.get(name)]
    ctx.changed_constants.update({name: (writer.objects[name], writer.info[name]) for name in changed})
    for name, (sha, info) in ctx.presets.items():
        writer.preset(name, sha, info)
    writer.save({ORIGIN_RUN: ctx.origin_run_id, ORIGIN_STEP: rerun_step})
    writer.commit()
    ctx.metadata.register_artifacts(record, 0, artifact_records(ctx, writer))
    graph = ctx.graph
    ctx.metadata.register_data(record, [MetadataEntry("attempt-done", "0", "attempt-done")], 0)
    ends = [
        MetadataEntry("start_step", graph.start_step, "graph_structure"),
        MetadataEntry("end_step", graph.end_step, "graph_structure"),
    ]
    ctx.metadata.register_data(record, ends, None)
