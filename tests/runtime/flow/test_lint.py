"""Flows that cannot run are refused before anything runs, with the line and what to change."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mfruntime.errors import LintWarn, MetaflowException
from mfruntime.flow.lint import check

SHAPES = sorted((Path(__file__).parents[2] / "flows" / "shapes").glob("*.py"))


def load(path: Path) -> Any:
    """The flow class that a file defines last."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    flows = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == path.stem]
    return flows[-1]


def write(tmp_path: Path, steps: str) -> Any:
    source = "from mfruntime import FlowSpec, Parameter, catch, retry, step\n\nclass Bad(FlowSpec):\n"
    path = tmp_path / "badflow.py"
    path.write_text(source + textwrap.indent(textwrap.dedent(steps), "    "))
    return load(path)


END = "@step\ndef end(self):\n    pass\n"
CASES = {
    "unknown_step": ("@step\ndef start(self):\n    self.next(self.edn)\n" + END, "Did you mean self.end?"),
    "no_next": ("@step\ndef start(self):\n    self.x = 1\n" + END, "does not end with self.next"),
    "next_in_if": ("@step\ndef start(self):\n    if 1:\n        self.next(self.end)\n" + END, "last statement"),
    "odd_next": ("@step\ndef start(self):\n    self.next(*[self.end])\n" + END, "is invalid. Allowed"),
    "no_join": (
        "@step\ndef start(self):\n    self.next(self.a, self.b)\n@step\ndef a(self):\n    self.next(self.end)\n"
        "@step\ndef b(self):\n    self.next(self.end)\n" + END,
        "Use 'def end(self, inputs):'",
    ),
    "foreach_never_joined": (
        "@step\ndef start(self):\n    self.xs = [1]\n    self.next(self.a, foreach='xs')\n"
        "@step\ndef a(self):\n    self.next(self.end)\n" + END,
        "never joined",
    ),
    "join_without_split": (
        "@step\ndef start(self):\n    self.next(self.a)\n@step\ndef a(self, inputs):\n    self.next(self.end)\n" + END,
        "no split is open",
    ),
    "loop": (
        "@step\ndef start(self):\n    self.next(self.a)\n@step\ndef a(self):\n    self.next(self.b)\n"
        "@step\ndef b(self):\n    self.next(self.a)\n" + END,
        "cannot be reached",
    ),
    "loop_to_self": (
        "@step\ndef start(self):\n    self.next(self.a)\n@step\ndef a(self):\n    self.next(self.a, self.b)\n"
        "@step\ndef b(self):\n    self.next(self.end)\n" + END,
        "infinite loop",
    ),
    "unreached": (
        "@step\ndef start(self):\n    self.next(self.end)\n@step\ndef a(self):\n    self.next(self.end)\n" + END,
        "cannot be reached",
    ),
    "three_arguments": ("@step\ndef start(self, a, b):\n    self.next(self.end)\n" + END, "has 3 arguments"),
    "reserved_name": (
        "@step\ndef start(self):\n    self.next(self.index)\n@step\ndef index(self):\n    self.next(self.end)\n" + END,
        "reserved",
    ),
    "end_goes_on": (
        "@step\ndef start(self):\n    self.next(self.end)\n@step\ndef end(self):\n    self.next(self.start)\n",
        "must not call self.next",
    ),
    "same_step_twice": ("@step\ndef start(self):\n    self.next(self.end, self.end)\n" + END, "same step twice"),
    "parallel": (
        "@step\ndef start(self):\n    self.next(self.a, num_parallel=2)\n@step\ndef a(self):\n    self.next(self.j)\n"
        "@step\ndef j(self, inputs):\n    self.next(self.end)\n" + END,
        "num_parallel",
    ),
    "join_that_splits": (
        "@step\ndef start(self):\n    self.next(self.a, self.b)\n@step\ndef a(self):\n    self.next(self.j)\n"
        "@step\ndef b(self):\n    self.next(self.j)\n@step\ndef j(self, inputs):\n    self.next(self.c, self.d)\n"
        "@step\ndef c(self):\n    self.next(self.k)\n@step\ndef d(self):\n    self.next(self.k)\n"
        "@step\ndef k(self, inputs):\n    self.next(self.end)\n" + END,
        "Add a step between",
    ),
    "different_joins": (
        "@step\ndef start(self):\n    self.next(self.a, self.b)\n@step\ndef a(self):\n    self.next(self.j)\n"
        "@step\ndef b(self):\n    self.next(self.k)\n@step\ndef j(self, inputs):\n    self.next(self.end)\n"
        "@step\ndef k(self, inputs):\n    self.next(self.end)\n" + END,
        "same join",
    ),
    "caught_split": (
        "@catch\n@step\ndef start(self):\n    self.xs = [1]\n    self.next(self.a, foreach='xs')\n"
        "@step\ndef a(self):\n    self.next(self.j)\n@step\ndef j(self, inputs):\n    self.next(self.end)\n" + END,
        "@catch",
    ),
    "two_starts": (
        "@step(start=True)\ndef one(self):\n    self.next(self.two)\n"
        "@step(start=True)\ndef two(self):\n    self.next(self.end)\n" + END,
        "mark only one of them",
    ),
    "no_steps": ("x = 1\n", "has no steps"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flow_that_cannot_run_is_refused_with_what_to_change(tmp_path: Path, case: str) -> None:
    steps, expected = CASES[case]
    flow = write(tmp_path, steps)
    with pytest.raises(LintWarn) as info:
        check(flow._graph)
    assert expected in str(info.value)
    assert case in ("no_steps", "two_starts") or info.value.line_no


@pytest.mark.parametrize("path", SHAPES, ids=lambda p: p.stem)
def test_every_good_shape_passes(path: Path) -> None:
    check(load(path)._graph)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("p = Parameter('tag')", "reserved"),
        ("p = Parameter('run-id')", "reserved"),
        ("a = Parameter('x')\nb = Parameter('X')", "two parameters"),
        ("p = Parameter('x', default='q', type=int)", "not a valid integer"),
        ("p = Parameter('x', type=list)", "use str, int"),
        ("p = Parameter('x', default=1, required=True)", "remove one of the two"),
        ("p = Parameter('a b')", "must start with a letter"),
        ("p = Parameter('../x')", "separator"),
        ("next = Parameter('next')", "the name of an attribute"),
        ("p = Parameter('x', tyep=int)", "unknown argument"),
    ],
)
def test_a_bad_parameter_is_refused_when_the_class_is_made(tmp_path: Path, line: str, expected: str) -> None:
    steps = line + "\n@step\ndef start(self):\n    self.next(self.end)\n" + END
    with pytest.raises(MetaflowException) as info:
        write(tmp_path, steps)
    assert expected in str(info.value)


def test_tools_read_the_graph_as_that_of_metaflow(tmp_path: Path) -> None:
    flow = write(tmp_path, "@step\ndef start(self):\n    self.next(self.end)\n" + END)
    for graph in (flow._graph, flow(use_cli=False)._graph):
        assert (graph["start"].type, graph["end"].in_funcs, graph["end"].parallel_step) == ("start", ("start",), False)
