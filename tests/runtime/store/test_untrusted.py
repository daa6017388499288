"""Results of someone else's runs: blobs do not exceed their recorded size, and no code runs without a request for it."""

from __future__ import annotations

import gzip as standard
import hashlib
import os
import pickle
import random
import resource
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import Call

from mfruntime import Flow, metadata, namespace
from mfruntime.errors import DataCorrupt
from mfruntime.flow import pickled_names
from mfruntime.run.resume import EarlierRun, finished_tasks
from mfruntime.store import gzip
from mfruntime.store.artifacts import FlowStore, unpickled_own
from mfruntime.store.storage.base import Item
from mfruntime.store.storage.memory import MemoryStorage

MEMBER = gzip.compress(random.Random(1).randbytes(gzip.CHUNK))


@given(st.binary(max_size=2000), st.booleans())
def test_content_up_to_its_limit_is_unpacked(content: bytes, is_own: bool) -> None:
    packed = gzip.compress(content) if is_own else standard.compress(content)
    assert gzip.decompress(packed, len(content)) == content
    if content:
        with pytest.raises(ValueError, match="larger than its recorded size"):
            gzip.decompress(packed, len(content) - 1)


@pytest.mark.parametrize("size", [gzip.CHUNK, gzip.CHUNK + 1, 3 * gzip.CHUNK])
def test_content_of_several_members_has_a_limit(size: int) -> None:
    content = b"0" * size
    packed = gzip.compress(content)
    assert gzip.decompress(packed, size) == content
    assert (
        gzip.decompress(standard.compress(content[: size // 2]) + standard.compress(content[size // 2 :]), size)
        == content
    )
    with pytest.raises(ValueError, match="larger than its recorded size"):
        gzip.decompress(packed, size - 1)


def forged(content: bytes) -> bytes:
    """Two members of this module; the trailer of the second says that it contains one byte."""
    packed = gzip.compress(content)
    return MEMBER + packed[:-4] + (1).to_bytes(4, "little")


def test_a_member_is_not_unpacked_beyond_the_size_in_its_trailer() -> None:
    with pytest.raises(ValueError, match="larger than its recorded size"):
        gzip.decompress(forged(b"0" * gzip.CHUNK))


@pytest.mark.parametrize("kind", ["standard", "own"])
def test_a_blob_that_unpacks_to_more_than_its_recorded_size_is_corrupt(kind: str) -> None:
    """400 MB of zeros in 400 KB, under the name of the expected blob."""
    storage = MemoryStorage()
    store = FlowStore(storage, "F")
    writer = store.writer("1", "start", "1", 0)
    writer.begin()
    writer.save({"small": b"x" * 1000})
    writer.commit()
    key = writer.objects["small"]
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(400)), packer.flush()])
    data = bomb if kind == "standard" else MEMBER * 100
    storage.save([Item(f"F/data/{key[:2]}/{key}", data, {"cas_raw": False, "cas_version": 1})], overwrite=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataCorrupt, match="does not match its name: it is larger than its recorded size"):
        _ = FlowStore(storage, "F").task("1", "start", "1")["small"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


class Forged:
    """Its pickle runs a command when it is read."""

    def __init__(self, command: str):
        self.command = command

    def __reduce__(self) -> Any:
        return (os.system, (self.command,))


FRAME = pickled_names.ForeachFrame("s", "v", 2, 1, None)
OWN: list[Any] = [
    True, None, 3, ["a"], (["a", "b"], None), {"steps": {"start": {"type": "linear", "doc": ""}}}, [1, 2],
    {"a"}, frozenset("b"), [FRAME],
]  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("value", OWN, ids=str)
def test_the_runtimes_own_types_are_read(value: Any, protocol: int) -> None:
    with pickled_names.defined_names():
        content = pickle.dumps(value, protocol)
    assert unpickled_own(content, "F/1/start/1/_x") == value


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Forged("true")), b"cbuiltins\neval\n(V1\ntR.", b"c__main__\nForeachFrame.__new__.__globals__\n.",
        b"cos\nsystem\n.", b"(lp0\n", b"", pickle.dumps(Path("/")),
    ],
)  # fmt: skip
def test_other_types_are_not_read(content: bytes) -> None:
    with pytest.raises(DataCorrupt, match="F/1/start/1/_x cannot be unpickled"):
        unpickled_own(content, "F/1/start/1/_x")


FLOW = """
from mfruntime import FlowSpec, step

class Own(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print("executed end")

if __name__ == "__main__":
    Own()
"""


@pytest.mark.parametrize("name", ["_task_ok", "_success", "_foreach_stack", "_transition", "_graph_info"])
def test_neither_the_client_nor_resume_runs_code_of_an_artifact(flow: Any, tmp_path: Path, name: str) -> None:
    assert flow(FLOW, "run").code == 0
    marker = tmp_path / "ran"
    root = tmp_path / ".metaflow" / "Own"
    content = pickle.dumps(Forged(f"touch {marker}"), 4)
    key = hashlib.sha1(content).hexdigest()
    blob = root / "data" / key[:2] / key
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(gzip.compress(content))
    blob.with_name(f"{key}_meta").write_text('{"cas_raw": false, "cas_version": 1}')
    for path in root.glob("*/*/*/0.data.json"):
        path.write_text(
            path.read_text().replace(f'"{name}": "', f'"{name}": "{key}", "old": "').replace('"size"', '"s"')
        )
    namespace(None)
    metadata(f"local@{tmp_path}")
    run = Flow("Own").latest_run
    assert run is not None
    found = (run.finished, run.successful, Flow("Own").latest_successful_run)
    if name in ("_task_ok", "_success"):
        assert not all(found)
    list(run)
    done: Call = flow(FLOW, "resume")
    assert "Traceback" not in done.text
    assert not marker.exists()


def test_a_task_with_forged_results_runs_again() -> None:
    store = FlowStore(MemoryStorage(), "F")
    for task, ok in (("1", True), ("2", Forged("true"))):
        writer = store.writer("1", "start", task, 0)
        writer.begin()
        writer.save({"_task_ok": ok, "_foreach_stack": [], "_transition": None})
        writer.commit()
    assert [found.path for found in finished_tasks(store, [EarlierRun("1", None)], ["start"]).values()] == ["1/start/1"]
