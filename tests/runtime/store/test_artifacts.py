"""Artifact maps: attempts, values, and what is said of values that cannot be kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt, MetaflowInvalidPathspec, StorageError, UnpicklableArtifact
from mfruntime.flow.pickled_names import ForeachFrame, MetaflowExceptionWrapper
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.binary(max_size=50)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.tuples(inner)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), values, max_size=8))
def test_artifacts_come_back(artifacts: dict[str, Any]) -> None:
    store = FlowStore(MemoryStorage(), "F")
    writer = store.writer("1", "s", "2", 0)
    writer.begin()
    writer.save(artifacts)
    writer.commit()
    reader = FlowStore(store.storage, "F").task("1", "s", "2")
    assert reader.load_many(list(artifacts)) == artifacts
    assert set(reader.names()) == set(artifacts)


def test_an_attempt_counts_once_it_is_committed() -> None:
    store = FlowStore(MemoryStorage(), "F")
    for attempt, value in ((0, "first"), (1, "second")):
        writer = store.writer("1", "s", "2", attempt)
        writer.begin()
        writer.save({"v": value})
        assert store.task("1", "s", "2", attempt).is_done is False
        writer.commit()
    torn = store.writer("1", "s", "2", 2)
    torn.begin()
    torn.save({"v": "torn"})
    assert store.task("1", "s", "2").attempt == 1
    assert store.task("1", "s", "2")["v"] == "second"


@pytest.mark.parametrize("value", [threading.Lock(), lambda: 1, (x for x in "a")], ids=["lock", "lambda", "generator"])
def test_a_value_that_cannot_be_kept_is_named(value: Any) -> None:
    writer = FlowStore(MemoryStorage(), "F").writer("1", "train", "2", 0)
    with pytest.raises(UnpicklableArtifact) as info:
        writer.save({"good": 1, "bad_one": value})
    assert "'bad_one' of step 'train'" in str(info.value)


def test_a_value_nested_too_deeply_is_named() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    writer = FlowStore(MemoryStorage(), "F").writer("1", "s", "2", 0)
    with pytest.raises(UnpicklableArtifact, match="nested too deeply"):
        writer.save({"deep": deep})
    while deep:  # taken apart by hand: freeing it at once would exhaust the stack of some Pythons
        deep = deep.pop()


@pytest.mark.parametrize("name", ["a/b", "..", "a\nb", "x" * 300, ""])
def test_a_name_that_cannot_be_a_file_is_refused(name: str) -> None:
    writer = FlowStore(MemoryStorage(), "F").writer("1", "s", "2", 0)
    with pytest.raises(MetaflowInvalidPathspec):
        writer.save({name: 1})


def test_classes_of_the_format_keep_their_names() -> None:
    store = FlowStore(MemoryStorage(), "F")
    writer = store.writer("1", "s", "2", 0)
    frame = ForeachFrame("s", "xs", 3, 1, "b")
    try:
        raise ValueError("why")
    except ValueError as exc:
        error = MetaflowExceptionWrapper(exc)
    writer.save({"frames": [frame], "error": error})
    writer.commit()
    contents = store.load_blobs([store.task("1", "s", "2").sha("frames"), store.task("1", "s", "2").sha("error")])
    frames, errors = contents.values()
    assert b"__main__" in frames
    assert b"metaflow.exception" in errors
    reader = store.task("1", "s", "2")
    assert reader["frames"] == [frame]
    assert (reader["error"].exception, reader["error"].type) == ("why", "builtins.ValueError")


def test_a_damaged_map_is_named(tmp_path: Path) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    writer = store.writer("1", "s", "2", 0)
    writer.save({"v": 1})
    writer.commit()
    path = tmp_path / "F" / "1" / "s" / "2" / "0.data.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(DataCorrupt, match=str(path)):
        _ = store.task("1", "s", "2").objects


def test_a_full_disk_is_said_and_leaves_no_partial_file(tmp_path: Path) -> None:
    import resource
    import signal

    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        import os

        with pytest.raises(StorageError, match="cannot be written"):
            store.writer("1", "s", "2", 0).save({"v": os.urandom(50_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert [p for p in tmp_path.rglob("*") if p.is_file() and not p.name.endswith("_meta")] == []


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "F").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        FlowStore(LocalStorage(str(tmp_path)), "F").writer("1", "s", "2", 0).begin()
