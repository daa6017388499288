"""A decorator of another package, made of its two files and two lines in the registry, in runs of the real program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = {
    "__init__.py": """
        from mfruntime import registry

        registry.STEP_DECORATORS["stopwatch"] = ("watches.decorator:StopwatchDecorator", None)
        HOOK = ("watches.hook:StopwatchHook", None)
    """,
    "decorator.py": """
        from dataclasses import dataclass

        from mfruntime.decorators.base import StepDecorator, maker
        from mfruntime.decorators.values import number

        @dataclass(frozen=True)
        class Stopwatch:
            label: str
            limit: float

        class StopwatchDecorator(StepDecorator):
            name = "stopwatch"
            defaults = {"label": "plain", "limit": 60}
            repeatable = REPEATABLE

            def options(self, step):
                return Stopwatch(self.attributes["label"], number(step, "stopwatch", "limit", self.attributes["limit"]))

            def placement_error(self, step, kind):
                return f"Step {step} splits, which takes no time." if kind == "split" else None

        stopwatch = maker(StopwatchDecorator)
    """,
    "hook.py": """
        import os, signal, time

        from mfruntime import current
        from mfruntime.tasks.hooks.base import TaskHook

        class StopwatchHook(TaskHook):
            def __init__(self, options):
                self.options = options

            def around(self, task, code):
                inside_timeout = signal.getitimer(signal.ITIMER_REAL)[0] > 0
                print("before", self.options, "environment:", "SET_BY" in os.environ, "timeout:", inside_timeout)
                current._update_env({"stopwatch": self.options.label})
                code()
                print("after", self.options.label)

            def succeeded(self, task):
                if self.options.label == "broken":
                    raise ValueError("a watch that stands still")
                task.flow.watched = f"{self.options.label} {task.state.transition}"

            def failed(self, task, error):
                print("told of", type(error).__name__, "last attempt:", task.is_last_attempt)
                return False

            def finished(self, task, ok):
                (reader,) = task.ctx.store.tasks([task.command.pathspec])
                print("finished", ok, "in the store:", reader.is_done, reader["_task_ok"])
                if self.options.label == "late":
                    raise ValueError("a watch that goes on")
    """,
}

FLOW = """import sys
from mfruntime import FlowSpec, step, catch, environment, timeout, current, registry
import watches
{register}
{imported}

class Watched(FlowSpec):
{decorators}
    @step
    def start(self):
        print("code", current.get("stopwatch"))
        {body}
        self.next(self.end)

    @step
    def end(self):
        print("kept", getattr(self, "watched", None), "watches.hook" in sys.modules)

if __name__ == "__main__":
    Watched()
