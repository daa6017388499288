"""One attempt of one task, from its inputs in the store to its results in the store.

Order of durable effects: registration, begin marker, blobs, artifact map, done marker, metadata, end marker. If the
process dies between any two, the attempt is incomplete, and all complete attempts stay valid.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import MetaflowException, StorageError, UnpicklableArtifact
from ..flow import artifacts, foreach, merge, transition  # noqa: F401  (tasks are forked with all of them)
from ..flow.attributes import constants
from ..flow.current import current
from ..flow.inherited import InheritedArtifacts
from ..flow.pickled_names import ForeachFrame, MetaflowExceptionWrapper
from ..flow.task_state import TaskState
from .command import TaskCommand
from .context import RunContext
from .hooks.base import RunningTask, StepInterrupted
from .hooks.stack import HookStack, hook_stack

if TYPE_CHECKING:
    from ..flow.graph import Node
    from ..flow.options import StepOptions
    from ..store.artifacts import TaskReader, TaskWriter

#: Artifacts that are the same in every task of a run; a join inherits them from its first input.
_SHARED = ("_graph_info", "_configs_processed")
#: The types of artifacts that a step cannot change in place, as artifact maps describe them.
_UNCHANGEABLE = frozenset(map(str, (str, bytes, int, float, bool, type(None))))


def execute(ctx: RunContext, command: TaskCommand) -> int:
    """Run one attempt and return the process exit code: 0 if the step succeeded or a hook handled its failure."""
    attempt = _Attempt(ctx, command)
    try:
        return attempt.run()
    except MetaflowException as error:  # an error of the runtime: missing inputs, a full disk
        attempt._print_failure(error)
        return 1


class _Attempt:
    def __init__(self, ctx: RunContext, command: TaskCommand):
        self.ctx = ctx
        self.command = command
        self.node: Node = ctx.graph[command.step]
        self.options: StepOptions = ctx.options[command.step]
        self.flow = ctx.flow
        self.state = TaskState(self.node.name)
        self.record = ctx.record(command.step, command.task_id)
        self.task = RunningTask(ctx, command, self.node, self.options, self.state, self.record)
        self.writer: TaskWriter = ctx.store.writer(command.run_id, command.step, command.task_id, command.attempt)

    def run(self) -> int:
        self.ctx.metadata.register_task(self.record, self.ctx.registration_data(), self.command.attempt)
        self.writer.begin(None)
        inputs = self.ctx.inputs(self.command)
        self._check_inputs(inputs)
        self._prepare(inputs)
        hooks = hook_stack(self.options)
        self.ctx.metadata.register_data(self.record, self._start_data(), self.command.attempt)
        ok = self._call_step(inputs, hooks)
        return self._persist(ok, hooks)

    def _check_inputs(self, inputs: Sequence[TaskReader]) -> None:
        from ..errors import MetaflowDataMissing

        for reader in inputs:
            if not reader.is_done:
                raise MetaflowDataMissing(f"The results of the input task {reader.pathspec} do not exist.")

    def _prepare(self, inputs: Sequence[TaskReader]) -> None:
        """Set the state of the flow instance: inherited artifacts, position in the graph, attributes of `current`."""
        state, first = self.state, inputs[0]
        self.is_join = self.node.type == "join"
        state.foreach_stack, state.foreach_source = self._foreach_stack(first), first
        state.datastore = self._inherited(inputs)
        state.iteration_stack = self._iteration_stack(first)
        self.flow._become(state)
        for name, (sha, info) in self.ctx.presets.items():
            self.writer.preset(name, sha, info)
        self._set_current()

    def _inherited(self, inputs: Sequence[TaskReader]) -> TaskReader | InheritedArtifacts:
        """The artifacts that the step inherits; a join inherits from its first input what all inputs share."""
        first = inputs[0]
        if not self.is_join:
            self._inherit_artifacts(first, {name: name for name in first.names()})
            return first
        inherited = InheritedArtifacts()
        for name in _SHARED:
            inherited.add(name, first)
        for name in self.ctx.inherited_names():
            inherited.add(name, self._unchanged(name, inputs))
        for name, original in foreach.inherited_names(self.state.foreach_stack, first, inherited).items():
            inherited.add(name, first, original)
        for name, (source, original) in inherited.sources.items():
            self._inherit_artifacts(source, {name: original})
        return inherited

    def _unchanged(self, name: str, inputs: Sequence[TaskReader]) -> TaskReader:
        """The results with the value of a parameter or constant. If branches changed it in place, those of the run."""
        first = inputs[0]
        key = first.objects.get(name)
        same = first.info.get(name, {}).get("type") in _UNCHANGEABLE or all(r.objects.get(name) == key for r in inputs)
        return first if same else self.ctx.store.parameters(self.command.run_id) or first

    def _inherit_artifacts(self, reader: TaskReader, names: Mapping[str, str]) -> None:
        """Reuse artifacts of an input: `names` maps the names in this task to those in the input."""
        objects, info = reader.objects, reader.info
        found = {name: info[original] for name, original in names.items() if original in info}
        self.writer.reuse({name: objects[original] for name, original in names.items()}, found)

    def _foreach_stack(self, first: TaskReader) -> list[ForeachFrame]:
        stack: list[ForeachFrame] = list(first["_foreach_stack"])
        if self.command.split_index is not None:
            return [*stack, self._frame(first, self.command.split_index)]
        if self.is_join and self._closes_foreach():
            return stack[:-1]
        return stack

    def _closes_foreach(self) -> bool:
        parents = self.node.split_parents
        return bool(parents) and self.ctx.graph[parents[-1]].type == "foreach"

    def _frame(self, first: TaskReader, index: int) -> ForeachFrame:
        values = first["_foreach_values"] if "_foreach_values" in first else None
        value = values[index] if values else None
        return ForeachFrame(self.node.name, first["_foreach_var"], first["_foreach_num_splits"], index, value)

    def _iteration_stack(self, first: TaskReader) -> list[int]:
        """Iteration counters of the enclosing loops: a step that can switch back to itself is a loop."""
        before: list[int] = list(first["_iteration_stack"]) if "_iteration_stack" in first else []
        came_from = first.pathspec.split("/")[-2]
        if self._loops(self.node.name):
            return [*before[:-1], before[-1] + 1] if came_from == self.node.name and before else [*before, 0]
        return before[:-1] if came_from != "_parameters" and self._loops(came_from) else before

    def _loops(self, step: str) -> bool:
        return step in self.ctx.graph[step].out_funcs if step in self.ctx.graph else False

    def _set_current(self) -> None:
        """Set the attributes of `current`, and make a client inside the step read from the datastore of this run."""
        ctx, command = self.ctx, self.command
        os.environ.update(_client_settings(ctx))
        current._set_env(
            flow=self.flow,
            run_id=command.run_id,
            step_name=command.step,
            task_id=command.task_id,
            retry_count=command.attempt,
            origin_run_id=command.origin_run_id,
            namespace=command.namespace,
            username=ctx.user,
            parameter_names=list(ctx.parameter_names()),
            tags=list(ctx.tags),
            graph=ctx.graph,
        )

    def _start_data(self) -> list[Any]:
        from ..metadata_provider.base import MetadataEntry

        facts: dict[str, Any] = {
            "attempt": str(self.command.attempt),
            "origin-run-id": str(self.command.origin_run_id),
            "ds-type": self.ctx.store.storage.type,
            "ds-root": self.ctx.store.storage.root,
        }
        stack = self.state.foreach_stack
        if stack:
            facts["foreach-stack"] = [_frame_text(f) for f in stack]
            facts["foreach-execution-path"] = ",".join(f"{f.step}:{f.index}" for f in stack)
        return [MetadataEntry(name, value, name) for name, value in facts.items()]

    def _call_step(self, inputs: Sequence[TaskReader], hooks: HookStack) -> bool:
        """Run the user's code inside its hooks; returns True if the task succeeded."""
        try:
            hooks.around(self.task, lambda: self._user_code(inputs))
            self._check_transition()
            hooks.succeeded(self.task)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            return self._failed(error, hooks)
        self.state.end(ok=True, success=True)
        return True

    def _user_code(self, inputs: Sequence[TaskReader]) -> None:
        step = getattr(self.flow, self.node.name)
        if not self.is_join:
            step()
            return
        from ..flow.inputs import Inputs

        step(Inputs(type(self.flow), inputs))

    def _check_transition(self) -> None:
        if self.state.transition is None and self.node.out_funcs:
            raise MetaflowException(
                f"Step {self.node.name} ended without calling self.next().",
                hint="Call self.next(...) as the last statement of the step, on every path.",
            )

    def _failed(self, error: BaseException, hooks: HookStack) -> bool:
        if isinstance(error, SystemExit):
            error = MetaflowException(f"Step {self.node.name} called sys.exit({error.code!r}) before its end.")
        if hooks.failed(self.task, error):
            self.state.end(ok=True, success=False)
            return True
        self._print_failure(error)
        self.state.end(ok=False, success=False, exception=MetaflowExceptionWrapper(error))
        return False

    def _print_failure(self, error: BaseException) -> None:
        print(f"{self.task.describe()} failed:", file=sys.stderr)
        if isinstance(error, MetaflowException):
            print(f"    {error.headline}: {error}", file=sys.stderr)
            if error.hint:
                print(f"    {error.hint}", file=sys.stderr)
            if not isinstance(error, StepInterrupted):
                return
        print(_user_traceback(error), file=sys.stderr, end="", flush=True)

    def _persist(self, ok: bool, hooks: HookStack) -> int:
        flow, writer = self.flow, self.writer
        if ok:
            foreach.store_changed(flow)
        values = artifacts.to_save(flow)
        for name, (sha, info) in self.state.inherited.items():
            writer.reuse({name: sha}, {name: info})
        if "name" not in writer.objects:
            values.setdefault("name", self.ctx.graph.name)
        try:
            writer.save(values)
        except UnpicklableArtifact as error:
            self._print_failure(error)
            self.state.end(ok=False, success=False, exception=MetaflowExceptionWrapper(error))
            writer.save({n: v for n, v in artifacts.to_save(flow).items() if n.startswith("_")})
            ok = False
        writer.commit()
        self._register_end(ok)
        hooks.finished(self.task, ok)
        writer.end()
        problem = self.ctx.metadata.flush()
        if problem:
            print(problem, file=sys.stderr)
        return 0 if ok else 1

    def _register_end(self, ok: bool) -> None:
        from ..metadata_provider.base import MetadataEntry

        attempt = self.command.attempt
        metadata = self.ctx.metadata
        metadata.register_artifacts(self.record, attempt, artifact_records(self.ctx, self.writer))
        data = [
            MetadataEntry("attempt_ok", str(ok), "internal_attempt_status"),
            MetadataEntry("attempt-done", str(attempt), "attempt-done"),
        ]
        metadata.register_data(self.record, data, attempt)


