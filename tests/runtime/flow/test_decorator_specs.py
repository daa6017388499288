"""Decorators as text: taken apart, written again, and attached to steps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime import retry, step
from mfruntime.decorators.retry import Retry
from mfruntime.errors import UnknownName
from mfruntime.flow.decorator_specs import attach, format_spec, parse_spec
from mfruntime.flow.options import step_options

names = st.from_regex(r"[a-z_]{1,10}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(names, st.dictionaries(names, values, max_size=4))
def test_a_spec_survives_its_text_form(name: str, attributes: dict[str, Any]) -> None:
    text = format_spec(name, attributes)
    parsed_name, parsed = parse_spec(text)
    assert (parsed_name, json.dumps(parsed)) == (name, json.dumps(attributes))


def made_step() -> Any:
    @step
    def work(self: Any) -> None: ...

    return work


def test_plain_words_are_text_and_numbers_are_numbers() -> None:
    assert parse_spec("environment:vars=x,times=3") == ("environment", {"vars": "x", "times": 3})
    assert parse_spec("retry") == ("retry", {})


def test_an_unknown_decorator_names_the_closest() -> None:
    with pytest.raises(UnknownName) as info:
        attach([made_step()], ["rety"])
    assert "Did you mean 'retry'?" in str(info.value.hint)


def test_attaching_leaves_a_decorator_that_the_step_has() -> None:
    work = retry(times=1)(made_step())
    attach([work], ["retry:times=4"])
    assert step_options("work", work.decorators).get(Retry) == Retry(times=1)
