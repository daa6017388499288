"""The HTTP interface of Metaflow's metadata service, over each database."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from .conftest import Caller

SYSTEM = ["metaflow_version:2.19.39", "user:me"]
OWN = {"user_name": "me", "tags": ["a", "b"], "system_tags": SYSTEM}


def make_run(caller: Caller, flow: str = "F", **body: Any) -> Any:
    caller.post(f"/flows/{flow}", OWN)
    return caller.post(f"/flows/{flow}/run", {**OWN, **body}).json()


def make_task(caller: Caller, flow: str = "F", step: str = "start", run: Any = None, **body: Any) -> tuple[str, Any]:
    """The path of a new task, and its record."""
    number = run if run is not None else make_run(caller, flow)["run_number"]
    base = f"/flows/{flow}/runs/{number}/steps/{step}"
    caller.post(base + "/step", OWN)
    answer = caller.post(base + "/task", {**OWN, **body})
    assert answer.status_code == 200, answer.text
    record = answer.json()
    return f"{base}/tasks/{record['task_id']}", record


def fact(field: str, value: str, attempt: int = 0, **more: Any) -> dict[str, Any]:
    return {"field_name": field, "value": value, "type": field, "tags": [f"attempt_id:{attempt}"], **more}


def artifact(name: str, attempt: int = 0) -> dict[str, Any]:
    own = {"location": "/x", "ds_type": "local", "sha": "ab", "type": "metaflow.artifact", "content_type": "pickle-v4"}
    return {"name": name, "attempt_id": attempt, **own, **OWN}


def test_every_answer_names_the_version_errors_too(caller: Caller) -> None:
    for path in ("/ping", "/version", "/healthcheck", "/flows", "/flows/None", "/nowhere"):
        assert caller.get(path).headers["METADATA_SERVICE_VERSION"] == "2.5.1", path
    assert caller.get("/ping").text == "pong"
    assert caller.get("/version").text == "2.5.1"
    assert json.loads(caller.get("/healthcheck").json()) == {"status": "UP"}
    assert caller.get("/readyz").status_code == caller.get("/healthz").status_code == 200


def test_a_flow_is_registered_once(caller: Caller) -> None:
    first = caller.post("/flows/F", OWN)
    assert (first.status_code, first.json()["tags"]) == (200, ["a", "b"])
    again = caller.post("/flows/F", {"user_name": "other"})
    assert (again.status_code, again.json()) == (409, first.json())
    assert caller.get("/flows/F").json() == first.json()
    assert caller.get("/flows").json() == [first.json()]
    assert caller.get("/flows/G").status_code == 404


def test_runs_are_numbered_and_listed_newest_first(caller: Caller) -> None:
    first, second = make_run(caller), make_run(caller)
    assert second["run_number"] > first["run_number"]
    assert [r["run_number"] for r in caller.get("/flows/F/runs").json()] == [second["run_number"], first["run_number"]]
    assert caller.get(f"/flows/F/runs/{first['run_number']}").json() == first
    assert caller.get("/flows/F/latest_run").json() == second
    assert caller.get("/flows/None/runs").json() == []
    assert caller.post("/flows/None/run", OWN).status_code == 404


def test_a_run_under_a_name_of_its_own_is_called_by_it(caller: Caller) -> None:
    run = make_run(caller, run_number="argo-x")
    assert run["run_number"] == "argo-x"
    assert caller.get("/flows/F/runs/argo-x").json() == run
    again = caller.post("/flows/F/run", {"run_number": "argo-x"})
    assert (again.status_code, again.json()) == (409, run)
    path, task = make_task(caller, run="argo-x", task_id="t-1")
    assert (task["run_number"], task["task_id"]) == ("argo-x", "t-1")
    assert caller.get(path).json() == task
    assert caller.post("/flows/F/runs/argo-x/steps/start/task", {"task_id": "t-1"}).status_code == 409


@pytest.mark.parametrize("body", [{"run_number": "12"}, {"run_number": "a/b"}, {"run_number": ".."}, {"run_number": 7}])
def test_numbers_and_paths_are_no_names_of_runs(caller: Caller, body: Any) -> None:
    caller.post("/flows/F", OWN)
    assert caller.post("/flows/F/run", body).status_code == 400


def test_a_numeric_task_id_is_refused(caller: Caller) -> None:
    path, _ = make_task(caller)
    assert caller.post(path.rpartition("/tasks/")[0] + "/task", {"task_id": "55"}).status_code == 400


def test_what_belongs_to_nothing_is_answered_by_404(caller: Caller) -> None:
    run = make_run(caller)["run_number"]
    for path in ("/flows/F/runs/999/steps/s/step", "/flows/G/runs/1/steps/s/step", f"/flows/F/runs/{run}/steps/s/task"):
        assert caller.post(path, OWN).status_code == 404, path
    for path in (f"/flows/F/runs/{run}/steps/s", f"/flows/F/runs/{run}/steps/s/tasks/1", "/flows/F/runs/99999999999"):
        assert caller.get(path).status_code == 404, path
    assert caller.get(f"/flows/F/runs/{10**30}").status_code == 404
    assert caller.get("/flows/F/runs/999/steps").json() == []
    assert caller.get(f"/flows/F/runs/{run}/steps/s/tasks").json() == []


def test_steps_are_registered_once_and_show_the_tags_of_the_run(caller: Caller) -> None:
    run = make_run(caller)["run_number"]
    base = f"/flows/F/runs/{run}/steps"
    made = caller.post(f"{base}/start/step", {"tags": ["own"]})
    assert (made.status_code, made.json()["tags"], made.json()["system_tags"]) == (200, ["a", "b"], SYSTEM)
    assert caller.post(f"{base}/start/step", {}).status_code == 409
    caller.patch(f"/flows/F/runs/{run}/tag/mutate", {"tags_to_add": ["c"], "tags_to_remove": ["a"]})
    assert caller.get(f"{base}/start").json()["tags"] == ["b", "c"]
    assert [s["tags"] for s in caller.get(base).json()] == [["b", "c"]]


def test_tasks_show_the_tags_of_the_run(caller: Caller) -> None:
    path, task = make_task(caller, tags=["own"])
    assert task["tags"] == ["a", "b"]
    run = task["run_number"]
    caller.patch(f"/flows/F/runs/{run}/tag/mutate", {"tags_to_add": ["z"], "tags_to_remove": []})
    assert caller.get(path).json()["tags"] == ["a", "b", "z"]
    assert caller.get(path.rpartition("/")[0]).json() == [caller.get(path).json()]
    caller.post(path + "/artifact", [artifact("x")])
    assert caller.get(path + "/artifacts").json()[0]["tags"] == ["a", "b", "z"]


def test_facts_are_kept_in_order_with_their_own_tags(caller: Caller) -> None:
    path, task = make_task(caller)
    data = [fact("attempt", "0"), fact("ds-type", "s3"), {"field_name": "foreach-stack", "value": ["items=1"]}]
    assert caller.post(path + "/metadata", data).json() == {"metadata_created": 3}
    found = caller.get(path + "/metadata").json()
    assert [(d["field_name"], d["value"]) for d in found] == [
        ("attempt", "0"),
        ("ds-type", "s3"),
        ("foreach-stack", '["items=1"]'),
    ]
    assert found[0]["tags"] == ["attempt_id:0"]
    assert found[0]["task_id"] == task["task_id"]
    assert caller.get(f"/flows/F/runs/{task['run_number']}/metadata").json() == found
    assert caller.get("/flows/F/runs/999/metadata").json() == []


def test_facts_and_artifacts_of_unknown_tasks_are_answered_by_400(caller: Caller) -> None:
    path, _ = make_task(caller)
    base = path.rpartition("/")[0]
    for kind, record in (("metadata", fact("a", "1")), ("artifact", artifact("x"))):
        assert caller.post(f"{base}/99999/{kind}", [record]).status_code == 400
        assert caller.post(f"/flows/None/runs/1/steps/s/tasks/1/{kind}", [record]).status_code == 400


def test_artifacts_are_those_of_the_last_attempt_unless_one_is_named(caller: Caller) -> None:
    path, task = make_task(caller)
    for attempt in (0, 1):
        answer = caller.post(path + "/artifact", [artifact("x", attempt), artifact(f"only{attempt}", attempt)])
        assert answer.json() == {"artifacts_created": 2}
    step, run = path.rpartition("/tasks/")[0], f"/flows/F/runs/{task['run_number']}"
    for listed in (path, step, run):
        found = caller.get(listed + "/artifacts").json()
        assert [(a["name"], a["attempt_id"]) for a in found] == [("only1", 1), ("x", 1)], listed
    first = caller.get(path + "/attempt/0/artifacts").json()
    assert [(a["name"], a["attempt_id"]) for a in first] == [("only0", 0), ("x", 0)]
    assert caller.get(path + "/artifacts/x").json()["attempt_id"] == 1
    assert caller.get(path + "/artifacts/x/attempt/0").json()["attempt_id"] == 0
    assert caller.get(path + "/artifacts/x/attempt/7").status_code == 404
    assert caller.get(path + "/artifacts/none").status_code == 404
    assert caller.post(path + "/artifact", [artifact("x", 1)]).json() == {"artifacts_created": 0}


def test_heartbeats_are_answered_by_json_in_json_and_reach_the_run(caller: Caller) -> None:
    path, task = make_task(caller, run=make_run(caller, system_tags=[])["run_number"], system_tags=[])
    run = f"/flows/F/runs/{task['run_number']}"
    assert (task["last_heartbeat_ts"], caller.get(run).json()["last_heartbeat_ts"]) == (None, None)
    answer = caller.post(path + "/heartbeat", {})
    assert json.loads(answer.json()) == {"wait_time_in_seconds": 10}
    for record in (caller.get(path).json(), caller.get(run).json()):
        assert abs(record["last_heartbeat_ts"] - time.time()) < 5
        assert record["status"] == "running"
    assert json.loads(caller.post(run + "/heartbeat", {}).json()) == {"wait_time_in_seconds": 10}
    assert caller.post("/flows/F/runs/999/heartbeat", {}).status_code == 404
    assert caller.post(path + "9/heartbeat", {}).status_code == 404


@pytest.mark.parametrize(
    ("version", "beats"),
    [("2.2.11", False), ("2.2.12", True), ("2.19.39+x", True), ("git-abc", True), (None, False)],
)
def test_who_will_send_heartbeats_is_told_by_the_version(caller: Caller, version: str | None, beats: bool) -> None:
    tags = [f"metaflow_version:{version}"] if version else []
    assert (make_run(caller, system_tags=tags)["last_heartbeat_ts"] is not None) == beats


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tags_to_add": ["n"], "tags_to_remove": ["a", "gone"]}, 200),
        ({"tags_to_add": ["user:me"], "tags_to_remove": []}, 200),
        ({"tags_to_remove": ["user:me"]}, 422),
        ({"tags_to_add": [f"t{n}" for n in range(60)]}, 422),
        ({"tags_to_add": "x"}, 400),
        ({"tags_to_add": [1]}, 400),
        ({"tags_to_add": [""]}, 400),
        ({"tags_to_add": ["x" * 501]}, 400),
        ([], 400),
    ],
)
def test_tags_change_as_far_as_they_may(caller: Caller, body: Any, status: int) -> None:
    run = make_run(caller)["run_number"]
    answer = caller.patch(f"/flows/F/runs/{run}/tag/mutate", body)
    assert answer.status_code == status, answer.text
    if status == 200:
        expected = ["b", "n"] if body["tags_to_remove"] else ["a", "b"]
        assert answer.json() == {"tags": expected}
    after = caller.get(f"/flows/F/runs/{run}").json()
    assert after["system_tags"] == SYSTEM
    assert after["tags"] == (answer.json()["tags"] if status == 200 else ["a", "b"])
    assert caller.patch("/flows/F/runs/999/tag/mutate", {"tags_to_add": []}).status_code == 404


def test_changes_of_tags_at_the_same_time_lose_none(caller: Caller) -> None:
    run = make_run(caller, tags=[])["run_number"]
    path = f"/flows/F/runs/{run}/tag/mutate"
    calls = [
        threading.Thread(target=caller.patch, args=(path, {"tags_to_add": [f"t{n}"], "tags_to_remove": []}))
        for n in range(20)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(caller.get(f"/flows/F/runs/{run}").json()["tags"]) == sorted(f"t{n}" for n in range(20))


def test_tasks_are_found_by_their_facts(caller: Caller) -> None:
    run = make_run(caller)["run_number"]
    paths = [make_task(caller, run=run)[0] for _ in range(3)]
    for n, path in enumerate(paths):
        caller.post(path + "/metadata", [fact("foreach-execution-path", f"body:{n}"), fact("other", "body:2")])
    base = paths[0].rpartition("/tasks/")[0]
    specs = [
        p.removeprefix("/flows/").replace("/runs/", "/").replace("/steps/", "/").replace("/tasks/", "/") for p in paths
    ]

    def found(query: str) -> Any:
        return caller.get(f"{base}/filtered_tasks{query}").json()

    assert found("") == specs
    assert found("?metadata_field_name=foreach-execution-path&pattern=%5E(?:body:1)%24") == [specs[1]]
    assert found("?metadata_field_name=foreach-execution-path&pattern=body") == specs
    assert found("?pattern=%5Ebody:0%24") == [specs[0]]
    assert found("?metadata_field_name=none") == []
    assert caller.get(f"{base}/filtered_tasks?pattern=(").status_code == 400
    assert caller.get("/flows/F/runs/999/steps/s/filtered_tasks").json() == []


def test_a_successful_run_is_one_whose_end_tasks_last_attempt_ended_well(caller: Caller) -> None:
    assert caller.get("/flows/F/latest_successful_run").status_code == 404
    good = end_run(caller, [("attempt_ok", "False", 0), ("attempt_ok", "True", 1)])
    end_run(caller, [("attempt_ok", "False", 0)])
    end_run(caller, [("attempt_ok", "True", 0), ("attempt", "1", 1)])
    make_task(caller)
    assert caller.get("/flows/F/latest_successful_run").json()["run_number"] == good
    renamed = end_run(caller, [("attempt_ok", "True", 0)], end="finish")
    assert caller.get("/flows/F/latest_successful_run").json()["run_number"] == renamed


def end_run(caller: Caller, ended: list[tuple[str, str, int]], end: str = "end") -> Any:
    run = make_run(caller)["run_number"]
    if end != "end":
        path, _ = make_task(caller, run=run, step="_parameters")
        caller.post(path + "/metadata", [fact("end_step", end)])
    path, _ = make_task(caller, run=run, step=end)
    caller.post(path + "/metadata", [fact(field, value, attempt) for field, value, attempt in ended])
    return run


def test_the_status_of_tasks_and_runs_is_told(caller: Caller) -> None:
    done = end_run(caller, [("attempt_ok", "True", 0)])
    failed = end_run(caller, [("attempt_ok", "True", 0), ("attempt_ok", "False", 1)])
    running = make_task(caller)[1]["run_number"]
    unknown = make_run(caller, system_tags=[])["run_number"]
    told = {r["run_number"]: r["status"] for r in caller.get("/flows/F/runs").json()}
    assert told == {done: "completed", failed: "failed", running: "running", unknown: "unknown"}
    for status, run in (("completed", done), ("failed", failed), ("running", running), ("unknown", unknown)):
        assert [r["run_number"] for r in caller.get(f"/flows/F/runs?status={status}").json()] == [run]
    assert len(caller.get("/flows/F/runs?status:ne=running").json()) == 3
    assert caller.get("/flows/F/runs?status=happy").status_code == 400
    assert caller.get(f"/flows/F/runs/{done}/steps/end/tasks?status=completed").json()[0]["status"] == "completed"


def test_tasks_without_signs_of_life_are_told_dead(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    path, task = make_task(caller)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert caller.get(path).json()["status"] == "dead"
    assert caller.get(f"/flows/F/runs/{task['run_number']}").json()["status"] == "dead"
    assert len(caller.get("/flows/F/runs?status=dead").json()) == 1
    assert len(caller.get("/flows/F/runs?status=failed").json()) == 1


def test_many_tasks_are_registered_in_one_request(caller: Caller) -> None:
    run = make_run(caller)["run_number"]
    entries = [
        {"step_name": f"s{n % 2}", "task_id": f"t{n}", **OWN, "metadata": [fact("attempt", "0"), fact("n", str(n))]}
        for n in range(50)
    ]
    made = caller.post(f"/flows/F/runs/{run}/tasks", entries)
    assert [t["task_id"] for t in made.json()["tasks"]] == [f"t{n}" for n in range(50)]
    again = caller.post(f"/flows/F/runs/{run}/tasks", entries, **{"x-idempotent": "true"})
    assert again.status_code == 200
    assert len(caller.get(f"/flows/F/runs/{run}/steps/s1/tasks").json()) == 25
    base = f"/flows/F/runs/{run}/steps/s1/tasks/t7"
    assert len(caller.get(base + "/metadata").json()) == 4  # their times differ: they are other facts
    assert caller.post("/flows/F/runs/999/tasks", entries).status_code == 404
    assert caller.post(f"/flows/F/runs/{run}/tasks", [{"task_id": "x"}]).status_code == 400


def test_the_same_request_sent_twice_is_carried_out_once(caller: Caller) -> None:
    twice = {"x-idempotent": "true"}
    caller.post("/flows/F", OWN)
    assert caller.post("/flows/F", OWN, **twice).status_code == 200
    key = {"idempotency-key": "k-1"}
    first, second = (caller.post("/flows/F/run", OWN, **key) for _ in range(2))
    assert (first.status_code, first.json()["run_number"]) == (second.status_code, second.json()["run_number"])
    base = f"/flows/F/runs/{first.json()['run_number']}/steps/start"
    for _ in range(2):
        assert caller.post(base + "/step", OWN, **twice).status_code == 200
    tasks = [caller.post(base + "/task", {**OWN, "idempotency_key": "k"}).json() for _ in range(2)]
    assert tasks[0]["task_id"] == tasks[1]["task_id"]
    path = f"{base}/tasks/{tasks[0]['task_id']}/metadata"
    data = [fact("a", "1", ts_epoch=1000), fact("a", "2", ts_epoch=1000), fact("a", "1", ts_epoch=1001)]
    assert caller.post(path, data, **twice).json() == {"metadata_created": 3}
    assert caller.post(path, data, **twice).json() == {"metadata_created": 0}
    assert caller.post(path, [data[0], fact("b", "1")], **twice).json() == {"metadata_created": 1}
    assert caller.post(path, data).json() == {"metadata_created": 3}  # who does not ask for it gets what it sends
