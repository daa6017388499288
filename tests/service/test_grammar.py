"""The grammar of listings: what it accepts, what it finds, and that nothing in it is ever SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfruntime.service.config import Config
from mfruntime.service.http_errors import HttpError
from mfruntime.service.lists import query_string
from mfruntime.service.lists.query_string import ListQuery, parse, read_cursor, write_cursor
from mfruntime.service.lists.select import ARTIFACTS, FLOWS, METADATA, RUNS, STEPS, TASKS

from .conftest import Caller
from .test_contract import make_run, make_task

KINDS = [FLOWS, RUNS, STEPS, TASKS, METADATA, ARTIFACTS]
USERS = ["ann", "Bob", "50%", "a_b", "x\\y", "o'neil", "", "null-ish", "Ärger"]


LONG = [
    "user_name=" + "x" * 1001,
    "user_name:li=" + "%25a" * 15_000,
    "user_name:co=" + "_" * 1001,
    "_tags=" + "t" * 1001,
    "_tags:likeany=" + "%25" * 15_000,
    "run_number=" + "9" * 1001,
    "status=" + "x" * 1001,
    "&".join("_tags:likeall=" + ",".join(["a"] * 100) for _ in range(6)),
    "&".join(f"user_name:ne={','.join(['a'] * 100)}" for _ in range(6)),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """One database of a few runs, for tests that only read."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('grammar')}/m.db"
    else:
        server = request.getfixturevalue("postgres")
        from .conftest import execute

        execute(server.url, "DROP DATABASE IF EXISTS grammar")
        execute(server.url, "CREATE DATABASE grammar")
        address = server.url.replace("/postgres", "/grammar")
    caller = Caller(Config(database=address))
    for n, user in enumerate(USERS):
        make_run(caller, user_name=user, ts_epoch=1000 + n, tags=[f"t{n}", "even" if n % 2 == 0 else "odd"])
    make_run(caller, user_name=None, ts_epoch=2000, run_number="named")
    yield caller
    caller.close()


@pytest.mark.parametrize("query", LONG, ids=lambda query: query[:16])
def test_filters_that_are_too_long_are_refused_by_both_databases(shared: Caller, query: str) -> None:
    answer = shared.get(f"/flows/F/runs?{query}")
    assert (answer.status_code, answer.json()["status"]) == (400, 400), answer.text


@pytest.mark.parametrize("name", ["user_name:ne", "_tags:likeall", "_tags:any", "run_number"])
def test_as_many_values_as_are_allowed_are_taken_by_both_databases(shared: Caller, name: str) -> None:
    query = "&".join(f"{name}={','.join([str(n) * 20 for n in range(100)])}" for _ in range(5))
    assert shared.get(f"/flows/F/runs?{query}").status_code == 200
    assert shared.get(f"/flows/F/runs?user_name:li={'%25' * 1000}&_tags:likeany={'%25' * 1000}").status_code == 200


def users(caller: Caller, query: str) -> list[Any]:
    answer = caller.get(f"/flows/F/runs?{query}")
    assert answer.status_code == 200, answer.text
    return [run["user_name"] for run in reversed(answer.json())]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user_name=ann", ["ann"]),
        ("user_name:eq=ann,Bob", ["ann", "Bob"]),
        ("user_name:co=50%25", ["50%"]),
        ("user_name:co=a_b", ["a_b"]),
        ("user_name:co=%5C", ["x\\y"]),
        ("user_name:sw=b", ["Bob"]),
        ("user_name:ew=NEIL", ["o'neil"]),
        ("user_name:li=%25o%25", ["Bob", "o'neil"]),
        ("user_name:is=null", [None]),
        ("user_name=null", [None]),
        ("user_name:ne=null&ts_epoch:le=1001", ["ann", "Bob"]),
        ("user_name:ne=ann,Bob&ts_epoch:lt=1004", ["50%", "a_b"]),
        ("user_name=", [""]),
        ("ts_epoch:ge=1007&ts_epoch:lt=2000", ["null-ish", "Ärger"]),
        ("ts_epoch:gt=1007&ts_epoch:ne=2000", ["Ärger"]),
        ("ts_epoch:sw=20", [None]),
        ("run_number=named", [None]),
        ("run_number:sw=nam", [None]),
        ("run_number=1", ["ann"]),
        ("_tags=t1", ["Bob"]),
        ("_tags:all=t1,odd", ["Bob"]),
        ("_tags:all=t1,even", []),
        ("_tags:any=t0,t1", ["ann", "Bob"]),
        ("_tags:likeany=eve&ts_epoch:lt=1003", ["ann", "50%"]),
        ("_tags=user:me&ts_epoch=1000", ["ann"]),
        ("nothing=1&user_name=ann", ["ann"]),
        ("_unknown=1&user_name=ann", ["ann"]),
    ],
)
def test_filters_find_what_they_say(shared: Caller, query: str, expected: list[Any]) -> None:
    assert users(shared, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "user_name:zz=1", "ts_epoch=soon", "ts_epoch:gt=1.5", "ts_epoch:eq=99999999999999999999", "user_name:is=1",
        "_tags:none=1", "_limit=0", "_limit=-1", "_limit=x", "_limit=%C2%B2", "_cursor=x", "_cursor=W10",
        "_cursor=WyJhIl0", "user_name=a%00b", "status=happy", "status:gt=running", "user_name:li=%5C",
        "user_name=%ff", "user_name=" + ",".join("x" * 101), "&".join(f"a{n}=1" for n in range(101)),
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_know_is_answered_by_400(shared: Caller, query: str) -> None:
    answer = shared.get(f"/flows/F/runs?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"]


def test_without_any_element_the_whole_list_is_given(shared: Caller) -> None:
    answer = shared.get("/flows/F/runs?other=1")
    assert len(answer.json()) == 10
    assert "X-Next-Cursor" not in answer.headers


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 9, 10, 11, 5000])
def test_pages_put_together_are_the_list(shared: Caller, limit: int) -> None:
    for query in ("", "&_tags=even", "&status=running", "&user_name:ne=ann"):
        whole = shared.get(f"/flows/F/runs?_limit=500{query}").json()
        found: list[Any] = []
        path: str | None = f"/flows/F/runs?_limit={limit}{query}"
        while path:
            answer = shared.get(path)
            assert len(answer.json()) <= limit
            found += answer.json()
            following = answer.headers.get("X-Next-Cursor")
            path = f"/flows/F/runs?_limit={limit}{query}&_cursor={following}" if following else None
        assert found == whole


