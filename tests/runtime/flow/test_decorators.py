"""Decorators: their text form, their options, and what is said of wrong ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime import catch, retry, step
from mfruntime.decorators.retry import Retry, RetryDecorator
from mfruntime.errors import InvalidDecoratorAttribute, MetaflowException, UnknownName
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


def test_an_unknown_attribute_names_the_closest() -> None:
    with pytest.raises(InvalidDecoratorAttribute) as info:
        RetryDecorator({"time": 3})
    assert "Did you mean 'times'?" in str(info.value.hint)


def test_attaching_leaves_a_decorator_that_the_step_has() -> None:
    work = retry(times=1)(made_step())
    attach([work], ["retry:times=4"])
    assert step_options("work", work.decorators).get(Retry) == Retry(times=1)


def test_a_decorator_needs_a_step_below_it() -> None:
    with pytest.raises(MetaflowException, match="not a step"):
        retry(lambda self: None)


def test_the_same_decorator_twice_is_refused() -> None:
    with pytest.raises(MetaflowException, match="twice"):
        retry(retry(made_step()))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("retry:times=-1", "at least 0"),
        ("retry:times=1.5", "whole number"),
        ("retry:times=6", "at most 5"),
        ("retry:minutes_between_retries=soon", "must be a number"),
        ("timeout", "zero"),
        ("timeout:seconds=-1", "at least 0"),
        ("environment:vars=1", "must be a dict"),
        ('environment:vars={"A=B":"x"}', "not a name and a text"),
        ("catch:var=not-a-name", "name of an artifact"),
        ("resources:memory=lots", "whole number"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(spec: str, expected: str) -> None:
    work = made_step()
    attach([work], [spec])
    with pytest.raises(MetaflowException) as info:
        step_options("work", work.decorators)
    assert expected in str(info.value)


def test_retry_leaves_room_for_catch() -> None:
    work = catch(retry(times=5)(made_step()))
    with pytest.raises(MetaflowException, match="at most 4"):
        step_options("work", work.decorators)
