"""Writes for PostgreSQL: one statement for all the waiting writes of one type.

Columns are sent as arrays. A statement is its own transaction, so a group costs one round trip and one commit. Rows
get their numbers before they are inserted, which shows afterwards which rows were inserted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .base import Heartbeat, NewArtifacts, NewFlow, NewMetadata, NewRun, NewStep, NewTask, Outcome, TagChange
from .tags import TagsRefused, changed_tags

FLOWS = """
INSERT INTO flows_v3 (flow_id, user_name, ts_epoch, tags, system_tags)
SELECT f, u, t, g::jsonb, s::jsonb
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) AS i(f, u, t, g, s)
ON CONFLICT DO NOTHING RETURNING flow_id
"""

RUNS = """
WITH i AS (
    SELECT u.*, nextval(pg_get_serial_sequence('runs_v3', 'run_number')) AS number
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[])
        WITH ORDINALITY AS u(flow_id, run_id, user_name, ts, tags, system_tags, beat, key, n)
), kept AS (
    INSERT INTO mfruntime_request_keys (key, number, ts_epoch)
    SELECT i.key, i.number, i.ts FROM i JOIN flows_v3 USING (flow_id) WHERE i.key IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING number
), made AS (
    INSERT INTO runs_v3
        (flow_id, run_number, run_id, user_name, ts_epoch, tags, system_tags, last_heartbeat_ts)
    SELECT i.flow_id, i.number, i.run_id, i.user_name, i.ts, i.tags::jsonb, i.system_tags::jsonb, i.beat
    FROM i JOIN flows_v3 USING (flow_id)
    WHERE i.key IS NULL OR i.number IN (SELECT number FROM kept)
    ON CONFLICT DO NOTHING RETURNING run_number
)
SELECT i.number, made.run_number IS NOT NULL, f.flow_id IS NOT NULL, NULL, NULL
FROM i LEFT JOIN made ON made.run_number = i.number LEFT JOIN flows_v3 f ON f.flow_id = i.flow_id
ORDER BY i.n
"""

#: The tags of a run are sent once per statement, not for each of its steps or tasks.
_TAGS_ONCE = ", ".join(
    f"CASE WHEN i.n = min(i.n) OVER (PARTITION BY i.flow_id, i.run_number) THEN r.{column}::text END"
    for column in ("tags", "system_tags")
)

STEPS = """
WITH i AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::text[]) WITH ORDINALITY AS u(flow_id, run_number, run_id, step_name, user_name, ts, tags, system_tags, n)
), made AS (
    INSERT INTO steps_v3 (flow_id, run_number, run_id, step_name, user_name, ts_epoch, tags, system_tags)
    SELECT i.flow_id, i.run_number, i.run_id, i.step_name, i.user_name, i.ts, i.tags::jsonb, i.system_tags::jsonb
    FROM i JOIN runs_v3 r ON r.flow_id = i.flow_id AND r.run_number = i.run_number
    ON CONFLICT DO NOTHING RETURNING flow_id, run_number, step_name
)
SELECT 1, made.step_name IS NOT NULL, r.flow_id IS NOT NULL, {tags}
FROM i LEFT JOIN made ON made.flow_id = i.flow_id AND made.run_number = i.run_number AND made.step_name = i.step_name
    LEFT JOIN runs_v3 r ON r.flow_id = i.flow_id AND r.run_number = i.run_number
