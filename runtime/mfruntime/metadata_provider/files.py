"""Metadata as small JSON files, in the directory tree of Metaflow's local provider.

    <Flow>/_meta/_self.json   <Flow>/<run>/_meta/_self.json   ... down to the task, whose _meta directory also has one
    file per artifact (<attempt>_artifact_<name>.json) and per metadata entry (sysmeta_<field>_<milliseconds>.json)

The tags of a run apply to everything below it: they replace the tags in other records when those are read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from ..errors import DataCorrupt, MetaflowNotFound, MetaflowTaggingError
from ..ids import check_component
from ..store import layout
from .base import ArtifactRecord, MetadataEntry, Record, TaskRecord
from .tags import check_tags
from .tree import Tree

#: Names in the tree that are not runs, steps or tasks.
_NOT_CHILDREN = layout.NOT_RUNS


def _milliseconds() -> int:
    return int(time.time() * 1000)


class FileMetadata:
    """The Metadata protocol over a tree of files."""

    task_prefix = ""

    def __init__(self, tree: Tree):
        self._tree = tree
        self._steps: set[tuple[str, str, str]] = set()
        self._fields: set[str] = set()

    # -- registration --------------------------------------------------------------------------------------------------

    def new_run(
        self,
        flow: str,
        tags: Sequence[str],
        sys_tags: Sequence[str],
        user: str,
        run_id: str | None = None,
        is_latest: bool = True,
    ) -> str:
        self._register_flow(flow)
        run = self._claim(flow) if run_id is None else run_id
        record = {
            "run_number": run,
            "flow_id": flow,
            "user_name": user,
            "tags": list(tags),
            "system_tags": list(sys_tags),
        }
        self._tree.write_new(layout.self_record(layout.run(flow, run)), _dump({**record, "ts_epoch": _milliseconds()}))
        if is_latest:
            self.set_latest_run(flow, run)
        return run

    def set_latest_run(self, flow: str, run: str) -> None:
        self._tree.write(layout.latest_run(flow), run.encode())

    def _register_flow(self, flow: str) -> None:
        self._tree.write_new(
            layout.self_record(layout.flow(flow)), _dump({"flow_id": flow, "ts_epoch": _milliseconds()})
        )

    def _claim(self, flow: str) -> str:
        """Assign a run id: the time of its start in microseconds; a second run in the same microsecond gets the
        next."""
        number = int(time.time() * 1_000_000)
        while not self._tree.claim(layout.run(flow, str(number))):
            number += 1
        return str(number)

    def register_task(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int) -> None:
        self._register_step(record)
        body = {"run_number": record.run, "step_name": record.step, "task_id": record.task, **_owner(record)}
        self._tree.write_new(layout.self_record(_folder(record)), _dump(body))
        self.register_data(record, data, attempt)

    def _register_step(self, record: TaskRecord) -> None:
        key = (record.flow, record.run, record.step)
        if key not in self._steps:
            body = {"run_number": record.run, "step_name": record.step, **_owner(record)}
            self._tree.write_new(layout.self_record(layout.step(*key)), _dump(body))
            self._steps.add(key)

    def register_data(self, record: TaskRecord, data: Sequence[MetadataEntry], attempt: int | None) -> None:
        folder = layout.meta(_folder(record))
        now = self._moment(folder, {entry.field for entry in data}, attempt)
        tags = "" if attempt is None else f'"attempt_id:{attempt}"'
        head = (
            f'{{"flow_id": {_quoted(record.flow)}, "run_number": {_quoted(record.run)}, '
            f'"step_name": {_quoted(record.step)}, "task_id": {_quoted(record.task)}, "field_name": '
        )
        tail = f', "tags": [{tags}], "user_name": {_quoted(record.user)}, "ts_epoch": {now}}}'
        for entry in data:
            value = _quoted(entry.value) if isinstance(entry.value, str) else json.dumps(entry.value)
            text = f'{head}{_quoted(entry.field)}, "type": {_quoted(entry.type)}, "value": {value}{tail}'
            self._tree.write(f"{folder}/{layout.metadata_entry(self._checked(entry.field), now)}", text.encode())

    def _checked(self, field: str) -> str:
        if field not in self._fields:
            check_component("metadata field", layout.metadata_entry(field, 10**12))
            self._fields.add(field)
        return field

    def _moment(self, folder: str, fields: set[str], attempt: int | None) -> int:
        """The current time, but later than existing entries of these fields: entries of a later attempt must not
        replace those of an earlier one in the same millisecond, nor sort before them if the clock was set back."""
        now = _milliseconds()
        if not attempt:
            return now
        facts = (layout.parse_metadata_entry(name) for name in self._tree.names(folder))
        return max([now, *(fact[1] + 1 for fact in facts if fact and fact[0] in fields)])

    def register_artifacts(self, record: TaskRecord, attempt: int, artifacts: Sequence[ArtifactRecord]) -> None:
        folder = layout.meta(_folder(record))
        head = (
            f'{{"run_number": {_quoted(record.run)}, "step_name": {_quoted(record.step)}, '
            f'"task_id": {_quoted(record.task)}, "attempt_id": {attempt}, "name": '
        )
        tail = f", {json.dumps({'flow_id': record.flow, **_owner(record)})[1:]}"
        for a in artifacts:
            text = (
                f'{head}{_quoted(a.name)}, "content_type": {_quoted(a.content_type)}, "type": {_quoted(a.type)}, '
                f'"sha": {_quoted(a.sha)}, "ds_type": {_quoted(a.ds_type)}, "location": {_quoted(a.location)}{tail}'
            )
            self._tree.write(f"{folder}/{layout.artifact_meta(attempt, a.name)}", text.encode())

    def flush(self) -> str | None:
        """Nothing to wait for: records are written when their call returns."""
        return None

    def mutate_tags(self, flow: str, run: str, add: Sequence[str], remove: Sequence[str]) -> list[str]:
        folder = layout.run(flow, run)
        self._existing(folder)  # before the lock, whose file would create the directory of a run that does not exist
        with self._tree.locked(f"{layout.meta(folder)}/.tmp_tags.lock"):
            record = self._existing(folder)
            record["tags"] = _mutated(record, add, remove)
            self._tree.write(layout.self_record(folder), _dump(record))
        return list(record["tags"])

    def _existing(self, folder: str) -> Record:
        record = self._read(layout.self_record(folder))
        if record is None:
            raise MetaflowNotFound(f"The run {folder} does not exist.")
        return record

    # -- reads ---------------------------------------------------------------------------------------------------------

    def latest_run(self, flow: str) -> str | None:
        content = self._tree.read(layout.latest_run(flow))
        return content.decode("utf-8", "replace").strip() if content else None

    def get(self, *ids: str) -> Record | None:
        record = self._read(layout.self_record(_path(ids)))
        if record is None or len(ids) < 3:
            return record
        return _overlaid(record, self._read(layout.self_record(layout.run(*ids[:2]))))

    def children(self, *ids: str) -> list[Record]:
        folder = _path(ids) if ids else ""
        run = self._read(layout.self_record(layout.run(*ids[:2]))) if len(ids) >= 2 else None
        found = []
        for name in self._tree.names(folder):
            record = self._child(f"{folder}/{name}" if folder else name, name)
            if record is not None:
                found.append(_overlaid(record, run))
        return found

    def child_names(self, *ids: str) -> list[str]:
        """Names one level below, also if their records cannot be read."""
        folder = _path(ids) if ids else ""
        return [name for name in self._tree.names(folder) if name not in _NOT_CHILDREN]

    def _child(self, folder: str, name: str) -> Record | None:
        if name in _NOT_CHILDREN:
            return None
        return self._read(layout.self_record(folder))

    def artifacts(self, flow: str, run: str, step: str, task: str, attempt: int | None = None) -> list[Record]:
        folder = layout.meta(layout.task(flow, run, step, task))
        names = self._tree.names(folder)
        number = self._last_done(folder, names) if attempt is None else attempt
        overlay = self._read(layout.self_record(layout.run(flow, run)))
        found = []
        for name in names:
            parsed = layout.parse_artifact_meta(name)
            if parsed and parsed[0] == number:
                record = self._read(f"{folder}/{name}")
                if record is not None:
                    found.append(_overlaid(record, overlay))
        return found

    def _last_done(self, folder: str, names: Sequence[str]) -> int:
        done = [name for name in names if name.startswith("sysmeta_attempt-done_")]
        record = self._read(f"{folder}/{done[-1]}") if done else None
        try:
            return 0 if record is None else int(record["value"])
        except (KeyError, TypeError, ValueError) as exc:
            raise self._corrupt(f"{folder}/{done[-1]}", f"it contains no attempt number ({exc})") from exc

    def data(self, flow: str, run: str, step: str, task: str) -> list[Record]:
        folder = layout.meta(layout.task(flow, run, step, task))
        names = [name for name in self._tree.names(folder) if name.startswith("sysmeta_")]
        records = [self._read(f"{folder}/{name}") for name in names]
        return sorted((r for r in records if r is not None), key=lambda r: r.get("ts_epoch", 0))

    def _read(self, path: str) -> Record | None:
        content = self._tree.read(path)
        if content is None:
            return None
        try:
            record = json.loads(content)
            if not isinstance(record, dict):
                raise ValueError("it does not contain a JSON object")
        except ValueError as exc:
            raise self._corrupt(path, str(exc)) from exc
        return record

    def _corrupt(self, path: str, why: str) -> DataCorrupt:
        hint = "Restore the file from a backup, or delete its directory; other runs are not affected."
        return DataCorrupt(f"The metadata file {self._tree.where(path)} is corrupt: {why}.", hint=hint)


def _folder(record: TaskRecord) -> str:
    return layout.task(record.flow, record.run, record.step, record.task)


def _path(ids: Sequence[str]) -> str:
    return (layout.flow, layout.run, layout.step, layout.task)[len(ids) - 1](*ids)


def _owner(record: TaskRecord) -> Record:
    return {
        "flow_id": record.flow,
        "user_name": record.user,
        "tags": list(record.tags),
        "system_tags": list(record.sys_tags),
        "ts_epoch": _milliseconds(),
    }


def _dump(record: Record) -> bytes:
    return json.dumps(record).encode()


def _overlaid(record: Record, run: Record | None) -> Record:
    if run is not None:
        record["tags"] = run.get("tags", [])
        record["system_tags"] = run.get("system_tags", [])
    return record


def _mutated(record: Record, add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """User tags after a change: removals first, then additions; system tags are neither removed nor duplicated."""
    system: list[Any] = record.get("system_tags", [])
    protected = [tag for tag in remove if tag in system]
    if protected:
        raise MetaflowTaggingError(f"System tags cannot be removed: {', '.join(sorted(protected))}.")
    kept = [tag for tag in record.get("tags", []) if tag not in set(remove)]
    return list(check_tags([*kept, *(tag for tag in add if tag not in system)]))