def _client_settings(ctx: RunContext) -> dict[str, str]:
    """Settings with which a client inside the step finds the step's run."""
    storage, kind = ctx.store.storage, ctx.store.storage.type
    root = os.path.dirname(storage.root) if kind == "local" else storage.root
    return {
        "METAFLOW_DEFAULT_DATASTORE": kind,
        "METAFLOW_DEFAULT_METADATA": ctx.top.metadata,
        f"METAFLOW_DATASTORE_SYSROOT_{kind.upper()}": root,
    }


def _frame_text(frame: ForeachFrame) -> str:
    return f"{frame.var}={frame.value}" if frame.value is not None else f"{frame.var}"


def _user_traceback(error: BaseException) -> str:
    """The traceback without the runtime's frames above the user's."""
    own = __package__.split(".", 1)[0]
    entry = error.__traceback__
    while entry is not None and entry.tb_frame.f_globals.get("__name__", "").startswith(own + "."):
        entry = entry.tb_next
    lines = traceback.format_exception(type(error), error, entry or error.__traceback__)
    return "".join(lines)


def artifact_records(ctx: RunContext, writer: TaskWriter) -> list[Any]:
    """The artifact records of an attempt for the metadata provider."""
    from ..metadata_provider.base import ArtifactRecord

    location = f":root:{ctx.store.storage.root}"
    ds_type = ctx.store.storage.type
    return [
        ArtifactRecord(name, sha, "pickle-v4", "metaflow.artifact", ds_type, location)
        for name, sha in writer.objects.items()
    ]


