"""Lists that are sent while they are read: complete, in order, and never mistaken for complete when interrupted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mfruntime.service.database.base import Unavailable
from mfruntime.service.lists import batches, paging

from .conftest import Caller
from .test_contract import OWN, fact, make_run, make_task


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of few rows and bytes, so that small lists have many."""
    monkeypatch.setattr(batches, "FIRST_ROWS", 3)
    monkeypatch.setattr(batches, "MOST_ROWS", 5)
    monkeypatch.setattr(batches, "BATCH_BYTES", 900)
    monkeypatch.setattr(batches, "_IDS", 7)
    monkeypatch.setattr(paging, "BATCH_BYTES", 900)
    monkeypatch.setattr(paging, "PART_BYTES", 700)


def filled(caller: Caller) -> tuple[str, list[str]]:
    """A run with 40 tasks; their values have all sizes around that of a batch."""
    run = make_run(caller)["run_number"]
    entries = [
        {"step_name": "start", "task_id": f"t-{n}", **OWN, "metadata": [fact("attempt", "0"), fact("v", "ä" * 30 * n)]}
        for n in range(40)
    ]
    made = caller.post(f"/flows/F/runs/{run}/tasks", entries).json()["tasks"]
    assert [task["task_id"] for task in made] == [f"t-{n}" for n in range(40)]
    return f"/flows/F/runs/{run}", [f"t-{n}" for n in range(40)]


def test_a_complete_list_has_every_record_once_and_in_order(caller: Caller) -> None:
    run, tasks = filled(caller)
    found = caller.get(f"{run}/steps/start/tasks").json()
    assert [task["task_id"] for task in found] == tasks
    assert {task["status"] for task in found} == {"running"}
    entries = caller.get(f"{run}/metadata").json()
    assert [entry["id"] for entry in entries] == sorted(entry["id"] for entry in entries)
    assert sorted(len(e["value"]) for e in entries if e["field_name"] == "v") == [30 * n for n in range(40)]
    assert len(caller.get(f"{run}/steps/start/tasks/t-39/metadata").json()) == 2
    paths = caller.get(f"{run}/steps/start/filtered_tasks?metadata_field_name=v&pattern=%5E%C3%A4").json()
    assert paths == [f"{run}/start/{t}".replace("/flows/", "").replace("/runs/", "/") for t in tasks[1:]]
    for _ in range(12):
        make_run(caller)
    assert len(caller.get("/flows/F/runs").json()) == 13
    for n in range(12):
        caller.post(f"/flows/G{n:02}", OWN)
    assert [flow["flow_id"] for flow in caller.get("/flows").json()] == ["F", *(f"G{n:02}" for n in range(12))]


def test_artifacts_and_steps_are_complete_too(caller: Caller) -> None:
    path, task = make_task(caller)
    names = [f"a{n:03}" for n in range(30)]
    caller.post(f"{path}/artifact", [{"name": name, "location": "ä" * 100} for name in names])
    assert [a["name"] for a in caller.get(f"{path}/artifacts").json()] == names
    run = f"/flows/F/runs/{task['run_number']}"
    for n in range(12):
        caller.post(f"{run}/steps/s{n:02}/step", {"ts_epoch": 2**50})
    assert [s["step_name"] for s in caller.get(f"{run}/steps").json()] == ["start", *(f"s{n:02}" for n in range(12))]


@pytest.mark.parametrize("query", ["_limit=500", "_limit=2", "status=running&_limit=7", "step_name=start"])
def test_pages_of_few_bytes_lead_to_every_record(caller: Caller, query: str) -> None:
    run, tasks = filled(caller)
    kind, wanted = ("steps/start/tasks", tasks) if "status" in query else ("metadata", [t for t in tasks for _ in "ab"])
    found, cursor, pages = [], "", 0
    while True:
        answer = caller.get(f"{run}/{kind}?{query}{cursor}")
        assert answer.status_code == 200, answer.text
        found += [record["task_id"] for record in answer.json()]
        pages += 1
        if "x-next-cursor" not in answer.headers:
            break
        cursor = f"&_cursor={answer.headers['x-next-cursor']}"
    assert sorted(found) == sorted(wanted)
    assert pages > 5


def test_empty_lists_are_lists(caller: Caller) -> None:
    run = f"/flows/F/runs/{make_run(caller)['run_number']}"
    for path in ("steps", "metadata", "artifacts", "steps/x/tasks", "steps/x/filtered_tasks", "metadata?_limit=3"):
        assert caller.get(f"{run}/{path}").json() == []
    assert caller.post(f"{run}/tasks", []).json() == {"tasks": []}


def test_an_outage_in_the_middle_of_a_list_leaves_no_list(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = filled(caller)
    database = caller.app.state.dispatcher._service.database
    read, count = database.read_part, [0]

    async def cut(*args: Any) -> Any:
        count[0] += 1
        if count[0] > 3:
            raise Unavailable("cut")
        return await read(*args)

    monkeypatch.setattr(database, "read_part", cut)
    messages = caller.run(_answer(caller, f"{run}/steps/start/tasks"))
    assert messages[0]["status"] == 200
    assert messages[-1]["more_body"], "the response must not look complete"
    body = b"".join(message["body"] for message in messages[1:])
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    count[0] = 3
    assert caller.get(f"{run}/steps/start/tasks").status_code == 503


async def _answer(caller: Caller, path: str) -> list[Any]:
    """The messages of a response, as a server gets them."""
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    await caller.app(scope, _waiting(receive), send)
    return messages


def _waiting(first: Any) -> Any:
    import asyncio

    calls = [first]

    async def receive() -> Any:
        return await calls.pop()() if calls else await asyncio.Event().wait()

    return receive
