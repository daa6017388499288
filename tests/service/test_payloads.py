"""Bodies that are not what they should be: answered by 400, 404, 405 or 413, and nothing is changed by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfruntime.service.config import Config

from .conftest import Caller
from .test_contract import OWN, make_run, make_task

LONG = "x" * 256

FLOW_BODIES = [
    b"{", b"\xff\xfe", b"[" * 100_000, b'"text"', b"[]", b"1", b"null",
    {"user_name": 5}, {"user_name": LONG}, {"user_name": "a\x00b"}, {"user_name": "\ud800"},
    {"tags": "a"}, {"tags": [1]}, {"tags": {"a": 1}}, {"system_tags": ["\x00"]}, {"tags": [None]},
    {"ts_epoch": "soon"}, {"ts_epoch": -1}, {"ts_epoch": 1.5}, {"ts_epoch": True}, {"ts_epoch": 2**63},
]  # fmt: skip


def sent(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize("body", FLOW_BODIES, ids=lambda b: repr(b)[:30])
def test_a_malformed_flow_is_refused(caller: Caller, body: Any) -> None:
    answer = caller.post("/flows/F", sent(body))
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) >= {"message", "status", "title", "detail", "type"}
    assert caller.get("/flows").json() == []


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("metadata", {"field_name": LONG}),
        ("metadata", {"field_name": None}),
        ("metadata", {"value": "a\x00"}),
        ("metadata", {"type": 3}),
        ("metadata", "text"),
        ("artifact", {"attempt_id": 0}),
        ("artifact", {"name": "x", "attempt_id": -1}),
        ("artifact", {"name": "x", "attempt_id": 40000}),
        ("artifact", {"name": "x", "attempt_id": "one"}),
        ("artifact", {"name": "x", "location": "l" * 300}),
        ("artifact", {"name": "x", "sha": 5}),
    ],
)
def test_a_malformed_record_spoils_the_whole_list(caller: Caller, kind: str, record: Any) -> None:
    path, _ = make_task(caller)
    good = {"field_name": "a", "value": "1", "name": "a"}
    assert caller.post(f"{path}/{kind}", sent([good, record])).status_code == 400
    assert caller.get(f"{path}/{'metadata' if kind == 'metadata' else 'artifacts'}").json() == []


def test_texts_of_any_script_come_back_as_they_went(caller: Caller) -> None:
    tag = "Grüße, 世界 🌍 \\ \" ' </script>"
    text = f"{tag} \n\t \u2028"
    path, _ = make_task(caller)
    caller.post(path + "/metadata", [{"field_name": "f", "value": text, "type": "t", "tags": [tag]}])
    found = caller.get(path + "/metadata").json()[0]
    assert (found["value"], found["tags"]) == (text, [tag])


TAGS_REFUSED = [["x" * 501], [""], [f"t{n}" for n in range(51)], ["a\u202eb"], ["a\x9bb"], ["a\u200bb"], ["a\nb"]]


@pytest.mark.parametrize("tags", TAGS_REFUSED, ids=lambda tags: ascii(tags[0][:8]))
@pytest.mark.parametrize("field", ["tags", "system_tags"])
def test_the_limits_of_tags_hold_at_creation(caller: Caller, field: str, tags: list[str]) -> None:
    path, _ = make_task(caller)
    run, step = path.partition("/steps/")[0], path.rpartition("/tasks/")[0]
    record = {"name": "a", "field_name": "a", "value": "1", "step_name": "start", "task_id": "t-1", field: tags}
    for target, body in (
        ("/flows/G", record),
        ("/flows/F/run", {field: tags}),
        (f"{run}/steps/other/step", {field: tags}),
        (f"{step}/task", {field: tags}),
        (f"{run}/tasks", [record]),
        (f"{path}/metadata", [record]),
        (f"{path}/artifact", [record]),
    ):
        answer = caller.post(target, sent(body))
        assert (answer.status_code, "tag" in answer.json()["message"]) == (400, True), (target, answer.text)
    assert caller.get("/flows/G").status_code == 404
    assert len(caller.get(f"{step}/tasks").json()) == 1


def test_as_many_tags_as_are_allowed_are_taken(caller: Caller) -> None:
    tags = [f"{n:02}" + "ä" * 498 for n in range(50)]
    assert caller.post("/flows/F", {"tags": tags, "system_tags": tags}).status_code == 200
    assert caller.get("/flows/F").json()["tags"] == tags


@pytest.mark.parametrize(
    "name", ["data", "_meta", "latest_run", "mf.cards", "config.json", "Data", "a\u202eb", "a\x85b"]
)
def test_names_of_the_datastore_itself_and_hidden_ones_are_no_names_of_runs(caller: Caller, name: str) -> None:
    path, _ = make_task(caller)
    assert caller.post("/flows/F/run", {"run_number": name}).status_code == 400
    if name in ("_meta", "a\u202eb"):
        assert caller.post(path.rpartition("/tasks/")[0] + "/task", {"task_id": name}).status_code == 400
        assert caller.post(path.partition("/steps/")[0] + f"/steps/{name}/step", {}).status_code == 400
    assert len(caller.get("/flows/F/runs").json()) == 1


def test_a_value_of_task_metadata_has_a_limit(caller: Caller) -> None:
    path, _ = make_task(caller)
    for value, status in (("x" * (1 << 20), 200), ("x" * ((1 << 20) + 1), 400), ("ä" * ((1 << 19) + 1), 400)):
        assert caller.post(f"{path}/metadata", [{"field_name": "f", "value": value}]).status_code == status


def test_methods_and_paths_that_are_not_there(caller: Caller) -> None:
    answer = caller.run(caller.client.delete("/flows/F"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    for path in ("/", "//", "/flow", "/flows/", "/flows/F/runs/1/steps/s/tasks/1/x", "/flows/a%2Fb/c", "/flows//runs"):
        assert caller.get(path).status_code in (200, 404), path
    assert caller.get("/flows/" + "x" * 256).status_code == 400
    assert caller.get("/flows/a%00b").status_code == 400
    assert caller.post("/flows/..%2fx", {}).status_code in (404, 405)
    assert caller.post("/flows/%2e%2e", {}).status_code in (400, 404, 405)
    head = caller.run(caller.client.head("/ping"))
    assert (head.status_code, head.content) == (200, b"")


def test_a_body_that_is_too_large_is_refused(tmp_path: Any) -> None:
    caller = Caller(Config(database=f"sqlite:///{tmp_path}/m.db", max_body=1000))
    try:
        assert caller.post("/flows/F", {"user_name": "x" * 900}).status_code == 400
        assert caller.post("/flows/F", {"tags": ["x" * 1000]}).status_code == 413

        async def pieces() -> Any:
            for _ in range(100):
                yield b" " * 100

        answer = caller.run(caller.client.post("/flows/F", content=pieces()))
        assert answer.status_code == 413
        assert caller.get("/flows").json() == []
    finally:
        caller.close()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["user_name", "tags", "system_tags", "ts_epoch", "run_number", "task_id", "field_name", "value", "type", "name",
     "attempt_id", "location", "tags_to_add", "tags_to_remove", "step_name", "metadata", "idempotency_key"]
)  # fmt: skip
records = st.dictionaries(fields, anything, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(anything, records, st.lists(records, max_size=3)), st.integers(0, 7))
def test_no_body_makes_the_service_fail(caller: Caller, body: Any, where: int) -> None:
    run = "/flows/F/runs/1"
    if caller.get("/flows/F").status_code == 404:
        make_task(caller, run=make_run(caller)["run_number"])
    task = f"{run}/steps/start/tasks/1"
    paths = ["/flows/H", "/flows/F/run", run + "/steps/x/step", run + "/steps/start/task", task + "/metadata",
             task + "/artifact", run + "/tasks", run + "/tag/mutate"]  # fmt: skip
    path = paths[where]
    content = json.dumps(body).encode()
    method = "PATCH" if path.endswith("mutate") else "POST"
    answer = caller.run(caller.client.request(method, path, content=content))
    assert answer.status_code in (200, 400, 404, 409, 422), answer.text
    json.loads(answer.text)


def test_a_request_that_spoils_a_group_spoils_only_itself(caller: Caller) -> None:
    """Values that pass every check but not the database concern nobody else in the same transaction."""
    import asyncio

    from mfruntime.service.database.base import NewFlow, Rejected

    database = caller.app.state.dispatcher._service.database  # type: ignore[attr-defined]
    bad = NewFlow("bad", "u", 2**70, "[]", "[]")

    async def together() -> list[Any]:
        items = [NewFlow("a", "u", 1, "[]", "[]"), bad, NewFlow("b", "u", 1, "[]", "[]")]
        return await asyncio.gather(*(database.write(item) for item in items), return_exceptions=True)

    results = caller.run(together())
    assert [r.state for r in (results[0], results[2])] == ["created", "created"]
    assert isinstance(results[1], Rejected)
    assert [f["flow_id"] for f in caller.get("/flows").json()] == ["a", "b"]
    assert caller.post("/flows/F", OWN).status_code == 200
