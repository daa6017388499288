"""The scheduler: a pure state machine with events as input and actions as output, without processes, clocks or disks.

Joins: a task has a list of its open splits, innermost last. A split task opens one; the tasks of each branch inherit
the split, through all steps; a join step closes the innermost split when all its branches have arrived. So nesting,
switches and loops need no special rules.

Guarantees, checked by property tests: every task succeeds at most once; a join starts exactly when its last branch
arrives, with its inputs in branch order; attempt numbers are unique; the number of attempts is limited by the step's
policy; at most `max_workers` tasks run at a time.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, Union

#: Metaflow's readers only check attempts 0..5.
MAX_ATTEMPTS = 6


class NodeView(Protocol):
    """The scheduler's view of a step."""

    @property
    def type(self) -> str: ...
    @property
    def out_funcs(self) -> tuple[str, ...]: ...


class GraphView(Protocol):
    """The scheduler's view of a flow."""

    @property
    def start_step(self) -> str: ...
    def __getitem__(self, name: str) -> NodeView: ...


@dataclass(frozen=True)
class RetryPolicy:
    """`user_retries` run the step's code again; `error_retries` are additional attempts for failure handling
    (@catch)."""

    user_retries: int = 0
    error_retries: int = 0
    delay_seconds: float = 0.0

    @property
    def last_attempt(self) -> int:
        """Number of the last allowed attempt, from 0."""
        return min(self.user_retries + self.error_retries, MAX_ATTEMPTS - 1)


@dataclass(frozen=True)
class Split:
    """An open split of a task: the task that opened it, the number of branches, and this task's branch."""

    opener: str
    size: int
    branch: int
    is_foreach: bool


@dataclass(frozen=True)
class TaskKey:
    """The identity of a task across runs of a flow: step, foreach indices, and the number of the visit in loops."""

    step: str
    indices: tuple[int, ...] = ()
    visit: int = 0


class Reusable(NamedTuple):
    """A finished task of an earlier run. Runs are counted: 0 is the origin, 1 is the origin of the origin.
    `run` is the number of the run of `path`; `since` that of the run that executed the task, which others cloned."""

    path: str
    run: int = 0
    since: int = 0


@dataclass(frozen=True)
class Task:
    """A task to run. `inputs` are `run/step/task` paths in branch order; `split_index` is only set directly after a
    foreach."""

    task_id: str
    key: TaskKey
    inputs: tuple[str, ...]
    split_index: int | None
    splits: tuple[Split, ...]

    @property
    def step(self) -> str:
        return self.key.step


@dataclass(frozen=True)
class Succeeded:
    """A task succeeded, with its next steps; `num_splits` is set by a foreach."""

    task_id: str
    next_steps: tuple[str, ...]
    num_splits: int | None = None


@dataclass(frozen=True)
class Failed:
    """An attempt failed at time `now` (seconds, of the same clock as Tick)."""

    task_id: str
    now: float
    retriable: bool = True


@dataclass(frozen=True)
class Tick:
    """The time is `now`: delayed retries can be due."""

    now: float


@dataclass(frozen=True)
class Interrupt:
    """Stop the run: no new tasks start."""

    reason: str


@dataclass(frozen=True)
class Launch:
    """Start this attempt of this task."""

    task: Task
    attempt: int


@dataclass(frozen=True)
class Delay:
    """This attempt of this task is retried after `seconds`; nothing has to be done, the time comes with a Tick."""

    task: Task
    attempt: int
    seconds: float


@dataclass(frozen=True)
class Clone:
    """Clone this task from `origin` (`run/step/task` of an earlier run) instead of running it."""

    task: Task
    origin: str


@dataclass(frozen=True)
class Finish:
    """The run has ended: `failed` is the task that failed, None if every task succeeded."""

    failed: Task | None = None
    reason: str = ""


Event = Union[Succeeded, Failed, Tick, Interrupt]
Action = Union[Launch, Delay, Clone, Finish]


class SplitTooWide(Exception):
    """A foreach has more tasks than the run allows."""

    def __init__(self, step: str, asked: int, allowed: int):
        super().__init__(step, asked, allowed)
        self.step, self.asked, self.allowed = step, asked, allowed


@dataclass
class _Barrier:
    arrived: dict[int, str] = field(default_factory=dict)


