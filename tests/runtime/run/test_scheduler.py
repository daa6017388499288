"""The scheduler's promises, over random flows and random failures."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.run.graphs import Flow, Node, build, expected_counts, flows

from mfruntime.run.scheduler import (
    Action,
    Clone,
    Delay,
    Event,
    Failed,
    Finish,
    Interrupt,
    Launch,
    RetryPolicy,
    Reusable,
    Scheduler,
    SplitTooWide,
    Succeeded,
    Task,
    TaskKey,
    Tick,
)

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Driver:
    """Carries out actions in any order, failing attempts as told; checks the promises while it goes."""

    def __init__(self, scheduler: Scheduler, flow: Flow, widths: dict[str, int], max_workers: int):
        self.scheduler, self.flow, self.widths, self.max_workers = scheduler, flow, widths, max_workers
        self.running: list[tuple[Task, int]] = []
        self.done: list[Task] = []
        self.attempts: Counter[tuple[str, int]] = Counter()
        self.clones: list[Clone] = []
        self.finish: Finish | None = None
        self.now = 0.0

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Launch):
                self.attempts[(action.task.task_id, action.attempt)] += 1
                finished = {t.task_id for t in self.done}
                assert all(p.split("/")[1] == "_parameters" or p.split("/")[2] in finished for p in action.task.inputs)
                self.running.append((action.task, action.attempt))
            elif isinstance(action, Clone):
                self.clones.append(action)
            elif isinstance(action, Finish):
                self.finish = action
        assert len(self.running) <= self.max_workers

    def success(self, task: Task) -> Event:
        self.done.append(task)
        node = self.flow[task.step]
        return Succeeded(task.task_id, node.out_funcs, self.widths.get(task.step))

    def run(self, choose, fails) -> None:  # type: ignore[no-untyped-def]
        self.take(self.scheduler.begin())
        while self.finish is None:
            if self.clones:
                self.take(self.scheduler.handle(self.success(self.clones.pop().task)))
            elif self.running:
                task, attempt = self.running.pop(choose(len(self.running)))
                if fails(task, attempt):
                    self.take(self.scheduler.handle(Failed(task.task_id, self.now)))
                else:
                    self.take(self.scheduler.handle(self.success(task)))
            else:
                wakeup = self.scheduler.next_wakeup
                assert wakeup is not None, "nothing runs, nothing waits, and the run is not over"
                self.now = wakeup
                self.take(self.scheduler.handle(Tick(self.now)))


@relaxed
@given(flows, st.integers(1, 4), st.data())
def test_every_task_runs_once_and_joins_are_complete(blocks: list, workers: int, data: st.DataObject) -> None:  # type: ignore[type-arg]
    flow, widths = build(blocks)
    driver = Driver(Scheduler(flow, "1", max_workers=workers), flow, widths, workers)
    driver.run(lambda n: data.draw(st.integers(0, n - 1)), lambda task, attempt: False)
    assert driver.finish == Finish()
    assert Counter(t.step for t in driver.done) == expected_counts(flow, widths)
    assert len({t.key for t in driver.done}) == len(driver.done)
    for task in driver.done:
        if flow[task.step].type == "join":
            splits = [t for t in driver.done if f"1/{t.step}/{t.task_id}" in task.inputs]
            assert [
                t.splits[-1].branch for t in sorted(splits, key=lambda t: task.inputs.index(f"1/{t.step}/{t.task_id}"))
            ] == list(range(splits[0].splits[-1].size))


@relaxed
@given(flows, st.integers(1, 3), st.integers(0, 5), st.integers(0, 1), st.data())
def test_retries_are_bounded_and_no_attempt_number_is_used_twice(
    blocks: list,
    workers: int,
    retries: int,
    caught: int,
    data: st.DataObject,  # type: ignore[type-arg]
) -> None:
    flow, widths = build(blocks)
    policies = {step: RetryPolicy(retries, caught, 60.0) for step in flow}
    driver = Driver(Scheduler(flow, "1", max_workers=workers, policies=policies), flow, widths, workers)
    driver.run(lambda n: data.draw(st.integers(0, n - 1)), lambda task, attempt: data.draw(st.booleans()))
    assert max(driver.attempts.values()) == 1
    limit = min(retries + caught, 5)
    assert max(attempt for _, attempt in driver.attempts) <= limit
    if driver.finish and driver.finish.failed:
        assert driver.attempts[(driver.finish.failed.task_id, limit)] == 1


@relaxed
@given(flows, st.data())
def test_a_resumed_run_takes_over_what_is_done_and_runs_the_rest(blocks: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    flow, widths = build(blocks)
    first = Driver(Scheduler(flow, "1", max_workers=2), flow, widths, 2)
    doomed = data.draw(st.sampled_from(sorted(flow)))
    first.run(lambda n: data.draw(st.integers(0, n - 1)), lambda task, attempt: task.step == doomed)
    origin = {t.key: Reusable(f"1/{t.step}/{t.task_id}") for t in first.done}
    second = Driver(Scheduler(flow, "2", max_workers=2, origin=origin), flow, widths, 2)
    ran: list[TaskKey] = []
    second.run(lambda n: data.draw(st.integers(0, n - 1)), lambda task, attempt: bool(ran.append(task.key)))
    assert second.finish == Finish()
    assert not set(ran) & set(origin)
    assert Counter(t.step for t in second.done) == expected_counts(flow, widths)


def test_a_rerun_step_and_what_follows_run_again() -> None:
    flow, widths = build(["step", ("foreach", 2, ["step"])])
    order = list(expected_counts(flow, widths))
    driver = Driver(Scheduler(flow, "1"), flow, widths, 16)
    driver.run(lambda n: 0, lambda t, a: False)
    origin = {t.key: Reusable(f"1/{t.step}/{t.task_id}") for t in driver.done}
    again = Driver(Scheduler(flow, "2", origin=origin, rerun_step=order[2]), flow, widths, 16)
    ran: set[str] = set()
    again.run(lambda n: 0, lambda t, a: bool(ran.add(t.step)))
    assert ran == set(order[2:])


def test_a_task_of_the_origins_origin_is_cloned_only_if_its_inputs_are_those_of_that_run() -> None:
    """Run 2 resumed run 1. It cloned or executed `start`, and was stopped before it had the task of `end`."""
    flow = Flow(start=Node("linear", ("end",)), end=Node("end", ()))
    for since, expected in ((1, Clone), (0, Launch)):
        origin = {
            TaskKey("start"): Reusable("2/start/1", 0, since),
            TaskKey("end"): Reusable("1/end/2", 1, 1),
        }
        scheduler = Scheduler(flow, "3", origin=origin)
        (clone,) = scheduler.begin()
        assert isinstance(clone, Clone)
        assert clone.origin == "2/start/1"
        (action,) = scheduler.handle(Succeeded("1", ("end",)))
        assert isinstance(action, expected)


def test_a_loop_visits_its_step_again_and_each_visit_is_its_own_task() -> None:
    flow = Flow(start=Node("linear", ("loop",)), loop=Node("split-switch", ("loop", "end")), end=Node("end", ()))
    scheduler = Scheduler(flow, "1")
    (launch,) = scheduler.begin()
    (launch,) = scheduler.handle(Succeeded(launch.task.task_id, ("loop",)))
    (again,) = scheduler.handle(Succeeded(launch.task.task_id, ("loop",)))
    assert (launch.task.key.visit, again.task.key.visit) == (0, 1)
    (end,) = scheduler.handle(Succeeded(again.task.task_id, ("end",)))
    assert scheduler.handle(Succeeded(end.task.task_id, ())) == [Finish()]


def test_a_retry_waits_and_a_failure_handler_does_not() -> None:
    flow, _ = build([])
    scheduler = Scheduler(flow, "1", policies={"start": RetryPolicy(1, 1, 60.0)})
    scheduler.begin()
    (delay,) = scheduler.handle(Failed("1", 100.0))
    assert (type(delay), delay.attempt, delay.seconds) == (Delay, 1, 60.0)
    assert scheduler.next_wakeup == 160.0
    assert scheduler.handle(Tick(159.0)) == []
    (second,) = scheduler.handle(Tick(160.0))
    assert second.attempt == 1
    (third,) = scheduler.handle(Failed("1", 161.0))
    assert third.attempt == 2
    (finish,) = scheduler.handle(Failed("1", 162.0))
    assert finish.failed.step == "start"


def test_a_foreach_wider_than_allowed_is_refused_with_both_numbers() -> None:
    flow, _ = build([("foreach", 3, ["step"])])
    scheduler = Scheduler(flow, "1", max_num_splits=2)
    (launch,) = scheduler.begin()
    (launch,) = scheduler.handle(Succeeded("1", flow["start"].out_funcs))
    with pytest.raises(SplitTooWide) as info:
        scheduler.handle(Succeeded(launch.task.task_id, flow[launch.task.step].out_funcs, 3))
    assert (info.value.asked, info.value.allowed) == (3, 2)


def test_after_an_interrupt_nothing_starts() -> None:
    flow, _ = build(["step"])
    scheduler = Scheduler(flow, "1")
    scheduler.begin()
    assert scheduler.handle(Interrupt("stop")) == [Finish(None, "stop")]
    assert scheduler.handle(Succeeded("1", flow["start"].out_funcs)) == []
