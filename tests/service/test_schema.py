"""The tables: made, brought forward and back, and adopted from Metaflow's own service."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfruntime.service.config import Config
from mfruntime.service.database import migrate
from tests.doubles.metadata_service import run_program

from .conftest import Caller, execute
from .test_contract import OWN, make_run, make_task

TABLES = (
    "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default IS NOT NULL"
    " FROM information_schema.columns WHERE table_name LIKE '%\\_v3' ORDER BY 1, 2"
)
KEYS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid::regclass::text LIKE '%\\_v3' ORDER BY 1, 2"
)


def tables_of(address: str) -> set[str]:
    if address.startswith("sqlite"):
        with sqlite3.connect(address.removeprefix("sqlite:///")) as db:
            found = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        db.close()
        return {name for name in found if not name.startswith("sqlite_")}
    return {row[0] for row in execute(address, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def migrated(address: str, version: int) -> None:
    done = run_program("--database", address, "--migrate-to", str(version))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("database", ["postgres", "sqlite"])
def test_migrations_are_numbered_without_gaps_and_go_both_ways(database: str) -> None:
    found = migrate.migrations(database)
    assert [m.number for m in found] == list(range(1, len(found) + 1))
    assert [m.name for m in found] == [m.name for m in migrate.migrations("sqlite")]
    assert all(m.up and m.down for m in found)


def test_tables_go_forth_and_back(address: str) -> None:
    migrated(address, 3)
    assert "mfruntime_request_keys" in tables_of(address)
    migrated(address, 1)
    assert "mfruntime_request_keys" not in tables_of(address)
    assert "tasks_v3" in tables_of(address)
    migrated(address, 0)
    assert not {t for t in tables_of(address) if t.endswith("_v3")}
    caller = Caller(Config(database=address))
    assert make_run(caller)["run_number"]
    caller.close()


def test_tables_of_a_newer_program_are_refused_in_one_line(address: str) -> None:
    Caller(Config(database=address)).close()
    if address.startswith("sqlite"):
        with sqlite3.connect(address.removeprefix("sqlite:///")) as db:
            db.execute("UPDATE mfruntime_schema SET version = 99")
        db.close()
    else:
        execute(address, "UPDATE mfruntime_schema SET version = 99")
    done = run_program("--database", address, "--port", "0")
    assert done.returncode == 1
    line = done.stderr.strip().splitlines()[-1]
    assert "version 99" in line and "pip install" in line
    assert "Traceback" not in done.stderr


#: What Metaflow's service has made after its first four migrations, column by column in the order they were added.
STOCK = """
CREATE TABLE flows_v3 (flow_id VARCHAR(255) PRIMARY KEY, user_name VARCHAR(255), ts_epoch BIGINT NOT NULL,
    tags JSONB, system_tags JSONB);
CREATE TABLE runs_v3 (flow_id VARCHAR(255) NOT NULL REFERENCES flows_v3 (flow_id), run_number SERIAL NOT NULL,
    user_name VARCHAR(255), ts_epoch BIGINT NOT NULL, tags JSONB, system_tags JSONB, PRIMARY KEY (flow_id, run_number));
CREATE TABLE steps_v3 (flow_id VARCHAR(255) NOT NULL, run_number BIGINT NOT NULL, step_name VARCHAR(255) NOT NULL,
    user_name VARCHAR(255), ts_epoch BIGINT NOT NULL, tags JSONB, system_tags JSONB,
    PRIMARY KEY (flow_id, run_number, step_name),
    FOREIGN KEY (flow_id, run_number) REFERENCES runs_v3 (flow_id, run_number));
CREATE TABLE tasks_v3 (flow_id VARCHAR(255) NOT NULL, run_number BIGINT NOT NULL, step_name VARCHAR(255) NOT NULL,
    task_id BIGSERIAL PRIMARY KEY, user_name VARCHAR(255), ts_epoch BIGINT NOT NULL, tags JSONB, system_tags JSONB,
    FOREIGN KEY (flow_id, run_number, step_name) REFERENCES steps_v3 (flow_id, run_number, step_name));
CREATE TABLE metadata_v3 (flow_id VARCHAR(255), run_number BIGINT NOT NULL, step_name VARCHAR(255) NOT NULL,
    task_id BIGINT NOT NULL, id BIGSERIAL NOT NULL, field_name VARCHAR(255) NOT NULL, value TEXT NOT NULL,
    type VARCHAR(255) NOT NULL, user_name VARCHAR(255), ts_epoch BIGINT NOT NULL, tags JSONB, system_tags JSONB,
    PRIMARY KEY (id, flow_id, run_number, step_name, task_id, field_name));
CREATE TABLE artifact_v3 (flow_id VARCHAR(255) NOT NULL, run_number BIGINT NOT NULL, step_name VARCHAR(255) NOT NULL,
    task_id BIGINT NOT NULL, name VARCHAR(255) NOT NULL, location VARCHAR(255) NOT NULL, ds_type VARCHAR(255) NOT NULL,
    sha VARCHAR(255), type VARCHAR(255), content_type VARCHAR(255), user_name VARCHAR(255),
    attempt_id SMALLINT NOT NULL, ts_epoch BIGINT NOT NULL, tags JSONB, system_tags JSONB,
    PRIMARY KEY (flow_id, run_number, step_name, task_id, attempt_id, name));
