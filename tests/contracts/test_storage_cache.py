"""Blobs of a far store are fetched once by a machine; what is not there, or is not what it says, is one clear line."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.object_stores import SERVERS, Counted, Server, counting, ministack
from tests.programs import Call, run_program

from mfruntime import registry, settings
from mfruntime.errors import DataCorrupt, MetaflowDataMissing
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.blobs import BlobStore
from mfruntime.store.cache import BlobCache
from mfruntime.store.storage.base import Item

FLOW = """
from mfruntime import FlowSpec, IncludeFile, step


class Reads(FlowSpec):
    table = IncludeFile("table", default="table.csv")

    @step
    def start(self):
        self.numbers = list(range(300_000))
        self.next(self.end)

    @step
    def end(self):
        print("sum", sum(self.numbers), len(self.table))


if __name__ == "__main__":
    Reads()
"""

READ = """
from mfruntime import Flow

data = Flow("Reads").latest_run["end"].task.data
print(sum(data.numbers), len(data.table))
"""


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ministack(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def counted(s3: Server) -> Iterator[Counted]:
    with counting(s3) as found:
        yield found


def blobs_fetched(proxy: Counted) -> int:
    """How many blobs and included files were asked for since the last question."""
    asked = sum(method == "GET" and "/data/" in path for method, path in proxy.requests)
    proxy.requests.clear()
    return asked


def test_a_machine_fetches_the_artifacts_of_a_run_once(
    flow: Callable[..., Call], counted: Counted, s3: Server, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("a,b\n" * 10_000)
    (tmp_path / "read.py").write_text(READ)
    where = {**counted.environment, "METAFLOW_DATASTORE_SYSROOT_S3": s3.fresh_root()}
    where |= {"METAFLOW_DEFAULT_DATASTORE": "s3", "MFINFRA_CACHE_FOLDER": str(tmp_path / "cache")}
    ran = flow(FLOW, "run", **where)
    assert ran.code == 0, ran.text
    assert "sum 44999850000 40000" in ran.text
    assert blobs_fetched(counted) == 0  # all that is read was written here

    def read(**more: str) -> int:
        done = run_program([sys.executable, "read.py"], tmp_path, **{**where, **more})
        assert done.out.split() == ["44999850000", "40000"], done.text
        return blobs_fetched(counted)

    assert read() == 0
    elsewhere = {"MFINFRA_CACHE_FOLDER": str(tmp_path / "other")}
    first, second = read(**elsewhere), read(**elsewhere)
    assert first >= 3
    assert second == 0
    assert read(MFINFRA_CACHE_BYTES="0") == read(MFINFRA_CACHE_BYTES="0") == first
    (tmp_path / "file").touch()
    assert read(MFINFRA_CACHE_FOLDER=str(tmp_path / "file")) == first  # nothing can be kept there, and nothing fails


# -- every far store ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["ministack", "azurite", "fake-gcs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def storage(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    backend = registry.lookup("datastore", server.kind, registry.STORAGES)
    return backend.from_settings(settings.load(), server.fresh_root())


VALUES = {"small": b"s", "large": bytes(range(256)) * 8000}


@pytest.mark.parametrize("raw", [False, True])
def test_what_was_read_is_not_asked_for_again(storage: Any, tmp_path: Path, raw: bool) -> None:
    saved = BlobStore(storage, "F", BlobCache(None, 0)).save(VALUES.values(), raw)
    keys = [one.key for one in saved]
    here = BlobCache(str(tmp_path / "blobs"), 100_000_000)
    expected = dict(zip(keys, VALUES.values()))
    assert dict(BlobStore(storage, "F", here).load(keys)) == expected
    before = storage.requests
    assert dict(BlobStore(storage, "F", here).load(keys)) == expected
    assert storage.requests == before
    path = tmp_path / "blobs" / keys[0]
    path.write_bytes(b"damaged")
    assert dict(BlobStore(storage, "F", here).load(keys)) == expected
    assert storage.requests > before
    assert path.read_bytes() == b"s"


@pytest.mark.parametrize("raw", [False, True])
def test_a_blob_that_comes_in_parts_is_whole(storage: Any, raw: bool) -> None:
    content = random.Random(1).randbytes(39_000_001)  # members of it lie across the parts
    off = BlobCache(None, 0)
    (saved,) = BlobStore(storage, "F", off).save([content], raw)
    ((_, found),) = BlobStore(storage, "F", off).load([saved.key])
    assert bytes(found) == content


def test_what_is_kept_here_is_still_saved_there(storage: Any, tmp_path: Path) -> None:
    here = BlobCache(str(tmp_path / "blobs"), 100_000_000)
    (saved,) = BlobStore(storage, "F", here).save([b"content"])
    storage.delete([f"F/data/{saved.key[:2]}/{saved.key}"])
    BlobStore(storage, "F", here).save([b"content"])
    assert dict(BlobStore(storage, "F", BlobCache(None, 0)).load([saved.key])) == {saved.key: b"content"}


@pytest.mark.parametrize("name", VALUES)
def test_a_blob_that_was_deleted_under_us_is_named(
    storage: Any, monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path
) -> None:
    path = saved_path(storage, name)
    storage.delete([path])
    monkeypatch.setenv("MFINFRA_CACHE_FOLDER", str(tmp_path))
    with pytest.raises(MetaflowDataMissing) as caught:
        _ = FlowStore(storage, "F").task("1", "start", "1")[name]
    assert f"{storage.root}/{path}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("content", ["of another blob", "cut", "no gzip"])
def test_a_blob_that_is_not_what_it_says_is_named_and_not_kept(
    storage: Any, monkeypatch: pytest.MonkeyPatch, name: str, content: str, tmp_path: Path
) -> None:
    path = saved_path(storage, name)
    (found,) = storage.load([path])
    other = next(iter(storage.load([saved_path(storage, "other")])))
    data = {"of another blob": other.data, "cut": bytes(found.data)[:-3], "no gzip": b"no gzip"}[content]
    storage.save([Item(path, data, found.meta)], overwrite=True)
    monkeypatch.setenv("MFINFRA_CACHE_FOLDER", str(tmp_path))
    for _ in range(2):
        with pytest.raises(DataCorrupt) as caught:
            _ = FlowStore(storage, "F").task("1", "start", "1")[name]
        assert f"{storage.root}/{path} is corrupt" in str(caught.value)
        assert "\n" not in f"{caught.value}{caught.value.hint}"
    assert not list(tmp_path.glob("blobs/*"))


def saved_path(storage: Any, name: str) -> str:
    """Where the blob of an artifact lies; a task with all of them is written first."""
    writer = FlowStore(storage, "F").writer("1", "start", "1", 0)
    writer.begin()
    writer.save({**VALUES, "other": b"other"})
    writer.commit()
    key = writer.objects[name]
    return f"F/data/{key[:2]}/{key}"
