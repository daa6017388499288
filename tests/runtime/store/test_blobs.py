"""Blobs: gzip that everybody reads, keys that hold, damage that is found."""

from __future__ import annotations

import gzip as standard_gzip
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfruntime.errors import DataCorrupt, MetaflowDataMissing
from mfruntime.store import gzip
from mfruntime.store.blobs import BlobStore
from mfruntime.store.storage.local import LocalStorage
from mfruntime.store.storage.memory import MemoryStorage

noise = random.Random(1).randbytes(3_000_000)


@given(st.binary(max_size=5000))
def test_what_is_compressed_comes_back_and_the_standard_library_reads_it(data: bytes) -> None:
    packed = gzip.compress(data)
    assert gzip.decompress(packed) == data
    assert standard_gzip.decompress(packed) == data


@settings(deadline=None)
@given(st.binary(max_size=5000))
def test_gzip_of_other_programs_is_read(data: bytes) -> None:
    assert gzip.decompress(standard_gzip.compress(data, 3)) == data
    assert gzip.decompress(standard_gzip.compress(data) + standard_gzip.compress(b"more")) == data + b"more"


@pytest.mark.parametrize(
    "data", [noise, b"a" * 20_000_000, noise + b"b" * 9_000_000 + noise], ids=["noise", "same", "mixed"]
)
def test_large_data_of_any_kind_comes_back(data: bytes) -> None:
    packed = gzip.compress(data)
    assert gzip.decompress(packed) == data
    assert standard_gzip.decompress(packed) == data
    assert len(packed) < len(data) * 1.001 + 1000


@settings(max_examples=80, deadline=None)
@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_flipped_bit_is_always_found(data: bytes, draw: st.DataObject) -> None:
    storage = MemoryStorage()
    (saved,) = BlobStore(storage, "F").save([data])
    path = f"F/data/{saved.key[:2]}/{saved.key}"
    content = bytearray(storage._objects[path][0])
    bit = draw.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    storage._objects[path] = (bytes(content), storage._objects[path][1])
    try:
        ((_, loaded),) = BlobStore(storage, "F").load([saved.key])
    except DataCorrupt as exc:
        assert saved.key in str(exc)
    else:
        assert loaded == data  # a bit that means nothing, as in the header's time


def test_equal_content_is_stored_once_and_never_rewritten(tmp_path: Path) -> None:
    store = BlobStore(LocalStorage(str(tmp_path)), "F")
    first, second = store.save([b"x", b"x"])
    assert first == second
    path = tmp_path / "F" / "data" / first.key[:2] / first.key
    before = path.stat().st_mtime_ns
    BlobStore(LocalStorage(str(tmp_path)), "F").save([b"x"])
    assert path.stat().st_mtime_ns == before


def test_a_missing_blob_is_named(tmp_path: Path) -> None:
    with pytest.raises(MetaflowDataMissing, match="abc"):
        list(BlobStore(LocalStorage(str(tmp_path)), "F").load(["abc"]))


def test_raw_blobs_are_kept_as_they_are(tmp_path: Path) -> None:
    store = BlobStore(LocalStorage(str(tmp_path)), "F")
    (saved,) = store.save([b"package"], raw=True)
    assert (tmp_path / "F" / "data" / saved.key[:2] / saved.key).read_bytes() == b"package"
    assert list(store.load([saved.key])) == [(saved.key, b"package")]


@settings(deadline=None)
@given(st.binary(max_size=3000), st.lists(st.integers(0, 10_000), max_size=5), st.booleans(), st.data())
def test_gzip_may_come_in_buffers(data: bytes, cuts: list[int], ours: bool, draw: st.DataObject) -> None:
    packed = gzip.compress(data) * draw.draw(st.integers(1, 3)) if ours else standard_gzip.compress(data)
    ends = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    parts = [memoryview(packed)[start:end] for start, end in itertools.pairwise(ends)]
    assert gzip.decompress(parts) == gzip.decompress(packed)
    assert gzip.inflated_size(parts) == gzip.inflated_size(packed)
