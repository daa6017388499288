"""Options of decorators: what is said of wrong ones, and where decorators may stand."""

from __future__ import annotations

from typing import Any

import pytest

from mfruntime import catch, retry, step
from mfruntime.decorators.catch import Catch
from mfruntime.decorators.retry import Retry, RetryDecorator
from mfruntime.decorators.timeout import Timeout
from mfruntime.errors import InvalidDecoratorAttribute, MetaflowException
from mfruntime.flow.decorator_specs import attach
from mfruntime.flow.options import step_options


def made_step() -> Any:
    @step
    def work(self: Any) -> None: ...

    return work


def test_an_unknown_attribute_names_the_closest() -> None:
    with pytest.raises(InvalidDecoratorAttribute) as info:
        RetryDecorator({"time": 3})
    assert "Did you mean 'times'?" in str(info.value.hint)


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
        ("retry:times=1.5", "an integer"),
        ("retry:times=6", "at most 5"),
        ("retry:minutes_between_retries=soon", "must be a number"),
        ("timeout", "zero"),
        ("timeout:seconds=-1", "at least 0"),
        ("environment:vars=1", "must be a dict"),
        ('environment:vars={"A=B":"x"}', "not a name and a string"),
        ("catch:var=not-a-name", "name of an artifact"),
        ("resources:memory=lots", "an integer"),
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


def test_options_are_read_by_their_type() -> None:
    work = catch(var="problem")(retry(times=2)(made_step()))
    options = step_options("work", work.decorators)
    assert (options.get(Retry), options.get(Catch), options.get(Timeout)) == (Retry(times=2), Catch("problem"), None)
    assert (options.all(Retry), options.named("catch")) == ((Retry(times=2),), (Catch("problem"),))