ORDER BY i.n
""".replace("{tags}", _TAGS_ONCE)

TASKS = """
WITH i AS (
    SELECT u.*, nextval(pg_get_serial_sequence('tasks_v3', 'task_id')) AS number
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
        $9::text[], $10::bigint[], $11::text[]) WITH ORDINALITY
        AS u(flow_id, run_number, run_id, step_name, task_name, user_name, ts, tags, system_tags, beat, key, n)
), kept AS (
    INSERT INTO mfruntime_request_keys (key, number, ts_epoch)
    SELECT i.key, i.number, i.ts FROM i JOIN steps_v3 USING (flow_id, run_number, step_name) WHERE i.key IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING number
), made AS (
    INSERT INTO tasks_v3 (flow_id, run_number, run_id, step_name, task_id, task_name, user_name, ts_epoch, tags,
        system_tags, last_heartbeat_ts)
    SELECT i.flow_id, i.run_number, i.run_id, i.step_name, i.number, i.task_name, i.user_name, i.ts, i.tags::jsonb,
        i.system_tags::jsonb, i.beat
    FROM i JOIN steps_v3 USING (flow_id, run_number, step_name)
    WHERE i.key IS NULL OR i.number IN (SELECT number FROM kept)
    ON CONFLICT DO NOTHING RETURNING task_id
), beaten AS (
    UPDATE runs_v3 r SET last_heartbeat_ts = b.beat
    FROM (SELECT flow_id, run_number, max(beat) AS beat FROM i WHERE beat IS NOT NULL GROUP BY 1, 2) b
    WHERE r.flow_id = b.flow_id AND r.run_number = b.run_number AND coalesce(r.last_heartbeat_ts, 0) < b.beat
)
SELECT i.number, made.task_id IS NOT NULL, s.flow_id IS NOT NULL, {tags}
FROM i LEFT JOIN made ON made.task_id = i.number
    LEFT JOIN steps_v3 s ON s.flow_id = i.flow_id AND s.run_number = i.run_number AND s.step_name = i.step_name
    LEFT JOIN runs_v3 r ON r.flow_id = i.flow_id AND r.run_number = i.run_number
ORDER BY i.n
""".replace("{tags}", _TAGS_ONCE)

METADATA = """
WITH i AS (
    SELECT u.*, nextval(pg_get_serial_sequence('metadata_v3', 'id')) AS id
    FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::text[], $15::text[])
        AS u(item, once, flow_id, run_number, run_id, step_name, task_id, task_name, field_name, value, type,
            user_name, ts, tags, system_tags)
), made AS (
    INSERT INTO metadata_v3 (id, flow_id, run_number, run_id, step_name, task_id, task_name, field_name, value, type,
        user_name, ts_epoch, tags, system_tags)
    SELECT i.id, i.flow_id, i.run_number, i.run_id, i.step_name, i.task_id, i.task_name, i.field_name, i.value, i.type,
        i.user_name, i.ts, i.tags::jsonb, i.system_tags::jsonb
    FROM i WHERE NOT i.once OR NOT EXISTS (
        SELECT 1 FROM metadata_v3 m
        WHERE m.flow_id = i.flow_id AND m.run_number = i.run_number AND m.step_name = i.step_name
            AND m.task_id = i.task_id AND m.field_name = i.field_name AND m.ts_epoch = i.ts AND m.value = i.value
            AND m.tags = i.tags::jsonb)
    RETURNING id
)
SELECT i.item, count(*) FROM i JOIN made USING (id) GROUP BY 1
"""

ARTIFACTS = """
INSERT INTO artifact_v3 (flow_id, run_number, run_id, step_name, task_id, task_name, name, location, ds_type, sha, type,
    content_type, user_name, attempt_id, ts_epoch, tags, system_tags)
SELECT f, r, ri, s, t, tn, a, l, d, h, y, c, u, n, e, g::jsonb, x::jsonb
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::smallint[], $15::bigint[], $16::text[],
    $17::text[]) AS i(f, r, ri, s, t, tn, a, l, d, h, y, c, u, n, e, g, x)
