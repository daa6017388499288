"""All paths in a datastore, relative to its root."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from ..errors import MetaflowInvalidPathspec
from ..ids import check_component

SOURCES = ("runtime", "task")

#: Names that the datastore uses next to runs, steps and tasks.
RESERVED = frozenset({"_meta", "data", "latest_run"})
#: Names that no run can have: also those of other files and folders in the root of a datastore.
NOT_RUNS = RESERVED | {"config.json", "mf.cards"}


def flow(flow: str) -> str:
    return check_component("flow name", flow)


def run(flow_name: str, run_id: str) -> str:
    return f"{flow(flow_name)}/{check_run_id(run_id)}"


def step(flow_name: str, run_id: str, step_name: str) -> str:
    return f"{run(flow_name, run_id)}/{check_below_run('step name', step_name)}"


def task(flow_name: str, run_id: str, step_name: str, task_id: str) -> str:
    return f"{step(flow_name, run_id, step_name)}/{check_below_run('task id', task_id)}"


def check_run_id(name: str) -> str:
    """Return a run id if it can be a directory of a flow. Raises MetaflowInvalidPathspec."""
    return _unreserved("run id", name, NOT_RUNS)


def check_below_run(kind: str, name: str) -> str:
    """Return the name of a step or task if it can be a directory of a run. Raises MetaflowInvalidPathspec."""
    return _unreserved(kind, name, ("_meta",))


def _unreserved(kind: str, name: str, reserved: Container[str]) -> str:
    if name.lower() in reserved:  # some file systems ignore case
        raise MetaflowInvalidPathspec(f"The {kind} {name!r} is invalid: the datastore reserves that name.")
    return check_component(kind, name)


def blob(flow_name: str, key: str) -> str:
    """A content-addressed blob of a flow."""
    return f"{flow_name}/data/{key[:2]}/{key}"


def is_blob(path: str) -> bool:
    """Whether a path is that of a content-addressed blob: `data` is not allowed as a run id."""
    return path.split("/", 2)[1:2] == ["data"]


def included(flow_name: str, key: str) -> str:
    """The content of an IncludeFile parameter."""
    return f"data/{flow(flow_name)}/{key}"


def latest_run(flow_name: str) -> str:
    """The file with the id of the latest run."""
    return f"{flow(flow_name)}/latest_run"


# -- files of a task ---------------------------------------------------------------------------------------------------


class AttemptFile(NamedTuple):
    """A file of one attempt: `name` is data.json, DONE.lock, attempt.json, task_begin, ..., or a log file name."""

    attempt: int
    name: str


def attempt_file(attempt: int, name: str) -> str:
    """A file of one attempt: `name` is data.json, DONE.lock, attempt.json, task_begin, task_end or runtime."""
    return f"{attempt}.{name}"


def parse_attempt_file(file: str) -> AttemptFile | None:
    """Parse a file name in a task's directory; None if it is not a file of an attempt."""
    attempt, dot, name = file.partition(".")
    return AttemptFile(int(attempt), name) if dot and name and _is_number(attempt) else None


def log_file(attempt: int, source: str, stream: str) -> str:
    return f"{attempt}.{source}_{stream}.log"


def legacy_log_file(attempt: int, stream: str) -> str:
    return f"{attempt}.{stream}.log"


# -- metadata ----------------------------------------------------------------------------------------------------------


def meta(folder: str) -> str:
    """The directory with the metadata records of a flow, run, step or task."""
    return f"{folder}/_meta"


def self_record(folder: str) -> str:
    """The record of a flow, run, step or task itself."""
    return f"{folder}/_meta/_self.json"


def artifact_meta(attempt: int, name: str) -> str:
    return f"{attempt}_artifact_{name}.json"


def parse_artifact_meta(file: str) -> tuple[int, str] | None:
    """(attempt, artifact name) of an artifact record's file name; None for other files."""
    attempt, marker, name = file.partition("_artifact_")
    if not marker or not _is_number(attempt) or not name.endswith(".json"):
        return None
    return int(attempt), name[: -len(".json")]


def metadata_entry(field: str, milliseconds: int) -> str:
    """The file of one task metadata entry."""
    return f"sysmeta_{field}_{milliseconds}.json"


def parse_metadata_entry(file: str) -> tuple[str, int] | None:
    """(field, milliseconds) of a metadata entry's file name; None for other files."""
    if not file.startswith("sysmeta_") or not file.endswith(".json"):
        return None
    field, _, time = file[len("sysmeta_") : -len(".json")].rpartition("_")
    return (field, int(time)) if field and _is_number(time) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
