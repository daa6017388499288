"""Behavior of Metaflow's command line that flows and scripts depend on; each value was compared with stock Metaflow 2.19.39."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.runtime.run.test_runs import HEAD, Flow, latest, one

from mfruntime import Parameter
from mfruntime.errors import MetaflowException

PARAMETERS = f"""{HEAD}
import click

def upper(text):
    return text.upper()

class Typed(FlowSpec):
    choice = Parameter("choice", type=click.Choice(["a", "b"]), default="a")
    day = Parameter("day", type=click.DateTime(), default="2026-01-02")
    level = Parameter("level", type=click.IntRange(1, 5), default=2)
    many = Parameter("many", multiple=True, type=int)
    words = Parameter("words", multiple=True, default=["q"])
    pair = Parameter("pair", nargs=2, type=int, default=(1, 2))
    mixed = Parameter("mixed", type=(int, str), default=(1, "z"))
    pairs = Parameter("pairs", type=(int, str), multiple=True)
    split = Parameter("split", separator=",", default="x,y")
    code = Parameter("code", type=upper, default="low")
    hidden = Parameter("hidden", hidden=True, default=1)

    @step
    def start(self):
        names = "choice day level many words pair mixed pairs split code hidden".split()
        print("VALUES", [str(self.day) if name == "day" else getattr(self, name) for name in names])
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Typed()
"""


def test_parameters_have_types_of_click_and_several_values(flow: Flow) -> None:
    plain = flow(PARAMETERS, "run")
    values = ["a", "2026-01-02 00:00:00", 2, (), ("q",), (1, 2), (1, "z"), (), ["x", "y"], "LOW", 1]
    assert f"VALUES {values}" in plain.out, plain.text
    given = (
        *("--choice", "b", "--day", "2026-03-04", "--level", "3", "--many", "4", "--many", "5", "--words", "p"),
        *("--pair", "5", "6", "--mixed", "7", "k", "--pairs", "1", "a", "--pairs", "2", "b", "--split", ""),
        *("--code", "abc", "--hidden", "9"),
    )
    values = ["b", "2026-03-04 00:00:00", 3, (4, 5), ("p",), (5, 6), (7, "k"), ((1, "a"), (2, "b")), "", "ABC", 9]
    call = flow(PARAMETERS, "run", *given)
    assert f"VALUES {values}" in call.out, call.text
    assert "(8, 9), (1, 'z')" in flow(PARAMETERS, "run", METAFLOW_RUN_PAIR="8 9").out
    shown = flow(PARAMETERS, "run", "--help").out
    assert "[a|b]" in shown
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--choice", "c"), "'c' is not one of 'a', 'b'"),
        (("--level", "9"), "9 is not in the range"),
        (("--day", "soon"), "'soon' does not match"),
        (("--pair", "1", "x"), "'x' is not a valid integer"),
        (("--pair", "1"), "requires 2 arguments"),
    ],
)
def test_a_value_that_its_type_refuses_is_a_usage_error(flow: Flow, args: tuple[str, ...], expected: str) -> None:
    call = flow(PARAMETERS, "run", *args)
    assert (call.code, "Traceback" in call.text) == (2, False)
    assert expected in call.err


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("type=[]", "nargs=1 and 0 types"),
        ("type=list", "use str, int"),
        ("nargs=0", "a number from 1"),
        ("nargs=3, type=(int, str)", "nargs=3 and 2 types"),
        ("nargs=2, default=(1, 2, 3)", "must have 2 values"),
        ("type=__import__('click').Choice(['a']), default='b'", "'b' is not 'a'"),
        ("type=int, default='x'", "'x' is not a valid integer"),
        ("prompt=True", "unknown argument 'prompt'"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_when_the_file_is_read(declared: str, expected: str) -> None:
    with pytest.raises(MetaflowException, match=re.escape(expected)):
        eval(f"Parameter('wrong', {declared})", {"Parameter": Parameter})


def test_a_function_of_the_flow_that_fails_shows_its_own_line(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("x")
    head = "from mfruntime import IncludeFile\ndef fails(_):\n    raise ValueError('no value today')\n"
    for declared in ("Parameter('p', default=fails)", "IncludeFile('p', default='data.txt', parser=fails)"):
        call = flow(one("pass", more=f"    p = {declared}\n", head=head), "run")
        assert call.code == 1
        assert "raise ValueError('no value today')" in call.err
        assert "mfruntime/" not in call.err
        assert "of parameter 'p' failed: ValueError: no value today" in call.err


def test_a_retry_on_this_machine_starts_immediately(flow: Flow) -> None:
    body = "if current.retry_count == 0:\n    raise ValueError('first')"
    for decorators, options in (("    @retry(times=1)\n", ()), ("", ("--with", "retry"))):
        call = flow(one(body, decorators=decorators), "run", *options)
        assert call.code == 0, call.text
        assert "is retried in" not in call.out


BEFORE = (
    "def start(self): self.next(self.middle)",
    "def middle(self): self.next(self.end)",
    "def end(self): print('at the end')",
)
CHANGES = {
    "it continued with middle, but step start now continues with moved": (
        "def start(self): self.next(self.moved)", "def moved(self): self.next(self.end)", BEFORE[2],
    ),
    "it continued with middle, but step start now continues with middle and moved": (
        "def start(self): self.next(self.middle, self.moved)", "def middle(self): self.next(self.join)",
        "def moved(self): self.next(self.join)", "def join(self, inputs): self.next(self.end)", BEFORE[2],
    ),
    "step start is now a foreach": (
        "def start(self): self.xs = [1]; self.next(self.middle, foreach='xs')", "def middle(self): self.next(self.join)",
        "def join(self, inputs): self.next(self.end)", BEFORE[2],
    ),
}  # fmt: skip


def of_steps(*steps: str) -> str:
    lines = "".join(f"    @step\n    {step.replace('; self', chr(10) + '        self')}\n" for step in steps)
    lines = lines.replace("): self", "):\n        self")
    return f"{HEAD}\nclass Moved(FlowSpec):\n{lines}\nif __name__ == '__main__':\n    Moved()\n"


def test_resume_names_the_step_that_leads_elsewhere_now(flow: Flow, tmp_path: Path) -> None:
    assert flow(of_steps(*BEFORE), "run").code == 0
    run = latest(tmp_path, "Moved").name
    for expected, steps in CHANGES.items():
        call = flow(of_steps(*steps), "resume", "end", "--origin-run-id", run)
        assert (call.code, "Traceback" in call.text) == (1, False)
        assert expected in call.err
        assert f"Run: python flow.py resume start --origin-run-id {run}" in call.err
    again = flow(of_steps(*steps), "resume", "start", "--origin-run-id", run)
    assert again.code == 0, again.text
    assert "at the end" in again.out


def test_tags_are_replaced_in_both_forms(flow: Flow, tmp_path: Path) -> None:
    source = one("pass")
    assert flow(source, "run", "--tag", "a", "--tag", "b").code == 0
    run = latest(tmp_path).name

    def tags() -> list[str]:
        return sorted(flow(source, "tag", "list", "--flat", "--hide-system-tags").out.split())

    call = flow(source, "tag", "replace", "--run-id", run, "--remove", "a", "--add", "c", "--add", "d")
    assert (call.code, tags()) == (0, ["b", "c", "d"]), call.text
    assert flow(source, "tag", "replace", "--run-id", run, "b", "e").code == 0
    assert tags() == ["c", "d", "e"]
    for wrong in (("--add", "x"), ("--remove", "c"), ("c",), ()):
        assert flow(source, "tag", "replace", "--run-id", run, *wrong).code == 2, wrong
    assert tags() == ["c", "d", "e"]


def test_exceptions_are_recorded_under_the_names_of_metaflow(flow: Flow) -> None:
    decorators = "    @catch(var='problem')\n    @timeout(seconds=1)\n"
    cases = {
        "time.sleep(9)": "metaflow.plugins.timeout_decorator.TimeoutException",
        "os._exit(9)": "metaflow.plugins.catch_decorator.FailureHandledByCatch",
        "raise Mine('x')": "__main__.Mine",
    }
    head = "from mfruntime.exception import MetaflowException\nclass Mine(MetaflowException):\n    pass\n"
    for body, expected in cases.items():
        source = one(body, decorators=decorators, head=head).replace("'reached the end'", "'TYPE', self.problem.type")
        call = flow(source, "run")
        assert f"TYPE {expected}\n" in call.out, call.text


def test_every_recorded_name_is_one_of_our_exceptions() -> None:
    import mfruntime.datatools.errors
    import mfruntime.errors
    import mfruntime.flow.spec
    import mfruntime.tasks.hooks.catch
    import mfruntime.tasks.hooks.timeout
    from mfruntime.flow.exception_names import STOCK_MODULES, recorded_name

    homes = (mfruntime.errors, mfruntime.datatools.errors, mfruntime.flow.spec, mfruntime.tasks.hooks.catch,
             mfruntime.tasks.hooks.timeout)  # fmt: skip
    for module, names in STOCK_MODULES.items():
        for name in names:
            (cls,) = {vars(home)[name] for home in homes if name in vars(home)}
            assert recorded_name(cls) == f"{module}.{name}"


def test_current_has_the_tags_of_the_user_and_lists(flow: Flow) -> None:
    more = "    n = Parameter('n', default=1)\n"
    call = flow(one("print('SEEN', current.tags, current.parameter_names)", more=more), "run", "--tag", "mine")
    assert "SEEN ['mine'] ['n']" in call.out, call.text


ENDS = {
    "no end": ("start", "finish", 1, "has no end step. Name a step 'end' or mark it @step(end=True) (steps without self.next: finish)"),
    "no start": ("first", "end", 1, "has no start step. Name a step 'start' or mark it @step(start=True) (steps without a previous step: first)"),
    "one step": ("only", "", 0, "Done!"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
def test_first_and_last_step_are_named_or_marked(flow: Flow, case: str) -> None:
    first, last, code, expected = ENDS[case]
    body = f"self.next(self.{last})" if last else "pass"
    second = f"    @step\n    def {last}(self):\n        pass\n" if last else ""
    source = f"{HEAD}\nclass Ends(FlowSpec):\n    @step\n    def {first}(self):\n        {body}\n{second}\nif __name__ == '__main__':\n    Ends()\n"
    call = flow(source, "run")
    assert (call.code, expected in call.text) == (code, True), call.text


@pytest.mark.parametrize(
    "settings",
    [{"METAFLOW_PROFILE": "missing"}, {"METAFLOW_DEFAULT_DECOSPECS": "missing"}, {"METAFLOW_DEFAULT_ENVIRONMENT": "x"}],
)
def test_help_is_shown_whatever_the_settings_contain(flow: Flow, settings: dict[str, str]) -> None:
    for args in (("run", "--help"), ("version",)):
        call = flow(one("pass"), *args, **settings)
        assert call.code == 0, call.text
    assert flow(one("pass"), "run", **settings).code == 1


def test_a_profile_may_begin_with_a_byte_order_mark(flow: Flow, tmp_path: Path) -> None:
    content = "\ufeff" + json.dumps({"METAFLOW_DATASTORE_SYSROOT_LOCAL": str(tmp_path / "windows")})
    (tmp_path / "config_bom.json").write_text(content, encoding="utf-8")
    call = flow(one("pass"), "run", METAFLOW_PROFILE="bom", METAFLOW_HOME=str(tmp_path))
    assert call.code == 0, call.text
    assert latest(tmp_path / "windows").is_dir()


def test_clones_know_their_origin_at_every_level(flow: Flow, tmp_path: Path) -> None:
    source = one("raise ValueError")
    assert flow(source, "run").code == 1
    first = latest(tmp_path).name
    assert flow(one("pass"), "resume").code == 0
    reader = f"""
import json
from mfruntime import Flow, Run, namespace
namespace(None)
run = Flow("One").latest_run
task = run["start"].task
print(json.dumps({{
    "origins": [Flow("One").origin_pathspec, run.origin_pathspec, run["start"].origin_pathspec, task.origin_pathspec,
                task["kept"].origin_pathspec],
    "fresh": [Run("One/{first}").origin_pathspec, run["end"].task.origin_pathspec],
    "metadata": sorted({{"ds-type", "ds-root"}} & {{*task.metadata_dict}}),
    "ends": run._graph_endpoints,
}}))
"""
    found = json.loads(flow(reader).out)
    assert found["origins"] == [
        None,
        f"One/{first}",
        f"One/{first}/start",
        f"One/{first}/start/1",
        f"One/{first}/start/1/kept",
    ]
    assert found["fresh"] == [None, None]
    assert found["metadata"] == ["ds-root", "ds-type"]
    assert found["ends"] == ["start", "end"]
