"""The Metadata contract, over every provider."""

from __future__ import annotations

import json
import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt, MetaflowNotFound, MetaflowTaggingError
from mfruntime.metadata_provider.base import ArtifactRecord, MetadataEntry, TaskRecord
from mfruntime.metadata_provider.files import FileMetadata
from mfruntime.metadata_provider.local import LocalMetadata
from mfruntime.metadata_provider.memory import MemoryMetadata
from mfruntime.metadata_provider.tree import MemoryTree


@pytest.fixture(params=["memory", "local"])
def metadata(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryMetadata() if request.param == "memory" else LocalMetadata(str(tmp_path / ".metaflow"))


def record(run: str, task: str = "1", step: str = "start") -> TaskRecord:
    return TaskRecord("F", run, step, task, "me", ("t",), ("user:me",))


def test_a_run_is_known_with_its_tags(metadata: Any) -> None:
    run = metadata.new_run("F", ["b"], ["user:me"], "me")
    assert metadata.get("F", run)["tags"] == ["b"]
    assert metadata.latest_run("F") == run
    assert [r["run_number"] for r in metadata.children("F")] == [run]
    assert [f["flow_id"] for f in metadata.children()] == ["F"]


def test_runs_of_one_microsecond_get_different_ids(metadata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    runs = [metadata.new_run("F", [], [], "me") for _ in range(5)]
    assert len(set(runs)) == 5


def test_registering_a_task_again_changes_nothing_but_adds_facts(metadata: Any) -> None:
    run = metadata.new_run("F", [], [], "me")
    metadata.register_task(record(run), [MetadataEntry("a", "1", "a")], 0)
    first = metadata.get("F", run, "start", "1")
    metadata.register_task(record(run), [MetadataEntry("b", "2", "b")], 1)
    assert metadata.get("F", run, "start", "1")["ts_epoch"] == first["ts_epoch"]
    assert {d["field_name"]: d["tags"] for d in metadata.data("F", run, "start", "1")} == {
        "a": ["attempt_id:0"],
        "b": ["attempt_id:1"],
    }


def test_facts_of_two_attempts_in_one_millisecond_are_both_kept(metadata: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = metadata.new_run("F", [], [], "me")
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    for attempt in range(3):
        metadata.register_data(record(run), [MetadataEntry("attempt-done", str(attempt), "attempt-done")], attempt)
    assert sorted(d["value"] for d in metadata.data("F", run, "start", "1")) == ["0", "1", "2"]
    assert metadata._last_done(f"F/{run}/start/1/_meta", metadata._tree.names(f"F/{run}/start/1/_meta")) == 2


def test_artifacts_are_those_of_the_last_attempt_that_is_done(metadata: Any) -> None:
    run = metadata.new_run("F", ["x"], [], "me")
    for attempt, sha in ((0, "aaa"), (1, "bbb")):
        metadata.register_artifacts(record(run), attempt, [ArtifactRecord("v", sha, "p", "m", "local", ":root:/r")])
        metadata.register_data(record(run), [MetadataEntry("attempt-done", str(attempt), "attempt-done")], attempt)
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "1")] == ["bbb"]
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "1", attempt=0)] == ["aaa"]
    assert metadata.artifacts("F", run, "start", "1")[0]["tags"] == ["x"]


def test_tags_of_the_run_lie_over_its_tasks(metadata: Any) -> None:
    run = metadata.new_run("F", ["a"], ["user:me"], "me")
    metadata.register_task(record(run), [], 0)
    assert metadata.mutate_tags("F", run, ["b", "user:me"], ["a"]) == ["b"]
    assert metadata.get("F", run, "start", "1")["tags"] == ["b"]
    assert metadata.children("F", run, "start")[0]["tags"] == ["b"]


@pytest.mark.parametrize(
    ("add", "remove", "expected"),
    [
        ([], ["user:me"], "System tags"),
        ([""], [], "empty"),
        (["x" * 501], [], "500"),
        ([f"t{i}" for i in range(51)], [], "50 tags"),
        (["\ud800"], [], "Unicode"),
    ],
)
def test_tags_that_are_not_allowed_change_nothing(
    metadata: Any, add: list[str], remove: list[str], expected: str
) -> None:
    run = metadata.new_run("F", ["a"], ["user:me"], "me")
    with pytest.raises(MetaflowTaggingError, match=expected):
        metadata.mutate_tags("F", run, add, remove)
    assert metadata.get("F", run)["tags"] == ["a"]


def test_tags_of_a_run_that_does_not_exist_are_refused(metadata: Any) -> None:
    with pytest.raises(MetaflowNotFound):
        metadata.mutate_tags("F", "1", ["a"], [])


def _add_tag(root: str, run: str, tag: str) -> None:
    LocalMetadata(root).mutate_tags("F", run, [tag], [])


def test_fifty_processes_that_add_tags_lose_none(tmp_path: Path) -> None:
    metadata = LocalMetadata(str(tmp_path / ".metaflow"))
    run = metadata.new_run("F", [], [], "me")
    tags = [f"t{i}" for i in range(50)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_add_tag, [(metadata.root, run, tag) for tag in tags])
    assert sorted(metadata.get("F", run)["tags"]) == sorted(tags)


def test_a_damaged_record_is_named_and_other_runs_stay_readable(tmp_path: Path) -> None:
    metadata = LocalMetadata(str(tmp_path / ".metaflow"))
    bad, good = (metadata.new_run("F", [], [], "me") for _ in range(2))
    path = tmp_path / ".metaflow" / "F" / bad / "_meta" / "_self.json"
    path.write_text('{"run_num')
    with pytest.raises(DataCorrupt, match=str(path)):
        metadata.get("F", bad)
    assert metadata.get("F", good)["run_number"] == good


texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)


@settings(max_examples=60)
@given(texts, texts, st.lists(texts, max_size=3), texts | st.lists(texts, max_size=3))
def test_the_fast_way_of_writing_records_writes_what_json_would(
    user: str, sha: str, tags: list[str], value: Any
) -> None:
    tree = MemoryTree()
    metadata = FileMetadata(tree)
    task = TaskRecord("F", "1", "s", "2", user, tuple(tags), ("a",))
    metadata.register_artifacts(task, 0, [ArtifactRecord("v", sha, "c", "t", "local", "loc")])
    metadata.register_data(task, [MetadataEntry("f", value, "t")], 0)
    artifact, entry = (json.loads(data) for data in tree._files.values())
    assert {k: artifact[k] for k in ("user_name", "sha", "tags", "attempt_id")} == {
        "user_name": user,
        "sha": sha,
        "tags": tags,
        "attempt_id": 0,
    }
    assert (entry["value"], entry["user_name"], entry["tags"]) == (value, user, ["attempt_id:0"])
