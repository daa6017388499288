"""Formats rows as JSON for responses.

The JSON is built with string operations: a list of 10,000 tasks needs no 10,000 dictionaries.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted

from ..database.base import Row

#: The columns of each record type in a SELECT, in the order that the functions below expect.
FLOW = ("flow_id", "user_name", "ts_epoch", "tags", "system_tags")
RUN = ("flow_id", "run_number", "run_id", "user_name", "ts_epoch", "last_heartbeat_ts", "tags", "system_tags")
STEP = ("flow_id", "run_number", "run_id", "step_name", "user_name", "ts_epoch")
TASK = (
    "flow_id", "run_number", "run_id", "step_name", "task_id", "task_name", "user_name", "ts_epoch", "last_heartbeat_ts"
)  # fmt: skip
METADATA = (
    "id", "flow_id", "run_number", "run_id", "step_name", "task_id", "task_name", "field_name", "value", "type",
    "user_name", "ts_epoch", "tags", "system_tags",
)  # fmt: skip
ARTIFACT = (
    "flow_id", "run_number", "run_id", "step_name", "task_id", "task_name", "name", "location", "ds_type", "sha",
    "type", "content_type", "user_name", "attempt_id", "ts_epoch",
)  # fmt: skip


def text(value: str | None) -> str:
    """A string as JSON."""
    return "null" if value is None else quoted(value)


def name_or_number(name: str | None, number: int) -> str:
    """The ID of a run or task in responses: its name if it has one, else its number."""
    return str(number) if name is None else quoted(name)


def tags(user: str | None, system: str | None) -> str:
    """Two columns of tags, which contain JSON, as fields of a record."""
    return f'"tags": {user or "[]"}, "system_tags": {system or "[]"}'


def flow(row: Row) -> str:
    flow_id, user, ts, own, system = row
    return f'{{"flow_id": {quoted(flow_id)}, "user_name": {text(user)}, "ts_epoch": {ts}, {tags(own, system)}}}'


def run(row: Row, status: str) -> str:
    flow_id, number, name, user, ts, beat, own, system = row
    return (
        f'{{"flow_id": {quoted(flow_id)}, "run_number": {name_or_number(name, number)}, "user_name": {text(user)}, '
        f'"ts_epoch": {ts}, "last_heartbeat_ts": {"null" if beat is None else beat}, "status": "{status}", '
        f"{tags(own, system)}}}"
    )


def step(row: Row, inherited: str) -> str:
    """`inherited` are the tags of the run, as returned by `tags`."""
    flow_id, number, name, step_name, user, ts = row
    return (
        f'{{"flow_id": {quoted(flow_id)}, "run_number": {name_or_number(name, number)}, '
        f'"step_name": {quoted(step_name)}, "user_name": {text(user)}, "ts_epoch": {ts}, {inherited}}}'
    )


def task(row: Row, inherited: str, status: str) -> str:
    flow_id, number, name, step_name, task_id, task_name, user, ts, beat = row
    return (
        f'{{"flow_id": {quoted(flow_id)}, "run_number": {name_or_number(name, number)}, '
        f'"step_name": {quoted(step_name)}, "task_id": {name_or_number(task_name, task_id)}, '
        f'"user_name": {text(user)}, "ts_epoch": {ts}, "last_heartbeat_ts": {"null" if beat is None else beat}, '
        f'"status": "{status}", {inherited}}}'
    )


def metadata(row: Row) -> str:
    ident, flow_id, number, name, step_name, task_id, task_name, field, value, kind, user, ts, own, system = row
    return (
        f'{{"id": {ident}, "flow_id": {quoted(flow_id)}, "run_number": {name_or_number(name, number)}, '
        f'"step_name": {quoted(step_name)}, "task_id": {name_or_number(task_name, task_id)}, '
        f'"field_name": {quoted(field)}, "value": {quoted(value)}, "type": {quoted(kind)}, "user_name": {text(user)}, '
        f'"ts_epoch": {ts}, {tags(own, system)}}}'
    )


def artifact(row: Row, inherited: str) -> str:
    (
        flow_id, number, run_name, step_name, task_id, task_name, name, location, ds_type, sha, kind, content_type,
        user, attempt, ts,
    ) = row  # fmt: skip
    return (
        f'{{"flow_id": {quoted(flow_id)}, "run_number": {name_or_number(run_name, number)}, '
        f'"step_name": {quoted(step_name)}, "task_id": {name_or_number(task_name, task_id)}, "name": {quoted(name)}, '
        f'"location": {quoted(location)}, "ds_type": {quoted(ds_type)}, "sha": {text(sha)}, "type": {text(kind)}, '
        f'"content_type": {text(content_type)}, "user_name": {text(user)}, "attempt_id": {attempt}, '
        f'"ts_epoch": {ts}, {inherited}}}'
    )
