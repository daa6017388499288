"""Patterns of clients: found as they say, and never at the cost of others."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfruntime.service.database import base, regex
from tests.doubles.metadata_service import Program

from .conftest import Caller
from .test_contract import make_run, make_task

#: Patterns that take a backtracking matcher for ever on a text of 40 letters, or a quadratic one on a long text.
HOSTILE = ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){12}$", "(a*)*b", "^(a+)+b", "a*a*a*a*a*a*b"]


@pytest.fixture
def tasks(caller: Caller) -> Caller:
    """Tasks with values that hostile patterns are made for."""
    task, _ = make_task(caller, run=make_run(caller)["run_number"])
    caller.post(f"{task}/metadata", [{"field_name": "f", "value": "a" * 40 + "!"}] * 3)
    caller.post(f"{task}/metadata", [{"field_name": "f", "value": "a" * 50_000 + "!"}])
    return caller


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_pattern_is_answered_and_holds_up_nobody(tasks: Caller, pattern: str) -> None:
    answers: list[httpx.Response] = []
    path = httpx.URL("/flows/F/runs/1/steps/start/filtered_tasks", params={"pattern": pattern})
    threads = [threading.Thread(target=lambda: answers.append(tasks.get(str(path)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert tasks.get("/flows/F").status_code == 200  # four reader threads, and none is held
        time.sleep(0.01)
    assert {a.status_code for a in answers} <= {200, 400}, answers[0].text


def test_postgresql_gives_a_search_its_time_and_no_more(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mfruntime.service.config import Config
    from mfruntime.service.database import postgres

    monkeypatch.setattr(postgres, "SEARCH_SECONDS", 0.05)
    caller = Caller(Config(database=new_database()))
    try:
        caller.post("/flows/F", {})
        store = caller.app.state.dispatcher._service.database
        with pytest.raises(base.Rejected, match="longer than"):
            caller.run(store.search_part("SELECT pg_sleep(20)", (), 1))
        assert caller.run(store.read("SHOW statement_timeout"))[0][0] == "30s"  # what others get is as it was
    finally:
        caller.close()


def test_sqlite_gives_a_read_its_time_and_no_more(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mfruntime.service.config import Config
    from mfruntime.service.database import sqlite

    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    caller = Caller(Config(database=f"sqlite:///{tmp_path}/m.db"))
    try:
        store = caller.app.state.dispatcher._service.database
        monkeypatch.setattr(sqlite, "SEARCH_SECONDS", 0.05)
        monkeypatch.setattr(sqlite, "READ_SECONDS", 0.05)
        with pytest.raises(base.Rejected, match="longer than"):
            caller.run(store.search_part(endless, (), 1))
        with pytest.raises(base.Unavailable, match="more than"):
            caller.run(store.read(endless))
        assert caller.run(store.read("SELECT 1"))[0][0] == 1
    finally:
        caller.close()


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "(?<=a)b", r"(a)\1", "((a{100}){100}){100}", "\\"])
def test_what_sqlite_cannot_match_is_refused_and_said(tmp_path: Any, pattern: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        regex.compiled(pattern)


@pytest.fixture
def without_re2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "re2", None)
    regex.compiled.cache_clear()
    yield
    regex.compiled.cache_clear()


def test_without_re2_plain_texts_are_found_and_all_else_is_refused(without_re2: None) -> None:
    assert regex.compiled("^body:0,inner:2$")("body:0,inner:2")
    assert not regex.compiled("^body:0$")("xbody:0")
    assert regex.compiled(r"a\.b")("xa.bx") and not regex.compiled(r"a\.b")("aXb")
    for pattern in [*HOSTILE, "a.b", "[a]", "a|b", "(a)", "a?", "a{2}", r"\d", "("]:
        with pytest.raises(ValueError, match="RE2"):
            regex.compiled(pattern)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.text(max_size=4), st.text(max_size=4))
def test_a_text_whose_signs_are_escaped_is_found_as_itself(text: str, before: str, after: str) -> None:
    import re2

    value = before + text + after
    if any("\ud800" <= c <= "\udfff" for c in value):
        return
    assert regex.compiled(re2.escape(text))(value)


def test_many_patterns_are_no_memory(tmp_path: Any) -> None:
    program = Program(f"sqlite:///{tmp_path}/m.db", tmp_path / "log")
    program.start()
    try:
        with httpx.Client(base_url=program.url) as client:
            for n in range(300):
                params = {"pattern": f"(x{n}|y{{300}}|[^a-z]{{300}}){{2}}$"}
                answer = client.get("/flows/F/runs/1/steps/start/filtered_tasks", params=params)
                assert answer.status_code in (200, 400), answer.text
        assert program.peak_memory < 300
    finally:
        program.stop()