def test_every_list_has_pages(caller: Caller) -> None:
    run = make_run(caller)["run_number"]
    for n in range(3):
        caller.post(f"/flows/G{n}", {})
        path, _ = make_task(caller, run=run, step=f"s{n}")
        for _ in range(2):
            path, _ = make_task(caller, run=run, step="s0")
        facts = [{"field_name": f"f{m}", "value": "1"} for m in range(3)]
        artifacts = [{"name": f"a{m}", "attempt_id": 0} for m in range(3)]
        caller.post(path + "/metadata", facts)
        caller.post(path + "/artifact", artifacts)
    base = f"/flows/F/runs/{run}"
    for listed in ("/flows", base + "/steps", base + "/steps/s0/tasks", base + "/metadata", base + "/artifacts"):
        whole = caller.get(listed).json()
        assert len(whole) >= 3
        found, query = [], "_limit=2"
        while query:
            answer = caller.get(f"{listed}?{query}")
            found += answer.json()
            following = answer.headers.get("X-Next-Cursor")
            query = f"_limit=2&_cursor={following}" if following else ""
        assert found == whole, listed


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["user_name", "ts_epoch", "run_number", "flow_id", "status", "_tags", "_limit", "_cursor", "tags"]),
    st.sampled_from(
        ["", *(f":{op}" for op in (*query_string.OPERATORS, *query_string.TAG_MODES)), ":'; DROP TABLE runs_v3;--"]
    ),
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["' OR 1=1 --", "1; DROP TABLE runs_v3", "$1", "%", "\\", "null", "a,b,,c", '"]', "{}", "?"]),
    ),
)
def test_whatever_is_asked_is_answered_and_nothing_is_changed(
    shared: Caller, field: str, operator: str, value: str
) -> None:
    query = urlencode({field + operator: value.encode("utf-8", "surrogatepass")})
    answer = shared.get(f"/flows/F/runs?{query}")
    assert answer.status_code in (200, 400), answer.text
    assert len(shared.get("/flows/F/runs").json()) == 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00,"), max_size=12))
def test_texts_are_compared_as_they_are(shared: Caller, text: str) -> None:
    if text == "null":
        return
    for operator, holds in (("eq", str.__eq__), ("co", _contains), ("sw", _starts), ("ew", _ends)):
        found = users(shared, f"user_name:{operator}={quote(text)}")
        if text.isascii():  # SQLite folds the case of ASCII letters only
            assert found == [u for u in USERS if holds(u, text)], operator


def _folded(text: str) -> str:
    return re.sub("[A-Z]", lambda m: m[0].lower(), text)


def _contains(value: str, text: str) -> bool:
    return _folded(text) in _folded(value)


def _starts(value: str, text: str) -> bool:
    return _folded(value).startswith(_folded(text))


def _ends(value: str, text: str) -> bool:
    return _folded(value).endswith(_folded(text))


keys = st.one_of(
    st.integers(-(2**62), 2**62), st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))
)


@given(st.lists(keys, max_size=4))
def test_a_cursor_gives_back_what_it_was_made_of(values: list[Any]) -> None:
    assert read_cursor(write_cursor(values), [type(v) for v in values]) == tuple(values)


@given(st.text(max_size=40))
def test_other_texts_are_no_cursors(text: str) -> None:
    try:
        values = read_cursor(text, [int])
    except HttpError as fault:
        assert fault.status == 400
    else:
        assert isinstance(values[0], int)


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_a_query_string_is_read_or_refused(kind: Any, query: str) -> None:
    try:
        assert isinstance(parse(query, kind.fields, kind.keys), ListQuery)
    except HttpError as fault:
        assert fault.status == 400


def test_a_path_that_holds_sql_names_nothing(caller: Caller) -> None:
    make_run(caller)
    for name in ("F' OR '1'='1", "F;DROP TABLE flows_v3", "F--", "%", "_", "$1"):
        assert caller.get(f"/flows/{quote(name)}").status_code == 404
        assert caller.get(f"/flows/{quote(name)}/runs").json() == []
        assert caller.get(f"/flows/F/runs/{quote(name)}").status_code == 404
    assert len(caller.get("/flows").json()) == 1


def test_the_sqlite_file_is_made_where_the_address_says(tmp_path: Path) -> None:
    Caller(Config(database=f"sqlite:///{tmp_path}/x.db")).close()
    assert (tmp_path / "x.db").exists()
