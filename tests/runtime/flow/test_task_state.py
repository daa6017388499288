"""What the runtime keeps of a task, and the names under which Metaflow's readers and programs find it."""

from __future__ import annotations

from typing import Any

import pytest

from mfruntime import FlowSpec, step
from mfruntime.flow.artifacts import to_save
from mfruntime.flow.task_state import ARTIFACTS, TaskState


class Small(FlowSpec):
    """Two steps, and names of its own that a runtime might be tempted to use."""

    @step
    def start(self) -> None:
        self._state, self._loaded, self._datastores = 1, 2, 3
        self.xs = [1, 2]
        self.next(self.end, foreach="xs")

    @step
    def end(self) -> None: ...


def running(**known: Any) -> Small:
    flow = Small(use_cli=False)
    flow._become(TaskState("start", **known))
    return flow


def test_the_state_is_read_and_set_under_the_names_of_the_format() -> None:
    flow = running(foreach_stack=["frame"], datastore={})
    assert (flow._current_step, flow._foreach_stack, flow._transition) == ("start", ["frame"], None)
    flow._transition = (["end"], None)
    assert flow._task_state is not None
    assert flow._task_state.transition == (["end"], None)
    assert "_transition" not in vars(flow)


def test_what_a_task_has_not_settled_is_as_the_task_before_left_it() -> None:
    flow = running(datastore={"_success": True, "_iteration_stack": [4], "_transition": (["start"], None)})
    assert (flow._success, flow._iteration_stack, flow._transition) == (True, [4], None)
    flow._success = False
    assert flow._success is False


def test_what_nobody_settled_is_missing() -> None:
    with pytest.raises(AttributeError, match="no attribute '_task_ok' in step 'start'"):
        _ = running(datastore={})._task_ok


def test_a_task_keeps_its_state_and_all_that_its_step_assigned() -> None:
    flow = running(datastore={}, iteration_stack=[])
    flow.start()
    assert flow._task_state is not None
    flow._task_state.end(ok=True, success=True)
    kept = to_save(flow)
    assert set(kept) == set(ARTIFACTS) | {"xs", "_state", "_loaded", "_datastores"}
    assert (kept["_transition"], kept["_foreach_num_splits"]) == ((["end"], "xs"), 2)
    assert (kept["_state"], kept["_loaded"], kept["_foreach_values"]) == (1, 2, ["1", "2"])


def test_a_step_can_be_tried_out_without_a_run() -> None:
    flow = Small(use_cli=False)
    assert (flow.index, flow.input, flow.foreach_stack()) == (None, None, [])
    flow.start()
    assert (flow.xs, flow._transition) == ([1, 2], (["end"], "xs"))
    with pytest.raises(AttributeError, match="Flow Small has no attribute 'absent'"):
        _ = flow.absent
