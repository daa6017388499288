"""The edges of the Storage contract: what is no object, what comes in pieces, what is damaged."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt
from mfruntime.store.storage.base import Entry, Item
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage


@pytest.fixture(params=["memory", "local"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryStorage() if request.param == "memory" else LocalStorage(str(tmp_path / ".metaflow"))


def test_a_folder_is_no_object(storage: Any) -> None:
    storage.save([Item("F/a/b", b"1")])
    assert [item.data for item in storage.load(["F/a", "F"])] == [None, None]
    assert storage.exists(["F/a", "F/a/b"]) == [False, True]
    assert storage.list(["F/a/b"]) == []


def test_an_object_may_come_in_pieces(storage: Any) -> None:
    storage.save([Item("F/a", [b"1", memoryview(b"23"), b""]), Item("F/b", [])])
    assert [item.data for item in storage.load(["F/a", "F/b"])] == [b"123", b""]


def test_items_are_taken_one_at_a_time(storage: Any) -> None:
    def items() -> Any:
        yield Item("F/a", b"1")
        assert storage.exists(["F/a"]) == [True]  # saved before the next is made
        yield Item("F/b", b"2")

    storage.save(items())
    assert storage.list(["F"]) == [Entry("F/a", False), Entry("F/b", False)]


@pytest.mark.parametrize("content", ["{", "[]", "\udcff", "null"], ids=["torn", "list", "not UTF-8", "null"])
def test_damaged_metadata_of_a_blob_is_named(tmp_path: Path, content: str) -> None:
    storage = LocalStorage(str(tmp_path))
    storage.save([Item("F/data/ab/abc", b"x", {"cas_raw": True})])
    path = tmp_path / "F" / "data" / "ab" / "abc_meta"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(DataCorrupt, match=str(path)):
        list(storage.load(["F/data/ab/abc"]))


parts = st.sampled_from(["a", "b", "c", "ü", "x y", "_meta"])
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)
steps = st.one_of(
    st.tuples(st.just("save"), paths, st.binary(max_size=5), st.booleans()),
    st.tuples(st.just("delete"), paths, st.just(b""), st.just(False)),
)


def _clashes(path: str, known: set[str]) -> bool:
    """Whether a path would need a file where another needs a folder, which only memory could hold."""
    return any(other.startswith(path + "/") or path.startswith(other + "/") for other in known)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=12))
def test_every_backend_answers_alike(calls: list[tuple[str, str, bytes, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        memory, local = MemoryStorage(), LocalStorage(folder)
        known: set[str] = set()
        for verb, path, data, overwrite in calls:
            if _clashes(path, known):
                continue
            for storage in (memory, local):
                storage.save([Item(path, data)], overwrite) if verb == "save" else storage.delete([path])
            known.add(path)
        asked = sorted(known)
        assert list(memory.load(asked)) == list(local.load(asked))
        assert memory.exists(asked) == local.exists(asked)
        files = [[e for e in s.list(["", *asked]) if not e.is_dir] for s in (memory, local)]
        assert files[0] == files[1]
