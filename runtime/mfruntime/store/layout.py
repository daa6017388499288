"""Where everything lies, relative to the root of a datastore. The only place that knows."""

from __future__ import annotations

from ..ids import check_component

STREAMS = ("stdout", "stderr")
SOURCES = ("runtime", "task")


def flow(flow: str) -> str:
    return check_component("flow name", flow)


def run(flow_name: str, run_id: str) -> str:
    return f"{flow(flow_name)}/{check_component('run id', run_id)}"


def step(flow_name: str, run_id: str, step_name: str) -> str:
    return f"{run(flow_name, run_id)}/{check_component('step name', step_name)}"


def task(flow_name: str, run_id: str, step_name: str, task_id: str) -> str:
    return f"{step(flow_name, run_id, step_name)}/{check_component('task id', task_id)}"


def blob(flow_name: str, key: str) -> str:
    """A content-addressed blob of a flow."""
    return f"{flow_name}/data/{key[:2]}/{key}"


def attempt_file(attempt: int, name: str) -> str:
    """A file of one attempt: `name` is data.json, DONE.lock, attempt.json, task_begin, task_end or runtime."""
    return f"{attempt}.{name}"


def log_file(attempt: int, source: str, stream: str) -> str:
    return f"{attempt}.{source}_{stream}.log"


def legacy_log_file(attempt: int, stream: str) -> str:
    return f"{attempt}.{stream}.log"


def artifact_meta(attempt: int, name: str) -> str:
    return f"{attempt}_artifact_{name}.json"


def parse_artifact_meta(file: str) -> tuple[int, str] | None:
    """(attempt, artifact name) of a metadata file name, None for another file."""
    attempt, marker, name = file.partition("_artifact_")
    if not marker or not attempt.isdigit() or not name.endswith(".json"):
        return None
    return int(attempt), name[: -len(".json")]
