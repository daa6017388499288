"""Runs and local stacks of an earlier build, through today's client, command line and metadata service."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.programs import Call, run_program

from . import archives

READ = Path(__file__).parent / "read.py"
DATA = {
    "options": "{'depth': [1, 2]}",
    "nothing": "None",
    "number": str(2**70),
    "text": "'Füße'",
    "raw": r"b'\x00\xff'",
    "nested": "{'list': [1, (2.5, 'x')], 'set': {1, 2}}",
    "day": "datetime.date(2026, 11, 29)",
    "price": "Decimal('1.10')",
    "items": "['a', 'b']",
}
#: What all runs have, however they ended.
COMMON = {
    "system_tags": ["user:tester"],
    "stdout": "start wrote this\n",
    "stderr": "and this is an error\n",
    "script": "flow.py",
    "foreach": [["A", 0], ["B", 1]],
    "problem": ["b is not liked"],
    "letters": ["A", "B"],
    "problems": ["b is not liked"],
    "origin": [],
    "cloned": [],
}
BEFORE_THE_END = ["fragile", "join", "last", "start", "work"]
ENDS: dict[str, dict[str, Any]] = {
    "finished": {"successful": True, "finished": True, "tags": ["added", "kept"], "steps": ["end", *BEFORE_THE_END],
                 "data": {**DATA, "alpha": "0.25"}, "total": 2, "failure": None},
    "failed": {"successful": False, "finished": False, "tags": ["broken"], "steps": BEFORE_THE_END,
               "data": {**DATA, "alpha": "0.5"}, "total": None, "failure": "asked to fail"},
    "killed": {"successful": False, "finished": False, "tags": [], "steps": BEFORE_THE_END,
               "data": {**DATA, "alpha": "0.5"}, "total": None, "failure": None},
}  # fmt: skip


class Left(NamedTuple):
    """A local stack of the earlier build in this test's home."""

    preset: str
    work: Path
    ids: dict[str, str]

    def python(self, *argv: str) -> Call:
        return run_program([sys.executable, *argv], self.work)

    def read(self, *runs: str) -> dict[str, Any]:
        """What the client finds in runs."""
        call = self.python(str(READ), *runs)
        assert call.code == 0, call.text
        return dict(json.loads(call.out))

    def resume(self, *more: str) -> str:
        """Resume a run; the new one's id."""
        call = self.python("flow.py", "resume", "--run-id-file", "resumed", *more)
        assert call.code == 0, call.text
        return (self.work / "resumed").read_text()


@pytest.fixture(params=["files", "sandbox"])
def left(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Left:
    work = archives.lay(f"local-{request.param}", home, tmp_path)
    return Left(request.param, work, {name: (work / name).read_text() for name in ENDS})


def test_runs_are_read_resumed_and_tagged(left: Left) -> None:
    every = sorted(left.ids.values())
    found = left.read(*left.ids.values())
    for name, expected in ENDS.items():
        assert found[left.ids[name]] == {**COMMON, **expected, "runs": every}, name
    assert left.python("flow.py", "tag", "add", "--run-id", left.ids["finished"], "later").code == 0
    origins = {left.resume(): left.ids["killed"]}  # the one that ran last
    origins[left.resume("--origin-run-id", left.ids["failed"])] = left.ids["failed"]
    found = left.read(left.ids["finished"], *origins)
    assert found[left.ids["finished"]]["tags"] == ["added", "kept", "later"]
    for run, origin in origins.items():
        check_resumed(found[run], origin)


def check_resumed(found: dict[str, Any], origin: str) -> None:
    """What had ended well is taken over; the step that failed, and those behind it, ran."""
    assert (found["successful"], found["total"], found["problems"]) == (True, 2, ["b is not liked"])
    assert found["origin"] == [origin]
    assert found["data"] == {**DATA, "alpha": "0.5"}
    assert found["cloned"] == ["fragile", "join", "start", "work"]


def mfinfra(left: Left, *argv: str) -> Call:
    return left.python("-m", "mfinfra", *argv)


def document(left: Left, *argv: str) -> Any:
    call = mfinfra(left, "--json", *argv)
    assert call.code == 0, call.text
    return json.loads(call.out)


def test_a_local_stack_is_looked_at_used_and_removed(left: Left, home: Path) -> None:
    stack = home / "data" / "mfinfra" / "stacks" / "old"
    status = document(left, "status", "old")
    assert (status["state"], status["preset"]) == ("ready" if left.preset == "files" else "stopped", left.preset)
    assert status["created_at"].startswith("2026-11-29T")
    assert status["proof"]["run"].startswith("SmokeFlow/")
    assert status["profile"] == {"path": str(home / "profiles" / "config_old.json"), "is_default": True, "exists": True}
    assert (status["runtime"]["python"], status["data"]["folder"]) == (sys.executable, str(stack / "data"))
    check_servers(left, stack / "data" / "metadata.db") if left.preset == "sandbox" else check_files(left, home)
    down = mfinfra(left, "down", "old", "--yes")
    assert down.code == 0, down.text
    assert not stack.exists()
    assert list((home / "profiles").glob("config*.json")) == []


def check_files(left: Left, home: Path) -> None:
    """The record and the profile, by the other commands."""
    assert document(left, "status", "old")["data"]["runs"] == {"LegacyFlow": 3, "SmokeFlow": 1}
    assert [one["name"] for one in document(left, "ls")] == ["old"]
    settings = json.loads((home / "profiles" / "config_old.json").read_text())
    assert document(left, "outputs", "old") == settings
    (home / "profiles" / "config.json").unlink()
    assert mfinfra(left, "use", "old").code == 0
    assert json.loads((home / "profiles" / "config.json").read_text()) == settings
    plan = mfinfra(left, "plan", "--name", "old")
    assert (plan.code, "local stack" in plan.err) == (1, True)


def check_servers(left: Left, database: Path) -> None:
    """The metadata service goes on from the tables as they were, and no row of them is lost."""
    before = rows(database)
    assert before["runs_v3"] == 4
    up = mfinfra(left, "up", "--name", "old", "--no-examples", "--no-smoke")
    assert up.code == 0, up.text
    status = document(left, "status", "old")
    assert (status["state"], status["data"]["runs"]) == ("ready", {"LegacyFlow": 3, "SmokeFlow": 1})
    assert mfinfra(left, "stop", "old").code == 0
    after = rows(database)
    assert {table: after[table] for table in before} == before


def rows(database: Path) -> dict[str, int]:
    """How many rows each of Metaflow's tables has."""
    with closing(sqlite3.connect(database)) as opened:
        names = [
            name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE name LIKE '%\\_v3' ESCAPE '\\'")
        ]
        return {table: opened.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in names}
