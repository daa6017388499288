"""Names of files are taken apart as they were put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime.errors import MetaflowInvalidPathspec
from mfruntime.store import layout

names = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\"), min_size=1, max_size=40)
attempts = st.integers(0, 99)


@given(attempts, names)
def test_files_of_attempts_come_apart(attempt: int, name: str) -> None:
    assert layout.parse_attempt_file(layout.attempt_file(attempt, name)) == (attempt, name)


@given(attempts, names)
def test_files_of_artifacts_come_apart(attempt: int, name: str) -> None:
    assert layout.parse_artifact_meta(layout.artifact_meta(attempt, name)) == (attempt, name)


@given(names, st.integers(0, 10**15))
def test_files_of_facts_come_apart(field: str, time: int) -> None:
    assert layout.parse_metadata_entry(layout.metadata_entry(field, time)) == (field, time)


@given(st.text(max_size=40))
def test_any_other_name_is_no_error(file: str) -> None:
    layout.parse_attempt_file(file)
    layout.parse_artifact_meta(file)
    layout.parse_metadata_entry(file)


@pytest.mark.parametrize(
    "file", ["", ".", "_self.json", "0", "x.data.json", ".tmp1_2", "²_artifact_x.json", "sysmeta_"]
)
def test_names_of_other_kinds_are_told_apart(file: str) -> None:
    parsed = (layout.parse_attempt_file(file), layout.parse_artifact_meta(file), layout.parse_metadata_entry(file))
    assert parsed == (None, None, None)


def test_every_path_is_where_metaflow_puts_it() -> None:
    assert layout.task("F", "1", "s", "2") == "F/1/s/2"
    assert layout.blob("F", "abcd") == "F/data/ab/abcd"
    assert layout.included("F", "abcd") == "data/F/abcd"
    assert layout.latest_run("F") == "F/latest_run"
    assert layout.self_record(layout.task("F", "1", "s", "2")) == "F/1/s/2/_meta/_self.json"
    assert layout.log_file(0, "runtime", "stdout") == "0.runtime_stdout.log"
    assert layout.legacy_log_file(1, "stderr") == "1.stderr.log"


@pytest.mark.parametrize("name", ["data", "_meta", "latest_run"])
def test_a_run_cannot_have_a_name_of_the_tree(name: str) -> None:
    with pytest.raises(MetaflowInvalidPathspec, match="reserves that name"):
        layout.run("F", name)


def test_a_step_may_be_called_data_but_not_meta() -> None:
    assert layout.step("F", "1", "data") == "F/1/data"
    with pytest.raises(MetaflowInvalidPathspec):
        layout.step("F", "1", "_meta")


def test_only_blobs_are_taken_for_blobs() -> None:
    assert layout.is_blob(layout.blob("F", "ab" * 20))
    for path in ("F/1/data/2/0.data.json", "F", "data/F/abc", "F/latest_run", "F/1/data/2/0.task_stdout.log"):
        assert not layout.is_blob(path)
