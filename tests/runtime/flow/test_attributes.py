"""Every name on `self` has one value: in its step, in later steps, in joins, in the client and in `dump` - or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mfruntime import FlowSpec, Parameter, step
from mfruntime.errors import LintWarn, MetaflowException
from mfruntime.flow import attributes
from mfruntime.flow.lint import check
from mfruntime.flow.task_state import TaskState

#: Names that a flow or FlowSpec already has, and that a step can nevertheless assign.
KEPT = (
    "name",
    "cmd",
    "helper",
    "_private",
    "static",
    "Nested",
    "cached",
    "_load",
    "_target",
    "_missing",
    "items",
    "_steps",
)

ASSIGNED = """
import json, sys
from functools import cached_property
from mfruntime import FlowSpec, step

KEPT = {kept!r}

class Names(FlowSpec):
    _private = "of the class"
    class Nested: pass
    def helper(self): return 1
    @staticmethod
    def static(): return 2
    @cached_property
    def cached(self): return 3
    def _load(self, path): return path
    def values(self):
        return {{name: getattr(self, name) for name in KEPT}}
    @step
    def start(self):
        before = (self.name, self._private, self.helper(), self.static(), self._load("path"))
        assert before == ("Names", "of the class", 1, 2, "path"), before
        self.next(self.assign)
    @step
    def assign(self):
        for name in KEPT:
            setattr(self, name, "value of " + name)
        self.seen = [self.values()]
        self.next(self.later)
    @step
    def later(self):
        self.seen = [*self.seen, self.values()]
        self.next(self.left, self.right)
    @step
    def left(self):
        self.next(self.join)
    @step
    def right(self):
        self.next(self.join)
    @step
    def join(self, inputs):
        assert (self.name, self._private, self.helper()) == ("Names", "of the class", 1)
        self.seen = [*inputs.left.seen, *({{name: getattr(branch, name) for name in KEPT}} for branch in inputs)]
        self.merge_artifacts(inputs)
        self.seen = [*self.seen, self.values()]
        self.next(self.end)
    @step
    def end(self):
        print(json.dumps([*self.seen, self.values()]))

if __name__ == "__main__":
    Names()
