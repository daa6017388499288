"""A foreach: task i gets item i of the list at the split, whatever its variable is and whatever a step does with it."""

from __future__ import annotations

import array
import collections
import json
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime import FlowSpec, step
from mfruntime.flow import foreach
from mfruntime.flow.pickled_names import ForeachFrame
from mfruntime.flow.task_state import TaskState, state_of


class Split(FlowSpec):
    @step
    def start(self) -> None:
        self.next(self.work, foreach="items")

    @step
    def work(self) -> None: ...


class Rows:
    """Like a pandas Series whose labels are not positions."""

    def __init__(self, labels: list[Any], values: list[Any]):
        self.labels, self.values = labels, values

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __getitem__(self, label: Any) -> Any:
        if label not in self.labels:
            raise KeyError(label)
        return self.values[self.labels.index(label)]


class Pairs(list):  # type: ignore[type-arg]
    """A list that is iterated in pairs."""

    def __iter__(self) -> Iterator[Any]:
        return (self[i : i + 2] for i in range(0, len(self), 2))


class Backwards(dict):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        return reversed(list(super().__iter__()))


class Lazy(Sequence):  # type: ignore[type-arg]
    """Reads its items when they are subscripted, so that a copy of all would be large."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, position: Any) -> Any:
        if position >= 3:
            raise IndexError
        return f"row {position}"


class Old:
    """Iterated by subscription, as before Python had iterators."""

    def __getitem__(self, position: int) -> int:
        if position > 2:
            raise IndexError
        return position * 10


class NoText:
    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    __hash__ = None  # type: ignore[assignment]


def counter() -> Any:
    return collections.Counter(["red", "red", "green", "blue"])


UNORDERED = {
    "set": lambda: {f"w{i}" for i in range(12)},
    "frozenset": lambda: frozenset("abc"),
    "counter": counter,
    "defaultdict": lambda: collections.defaultdict(list, {"a": [1], "b": [2]}),
    "int_keys": lambda: {2: "two", 1: "one", 0: "zero"},
    "zero_key": lambda: {0: "zero"},
    "ordered": lambda: collections.OrderedDict([(1, "a"), (0, "b")]),
    "user_dict": lambda: collections.UserDict({1: "a", 0: "b"}),
    "rows": lambda: Rows([2, 0, 1], ["first", "second", "third"]),
    "pairs": lambda: Pairs([1, 2, 3, 4]),
    "backwards": lambda: Backwards(a=1, b=2),
}
POSITIONAL = {
    "list": lambda: [{"a": 1}, None, "x"],
    "tuple": lambda: (3, 1, 2),
    "text": lambda: "héé",
    "bytes": lambda: b"\x01\x02",
    "range": lambda: range(5, 0, -2),
    "deque": lambda: collections.deque("abc", maxlen=3),
    "array": lambda: array.array("d", [0.5, 1.5]),
    "numpy": lambda: numpy.arange(6).reshape(3, 2),
    "lazy": Lazy,
    "old": Old,
}
CONSUMED = {
    "generator": lambda: (x * x for x in range(3)),
    "map": lambda: map(str, range(3)),
    "zip": lambda: zip("ab", range(2)),
    "list_iterator": lambda: iter([1, 2]),
    "reversed": lambda: reversed([1, 2]),
    "keys": lambda: {"b": 1, "a": 2}.keys(),
    "values": lambda: {"b": 1, "a": 2}.values(),
    "items": lambda: counter().items(),
}


def at_split(items: Any) -> dict[str, Any]:
    """The artifacts that a split saves."""
    flow = Split(use_cli=False)
    flow._become(TaskState("start", datastore={}))
    flow.items = items
    flow.start()
    return {**vars(flow), **state_of(flow).artifacts()}


def stored(artifacts: dict[str, Any]) -> dict[str, Any]:
    """Artifacts as another process reads them; sets get another order there."""
    return {
        name: type(value)(reversed(list(value))) if isinstance(value, (set, frozenset)) else value
        for name, value in pickle.loads(pickle.dumps(artifacts)).items()
    }


def task(results: dict[str, Any], index: int) -> Split:
    flow = Split(use_cli=False)
    value = results["_foreach_values"][index]
    frame = ForeachFrame("work", "items", results["_foreach_num_splits"], index, value)
    flow._become(TaskState("work", stored(results), [frame], foreach_source=stored(results)))
    return flow


def saved(artifacts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in artifacts.items() if name != "_task_state"}


def same(one: Any, other: Any) -> bool:
    return bool((numpy.asarray(one, dtype=object) == numpy.asarray(other, dtype=object)).all())


@pytest.mark.parametrize("make", [*UNORDERED.values(), *POSITIONAL.values(), *CONSUMED.values()], ids=[*UNORDERED, *POSITIONAL, *CONSUMED])  # fmt: skip
def test_task_i_gets_item_i_of_the_list_at_the_split(make: Any) -> None:
    items = make()
    wanted = list(make() if isinstance(items, Iterator) else items)
    results = saved(at_split(items))
    assert results["_foreach_num_splits"] == len(wanted)
    for i in range(len(wanted)):
        flow = task(results, i)
        assert same(flow.input, wanted[i]), (flow.input, wanted[i])
        assert same(flow.foreach_stack()[0][2], wanted[i])  # type: ignore[index]


@pytest.mark.parametrize("make", POSITIONAL.values(), ids=POSITIONAL)
def test_a_split_stores_nothing_more_for_what_is_subscripted_by_position(make: Any) -> None:
    assert "_foreach_items_work" not in at_split(make())


@pytest.mark.parametrize("make", CONSUMED.values(), ids=CONSUMED)
def test_a_variable_that_the_split_read_to_its_end_is_stored_as_a_list(make: Any) -> None:
    assert at_split(make())["items"] == list(make())


@given(st.sets(st.text(max_size=5), min_size=1))
def test_every_item_of_a_set_comes_once(items: set[str]) -> None:
    results = saved(at_split(items))
    got = [task(results, i).input for i in range(results["_foreach_num_splits"])]
    assert sorted(got) == sorted(items)
    assert [str(item)[:30] for item in got] == results["_foreach_values"]


@pytest.mark.parametrize("items", [{f"w{i}" for i in range(12)}, {2: "a", 1: "b", 0: "c"}, collections.Counter("bca")])
def test_a_run_whose_split_stored_no_list_finds_its_items_by_their_texts(items: Any) -> None:
    results = saved(at_split(items))
    del results["_foreach_items_work"]
    got = [task(results, i).input for i in range(len(items))]
    assert [str(item) for item in got] == results["_foreach_values"]


def changed(flow: Split, how: str) -> None:
    if how == "assigned":
        flow.items = None
    elif how == "reversed":
        flow.items.reverse()
    elif how == "shorter":
        flow.items.pop(0)
    elif how == "read":
        _ = flow.input, flow.items
    elif how == "input first":
        _ = flow.input
        flow.items = [flow.items[0]]


@pytest.mark.parametrize("how", ["assigned", "reversed", "shorter", "read", "input first"])
@pytest.mark.parametrize("index", [0, 2])
def test_later_steps_get_the_same_item_after_a_step_changed_the_variable(how: str, index: int) -> None:
    wanted = [["a"], ["b"], ["c"]]
    results = saved(at_split(list(wanted)))
    flow = task(results, index)
    changed(flow, how)
    assert flow.input == wanted[index]
    foreach.store_changed(flow)
    later = task({**results, **saved(vars(flow))}, index)
    assert later.input == wanted[index]


def test_a_step_that_only_reads_the_variable_stores_nothing_more() -> None:
    for items in ([[1], [2]], (1000, 2000), numpy.arange(4).reshape(2, 2), [NoText(), NoText()]):
        flow = task(saved(at_split(items)), 1)
        changed(flow, "read")
        foreach.store_changed(flow)
        assert "_foreach_items_work" not in vars(flow)


def test_a_change_of_the_item_itself_reaches_later_steps() -> None:
    results = saved(at_split([{"n": 1}, {"n": 2}]))
    flow = task(results, 1)
    flow.input["result"] = 3
    foreach.store_changed(flow)
    assert task({**results, **saved(vars(flow))}, 1).input == {"n": 2, "result": 3}


RUN = """
import json, os
from collections import Counter
from mfruntime import FlowSpec, step