class Scheduler:
    """Schedules one run: call `begin()` once, then `handle()` with each event, and perform the returned actions."""

    def __init__(
        self,
        graph: GraphView,
        run_id: str,
        *,
        max_workers: int = 16,
        max_num_splits: int = 100,
        policies: Mapping[str, RetryPolicy] | None = None,
        origin: Mapping[TaskKey, Reusable] | None = None,
        rerun_step: str | None = None,
        id_prefix: str = "",
    ):
        self._graph = graph
        self._run_id = run_id
        self._max_workers = max_workers
        self._max_num_splits = max_num_splits
        self._policies = policies or {}
        self._origin = origin or {}
        self._rerun_step = rerun_step
        self._prefix = id_prefix
        self._next_id = 1
        self._ready: deque[tuple[Task, int]] = deque()
        self._delayed: list[tuple[float, int, Task, int]] = []
        self._running: dict[str, tuple[Task, int]] = {}
        self._cloning: dict[str, tuple[Task, Reusable]] = {}
        self._cloned: dict[str, int] = {}
        self._barriers: dict[tuple[str, int], _Barrier] = {}
        self._visits: dict[tuple[str, tuple[int, ...]], int] = {}
        self._over = False

    @property
    def next_wakeup(self) -> float | None:
        """When the earliest delayed retry is due; None if no retry is delayed."""
        return self._delayed[0][0] if self._delayed and not self._over else None

    @property
    def running(self) -> int:
        """The number of running tasks."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """The number of tasks that wait to run."""
        return len(self._ready) + len(self._delayed)

    def begin(self) -> list[Action]:
        """The first actions: the start step, with the run's parameters as input."""
        actions: list[Action] = []
        self._add(actions, self._graph.start_step, (f"{self._run_id}/_parameters/{self._prefix}0",), None, ())
        return actions + self._fill()

    def handle(self, event: Event) -> list[Action]:
        """Process one event and return the next actions."""
        if self._over:
            return []
        if isinstance(event, Succeeded):
            return self._succeeded(event)
        if isinstance(event, Failed):
            return self._failed(event)
        if isinstance(event, Tick):
            self._queue_due_retries(event.now)
            return self._fill()
        return self._finish(None, event.reason)

    def _succeeded(self, event: Succeeded) -> list[Action]:
        task = self._remove_running(event.task_id)
        actions: list[Action] = []
        path = f"{self._run_id}/{task.step}/{task.task_id}"
        if event.num_splits is not None:
            self._fan_out(actions, task, path, event.next_steps[0], event.num_splits)
        elif self._is_static_split(task.step):
            for branch, step in enumerate(event.next_steps):
                split = Split(task.task_id, len(event.next_steps), branch, False)
                self._arrive(actions, step, path, (*task.splits, split), None)
        else:
            for step in event.next_steps:
                self._arrive(actions, step, path, task.splits, None)
        actions += self._fill()
        if not actions and self._idle():
            return self._finish(None, "")
        return actions

    def _remove_running(self, task_id: str) -> Task:
        if task_id in self._cloning:
            task, origin = self._cloning.pop(task_id)
            self._cloned[task_id] = origin.since
            return task
        return self._running.pop(task_id)[0]

    def _is_static_split(self, step: str) -> bool:
        return self._graph[step].type in ("split", "split-static", "split-and")

    def _fan_out(self, actions: list[Action], task: Task, path: str, step: str, size: int) -> None:
        if size > self._max_num_splits:
            raise SplitTooWide(task.step, size, self._max_num_splits)
        for index in range(size):
            split = Split(task.task_id, size, index, True)
            self._arrive(actions, step, path, (*task.splits, split), index)

    def _arrive(
        self, actions: list[Action], step: str, path: str, splits: tuple[Split, ...], index: int | None
    ) -> None:
        if self._graph[step].type != "join" or not splits:
            self._add(actions, step, (path,), index, splits)
            return
        *outer, split = splits
        barrier = self._barriers.setdefault((split.opener, split.size), _Barrier())
        barrier.arrived[split.branch] = path
        if len(barrier.arrived) == split.size:
            del self._barriers[(split.opener, split.size)]
            inputs = tuple(barrier.arrived[branch] for branch in sorted(barrier.arrived))
            self._add(actions, step, inputs, None, tuple(outer))

    def _add(
        self, actions: list[Action], step: str, inputs: tuple[str, ...], index: int | None, splits: tuple[Split, ...]
    ) -> None:
        indices = tuple(s.branch for s in splits if s.is_foreach)
        visit = self._visits.get((step, indices), 0)
        self._visits[(step, indices)] = visit + 1
        task = Task(f"{self._prefix}{self._next_id}", TaskKey(step, indices, visit), inputs, index, splits)
        self._next_id += 1
        origin = self._origin_of(task)
        if origin is None:
            self._ready.append((task, 0))
        else:
            self._cloning[task.task_id] = (task, origin)
            actions.append(Clone(task, origin.path))

    def _origin_of(self, task: Task) -> Reusable | None:
        """The earlier task to clone: all its inputs must be clones too, and of the tasks that were its inputs."""
        if not self._origin or task.step == self._rerun_step:
            return None
        found = self._origin.get(task.key)
        is_first = task.step == self._graph.start_step and not task.splits and task.key.visit == 0
        if found is None or is_first:
            return found
        inputs = (self._cloned.get(path.rsplit("/", 1)[1], -1) for path in task.inputs)
        return found if all(since >= found.run for since in inputs) else None

    def _failed(self, event: Failed) -> list[Action]:
        task, attempt = self._running.pop(event.task_id)
        policy = self._policies.get(task.step, RetryPolicy())
        if not event.retriable or attempt >= policy.last_attempt:
            return self._finish(task, "")
        # A failure handler needs no delay: only retries of the user's code wait.
        delay = policy.delay_seconds if attempt < policy.user_retries else 0.0
        heapq.heappush(self._delayed, (event.now + delay, int(task.task_id[len(self._prefix) :]), task, attempt + 1))
        self._queue_due_retries(event.now)
        delays: list[Action] = [Delay(task, attempt + 1, delay)] if delay > 0 else []
        return delays + self._fill()

    def _queue_due_retries(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            _, _, task, attempt = heapq.heappop(self._delayed)
            self._ready.appendleft((task, attempt))

    def _fill(self) -> list[Action]:
        actions: list[Action] = []
        while self._ready and len(self._running) < self._max_workers:
            task, attempt = self._ready.popleft()
            self._running[task.task_id] = (task, attempt)
            actions.append(Launch(task, attempt))
        return actions

    def _idle(self) -> bool:
        return not (self._running or self._ready or self._delayed or self._cloning)

    def _finish(self, failed: Task | None, reason: str) -> list[Action]:
        self._over = True
        return [Finish(failed, reason)]