"""
READ = '''
import json, sys
from mfruntime import Flow, namespace
namespace(None)
run = Flow(sys.argv[1]).latest_run
print(json.dumps({name: {step.id: step.task[name].data for step in run if name in {a.id for a in step.task} or name.startswith("_")} for name in sys.argv[2:]}))
'''  # fmt: skip


def of_client(flow: Any, tmp_path: Path, *names: str) -> dict[str, Any]:
    script = tmp_path / "read.py"
    script.write_text(READ)
    call = flow(script, *names)
    assert call.code == 0, call.text
    return json.loads(call.out)  # type: ignore[no-any-return]


def printed(call: Any) -> Any:
    assert call.code == 0, call.text
    (line,) = [line for line in call.out.splitlines() if "] [" in line.replace("pid", "") and "value of" in line]
    return json.loads(line[line.index(")] ") + 3 :])


def test_an_artifact_called_like_something_of_the_class_is_the_same_everywhere(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = ASSIGNED.format(kept=KEPT)
    wanted = {name: f"value of {name}" for name in KEPT}
    assert printed(flow(source, "run")) == [wanted] * 6
    public = [name for name in KEPT if not name.startswith("_")]
    found = of_client(flow, tmp_path, "Names", *public)
    for name in public:
        per_step = {step: value for step, value in found[name].items() if step not in ("start", "_parameters")}
        assert per_step == dict.fromkeys(("assign", "later", "left", "right", "join", "end"), wanted[name]), name
    assert found["name"]["start"] == "Names"
    run = (tmp_path / ".metaflow" / "Names" / "latest_run").read_text()
    assert "= value of _private" in flow(source, "dump", "--private", f"{run}/later").out


class Mixin:
    of_mixin = [1]
    replaced = 1


class Small(FlowSpec, Mixin):
    best = None
    function = staticmethod(len)
    text = Parameter("text", default="x")

    @property
    def computed(self) -> int:
        return 1

    @step
    def start(self) -> None:
        self.next(self.end)

    @step
    def end(self) -> None: ...


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("best", "a class attribute, which is constant in a run"),
        ("of_mixin", "a class attribute, which is constant in a run"),
        ("end", "a step"),
        *((name, "an attribute of FlowSpec") for name in sorted(attributes.RESERVED)),
    ],
)
def test_what_would_have_two_values_is_refused_where_it_is_assigned(name: str, why: str) -> None:
    flow = Small(use_cli=False)
    flow._become(TaskState("start", datastore={}))
    with pytest.raises(AttributeError, match=rf"self\.{name} cannot be assigned: in flow Small, '{name}' is {why}\."):
        setattr(flow, name, 5)
    assert name == "_task_state" or name not in vars(flow)


def test_parameters_and_properties_refuse_as_before() -> None:
    flow = Small(use_cli=False)
    flow._become(TaskState("start", datastore={}))
    for name in ("text", "computed"):
        with pytest.raises(AttributeError):
            setattr(flow, name, 5)


def test_constants_are_the_plain_values_of_the_class_and_its_mixins() -> None:
    assert attributes.constants(Small) == {"best": None, "of_mixin": [1], "replaced": 1}
    assert (Small.best, Small.of_mixin) == (None, [1])


@pytest.mark.parametrize("name", ["index", "input", "next", "merge_artifacts", "_graph", "_transition", "_exception"])
def test_a_class_attribute_that_the_runtime_needs_is_refused_with_its_class(name: str) -> None:
    with pytest.raises(MetaflowException, match=f"the attribute '{name}' has the name of an attribute of FlowSpec"):
        type("Bad", (FlowSpec,), {name: 3})


def test_a_flow_can_extend_the_methods_of_flowspec() -> None:
    class Extended(FlowSpec):
        def next(self, *targets: Any, **kwargs: Any) -> None:
            super().next(*targets, **kwargs)

    assert Extended.__name__ == "Extended"


@pytest.mark.parametrize("var", ["best", "end", "input", "text"])
def test_an_artifact_of_a_decorator_has_the_same_rule(var: str) -> None:
    from mfruntime import catch

    class Caught(FlowSpec):
        best = 1
        text = Parameter("text", default="x")

        @catch(var=var)
        @step
        def start(self) -> None:
            self.next(self.end)

        @step
        def end(self) -> None: ...

    with pytest.raises(LintWarn, match=f"the artifact of @catch is not possible. self.{var} cannot be assigned"):
        check(Caught._graph)


CONSTANTS = """
import time, uuid
from mfruntime import FlowSpec, Parameter, JSONType, step, current

class Mix:
    mixc = [1]

class Ct(FlowSpec, Mix):
    best = None
    limits = {"low": 1}
    stamp = uuid.uuid4().hex
    threshold = 5
    name = Parameter("name", default="given")
    cmd = Parameter("cmd", default={"a": 1}, type=JSONType)
    def seen(self):
        return [self.mixc, self.limits, self.stamp, self.threshold, self.name, self.cmd]
    @step
    def start(self):
        self.limits["high"] = 2
        self.mixc.append(2)
        self.all = [self.seen()]
        self.next(self.a, self.b)
    @step
    def a(self):
        self.cmd["b"] = 2
        self.next(self.join)
    @step
    def b(self):
        self.next(self.join)
    @step
    def join(self, inputs):
        assert [branch.limits for branch in inputs] == [{"low": 1, "high": 2}] * 2
        assert (self.cmd, inputs.a.cmd, inputs.b.cmd) == ({"a": 1}, {"a": 1, "b": 2}, {"a": 1})
        self.all = [*inputs.a.all, self.seen()]
        self.next(self.end)
    @step
    def end(self):
        FAIL
        assert current.flow_name == "Ct"
        import json
        print(json.dumps(["value of", *self.all, self.seen()]))

