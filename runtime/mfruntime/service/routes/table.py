"""Which path is whose, which role it needs, and what is said of it in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ..http.request import Answer, Call
from . import admin, artifacts, flows, metadata, runs, steps, tasks

Handler = Callable[[Call], Awaitable[Answer]]


class Route(NamedTuple):
    """`role` is none for what everyone may ask. `body` and `answer` name schemas of the OpenAPI document."""

    method: str
    path: str
    handler: Handler
    role: str
    summary: str
    body: str = ""
    answer: str = ""


_RUN = "/flows/{flow_id}/runs/{run_number}"
_STEP = _RUN + "/steps/{step_name}"
_TASK = _STEP + "/tasks/{task_id}"

ROUTES = (
    Route("GET", "/ping", admin.ping, "", "The word pong", answer="Text"),
    Route("GET", "/version", admin.version, "", "The version of this interface", answer="Text"),
    Route(
        "GET",
        "/healthcheck",
        admin.healthcheck,
        "",
        "Whether the database answers: JSON in a JSON text",
        answer="JSONText",
    ),
    Route("GET", "/healthz", admin.healthz, "", "Whether the process is alive", answer="Health"),
    Route("GET", "/readyz", admin.readyz, "", "Whether requests can be served", answer="Health"),
    Route("GET", "/db_schema_status", admin.db_schema_status, "", "Which version the tables have", answer="Schema"),
    Route("GET", "/metrics", admin.metrics, "admin", "Prometheus metrics", answer="Text"),
    Route("GET", "/openapi.json", admin.openapi, "", "This document"),
    Route("GET", "/auth/token", admin.auth_token, "", "Refused: no cloud credentials are given out"),
    Route("GET", "/flows", flows.listed, "read", "All flows", answer="Flow[]"),
    Route("GET", "/flows/{flow_id}", flows.shown, "read", "A flow", answer="Flow"),
    Route("POST", "/flows/{flow_id}", flows.created, "write", "Register a flow", "NewObject", "Flow"),
    Route("GET", "/flows/{flow_id}/runs", runs.listed, "read", "Runs of a flow, newest first", answer="Run[]"),
    Route("GET", "/flows/{flow_id}/latest_run", runs.latest, "read", "The run registered last", answer="Run"),
    Route(
        "GET",
        "/flows/{flow_id}/latest_successful_run",
        runs.latest_successful,
        "read",
        "The successful run registered last",
        answer="Run",
    ),
    Route("POST", "/flows/{flow_id}/run", runs.created, "write", "Register a run", "NewRun", "Run"),
    Route("GET", _RUN, runs.shown, "read", "A run", answer="Run"),
    Route("POST", _RUN + "/heartbeat", runs.heartbeat, "write", "A sign of life of a run", "Nothing", "JSONText"),
    Route("PATCH", _RUN + "/tag/mutate", runs.tags_mutated, "write", "Change user tags", "TagChange", "Tags"),
    Route("GET", _RUN + "/metadata", metadata.of_run, "read", "Facts of all tasks of a run", answer="Metadata[]"),
    Route("GET", _RUN + "/artifacts", artifacts.of_run, "read", "Artifacts of a run", answer="Artifact[]"),
    Route("POST", _RUN + "/tasks", tasks.created_in_bulk, "write", "Register many tasks", "NewTasks", "Tasks"),
    Route("GET", _RUN + "/steps", steps.listed, "read", "Steps of a run", answer="Step[]"),
    Route("GET", _STEP, steps.shown, "read", "A step", answer="Step"),
    Route("POST", _STEP + "/step", steps.created, "write", "Register a step", "NewObject", "Step"),
    Route("GET", _STEP + "/artifacts", artifacts.of_step, "read", "Artifacts of a step", answer="Artifact[]"),
    Route("GET", _STEP + "/tasks", tasks.listed, "read", "Tasks of a step", answer="Task[]"),
    Route("GET", _STEP + "/filtered_tasks", tasks.filtered, "read", "Pathspecs by facts", answer="Pathspecs"),
    Route("POST", _STEP + "/task", tasks.created, "write", "Register a task", "NewTask", "Task"),
    Route("GET", _TASK, tasks.shown, "read", "A task", answer="Task"),
    Route("POST", _TASK + "/heartbeat", tasks.heartbeat, "write", "A sign of life of a task", "Nothing", "JSONText"),
    Route("GET", _TASK + "/metadata", metadata.of_task, "read", "Facts of a task", answer="Metadata[]"),
    Route("POST", _TASK + "/metadata", metadata.created, "write", "Add facts", "NewMetadata", "MetadataCreated"),
    Route("GET", _TASK + "/artifacts", artifacts.of_task, "read", "Artifacts of a task", answer="Artifact[]"),
    Route("POST", _TASK + "/artifact", artifacts.created, "write", "Add artifacts", "NewArtifacts", "ArtifactsCreated"),
    Route("GET", _TASK + "/artifacts/{name}", artifacts.shown, "read", "An artifact", answer="Artifact"),
    Route(
        "GET",
        _TASK + "/artifacts/{name}/attempt/{attempt_id}",
        artifacts.shown_of_attempt,
        "read",
        "An artifact of one attempt",
        answer="Artifact",
    ),
    Route(
        "GET",
        _TASK + "/attempt/{attempt_id}/artifacts",
        artifacts.of_attempt,
        "read",
        "Artifacts of one attempt",
        answer="Artifact[]",
    ),
)
