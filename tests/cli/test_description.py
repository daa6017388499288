"""What a stack says of itself beside its state: the whole stack file, and nothing of the machine that deployed it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import ROOT

from mfinfra.engines.terraform import state as tf_state
from mfinfra.errors import EngineError, MfinfraError
from mfinfra.machine.record import Record
from mfinfra.render import outputs
from mfinfra.stackfile import load
from mfinfra.stackfile.schema import StackConfig
from mfinfra.stackfile.yaml_reader import read
from mfinfra.stacks import manifest

STACKS = [path for path in sorted((ROOT / "examples" / "stacks").glob("*.yaml")) if "local" not in path.stem]


class Memory:
    """A place for states."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def read(self, key: str) -> str | None:
        return self.files.get(key)

    def write(self, key: str, text: str) -> None:
        self.files[key] = text

    def remove(self, key: str) -> None:
        self.files.pop(key, None)


def recorded(config: StackConfig) -> Record:
    return Record(
        config.name,
        config.cloud,
        "ready",
        "2026-01-02T03:04:05Z",
        "",
        "",
        config=config.model_dump_json(),
        outputs='{"runtime_config": {"A": "b"}}',
    )


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.stem)
def test_every_stack_comes_back_as_it_was_asked_for(path: Path) -> None:
    config = load.validated(read(path)).with_runtime(python="/home/ada/venv/bin/python")
    states = Memory()
    assert manifest.write(states, recorded(config))
    assert not manifest.write(states, recorded(config))
    found = manifest.read(states, config.name)
    assert found is not None
    assert found.config == config.model_copy(update={"runtime": config.runtime.model_copy(update={"python": None})})
    assert found.outputs == outputs.of({"runtime_config": {"A": "b"}})
    assert found.created_at == "2026-01-02T03:04:05Z"
    assert "/home/ada" not in states.files[f"stacks/{config.name}/stack.json"]
    manifest.remove(states, config.name)
    assert manifest.read(states, config.name) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["version", "config", "name", "outputs", "value", "resources", "x"]), inner, max_size=4),
)  # fmt: skip


@given(_JSON.map(json.dumps) | st.text(max_size=20))
def test_whatever_is_there_instead_is_one_error(text: str) -> None:
    with pytest.raises(MfinfraError, match="is corrupt, or was written by a newer mfinfra"):
        manifest.parsed(text, "demo")


@given(st.fixed_dictionaries({"version": st.just(4), "outputs": _JSON, "resources": _JSON}).map(json.dumps) | _JSON.map(json.dumps))  # fmt: skip
def test_a_state_is_read_or_is_one_error(text: str) -> None:
    try:
        found = tf_state.read(text, "here")
    except EngineError as exc:
        assert "The state here is corrupt" in exc.message
    else:
        assert found.outputs.keys() == json.loads(text).get("outputs", {}).keys()


def test_a_state_of_nothing_has_nothing() -> None:
    assert tf_state.read("", "here") == tf_state.State({}, 0)
    state = {"version": 4, "outputs": {"a": {"value": [1, {"b": None}], "type": "x"}}, "resources": [{}, {}]}
    assert tf_state.read(json.dumps(state), "here") == tf_state.State({"a": [1, {"b": None}]}, 2)