def persist_parameters(ctx: RunContext, values: dict[str, Any], task_id: str | None = None) -> None:
    """Write the `_parameters` pseudo task: parameter values and constants, from which the start step inherits."""
    from ..metadata_provider.base import MetadataEntry

    task_id = task_id or ctx.parameters_task
    record = ctx.record("_parameters", task_id)
    ctx.metadata.register_task(record, ctx.registration_data(), 0)
    writer = ctx.store.writer(ctx.run_id, "_parameters", task_id, 0)
    writer.begin(None, marker=False)
    for name, (sha, info) in ctx.presets.items():
        writer.preset(name, sha, info)
    internal: dict[str, Any] = {
        "_transition": None,
        "_task_ok": True,
        "_success": True,
        "_foreach_stack": [],
        "_configs_processed": True,
    }
    writer.save({"name": ctx.graph.name, **constants(type(ctx.flow)), **values, **internal})
    writer.commit()
    ctx.metadata.register_artifacts(record, 0, artifact_records(ctx, writer))
    ctx.metadata.register_data(record, [MetadataEntry("attempt-done", "0", "attempt-done")], 0)
    graph = ctx.graph
    ends = [
        MetadataEntry("start_step", graph.start_step, "graph_structure"),
        MetadataEntry("end_step", graph.end_step, "graph_structure"),
    ]
    ctx.metadata.register_data(record, ends, None)


def read_outcome(reader: TaskReader) -> tuple[tuple[str, ...], int | None] | str:
    """The transition of a finished attempt: (next steps, number of splits or None), or why its results are invalid."""
    if not reader.is_done:
        return "Task exited with status 0 but has no results."
    try:
        transition = reader["_transition"]
        splits = reader["_foreach_num_splits"] if transition and transition[1] else None
    except StorageError as exc:
        return f"The results of the task cannot be read: {exc}"
    return (tuple(transition[0]) if transition else ()), splits
