"""Hooks of decorators around the code of a step: their order, what each is told, and what a task imports of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from mfruntime import catch, environment, registry, resources, retry, step, timeout
from mfruntime.flow.options import StepOptions, step_options
from mfruntime.tasks.hooks.base import RunningTask, TaskHook
from mfruntime.tasks.hooks.stack import HookStack, hook_stack

RUNTIME = Path(registry.__file__).parent
ALL = (catch(var="x"), environment(vars={"A": "1"}), timeout(minutes=1), retry, resources)


def options(decorators: Any) -> StepOptions:
    @step
    def work(self: Any) -> None: ...

    for decorate in decorators:
        decorate(work)
    return step_options("work", work.decorators)


@pytest.mark.parametrize("written", list(permutations(ALL[:3])))
def test_the_order_of_hooks_is_not_the_order_of_decorators(written: Any) -> None:
    stack = hook_stack(options((retry, *written, resources)))
    assert [type(hook).__name__ for hook in stack.hooks] == ["CatchHook", "EnvironmentHook", "TimeoutHook"]


def test_a_step_without_decorators_has_no_hooks() -> None:
    assert hook_stack(options(())).hooks == ()


class Noting(TaskHook):
    """A hook that notes what it is told; `fails` names what it raises in, `takes` whether it takes failures over."""

    def __init__(self, notes: list[str], name: str, fails: str = "", takes: bool = False):
        self.notes, self.name, self.fails, self.takes = notes, name, fails, takes

    def _note(self, what: str) -> None:
        self.notes.append(f"{self.name} {what}")
        if what == self.fails:
            raise ValueError(f"{self.name} fails")

    def around(self, task: RunningTask, code: Callable[[], None]) -> None:
        self._note("before")
        code()
        self._note("after")

    def succeeded(self, task: RunningTask) -> None:
        self._note("succeeded")

    def failed(self, task: RunningTask, error: BaseException) -> bool:
        self._note("failed")
        return self.takes

    def finished(self, task: RunningTask, ok: bool) -> None:
        self._note("finished")


class Task:
    """All that a stack itself asks of a task."""

    def describe(self) -> str:
        return "<flow F step s>"


TASK: Any = Task()


def test_hooks_wrap_the_code_from_the_outside_in_and_are_told_of_it_from_the_inside_out() -> None:
    notes: list[str] = []
    stack = HookStack([Noting(notes, "outer"), Noting(notes, "inner")])
    stack.around(TASK, lambda: notes.append("code"))
    stack.succeeded(TASK)
    assert notes == [
        "outer before", "inner before", "code", "inner after", "outer after", "inner succeeded", "outer succeeded",
    ]  # fmt: skip


@pytest.mark.parametrize("takes", [(False, False), (True, False), (False, True), (True, True)])
def test_every_hook_is_told_of_a_failure_and_one_that_takes_it_over_is_enough(takes: tuple[bool, bool]) -> None:
    notes: list[str] = []
    stack = HookStack([Noting(notes, "outer", takes=takes[0]), Noting(notes, "inner", takes=takes[1])])
    assert stack.failed(TASK, ValueError()) == any(takes)
    assert notes == ["inner failed", "outer failed"]


def test_a_hook_that_fails_after_the_end_is_printed_and_the_others_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    notes: list[str] = []
    HookStack([Noting(notes, "outer"), Noting(notes, "inner", fails="finished")]).finished(TASK, True)
    assert notes == ["inner finished", "outer finished"]
    assert "Noting failed after the end of <flow F step s>" in capsys.readouterr().err


def test_execute_names_no_decorator() -> None:
    source = (RUNTIME / "tasks" / "execute.py").read_text(encoding="utf-8")
    for name, (target, _) in registry.STEP_DECORATORS.items():
        decorator = registry.load(target)
        sample = {"timeout": {"seconds": 1}}.get(name, {})
        value = type(decorator(sample).options("work")).__name__
        assert not re.search(rf"\b{name}\b|{name.title()}|\b{value}\b|{decorator.__name__}", source), name
    for name, (target, _) in registry.TASK_HOOKS.items():
        assert target.partition(":")[2] not in source, name


def files(folder: str, *shared: str) -> set[str]:
    return {path.stem for path in (RUNTIME / folder).glob("*.py")} - {"__init__", *shared}


def test_a_decorator_is_a_file_of_options_perhaps_a_file_of_hooks_and_an_export() -> None:
    import mfruntime

    assert files("decorators", "base", "values") == set(registry.STEP_DECORATORS)
    assert files("tasks/hooks", "base", "stack") == set(registry.TASK_HOOKS)
    assert set(registry.TASK_HOOKS) < set(registry.STEP_DECORATORS) < set(mfruntime.__all__)
    for name, (target, _) in {**registry.STEP_DECORATORS}.items():
        assert target.startswith(f"mfruntime.decorators.{name}:")


HEAD = """import os, signal, sys, time
from mfruntime import FlowSpec, step, catch, environment, timeout

