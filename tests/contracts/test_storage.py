"""The Storage contract, over every backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.object_stores import SERVERS, Server

from mfruntime import registry, settings
from mfruntime.store.storage.base import Entry, Item
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage


@pytest.fixture(scope="module", params=["memory", "local", *SERVERS])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server | str]:
    if request.param not in SERVERS:
        yield request.param
        return
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def storage(server: Server | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    if server == "memory":
        return MemoryStorage()
    if isinstance(server, str):
        return LocalStorage(str(tmp_path / ".metaflow"))
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    backend = registry.lookup("datastore", server.kind, registry.STORAGES)
    return backend.from_settings(settings.load(), server.fresh_root())


def contents(storage: Any, *paths: str) -> list[bytes | None]:
    return [item.data for item in storage.load(paths)]


def whole(data: Any) -> bytes:
    """Large blobs may come in buffers."""
    return b"".join(data) if isinstance(data, list) else bytes(data)


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


def test_large_objects_travel_in_parts(storage: Any) -> None:
    large = bytes(range(256)) * 150_000  # 38 MB
    parts = [large[:1000], memoryview(large)[1000:20_000_000], large[20_000_000:]]
    storage.save([Item("F/data/ab/large", parts, {"cas_raw": True, "cas_version": 1})])
    (loaded,) = storage.load(["F/data/ab/large"])
    assert whole(loaded.data) == large
    assert loaded.meta == {"cas_raw": True, "cas_version": 1}
    storage.save([Item("F/data/ab/large", b"other")])
    assert storage.exists(["F/data/ab/large"]) == [True]
    assert len(whole(next(iter(storage.load(["F/data/ab/large"]))).data)) == len(large)


def test_many_objects_keep_their_order(storage: Any) -> None:
    paths = [f"F/many/{number:03}" for number in range(200)]
    storage.save(Item(path, path.encode()) for path in paths)
    assert contents(storage, *reversed(paths)) == [path.encode() for path in reversed(paths)]
    assert [entry.path for entry in storage.list(["F/many"])] == paths
    storage.delete(paths)
    assert not any(storage.exists(paths))


@pytest.mark.parametrize("name", ["sp ace", "plus+and&", "per%41cent", "umlaut-ä", "a=b,c"])
def test_names_are_taken_as_they_are(storage: Any, name: str) -> None:
    storage.save([Item(f"F/{name}/x", b"1")])
    assert contents(storage, f"F/{name}/x") == [b"1"]
    assert storage.list(["F"]) == [Entry(f"F/{name}", True)]
    assert storage.list([f"F/{name}"]) == [Entry(f"F/{name}/x", False)]