CREATE TABLE goose_db_version (id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL,
    tstamp TIMESTAMP DEFAULT now());
INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true);
"""
STOCK_NAMES = """
ALTER TABLE runs_v3 ADD COLUMN run_id VARCHAR(255), ADD COLUMN last_heartbeat_ts BIGINT,
    ADD CONSTRAINT runs_v3_flow_id_run_id_key UNIQUE (flow_id, run_id);
ALTER TABLE steps_v3 ADD COLUMN run_id VARCHAR(255),
    ADD CONSTRAINT steps_v3_flow_id_run_id_step_name_key UNIQUE (flow_id, run_id, step_name);
ALTER TABLE tasks_v3 ADD COLUMN run_id VARCHAR(255), ADD COLUMN task_name VARCHAR(255),
    ADD COLUMN last_heartbeat_ts BIGINT, ADD CONSTRAINT tasks_v3_flow_id_run_number_step_name_task_name_key
    UNIQUE (flow_id, run_number, step_name, task_name);
ALTER TABLE metadata_v3 ADD COLUMN run_id VARCHAR(255), ADD COLUMN task_name VARCHAR(255);
ALTER TABLE artifact_v3 ADD COLUMN run_id VARCHAR(255), ADD COLUMN task_name VARCHAR(255);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20200603104139, true), (20201002000616, true);
"""
STOCK_ROWS = """
INSERT INTO flows_v3 VALUES ('Old', 'them', 5, '["f"]', NULL);
INSERT INTO runs_v3 (flow_id, user_name, ts_epoch, tags, system_tags) VALUES ('Old', 'them', 6, '["r"]', '["user:x"]');
INSERT INTO steps_v3 (flow_id, run_number, step_name, user_name, ts_epoch, tags) VALUES ('Old', 1, 'start', NULL, 7, NULL);
INSERT INTO tasks_v3 (flow_id, run_number, step_name, ts_epoch) VALUES ('Old', 1, 'start', 8);
INSERT INTO metadata_v3 (flow_id, run_number, step_name, task_id, field_name, value, type, ts_epoch)
    VALUES ('Old', 1, 'start', 1, 'attempt_ok', 'True', 'x', 9);
"""


def test_our_tables_are_those_of_the_other_service(new_database: Callable[[], str]) -> None:
    ours, theirs = new_database(), new_database()
    Caller(Config(database=ours)).close()
    execute(theirs, STOCK + STOCK_NAMES)
    assert execute(ours, TABLES) == execute(theirs, TABLES)
    assert execute(ours, KEYS) == execute(theirs, KEYS)
    goose = "SELECT version_id, is_applied FROM goose_db_version ORDER BY id"
    assert execute(ours, goose) == execute(theirs, goose)


def test_a_database_of_the_other_service_is_adopted_and_given_back_as_it_was(new_database: Callable[[], str]) -> None:
    address = new_database()
    execute(address, STOCK + STOCK_NAMES + STOCK_ROWS)
    before: Any = (execute(address, TABLES), execute(address, KEYS))
    caller = Caller(Config(database=address))
    assert caller.get("/flows/Old").json()["system_tags"] == []
    assert caller.get("/flows/Old/runs/1").json()["tags"] == ["r"]
    assert caller.get("/flows/Old/runs/1/steps/start").json()["run_number"] == 1
    task = caller.get("/flows/Old/runs/1/steps/start/tasks").json()[0]
    assert (task["task_id"], task["tags"], task["status"]) == (1, ["r"], "completed")
    assert caller.get("/flows/Old/runs?_tags=user:x").json()[0]["run_number"] == 1
    assert caller.get("/flows?_tags=f").json()[0]["flow_id"] == "Old"
    assert caller.post("/flows/Old/run", OWN).json()["run_number"] == 2
    make_task(caller, flow="Old", run=1, step="more")
    caller.close()
    migrated(address, 0)
    assert (execute(address, TABLES), execute(address, KEYS)) == before
    assert len(execute(address, "SELECT * FROM runs_v3")) == 2


def test_a_database_of_an_old_service_is_refused(new_database: Callable[[], str]) -> None:
    address = new_database()
    execute(address, STOCK)
    done = run_program("--database", address, "--port", "0")
    assert done.returncode == 1
    assert "old version of Metaflow's metadata service" in done.stderr
    assert "Traceback" not in done.stderr


def test_programs_that_start_at_once_make_the_tables_once(new_database: Callable[[], str]) -> None:
    import threading

    address = new_database()
    callers: list[Caller] = []
    threads = [threading.Thread(target=lambda: callers.append(Caller(Config(database=address)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({make_run(caller)["run_number"] for caller in callers}) == 3
    for caller in callers:
        caller.close()


@pytest.mark.parametrize("content", [b"this is no database at all, but a text file of some length" * 20])
def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.db").write_bytes(content)
    done = run_program("--database", f"sqlite:///{tmp_path}/m.db", "--port", "0")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "m.db").read_bytes() == content