"""

BRANCH = """    {0}
    {1}
    {2}
    @step
    def s{number}(self):
        self.seen = os.environ.get("WRITTEN"), signal.getitimer(signal.ITIMER_REAL)[0] > 0
        if {number} != 5:
            time.sleep(30)
        self.next(self.join)

"""

AROUND = """class Ordered(FlowSpec):
    @step
    def start(self):
        self.next({branches})

{steps}
    @step
    def join(self, inputs):
        for i in inputs:
            kind = i.problem.type.split(".")[-1] if i.problem else None
            print("branch", i.seen, kind, i._success)
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Ordered()
"""


def test_a_step_does_the_same_whichever_way_its_decorators_are_written(flow) -> None:  # type: ignore[no-untyped-def]
    written = [
        "@catch(var='problem', print_exception=False)",
        "@environment(vars={'WRITTEN': 'yes'})",
        "@timeout(seconds=1)",
    ]
    steps = "".join(BRANCH.format(*order, number=i) for i, order in enumerate(permutations(written)))
    source = HEAD + AROUND.format(branches=", ".join(f"self.s{i}" for i in range(6)), steps=steps)
    call = flow(source, "run")
    assert call.code == 0, call.text
    lines = [line.partition("branch ")[2] for line in call.out.splitlines() if "branch (" in line]
    assert lines == ["('yes', True) TimeoutException False"] * 5 + ["('yes', True) None True"]


IMPORTS = """import sys
from mfruntime import FlowSpec, step, {first}

def shown(self):
    print("loaded", *sorted(n for n in sys.modules if n.startswith(("mfruntime.decorators.", "mfruntime.tasks.hooks."))))

class Loads(FlowSpec):
    @{first}
    @step
    def start(self):
        shown(self)
        self.next(self.end)

    @step
    def end(self):
        shown(self)

if __name__ == "__main__":
    Loads()
"""


def test_a_task_imports_the_hooks_that_its_step_uses(flow) -> None:  # type: ignore[no-untyped-def]
    call = flow(IMPORTS.format(first="catch"), "run", "--isolation", "spawn")
    assert call.code == 0, call.text
    start, end = (set(line.split("loaded ")[1].split()) for line in call.out.splitlines() if "loaded " in line)
    shared = {f"mfruntime.{name}" for name in ("decorators.base", "tasks.hooks.base", "tasks.hooks.stack")}
    declared = {f"mfruntime.decorators.{name}" for name in ("catch", "values")}
    assert start == shared | declared | {"mfruntime.tasks.hooks.catch"}
    assert end == shared | declared


#: A step that caught the exception of its @timeout and kept it, as the build before hooks had a folder pickled it.
KEPT = (
    b"cmfruntime.errors\n_rebuild\np0\n(cmfruntime.tasks.hooks\nTimeoutException\np1\nVStep work timed out\np2\n"
    b"(dp3\nVmessage\np4\ng2\nsVline_no\np5\nNsVsource_file\np6\nNsVhint\np7\nNstp8\nRp9\n."
)


def test_exceptions_of_hooks_keep_the_names_that_artifacts_have_for_them() -> None:
    program = f"import pickle, sys\nkept = pickle.loads({KEPT!r})\nprint(kept.headline, kept, '|', pickle.dumps(kept, 0) == {KEPT!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("@timeout Step work timed out | True\n", "")
