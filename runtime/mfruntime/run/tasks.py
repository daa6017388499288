"""The loop's interface to flows and stores: commands for the executor, results, logs and clones in the store."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import CommandException
from ..store.artifacts import TaskReader
from ..tasks.clone import clone_task
from ..tasks.command import TaskCommand
from ..tasks.context import RunContext
from ..tasks.execute import read_outcome
from .reporter import Reporter
from .scheduler import Clone, RetryPolicy, Succeeded, Task

if TYPE_CHECKING:
    from ..flow.graph import Node


class StoreTasks:
    """The loop's view of one run's tasks in the store."""

    def __init__(self, ctx: RunContext, policies: Mapping[str, RetryPolicy], reporter: Reporter):
        self._ctx = ctx
        self._policies = policies
        self._report = reporter

    def command(self, task: Task, attempt: int) -> TaskCommand:
        ctx = self._ctx
        return TaskCommand(
            run_id=ctx.run_id,
            step=task.step,
            task_id=task.task_id,
            attempt=attempt,
            input_paths=task.inputs,
            split_index=task.split_index,
            max_user_code_retries=self._policies[task.step].user_retries,
            tags=ctx.tags,
            namespace=ctx.namespace,
            origin_run_id=ctx.origin_run_id,
            top=ctx.top,
        )

    def result(self, task: Task, attempt: int) -> Succeeded | str:
        reader = self._ctx.store.task(self._ctx.run_id, task.step, task.task_id, attempt)
        return self._succeeded(task, reader)

    def _succeeded(self, task: Task, reader: TaskReader) -> Succeeded | str:
        outcome = read_outcome(reader)
        return outcome if isinstance(outcome, str) else Succeeded(task.task_id, *outcome)

    def lost(self, task: Task, attempt: int) -> None:
        record = self._ctx.record(task.step, task.task_id)
        self._ctx.metadata.register_task(record, self._ctx.registration_data(), attempt)
        self._remove_leftovers(task)

    def _remove_leftovers(self, task: Task) -> None:
        """Delete what a killed task was writing."""
        from ..store import layout
        from ..store.storage.local import remove_leftovers

        store = self._ctx.store
        folder = layout.task(store.flow_name, self._ctx.run_id, task.step, task.task_id)
        remove_leftovers(store.storage, layout.flow(store.flow_name), folder, layout.meta(folder))

    def save_logs(self, task: Task, attempt: int, content: dict[str, bytes]) -> None:
        writer = self._ctx.store.writer(self._ctx.run_id, task.step, task.task_id, attempt)
        for stream, data in content.items():
            writer.save_log("runtime", stream, data)

    def save_end(self, task: Task, attempt: int, returncode: int, killed: bool, success: bool) -> None:
        writer = self._ctx.store.writer(self._ctx.run_id, task.step, task.task_id, attempt)
        writer.save_runtime(returncode, killed, success)

    def clone(self, clones: Sequence[Clone]) -> list[Succeeded]:
        """Take tasks over from an earlier run, without a process each."""
        origins = self._ctx.store.tasks([clone.origin for clone in clones])
        successes = []
        for clone, origin in zip(clones, origins):
            outcome = self._succeeded(clone.task, origin)
            assert isinstance(outcome, Succeeded), outcome  # only finished tasks are cloned
            self._check_next_steps(clone, outcome)
            clone_task(self._ctx, clone.task.step, clone.task.task_id, origin)
            pathspec = f"{self._ctx.run_id}/{clone.task.step}/{clone.task.task_id}"
            self._report.task_message(pathspec, None, f"Cloning previously run task {clone.origin}")
            successes.append(outcome)
        return successes

    def _check_next_steps(self, clone: Clone, outcome: Succeeded) -> None:
        """Raise an error if the flow was changed so that the step now has other next steps than when it ran."""
        node = self._ctx.graph[clone.task.step]
        problem = _changed(node, outcome)
        if problem:
            raise CommandException(
                f"The task {clone.origin} cannot be reused: {problem}.",
                hint=f"Run: python {os.path.basename(sys.argv[0])} resume {node.name} --origin-run-id "
                f"{clone.origin.split('/')[0]} (runs step {node.name} and all steps after it again)",
            )


def _changed(node: Node, outcome: Succeeded) -> str:
    """How the next steps of a step differ from those of its task in an earlier run; empty if they fit."""
    before, now = outcome.next_steps, node.out_funcs
    # A switch continues with one of its next steps, all others with every one.
    if set(before) - set(now) or (node.type != "split-switch" and len(before) != len(now)):
        return f"it continued with {_listed(before)}, but step {node.name} now continues with {_listed(now)}"
    if (outcome.num_splits is None) == (node.type == "foreach"):
        return f"step {node.name} {'is now' if node.type == 'foreach' else 'is no longer'} a foreach"
    return ""


def _listed(steps: Sequence[str]) -> str:
    return " and ".join(steps) or "no step"