"""
INNERMOST = "registry.TASK_HOOKS['stopwatch'] = watches.HOOK"
OUTERMOST = "registry.TASK_HOOKS = {'stopwatch': watches.HOOK, **registry.TASK_HOOKS}"
BUILT_IN = ["@catch", "@environment(vars={'SET_BY': 'x'})", "@timeout(minutes=1)"]


def source(
    folder: Path, register: str, *decorators: str, imported: str = "", body: str = "pass", repeatable: bool = False
) -> str:
    """The text of a flow with these decorators on its first step, beside the package."""
    from textwrap import dedent

    (folder / "watches").mkdir(exist_ok=True)
    for name, text in PACKAGE.items():
        (folder / "watches" / name).write_text(dedent(text).replace("REPEATABLE", str(repeatable)))
    lines = "\n".join(f"    {decorator}" for decorator in decorators)
    return FLOW.format(register=register, imported=imported, decorators=lines, body=body)


def said(text: str, *words: str) -> list[str]:
    """What tasks printed in lines that start with one of these words, in order."""
    lines = [line.partition(")] ")[2] for line in text.splitlines()]
    return [line for line in lines if line.startswith(words)]


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_new_decorator_is_written_above_a_step(flow, tmp_path: Path, isolation: str) -> None:  # type: ignore[no-untyped-def]
    text = source(
        tmp_path, INNERMOST, "@stopwatch(label='mine')", *BUILT_IN, imported="from watches.decorator import stopwatch"
    )
    call = flow(text, "run", "--isolation", isolation)
    assert call.code == 0, call.text
    assert said(call.out, "before", "code", "after", "finished") == [
        "before Stopwatch(label='mine', limit=60.0) environment: True timeout: True",
        "code mine",
        "after mine",
        "finished True in the store: True True",
    ]
    # Tasks that are forked share what their parent has imported; an interpreter of its own imports what its step uses.
    assert said(call.out, "kept") == [f"kept mine (['end'], None) {isolation == 'fork'}"]


def test_a_new_decorator_is_attached_from_outside(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(tmp_path, INNERMOST), "run", "--with", "stopwatch:label=given,limit=5")
    assert call.code == 0, call.text
    at_each_step = ["before Stopwatch(label='given', limit=5.0) environment: False timeout: False", "code given"]
    assert said(call.out, "before", "code") == [*at_each_step, at_each_step[0]]


@pytest.mark.parametrize(
    ("register", "within", "written"),
    [(INNERMOST, True, BUILT_IN), (INNERMOST, True, BUILT_IN[::-1]), (OUTERMOST, False, BUILT_IN)],
    ids=["innermost", "innermost, written the other way", "outermost"],
)
def test_its_place_among_the_hooks_is_its_place_in_the_registry(  # type: ignore[no-untyped-def]
    flow, tmp_path: Path, register: str, within: bool, written: list[str]
) -> None:
    imported = "from watches.decorator import stopwatch"
    text = source(tmp_path, register, written[0], "@stopwatch", *written[1:], imported=imported)
    call = flow(text, "run")
    assert call.code == 0, call.text
    (before,) = said(call.out, "before")
    assert before.endswith(f"environment: True timeout: {within}")  # the interpreter was started with the variables


def test_its_hook_is_told_of_a_failure_that_catch_takes_over(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = source(
        tmp_path, INNERMOST, "@catch(print_exception=False)", "@stopwatch", body="raise KeyError('gone')",
        imported="from watches.decorator import stopwatch",
    )  # fmt: skip
    call = flow(text, "run")
    assert call.code == 0, call.text
    assert said(call.out, "told", "after", "finished") == [
        "told of KeyError last attempt: True",
        "finished True in the store: True True",
    ]


def test_a_decorator_may_be_repeatable(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    written = ["@stopwatch(label='upper')", "@stopwatch(label='lower')"]
    imported = "from watches.decorator import stopwatch"
    call = flow(source(tmp_path, INNERMOST, *written, imported=imported, repeatable=True), "run")
    assert call.code == 0, call.text
    assert [line.split("'")[1] for line in said(call.out, "before")] == ["lower", "upper"]
    once = flow(source(tmp_path, INNERMOST, *written, imported=imported), "run")
    assert (once.code, "The step 'start' has @stopwatch twice" in once.text) == (1, True)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("stopwach", ["Did you mean 'stopwatch'?"]),
        ("nothing-like-it", ["retry", "catch", "timeout", "environment", "resources", "stopwatch"]),
        ("stopwatch:lable=x", ["Did you mean 'label'?"]),
        ("stopwatch:limit=soon", ["@stopwatch of step 'start': 'limit' must be a number"]),
    ],
)
def test_what_is_wrong_with_it_is_said_before_anything_runs(
    flow, tmp_path: Path, spec: str, expected: list[str]
) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(tmp_path, INNERMOST), "run", "--with", spec)
    assert call.code != 0
    assert [words for words in expected if words not in call.err] == []
    assert "Task is starting" not in call.out


def test_a_step_that_cannot_have_it_is_named_with_its_line(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    branch = "    @step\n    def {0}(self):\n        self.next(self.join)\n\n"
    join = "    @step\n    def join(self, inputs):\n        self.next(self.end)\n\n"
    text = source(tmp_path, INNERMOST).replace("self.next(self.end)", "self.next(self.a, self.b)")
    before, end, after = text.partition("    @step\n    def end")
    text = before + branch.format("a") + branch.format("b") + join + end + after
    call = flow(text, "run", "--with", "stopwatch")
    assert call.code == 1
    assert re.search(r"flow.py line \d+: Step start splits, which takes no time\.", call.err)


def test_a_hook_whose_package_is_not_installed_names_it(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    absent = "registry.TASK_HOOKS['stopwatch'] = ('nowhere_to_be_found.hook:Hook', 'aws')"
    call = flow(source(tmp_path, absent), "run", "--with", "stopwatch")
    assert call.code == 1
    assert "The task hook 'stopwatch' needs the package 'nowhere_to_be_found', which is not installed." in call.out
    assert "Traceback" not in call.text


def test_a_hook_that_fails_after_the_code_fails_the_task(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(tmp_path, INNERMOST), "run", "--with", "stopwatch:label=broken")
    assert call.code == 1
    assert "ValueError: a watch that stands still" in call.out
    assert said(call.out, "told", "finished") == [
        "told of ValueError last attempt: True",
        "finished False in the store: True False",
    ]


def test_a_hook_that_fails_after_the_end_changes_nothing(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = flow(source(tmp_path, INNERMOST), "run", "--with", "stopwatch:label=late")
    assert call.code == 0, call.text
    assert "StopwatchHook failed after the end of <flow Watched step start>" in call.out
    assert "ValueError: a watch that goes on" in call.out
