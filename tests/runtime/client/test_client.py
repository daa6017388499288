"""The client on runs of ours: what it finds, what it refuses, what it survives."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.programs import Call, run_program

from mfruntime import (
    Flow,
    Metaflow,
    Run,
    Step,
    Task,
    default_metadata,
    default_namespace,
    get_metadata,
    get_namespace,
    metadata,
    namespace,
)
from mfruntime.client import scope
from mfruntime.errors import (
    CommandException,
    DataCorrupt,
    MetaflowInvalidPathspec,
    MetaflowNamespaceMismatch,
    MetaflowNotFound,
)

SHAPES = Path(__file__).parents[2] / "flows" / "shapes"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with two runs of Foreach, which the client looks at."""
    import sys

    for _ in range(2):
        call: Call = run_program([sys.executable, str(SHAPES / "foreach.py"), "run"], tmp_path)
        assert call.code == 0, call.text
    metadata(f"local@{tmp_path}")
    yield tmp_path
    default_namespace()
    scope._metadata = None
    scope._backends.clear()


def test_everything_is_reached_from_the_top(place: Path) -> None:
    assert get_metadata() == f"local@{place}"
    assert [flow.id for flow in Metaflow()] == ["Foreach"]
    flow = Metaflow()["Foreach"]
    newest, oldest = list(flow)
    assert newest.created_at > oldest.created_at
    assert flow.latest_run == flow.latest_successful_run == newest
    assert {step.id for step in newest} == {"start", "body", "after", "join", "end"}
    assert sorted(task.index for task in newest["body"]) == [0, 1, 2]
    assert newest["join"].task["all"].data == ["A", "B", "C" * 60]
    assert newest.data.all[0] == "A"
    assert "nothing" not in newest["join"].task.data
    assert newest["join"].task.stdout == ""
    assert newest["body"].parent is newest or newest["body"].parent == newest


def test_objects_survive_pickling_and_compare(place: Path) -> None:
    task = Flow("Foreach").latest_run["body"].task
    again = pickle.loads(pickle.dumps(task))
    assert again == task
    assert again.parent.parent.pathspec == task.parent.parent.pathspec
    assert again["upper"].data == task["upper"].data


def test_namespaces_limit_what_is_seen(place: Path) -> None:
    run = Flow("Foreach").latest_run
    assert get_namespace() == "user:tester"
    namespace("user:somebody")
    assert list(Metaflow()) == []
    with pytest.raises(MetaflowNamespaceMismatch):
        Run(run.pathspec)
    run.add_tag("user:somebody")
    assert Run(run.pathspec) == run
    namespace(None)
    assert len(list(Flow("Foreach"))) == 2
    assert default_namespace() == "user:tester"


def test_tags_change_in_one_step(place: Path) -> None:
    run = Flow("Foreach").latest_run
    run.add_tags(["a", "b"])
    run.replace_tag("a", "c")
    assert run.user_tags == Run(run.pathspec).user_tags == {"b", "c"}
    assert [r.pathspec for r in Flow("Foreach").runs("c")] == [run.pathspec]


@pytest.mark.parametrize("pathspec", ["", "a/b", "..", "a\nb", "x" * 300, "Foreach/1/2"])
def test_names_that_cannot_be_are_refused(place: Path, pathspec: str) -> None:
    with pytest.raises((MetaflowInvalidPathspec, MetaflowNotFound)):
        Flow(pathspec)


def test_what_is_not_there_is_not_found(place: Path) -> None:
    run = Flow("Foreach").latest_run
    for make in (
        lambda: Flow("Nothing"),
        lambda: Run("Foreach/1"),
        lambda: Step(f"{run.pathspec}/x"),
        lambda: Task(f"{run.pathspec}/start/99"),
    ):
        with pytest.raises(MetaflowNotFound):
            make()
    with pytest.raises(KeyError):
        run["../x"]
    assert "nothing" not in run
    try:
        assert metadata("service@http://localhost:9") == "service@http://localhost:9"
        with pytest.raises(CommandException, match="http:// or https://"):
            metadata("service@nowhere")
    finally:
        default_metadata()


def test_a_damaged_run_does_not_hide_the_others(place: Path) -> None:
    newest, oldest = list(Flow("Foreach"))
    path = place / ".metaflow" / "Foreach" / newest.id / "_meta" / "_self.json"
    path.write_text("{")
    assert [run.id for run in Flow("Foreach")] == [oldest.id]
    with pytest.raises(DataCorrupt, match=str(path)):
        Run(f"Foreach/{newest.id}")


def test_a_damaged_blob_is_named_and_other_artifacts_stay_readable(place: Path) -> None:
    task = Flow("Foreach").latest_run["join"].task
    key = task["all"].sha
    path = place / ".metaflow" / "Foreach" / "data" / key[:2] / key
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataCorrupt, match=key):
        _ = task["all"].data
    assert task["items"].data[0] == "a"


def test_a_long_step_is_listed_without_reading_artifacts(place: Path) -> None:
    step = Flow("Foreach").latest_run["body"]
    for blob in (place / ".metaflow" / "Foreach" / "data").rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert len(list(step)) == 3
    assert [task.current_attempt for task in step] == [0, 0, 0]
