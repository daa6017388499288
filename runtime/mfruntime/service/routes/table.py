"""The table of routes: path, handler, required role, and description in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ..http.request import Request, Response
from . import admin, artifacts, flows, metadata, runs, steps, tasks

Handler = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """A path and its handler. `role` is empty for public paths. `body` and `response` are schemas of the OpenAPI
    document."""

    method: str
    path: str
    handler: Handler
    role: str
    summary: str
    body: str = ""
    response: str = ""


_RUN = "/flows/{flow_id}/runs/{run_number}"
_STEP = _RUN + "/steps/{step_name}"
_TASK = _STEP + "/tasks/{task_id}"

ROUTES = (
    Route("GET", "/ping", admin.ping, "", "Ping the service", response="Text"),
    Route("GET", "/version", admin.version, "", "Get the version of the API", response="Text"),
    Route(
        "GET",
        "/healthcheck",
        admin.healthcheck,
        "",
        "Check the database (response: JSON encoded as a JSON string)",
        response="JSONText",
    ),
    Route("GET", "/healthz", admin.healthz, "", "Check that the process is alive", response="Health"),
    Route("GET", "/readyz", admin.readyz, "", "Check that the service can serve requests", response="Health"),
    Route("GET", "/db_schema_status", admin.db_schema_status, "", "Get the version of the tables", response="Schema"),
    Route("GET", "/metrics", admin.metrics, "admin", "Get metrics in Prometheus format", response="Text"),
    Route("GET", "/openapi.json", admin.openapi, "", "Get this document"),
    Route("GET", "/auth/token", admin.auth_token, "", "Get cloud credentials (always denied)"),
    Route("GET", "/flows", flows.listed, "read", "List all flows", response="Flow[]"),
    Route("GET", "/flows/{flow_id}", flows.shown, "read", "Get a flow", response="Flow"),
    Route("POST", "/flows/{flow_id}", flows.created, "write", "Register a flow", "NewObject", "Flow"),
    Route(
        "GET", "/flows/{flow_id}/runs", runs.listed, "read", "List the runs of a flow, newest first", response="Run[]"
    ),
    Route("GET", "/flows/{flow_id}/latest_run", runs.latest, "read", "Get the latest run of a flow", response="Run"),
    Route(
        "GET",
        "/flows/{flow_id}/latest_successful_run",
        runs.latest_successful,
        "read",
        "Get the latest successful run of a flow",
        response="Run",
    ),
    Route("POST", "/flows/{flow_id}/run", runs.created, "write", "Register a run", "NewRun", "Run"),
    Route("GET", _RUN, runs.shown, "read", "Get a run", response="Run"),
    Route("POST", _RUN + "/heartbeat", runs.heartbeat, "write", "Record a run heartbeat", "Nothing", "JSONText"),
    Route(
        "PATCH", _RUN + "/tag/mutate", runs.tags_mutated, "write", "Change the user tags of a run", "TagChange", "Tags"
    ),
    Route("GET", _RUN + "/metadata", metadata.of_run, "read", "List the task metadata of a run", response="Metadata[]"),
    Route("GET", _RUN + "/artifacts", artifacts.of_run, "read", "List the artifacts of a run", response="Artifact[]"),
    Route("POST", _RUN + "/tasks", tasks.created_in_bulk, "write", "Register tasks in bulk", "NewTasks", "Tasks"),
    Route("GET", _RUN + "/steps", steps.listed, "read", "List the steps of a run", response="Step[]"),
    Route("GET", _STEP, steps.shown, "read", "Get a step", response="Step"),
    Route("POST", _STEP + "/step", steps.created, "write", "Register a step", "NewObject", "Step"),
    Route(
        "GET", _STEP + "/artifacts", artifacts.of_step, "read", "List the artifacts of a step", response="Artifact[]"
    ),
    Route("GET", _STEP + "/tasks", tasks.listed, "read", "List the tasks of a step", response="Task[]"),
    Route(
        "GET",
        _STEP + "/filtered_tasks",
        tasks.filtered,
        "read",
        "Find tasks of a step by metadata",
        response="Pathspecs",
    ),
    Route("POST", _STEP + "/task", tasks.created, "write", "Register a task", "NewTask", "Task"),
    Route("GET", _TASK, tasks.shown, "read", "Get a task", response="Task"),
    Route("POST", _TASK + "/heartbeat", tasks.heartbeat, "write", "Record a task heartbeat", "Nothing", "JSONText"),
    Route("GET", _TASK + "/metadata", metadata.of_task, "read", "List the metadata of a task", response="Metadata[]"),
    Route(
        "POST",
        _TASK + "/metadata",
        metadata.created,
        "write",
        "Register task metadata",
        "NewMetadata",
        "MetadataCreated",
    ),
    Route(
        "GET", _TASK + "/artifacts", artifacts.of_task, "read", "List the artifacts of a task", response="Artifact[]"
    ),
    Route(
        "POST",
        _TASK + "/artifact",
        artifacts.created,
        "write",
        "Register artifacts of a task",
        "NewArtifacts",
        "ArtifactsCreated",
    ),
    Route("GET", _TASK + "/artifacts/{name}", artifacts.shown, "read", "Get an artifact", response="Artifact"),
    Route(
        "GET",
        _TASK + "/artifacts/{name}/attempt/{attempt_id}",
        artifacts.shown_of_attempt,
        "read",
        "Get an artifact of one attempt",
        response="Artifact",
    ),
    Route(
        "GET",
        _TASK + "/attempt/{attempt_id}/artifacts",
        artifacts.of_attempt,
        "read",
        "List the artifacts of one attempt",
        response="Artifact[]",
    ),
)
