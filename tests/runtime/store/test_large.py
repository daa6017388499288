"""Large values: packed while they are hashed, unpacked while they are unpickled, and damage is still found."""

from __future__ import annotations

import gzip as standard_gzip
import hashlib
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt, UnpicklableArtifact
from mfruntime.store import artifacts, gzip
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.blobs import BlobStore
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage

noise = random.Random(2).randbytes(1_500_000)


def written(store: FlowStore, **values: Any) -> None:
    writer = store.writer("1", "s", "2", 0)
    writer.save(values)
    writer.commit()


def blob_path(root: Path, store: FlowStore, name: str) -> Path:
    key = store.task("1", "s", "2").sha(name)
    return root / "F" / "data" / key[:2] / key


large_values = {
    "noise": noise * 4,
    "text": "some text, " * 500_000,
    "not ascii": "größer, " * 700_000,
    "many": [bytes([i % 256]) * 70_000 for i in range(80)],
    "nested": {"a": [list(range(1_000_000))], "b": (noise, noise * 3)},
    "bytearray": bytearray(noise * 4),
}


@pytest.mark.parametrize("value", large_values.values(), ids=list(large_values))
def test_large_values_come_back(tmp_path: Path, value: Any) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, value=value, small=1)
    reader = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")
    assert reader.load_many(["small", "value"]) == {"small": 1, "value": value}
    plain = pickle.dumps(value, 4)
    assert reader.sha("value") == hashlib.sha1(plain).hexdigest()
    assert reader.info["value"]["size"] == len(plain)
    assert standard_gzip.decompress(blob_path(tmp_path, store, "value").read_bytes()) == plain
    assert store.load_blobs([reader.sha("value")]) == {reader.sha("value"): plain}


def test_arrays_come_back_writable_and_apart(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(1_000_000, dtype="float64")
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, a=array, b=array.copy())
    values = store.task("1", "s", "2").load_many(["a", "b"])
    assert store.task("1", "s", "2").sha("a") == store.task("1", "s", "2").sha("b")
    values["a"][0] = 5.0
    assert (values["b"] == array).all()


def test_equal_large_content_is_not_written_again(tmp_path: Path) -> None:
    (saved,) = BlobStore(LocalStorage(str(tmp_path)), "F").save([noise * 4])
    path = tmp_path / "F" / "data" / saved.key[:2] / saved.key
    before = path.stat().st_mtime_ns
    assert BlobStore(LocalStorage(str(tmp_path)), "F").save([b"small", noise * 4])[1] == saved
    assert path.stat().st_mtime_ns == before


def test_a_value_that_fails_after_large_ones_is_named(tmp_path: Path) -> None:
    writer = FlowStore(LocalStorage(str(tmp_path)), "F").writer("1", "s", "2", 0)
    with pytest.raises(UnpicklableArtifact, match="'bad'"):
        writer.save({"good": noise * 4, "bad": lambda: 1})


def test_a_flipped_bit_of_a_large_blob_is_found(tmp_path: Path) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, value=[noise * 2, "text" * 1_000_000])
    path = blob_path(tmp_path, store, "value")
    content = path.read_bytes()
    places = [0, 5, 12, 20, 30, len(content) // 2, len(content) - 9, len(content) - 5, len(content) - 1]
    for place in [*places, *random.Random(3).sample(range(len(content)), 10)]:
        damaged = bytearray(content)
        damaged[place] ^= 16
        path.write_bytes(damaged)
        reader = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")
        try:
            value = reader["value"]
        except DataCorrupt as exc:
            assert str(path) in str(exc)
        else:
            assert value == [noise * 2, "text" * 1_000_000]  # a bit that means nothing, as in the header's time


@pytest.mark.parametrize("size", [0, 10, 40, 1_000_000])
def test_a_blob_that_was_cut_short_is_named_with_the_remedy(tmp_path: Path, size: int) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, value=noise * 4)
    path = blob_path(tmp_path, store, "value")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataCorrupt) as info:
        _ = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")["value"]
    assert str(path) in str(info.value)
    assert "Delete that file" in (info.value.hint or "")


def test_the_right_gzip_of_other_content_is_found(tmp_path: Path) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, value=noise * 4, other=[noise * 4])
    blob_path(tmp_path, store, "value").write_bytes(blob_path(tmp_path, store, "other").read_bytes())
    with pytest.raises(DataCorrupt, match="does not match its name"):
        _ = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")["value"]


def test_a_damaged_size_claims_no_memory() -> None:
    packed = bytearray(gzip.compress(b"abc"))
    packed[-4:] = b"\xff\xff\xff\xff"
    with pytest.raises(ValueError, match=r"."):
        gzip.decompress(bytes(packed))


def test_a_damaged_size_of_a_large_blob_claims_no_memory(tmp_path: Path) -> None:
    store = FlowStore(LocalStorage(str(tmp_path)), "F")
    written(store, value=[noise * 2, "text" * 10_000_000])
    path = blob_path(tmp_path, store, "value")
    content = path.read_bytes()
    path.write_bytes(content[:-4] + b"\xff\xff\xff\xff")
    with pytest.raises(DataCorrupt, match=str(path)):
        _ = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")["value"]


def test_large_values_may_be_raw(tmp_path: Path) -> None:
    store = BlobStore(LocalStorage(str(tmp_path)), "F")
    (saved,) = store.save([noise * 3], raw=True)
    assert (tmp_path / "F" / "data" / saved.key[:2] / saved.key).read_bytes() == noise * 3
    assert list(store.load([saved.key])) == [(saved.key, noise * 3)]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=20_000), st.integers(500, 5000))
def test_data_of_any_number_of_members_comes_back(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gzip, "CHUNK", chunk)
        packed = gzip.compress(data)
    assert standard_gzip.decompress(packed) == data
    assert gzip.decompress(packed) == data


def test_without_isal_the_format_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    fast = gzip.compress(noise + b"a" * 5_000_000)
    monkeypatch.setattr(gzip, "_zlib", zlib)
    slow = gzip.compress(noise + b"a" * 5_000_000)
    assert gzip.decompress(fast) == gzip.decompress(slow) == noise + b"a" * 5_000_000


def test_small_blobs_are_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "_KEPT", 1000)
    store = FlowStore(MemoryStorage(), "F")
    keys = [s.key for s in store.blobs.save([bytes([i]) * 300 for i in range(10)])]
    assert list(store.load_blobs(keys).values()) == [bytes([i]) * 300 for i in range(10)]
    assert list(store._small) == keys[-3:]
    assert store._small_bytes == 900
