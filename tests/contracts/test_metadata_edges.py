"""The edges of the Metadata contract: clocks, rivals, damage, and records that are exactly JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt, MetaflowInvalidPathspec, MetaflowNotFound, StorageError
from mfruntime.metadata_provider.base import ArtifactRecord, MetadataEntry, TaskRecord
from mfruntime.metadata_provider.files import FileMetadata
from mfruntime.metadata_provider.local import LocalMetadata
from mfruntime.metadata_provider.memory import MemoryMetadata
from mfruntime.metadata_provider.tree import MemoryTree


@pytest.fixture(params=["memory", "local"])
def metadata(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryMetadata() if request.param == "memory" else LocalMetadata(str(tmp_path / ".metaflow"))


def record(run: str) -> TaskRecord:
    return TaskRecord("F", run, "start", "1", "me", ("t",), ("user:me",))


def finish(metadata: Any, run: str, attempt: int, sha: str) -> None:
    metadata.register_artifacts(record(run), attempt, [ArtifactRecord("v", sha, "p", "m", "local", ":root:/r")])
    metadata.register_data(record(run), [MetadataEntry("attempt-done", str(attempt), "attempt-done")], attempt)


def test_a_clock_that_is_set_back_does_not_bring_back_an_earlier_attempt(
    metadata: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = metadata.new_run("F", [], [], "me")
    for attempt, now in ((0, 1_700_000_000.0), (1, 1_600_000_000.0), (2, 1_500_000_000.0)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        finish(metadata, run, attempt, f"sha{attempt}")
    assert [a["sha"] for a in metadata.artifacts("F", run, "start", "1")] == ["sha2"]
    assert [d["value"] for d in metadata.data("F", run, "start", "1")] == ["0", "1", "2"]


def test_tags_of_a_run_that_does_not_exist_leave_nothing_behind(metadata: Any) -> None:
    metadata.new_run("F", [], [], "me", run_id="1")
    with pytest.raises(MetaflowNotFound, match="F/2"):
        metadata.mutate_tags("F", "2", ["a"], [])
    assert metadata.child_names("F") == ["1"]


@pytest.mark.parametrize("field", ["a/b", "a\nb", "x" * 250])
def test_a_fact_whose_name_cannot_be_a_file_is_refused(metadata: Any, field: str) -> None:
    with pytest.raises(MetaflowInvalidPathspec, match="metadata field"):
        metadata.register_data(record("1"), [MetadataEntry(field, "1", "t")], 0)


@pytest.mark.parametrize("run", ["a/b", "..", "a\nb", "x" * 300, "", "data", "latest_run", "_meta"])
def test_a_run_id_that_cannot_be_a_folder_is_refused(metadata: Any, run: str) -> None:
    with pytest.raises(MetaflowInvalidPathspec):
        metadata.new_run("F", [], [], "me", run_id=run)


def test_a_run_under_a_given_id_is_registered_once(metadata: Any) -> None:
    metadata.new_run("F", ["first"], [], "me", run_id="argo-1")
    assert metadata.new_run("F", ["second"], [], "me", run_id="argo-1") == "argo-1"
    assert metadata.get("F", "argo-1")["tags"] == ["first"]


def test_what_does_not_exist_is_none_or_empty(metadata: Any) -> None:
    assert metadata.get("F") is metadata.get("F", "1") is metadata.get("F", "1", "s", "2") is None
    assert metadata.latest_run("F") is None
    assert metadata.children() == metadata.children("F") == metadata.children("F", "1", "s") == []
    assert metadata.artifacts("F", "1", "s", "2") == metadata.data("F", "1", "s", "2") == []


@pytest.mark.parametrize(
    "content", ["{", "[]", "", "12", '{"value": "x"}', "{}"], ids=["torn", "list", "empty", "number", "word", "bare"]
)
def test_a_damaged_end_of_an_attempt_is_named(tmp_path: Path, content: str) -> None:
    metadata = LocalMetadata(str(tmp_path))
    run = metadata.new_run("F", [], [], "me")
    finish(metadata, run, 0, "sha")
    (path,) = tmp_path.glob("F/*/start/1/_meta/sysmeta_attempt-done_*.json")
    path.write_text(content)
    with pytest.raises(DataCorrupt, match=str(path)):
        metadata.artifacts("F", run, "start", "1")


def test_a_place_that_cannot_be_listed_is_said(tmp_path: Path) -> None:
    metadata = LocalMetadata(str(tmp_path))
    with pytest.raises(StorageError, match="cannot be read"):
        metadata._tree.names("x" * 300)


RIVALS = """
import os, sys, time
from mfruntime.metadata_provider.local import LocalMetadata
root, count = sys.argv[1], int(sys.argv[2])
time.time = lambda: 1_700_000_000.0
shared = LocalMetadata(root).new_run("F", [], [], "me")
for number in range(count):
    if os.fork() == 0:
        metadata = LocalMetadata(root)
        metadata.new_run("F", [], [], "me")
        metadata.mutate_tags("F", shared, [f"t{number}"], ["gone"])
        os._exit(0)
failed = [status for _ in range(count) for status in [os.wait()[1]] if status]
sys.exit(len(failed))
"""


@pytest.mark.skipif(not hasattr(sys.modules["os"], "fork"), reason="needs fork")
def test_fifty_processes_at_once_get_fifty_runs_and_lose_no_tag(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", RIVALS, str(tmp_path), "50"], check=True, timeout=60)
    metadata = LocalMetadata(str(tmp_path))
    runs = [int(name) for name in metadata.child_names("F")]
    assert runs == list(range(min(runs), min(runs) + 51))
    assert sorted(metadata.children("F")[0]["tags"]) == sorted(f"t{i}" for i in range(50))
    assert metadata.latest_run("F") in metadata.child_names("F")


texts = st.text(max_size=30)


@given(texts, texts, st.lists(texts, max_size=3), texts | st.none() | st.integers() | st.lists(texts, max_size=2))
def test_records_are_to_the_byte_what_json_writes(user: str, sha: str, tags: list[str], value: Any) -> None:
    tree = MemoryTree()
    metadata = FileMetadata(tree)
    task = TaskRecord("F", "1", "s", "2", user, tuple(tags), ("a",))
    metadata.register_task(task, [MetadataEntry("f", value, sha), MetadataEntry("g", user, "t")], 1)
    metadata.register_data(task, [MetadataEntry("h", value, "t")], None)
    metadata.register_artifacts(task, 0, [ArtifactRecord("v", sha, user, "t", "local", sha)])
    for content in tree._files.values():
        assert content.decode() == json.dumps(json.loads(content))