if __name__ == "__main__":
    Ct()
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_constants_and_parameters_have_one_value_in_steps_and_client(flow, tmp_path: Path, isolation: str) -> None:  # type: ignore[no-untyped-def]
    _, *seen = printed(flow(CONSTANTS.replace("FAIL", "pass"), "run", "--isolation", isolation))
    stamp = seen[0][2]
    wanted = [[1, 2], {"low": 1, "high": 2}, stamp, 5, "given", {"a": 1}]
    assert seen == [wanted] * 3
    names = ("mixc", "limits", "stamp", "threshold", "name", "cmd")
    found = of_client(flow, tmp_path, "Ct", *names)
    assert [found[name]["end"] for name in names] == wanted
    assert found["cmd"]["a"] == {"a": 1, "b": 2}


def test_a_resumed_run_has_the_constants_of_the_present_class_in_all_its_tasks(flow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert flow(CONSTANTS.replace("FAIL", "raise ValueError"), "run", "--name", "other").code == 1
    now = CONSTANTS.replace("FAIL", "pass").replace("threshold = 5", "threshold = 7\n    added = 'new'")
    _, *seen = printed(flow(now, "resume"))
    assert (seen[-1][3], seen[-1][4]) == (7, "other")
    found = of_client(flow, tmp_path, "Ct", "threshold", "added", "name")
    steps = ("start", "a", "b", "join", "end")
    assert found["threshold"] == dict.fromkeys(steps, 7)
    assert found["added"] == dict.fromkeys(steps, "new")
    assert found["name"] == dict.fromkeys(steps, "other")


def test_the_assignment_of_a_constant_fails_its_step_and_names_it(flow) -> None:  # type: ignore[no-untyped-def]
    call = flow(CONSTANTS.replace("FAIL", "self.threshold = 6"), "run")
    assert call.code == 1
    assert "self.threshold cannot be assigned: in flow Ct, 'threshold' is a class attribute" in call.text
    assert "Step end" in call.err


MERGE = """
from mfruntime import FlowSpec, step

class Merge(FlowSpec):
    @step
    def start(self):
        self.xs, self.shared, self._hidden, self.e = [1, 2], 1, 2, 3
        self.next(self.work, foreach="xs")
    @step
    def work(self):
        self.feature = self.input
        self.next(self.join)
    @step
    def join(self, inputs):
        self.merge_artifacts(inputs, ARGUMENTS)
        self.next(self.end)
    @step
    def end(self):
        print("MERGED", [getattr(self, name, None) for name in ("shared", "_hidden", "e", "feature")])

if __name__ == "__main__":
    Merge()
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("exclude='feature'", "MERGED [1, 2, 3, None]"),
        ("exclude=('feature', 'e')", "MERGED [1, 2, None, None]"),
        ("include='shared'", "MERGED [1, None, None, None]"),
        ("include=(name for name in ['e'])", "MERGED [None, None, 3, None]"),
        ("exclude='feat'", "artifacts that differ between its inputs: feature"),
        ("include='absent'", "artifacts that no input has: absent"),
        ("include=[1]", "include must contain names of artifacts, not 1"),
    ],
)
def test_a_text_is_one_name_and_not_its_letters(flow, arguments: str, expected: str) -> None:  # type: ignore[no-untyped-def]
    assert expected in flow(MERGE.replace("ARGUMENTS", arguments), "run").text


def test_the_default_of_a_parameter_with_several_values_can_be_one_text() -> None:
    from mfruntime.flow.parameters import resolve

    assert resolve(Parameter("words", multiple=True, default="abc"), None, lambda _: None) == ("abc",)  # type: ignore[arg-type,return-value]
    assert resolve(Parameter("words", multiple=True, default=["a", "b"]), None, lambda _: None) == ("a", "b")  # type: ignore[arg-type,return-value]
