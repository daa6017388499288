"""Writes for SQLite, applied one after another inside the transaction of their group.

A write can fail only in its first statement, and a failed statement changes nothing. So the writes of a group need no
savepoints.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from .base import Heartbeat, NewArtifacts, NewFlow, NewMetadata, NewRun, NewStep, NewTask, Outcome, TagChange, Write
from .tags import TagsRefused, changed_tags

_METADATA = (
    "INSERT INTO metadata_v3 (flow_id, run_number, run_id, step_name, task_id, task_name, field_name, value, type,"
    " user_name, ts_epoch, tags, system_tags) "
)
_METADATA_ONCE = (
    _METADATA
    + "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE NOT EXISTS (SELECT 1 FROM metadata_v3"
    " WHERE flow_id = ?1 AND run_number = ?2 AND step_name = ?4 AND task_id = ?5 AND field_name = ?7"
    " AND ts_epoch = ?11 AND value = ?8 AND tags = ?12)"
)
_METADATA += "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ARTIFACT = (
    "INSERT INTO artifact_v3 (flow_id, run_number, run_id, step_name, task_id, task_name, name, location, ds_type, sha,"
    " type, content_type, user_name, attempt_id, ts_epoch, tags, system_tags)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_RUN_TAGS = "SELECT tags, system_tags FROM runs_v3 WHERE flow_id = ? AND run_number = ?"
_last_tags: Any = None
_RUN_HEARTBEAT = (
    "UPDATE runs_v3 SET last_heartbeat_ts = max(coalesce(last_heartbeat_ts, 0), ?) WHERE flow_id = ? AND run_number = ?"
)


def apply(db: sqlite3.Connection, item: Write) -> Outcome:
    """Apply one write inside the open transaction."""
    return _WRITES[type(item)](db, item)


def _flow(db: sqlite3.Connection, item: NewFlow) -> Outcome:
    sql = "INSERT INTO flows_v3 (flow_id, user_name, ts_epoch, tags, system_tags) VALUES (?, ?, ?, ?, ?)"
    made = db.execute(sql + " ON CONFLICT DO NOTHING", item).rowcount
    return Outcome("created" if made else "exists")


def _run(db: sqlite3.Connection, item: NewRun) -> Outcome:
    known = _known(db, item.key)
    if known is not None:
        return Outcome("exists", known)
    sql = (
        "INSERT INTO runs_v3 (flow_id, run_id, user_name, ts_epoch, tags, system_tags, last_heartbeat_ts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    )
    number = _inserted(db, sql, item[:7])
    if not number:
        return Outcome("missing" if number is None else "exists")
    _remember(db, item.key, number, item.ts)
    return Outcome("created", number)


def _step(db: sqlite3.Connection, item: NewStep) -> Outcome:
    sql = (
        "INSERT INTO steps_v3 (flow_id, run_number, run_id, step_name, user_name, ts_epoch, tags, system_tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    )
    number = _inserted(db, sql, item)
    if not number:
        return Outcome("missing" if number is None else "exists")
    return Outcome("created", number, _tags_of_run(db, item.flow, item.run_number))


def _task(db: sqlite3.Connection, item: NewTask) -> Outcome:
    known = _known(db, item.key)
    if known is not None:
        return Outcome("exists", known)
    sql = (
        "INSERT INTO tasks_v3 (flow_id, run_number, run_id, step_name, task_name, user_name, ts_epoch, tags,"
        " system_tags, last_heartbeat_ts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    )
    number = _inserted(db, sql, item[:10])
    if not number:
        return Outcome("missing" if number is None else "exists")
    _remember(db, item.key, number, item.ts)
    if item.heartbeat is not None:
        db.execute(_RUN_HEARTBEAT, (item.heartbeat, item.flow, item.run_number))
    return Outcome("created", number, _tags_of_run(db, item.flow, item.run_number))


def _inserted(db: sqlite3.Connection, sql: str, arguments: Any) -> int | None:
    """The number of the new row, 0 if it existed, None if its parent does not exist."""
    try:
        cursor = db.execute(sql, arguments)
    except sqlite3.IntegrityError as exc:
        if "FOREIGN KEY" in str(exc):
            return None
        raise
    return cursor.lastrowid or 1 if cursor.rowcount else 0


def _known(db: sqlite3.Connection, key: str | None) -> int | None:
    if key is None:
        return None
    row = db.execute("SELECT number FROM mfruntime_request_keys WHERE key = ?", (key,)).fetchone()
    return None if row is None else int(row[0])


def _remember(db: sqlite3.Connection, key: str | None, number: int, ts: int) -> None:
    if key is not None:
        db.execute("INSERT INTO mfruntime_request_keys (key, number, ts_epoch) VALUES (?, ?, ?)", (key, number, ts))


def _tags_of_run(db: sqlite3.Connection, flow: str, run_number: int) -> Any:
    """The tags of a run. Equal tags of consecutive writes are one object: the outcomes of many tasks are kept."""
    global _last_tags
    found = db.execute(_RUN_TAGS, (flow, run_number)).fetchone()
    _last_tags = _last_tags if found == _last_tags else found
    return _last_tags


def _metadata(db: sqlite3.Connection, item: NewMetadata) -> Outcome:
    rows = [(*item.task, *entry) for entry in item.entries]
    return Outcome("created", db.executemany(_METADATA_ONCE if item.once else _METADATA, rows).rowcount if rows else 0)


def _artifacts(db: sqlite3.Connection, item: NewArtifacts) -> Outcome:
    rows = [(*item.task, *artifact) for artifact in item.artifacts]
    return Outcome("created", db.executemany(_ARTIFACT, rows).rowcount if rows else 0)


def _heartbeat(db: sqlite3.Connection, item: Heartbeat) -> Outcome:
    if item.task_id is not None:
        sql = (
            "UPDATE tasks_v3 SET last_heartbeat_ts = max(coalesce(last_heartbeat_ts, 0), ?)"
            " WHERE task_id = ? AND flow_id = ? AND run_number = ? AND step_name = ?"
        )
        if not db.execute(sql, (item.ts, item.task_id, item.flow, item.run_number, item.step)).rowcount:
            return Outcome("missing")
    found = db.execute(_RUN_HEARTBEAT, (item.ts, item.flow, item.run_number)).rowcount
    return Outcome("exists" if found else "missing")


def _change_tags(db: sqlite3.Connection, item: TagChange) -> Outcome:
    row = _tags_of_run(db, item.flow, item.run_number)
    if row is None:
        return Outcome("missing")
    try:
        tags = changed_tags(json.loads(row[0] or "[]"), json.loads(row[1] or "[]"), item.add, item.remove)
    except TagsRefused as exc:
        return Outcome("refused", detail=str(exc))
    sql = "UPDATE runs_v3 SET tags = ? WHERE flow_id = ? AND run_number = ?"
    db.execute(sql, (json.dumps(tags), item.flow, item.run_number))
    return Outcome("exists", detail=tags)


_WRITES: dict[type, Callable[[sqlite3.Connection, Any], Outcome]] = {
    NewFlow: _flow,
    NewRun: _run,
    NewStep: _step,
    NewTask: _task,
    NewMetadata: _metadata,
    NewArtifacts: _artifacts,
    Heartbeat: _heartbeat,
    TagChange: _change_tags,
}