ON CONFLICT DO NOTHING RETURNING task_id, attempt_id, name
"""

HEARTBEATS = """
WITH i AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
        AS u(flow_id, run_number, step_name, task_id, ts)
), tasks AS (
    UPDATE tasks_v3 t SET last_heartbeat_ts = greatest(t.last_heartbeat_ts, i.ts) FROM i
    WHERE t.task_id = i.task_id AND t.flow_id = i.flow_id AND t.run_number = i.run_number
        AND t.step_name = i.step_name
    RETURNING t.task_id
), runs AS (
    UPDATE runs_v3 r SET last_heartbeat_ts = greatest(r.last_heartbeat_ts, i.ts) FROM i
    WHERE r.flow_id = i.flow_id AND r.run_number = i.run_number
        AND (i.task_id IS NULL OR i.task_id IN (SELECT task_id FROM tasks))
    RETURNING r.flow_id, r.run_number
)
SELECT NULL::text, NULL::bigint, task_id FROM tasks UNION ALL SELECT flow_id, run_number, NULL FROM runs
"""

KNOWN_KEY = "SELECT number FROM mfruntime_request_keys WHERE key = $1"
LOCKED_TAGS = """
SELECT tags::text, system_tags::text FROM runs_v3 WHERE flow_id = $1 AND run_number = $2 FOR UPDATE
"""
SET_TAGS = "UPDATE runs_v3 SET tags = $3::text::jsonb WHERE flow_id = $1 AND run_number = $2"
#: How long a tag change waits for another change of the same run.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '3s'"


async def flows(db: Any, items: Sequence[NewFlow]) -> list[Outcome]:
    made = {row[0] for row in await db.fetch(FLOWS, *_columns(items))}
    results = []
    for item in items:
        results.append(Outcome("created" if item.flow in made else "exists"))
        made.discard(item.flow)
    return results


async def runs(db: Any, items: Sequence[NewRun]) -> list[Outcome]:
    return await _keyed(db, items, await db.fetch(RUNS, *_columns(items)))


async def steps(db: Any, items: Sequence[NewStep]) -> list[Outcome]:
    made: set[tuple[str, int, str]] = set()
    results = []
    for item, row in zip(items, _with_tags(items, await db.fetch(STEPS, *_columns(items)))):
        identity = (item.flow, item.run_number, item.step)
        results.append(_outcome(row) if identity not in made else Outcome("exists", 1))
        made.add(identity)
    return results


async def tasks(db: Any, items: Sequence[NewTask]) -> list[Outcome]:
    return await _keyed(db, items, _with_tags(items, await db.fetch(TASKS, *_columns(items))))


def _with_tags(items: Sequence[NewStep | NewTask], rows: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows, each with the tags of its run, which only the first row of a run contains."""
    tags: dict[tuple[str, int], Any] = {}
    for item, row in zip(items, rows):
        yield (*row[:3], *tags.setdefault((item.flow, item.run_number), row[3:]))


async def _keyed(db: Any, items: Sequence[NewRun | NewTask], rows: Iterable[Any]) -> list[Outcome]:
    """The outcomes, with the number from an earlier request that had the same key."""
    results = []
    for item, row in zip(items, rows):
        outcome = _outcome(row)
        if outcome.state == "exists":
            known = await db.fetchval(KNOWN_KEY, item.key) if item.key is not None else 0
            outcome = Outcome("exists", known or 0)
        results.append(outcome)
    return results


def _outcome(row: Any) -> Outcome:
    number, made, parent, tags, system_tags = row
    if made:
        return Outcome("created", number, (tags, system_tags))
    return Outcome("exists" if parent else "missing")


async def metadata(db: Any, items: Sequence[NewMetadata]) -> list[Outcome]:
    seen: set[tuple[Any, ...]] = set()
    rows = []
    for number, item in enumerate(items):
        for entry in item.entries:
            identity = (item.task.task_id, entry.field, entry.ts, entry.value, entry.tags)
            if not item.once or identity not in seen:
                rows.append((number, item.once, *item.task, *entry))
            seen.add(identity)
    made = dict(await db.fetch(METADATA, *_columns(rows))) if rows else {}
    return [Outcome("created", made.get(number, 0)) for number in range(len(items))]


async def artifacts(db: Any, items: Sequence[NewArtifacts]) -> list[Outcome]:
    rows = [(*item.task, *artifact) for item in items for artifact in item.artifacts]
    made = {tuple(row) for row in await db.fetch(ARTIFACTS, *_columns(rows))} if rows else set()
    results = []
    for item in items:
        own = {(item.task.task_id, artifact.attempt, artifact.name) for artifact in item.artifacts} & made
        made -= own
        results.append(Outcome("created", len(own)))
    return results


async def heartbeats(db: Any, items: Sequence[Heartbeat]) -> list[Outcome]:
    found = {tuple(row) for row in await db.fetch(HEARTBEATS, *_columns(items))}
    own = [(item.flow, item.run_number, None) if item.task_id is None else (None, None, item.task_id) for item in items]
    return [Outcome("exists" if identity in found else "missing") for identity in own]


async def change_tags(db: Any, item: TagChange) -> Outcome:
    """Change the tags of one run, with its row locked."""
    async with db.transaction():
        await db.execute(LOCK_TIMEOUT)
        row = await db.fetchrow(LOCKED_TAGS, item.flow, item.run_number)
        if row is None:
            return Outcome("missing")
        try:
            tags = changed_tags(json.loads(row[0] or "[]"), json.loads(row[1] or "[]"), item.add, item.remove)
        except TagsRefused as exc:
            return Outcome("refused", detail=str(exc))
        await db.execute(SET_TAGS, item.flow, item.run_number, json.dumps(tags))
        return Outcome("exists", detail=tags)


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows)]