class Words(FlowSpec):
    @step
    def start(self):
        self.words = {"w%d" % i for i in range(4)}
        self.wanted = list(self.words)
        self.next(self.outer, foreach="words")
    @step
    def outer(self):
        self.word = self.input
        if os.environ.get("FAIL") and self.index % 2:
            raise ValueError("not yet")
        self.words = Counter([self.word, "x"])
        self.next(self.inner, foreach="words")
    @step
    def inner(self):
        self.pair = [item for _, _, item in self.foreach_stack()]
        self.next(self.inner_join)
    @step
    def inner_join(self, inputs):
        self.word = self.input
        self.pairs = [branch.pair for branch in inputs]
        self.merge_artifacts(inputs, include=["wanted"])
        self.next(self.after)
    @step
    def after(self):
        assert self.input == self.word
        self.next(self.join)
    @step
    def join(self, inputs):
        print(json.dumps({"words": [branch.word for branch in inputs], "inputs": [branch.input for branch in inputs],
                          "pairs": [branch.pairs for branch in inputs], "wanted": inputs[0].wanted}))
        self.next(self.end)
    @step
    def end(self):
        pass

if __name__ == "__main__":
    Words()
"""


def result(call: Any) -> dict[str, Any]:
    assert call.code == 0, call.text
    (line,) = [line for line in call.out.splitlines() if '{"words"' in line]
    return json.loads(line[line.index("{") :])  # type: ignore[no-any-return]


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_every_word_of_a_set_comes_once_in_nested_foreaches_and_after_a_resume(
    flow, tmp_path: Path, isolation: str
) -> None:  # type: ignore[no-untyped-def]
    assert flow(RUN, "run", "--isolation", isolation, "--max-workers", "2", FAIL="1").code == 1
    found = result(flow(RUN, "resume", "--isolation", isolation, "--max-workers", "4"))
    wanted = found["wanted"]
    assert sorted(wanted) == [f"w{i}" for i in range(4)]
    assert (found["words"], found["inputs"]) == (wanted, wanted)
    assert found["pairs"] == [[[word, word], [word, "x"]] for word in wanted]
