"""Round trips: whatever is encoded for a command line, a log or a file name comes back as it was."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime.errors import MetaflowInvalidPathspec
from mfruntime.ids import check_component, join_pathspec, split_pathspec
from mfruntime.printable import is_plain
from mfruntime.store import log_lines
from mfruntime.tasks.command import TaskCommand, TopOptions
from mfruntime.tasks.paths import decode_paths, encode_paths

components = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\,:!\x00"), min_size=1, max_size=30
).filter(lambda s: s not in (".", "..") and len(s.encode()) < 200 and is_plain(s))
paths = st.builds("{}/{}/{}".format, components, components, st.integers(0, 10**6))


@given(st.lists(paths, max_size=60))
def test_input_paths_come_back_from_a_command_line(given: list[str]) -> None:
    assert decode_paths(encode_paths(given)) == given


def test_many_input_paths_are_packed_and_a_damaged_packing_is_named() -> None:
    many = [f"1234567890123456/step/{i}" for i in range(1000)]
    assert encode_paths(many).startswith("!")
    assert len(encode_paths(many)) < 3000
    with pytest.raises(ValueError, match="corrupt"):
        decode_paths("!" + encode_paths(many)[5:50])


@given(st.lists(components, min_size=4, max_size=4))
def test_pathspecs_come_apart_as_they_were_put_together(parts: list[str]) -> None:
    kinds = ("flow", "run", "step", "task")
    assert split_pathspec(join_pathspec(*parts), kinds) == tuple(parts)


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", ".", "a\nb", "a\\b", "\x7f", "x" * 256, "ü" * 128, "a\ud800", "\u202ea", "a\u200b"]
)
def test_names_that_cannot_be_a_folder_are_refused(name: str) -> None:
    with pytest.raises(MetaflowInvalidPathspec):
        check_component("step name", name)


times = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2999, 1, 1))


@given(times, st.sampled_from(["runtime", "task"]), st.binary(max_size=200).filter(lambda b: b"\n" not in b))
def test_log_lines_come_back(time: datetime, source: str, text: bytes) -> None:
    stored = log_lines.format_line(time.replace(tzinfo=timezone.utc), source, text)
    line = log_lines.parse(stored[:-1])
    assert (line.time, line.source, line.text) == (time, source, text)


@given(st.lists(st.tuples(times, st.binary(max_size=20).filter(lambda b: b"\n" not in b)), max_size=20), st.data())
def test_merged_logs_are_sorted_and_complete(entries: list[tuple[datetime, bytes]], data: st.DataObject) -> None:
    files: list[bytes] = [b"", b""]
    for time, text in entries:
        files[data.draw(st.integers(0, 1))] += log_lines.format_line(time.replace(tzinfo=timezone.utc), "task", text)
    merged = list(log_lines.merge(files))
    assert [line.time for line in merged] == sorted(time for time, _ in entries)
    assert sorted(line.text for line in merged) == sorted(text for _, text in entries)


def test_lines_of_other_programs_are_kept_and_sort_last() -> None:
    good = log_lines.format_line(datetime(2026, 1, 1, tzinfo=timezone.utc), "task", b"good")
    merged = list(log_lines.merge([b"plain\n[MFLOG|0|nonsense|x]y\n" + b"[!" + good[1:]]))
    assert [line.text for line in merged] == [b"good", b"plain", b"[MFLOG|0|nonsense|x]y"]
    assert merged[0].stored() == good


def test_a_task_command_names_everything_a_scheduler_knows() -> None:
    top = TopOptions(datastore_root="/d", decospecs=("retry:times=2",))
    command = TaskCommand("r", "s", "7", 1, ("r/a/1", "r/a/2"), 3, 2, ("t",), "user:x", "o", top)
    assert command.argv(["python", "f.py"]) == [
        *("python", "f.py", "--quiet", "--metadata", "local", "--environment", "local", "--datastore", "local"),
        *("--datastore-root", "/d", "--event-logger", "nullSidecarLogger", "--monitor", "nullSidecarMonitor"),
        *("--no-pylint", "--with", "retry:times=2", "step", "s", "--run-id", "r", "--task-id", "7"),
        *("--input-paths", "r/a/:1,2", "--split-index", "3", "--retry-count", "1", "--max-user-code-retries", "2"),
        *("--clone-run-id", "o", "--tag", "t", "--namespace", "user:x"),
    ]
