"""Stack files: whatever they hold gives a stack or a clear line, and what we write we read."""

from __future__ import annotations

import shlex
import tempfile
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mfinfra.errors import MfinfraError, StackFileError
from mfinfra.machine import record
from mfinfra.machine.names import check_name
from mfinfra.machine.paths import stacks_home
from mfinfra.reports import outputs
from mfinfra.stackfile import load, schema, wizard

names = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)
packages = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._\-\[\],<>=!~ ]{0,30}", fullmatch=True)
pythons = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x7f"), min_size=1, max_size=40)
configs = st.builds(
    schema.StackConfig,
    name=names,
    runtime=st.builds(
        schema.RuntimeOptions,
        python=st.none() | pythons,
        examples=st.booleans(),
        packages=st.lists(packages, max_size=3),
    ),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["name", "cloud", "runtime", "python", "packages", "examples", "nmae", "1"]) | st.text(
    max_size=5
)


def loaded(content: str | bytes) -> schema.StackConfig | str:
    """The stack that a file's content gives, or the message that refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        (Path(folder) / "mfinfra.yaml").write_bytes(data)
        try:
            return load.load(Path(folder), {})
        except MfinfraError as exc:
            return exc.message


@given(st.text() | st.binary())
def test_any_content_gives_a_stack_or_a_message(content: str | bytes) -> None:
    assert loaded(content)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_mapping_gives_a_stack_or_a_message(mapping: dict[str, Any]) -> None:
    text = StringIO()
    YAML().dump(mapping, text)
    result = loaded(text.getvalue())
    assert isinstance(result, schema.StackConfig) or "mfinfra.yaml" in result or "Nothing was touched" in result


@given(configs)
def test_what_is_written_is_read_again(config: schema.StackConfig) -> None:
    assert loaded(load.dump(config)) == config


@given(st.text())
def test_a_name_never_leads_out_of_the_folder_of_stacks(name: str) -> None:
    try:
        check_name(name)
    except StackFileError as exc:
        assert "\n" not in exc.message
    else:
        assert record.folder_of(name).parent == stacks_home()


@given(configs)
def test_the_one_line_holds_every_answer(config: schema.StackConfig) -> None:
    words = shlex.split(wizard.one_line(config))
    assert words[:4] == ["mfinfra", "init", "--name", config.name]
    assert ("--no-examples" in words[4:]) or config.runtime.examples
    given_packages = [value for key, value in pairwise(words) if key == "--package"]
    assert given_packages == config.runtime.packages


@given(st.dictionaries(st.from_regex("[A-Z_]{1,9}", fullmatch=True), st.text(), max_size=3))
def test_settings_as_shell_lines_keep_their_values(settings: dict[str, str]) -> None:
    words = shlex.split(outputs.rendered(settings, "env"))
    assert dict(word.split("=", 1) for word in words if word != "export") == settings


def test_a_value_of_the_command_line_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    (tmp_path / "mfinfra.yaml").write_text("name: fine\n")
    with pytest.raises(StackFileError, match=r"^The command line: '\.\./x' is not a valid stack name"):
        load.load(tmp_path, {"name": "../x"})
