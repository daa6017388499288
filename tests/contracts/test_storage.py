"""The Storage contract, over every backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfruntime.store.storage.base import Entry, Item
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage


@pytest.fixture(params=["memory", "local"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryStorage() if request.param == "memory" else LocalStorage(str(tmp_path / ".metaflow"))


def contents(storage: Any, *paths: str) -> list[bytes | None]:
    return [item.data for item in storage.load(paths)]


def test_what_is_saved_is_loaded_in_the_order_asked_for(storage: Any) -> None:
    storage.save([Item("F/a", b"1"), Item("F/b/c", b"2")])
    assert contents(storage, "F/b/c", "F/missing", "F/a") == [b"2", None, b"1"]


def test_existing_objects_are_kept_unless_told_otherwise(storage: Any) -> None:
    storage.save([Item("F/a", b"1")])
    storage.save([Item("F/a", b"2")])
    assert contents(storage, "F/a") == [b"1"]
    storage.save([Item("F/a", b"3")], overwrite=True)
    assert contents(storage, "F/a") == [b"3"]


def test_metadata_travels_with_a_blob(storage: Any) -> None:
    storage.save([Item("F/data/ab/abc", b"x", {"cas_raw": True, "cas_version": 1})])
    (loaded,) = storage.load(["F/data/ab/abc"])
    assert loaded.meta == {"cas_raw": True, "cas_version": 1}


def test_existence_is_answered_in_order(storage: Any) -> None:
    storage.save([Item("F/a", b"")])
    assert storage.exists(["F/b", "F/a"]) == [False, True]


def test_listing_shows_what_lies_directly_below(storage: Any) -> None:
    storage.save([Item("F/r/s/1/x", b""), Item("F/r/t", b""), Item("G/y", b"")])
    assert storage.list(["F/r"]) == [Entry("F/r/s", True), Entry("F/r/t", False)]
    assert storage.list(["", "nothing"]) == [Entry("F", True), Entry("G", True)]


def test_deleting_what_is_not_there_is_no_error(storage: Any) -> None:
    storage.save([Item("F/a", b"1")])
    storage.delete(["F/a", "F/b"])
    assert storage.exists(["F/a"]) == [False]


def test_empty_and_large_objects_are_whole(storage: Any) -> None:
    large = bytes(range(256)) * 40_000
    storage.save([Item("F/empty", b""), Item("F/large", large)])
    assert contents(storage, "F/empty", "F/large") == [b"", large]
