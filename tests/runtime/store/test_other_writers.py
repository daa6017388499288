"""Data that other versions and programs wrote: old logs, old encodings, blobs without metadata, attempts half done."""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from mfruntime.errors import DataCorrupt, MetaflowDataMissing
from mfruntime.flow.pickled_names import IncludedFile
from mfruntime.metadata_provider.local import LocalMetadata
from mfruntime.store import log_lines
from mfruntime.store.artifacts import FlowStore
from mfruntime.store.included import read_included, save_included
from mfruntime.store.storage.local import LocalStorage


def old_blob(root: Path, value: Any, protocol: int) -> str:
    payload = pickle.dumps(value, protocol)
    key = hashlib.sha1(payload).hexdigest()
    path = root / "F" / "data" / key[:2] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(payload, 3))  # no _meta file beside it
    return key


@pytest.fixture
def task(tmp_path: Path) -> Path:
    folder = tmp_path / "F" / "1" / "s" / "2"
    folder.mkdir(parents=True)
    return folder


def test_artifacts_of_old_versions_are_read(tmp_path: Path, task: Path) -> None:
    objects = {"old": old_blob(tmp_path, [1, 2], 2), "new": old_blob(tmp_path, "x" * 5_000_000, 4)}
    info = {"new": {"size": 1, "type": "<class 'str'>", "encoding": "gzip+pickle-v4"}}
    (task / "0.data.json").write_text(json.dumps({"datastore": "local", "objects": objects, "info": info}))
    (task / "0.DONE.lock").write_text('""')
    reader = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")
    assert reader.load_many(["old", "new"]) == {"old": [1, 2], "new": "x" * 5_000_000}


def test_an_encoding_that_is_not_known_is_named(tmp_path: Path, task: Path) -> None:
    info = {"a": {"encoding": "zstd+arrow"}}
    content = {"objects": {"a": old_blob(tmp_path, 1, 4)}, "info": info}
    (task / "0.data.json").write_text(json.dumps(content))
    (task / "0.DONE.lock").write_text("")
    with pytest.raises(DataCorrupt, match=r"F/1/s/2/a has the unknown encoding 'zstd\+arrow'"):
        _ = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")["a"]


@pytest.mark.parametrize("left", [["0.attempt.json"], ["0.attempt.json", "0.data.json"], ["0.DONE.lock"]])
def test_an_attempt_that_is_half_done_does_not_count(tmp_path: Path, task: Path, left: list[str]) -> None:
    for name in left:
        (task / name).write_text('{"objects": {}, "info": {}}')
    reader = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2")
    assert not reader.is_done
    assert "a" not in reader
    with pytest.raises(MetaflowDataMissing, match="F/1/s/2 has no results"):
        reader.names()


def test_logs_of_old_versions_are_read_with_new_ones(tmp_path: Path, task: Path) -> None:
    (task / "0.stdout.log").write_bytes(b"an old line\n")
    (task / "0.runtime_stdout.log").write_bytes(b"[MFLOG|0|2026-01-02T03:04:05.000006Z|runtime|id]second\n")
    (task / "0.task_stdout.log").write_bytes(b"[MFLOG|0|2026-01-02T03:04:05.000005Z|task|id]first\n")
    reader = FlowStore(LocalStorage(str(tmp_path)), "F").task("1", "s", "2", 0)
    lines = [line.text for line in log_lines.merge(reader.raw_logs("stdout", 0))]
    assert lines == [b"first", b"second", b"an old line"]


def test_times_in_logs_may_have_no_fraction() -> None:
    line = log_lines.parse(b"[MFLOG|0|2026-01-02T03:04:05Z|task|id]text")
    assert (line.time.second, line.text) == (5, b"text")


@pytest.mark.parametrize(
    "time", [b"2026-13-01T00:00:00.000000", b"2026-01-01T00:00:00.123+00", b"20260101T000000", b"\xff", b"now"]
)
def test_a_line_with_another_time_is_kept_whole(time: bytes) -> None:
    raw = b"[MFLOG|0|" + time + b"Z|task|id]text"
    assert log_lines.parse(raw).text == raw


def test_files_that_a_killed_writer_left_are_not_seen(tmp_path: Path) -> None:
    storage, metadata = LocalStorage(str(tmp_path)), LocalMetadata(str(tmp_path))
    run = metadata.new_run("F", [], [], "me")
    for folder in (tmp_path, tmp_path / "F", tmp_path / "F" / run, tmp_path / "F" / run / "_meta"):
        (folder / ".tmp1_0_0").write_text("half")
    assert not [e for e in storage.list(["", "F", f"F/{run}"]) if ".tmp" in e.path]
    assert metadata.child_names("F") == [run]
    assert [flow["flow_id"] for flow in metadata.children()] == ["F"]
    assert metadata.children("F", run) == []


def included(tmp_path: Path) -> tuple[IncludedFile, Path]:
    storage = LocalStorage(str(tmp_path))
    url = save_included(storage, "F", b"content")
    descriptor = {"type": "uploader-v2", "url": url, "is_text": True, "encoding": "utf-8", "size": 7}
    return IncludedFile(descriptor), Path(url.partition("://")[2])


def test_an_included_file_comes_back(tmp_path: Path) -> None:
    file, path = included(tmp_path)
    assert read_included(file) == "content"
    assert path == tmp_path / "data" / "F" / hashlib.sha1(b"content").hexdigest()


@pytest.mark.parametrize(
    "content", [b"", b"garbage", gzip.compress(b"other content", mtime=0)], ids=["empty", "garbage", "other"]
)
def test_a_damaged_included_file_is_named(tmp_path: Path, content: bytes) -> None:
    file, path = included(tmp_path)
    path.write_bytes(content)
    with pytest.raises(DataCorrupt, match=str(path)):
        read_included(file)


def test_an_included_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file, path = included(tmp_path)
    path.unlink()
    with pytest.raises(MetaflowDataMissing, match=str(path)):
        read_included(file)
