"""The OpenAPI document, generated from the table of routes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from .http.request import VERSION
from .lists.query_string import MAX_LIMIT
from .routes.table import ROUTES, Route

_TEXT = {"type": "string", "maxLength": 255}
_NULL_TEXT = {"type": ["string", "null"], "maxLength": 255}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_NULL_NUMBER = {"type": ["integer", "null"], "minimum": 0, "maximum": 2**63 - 1}
_ID = {"type": ["string", "integer"]}
_TAGS = {"type": "array", "items": {"type": "string"}}
_OWN = {"user_name": _NULL_TEXT, "ts_epoch": _NULL_NUMBER, "tags": _TAGS, "system_tags": _TAGS}
_SHOWN = {"user_name": _NULL_TEXT, "ts_epoch": _NUMBER, "tags": _TAGS, "system_tags": _TAGS}
_STATUS = {"type": "string", "enum": ["completed", "failed", "running", "dead", "unknown"]}
_IN_STEP: dict[str, Any] = {"flow_id": _TEXT, "run_number": _ID, "step_name": _TEXT, **_SHOWN}
_IN_TASK: dict[str, Any] = {**_IN_STEP, "task_id": _ID}
_DATUM = {"field_name": _TEXT, "value": {}, "type": _TEXT, **_OWN}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_NEW_TASK = {"task_id": _NULL_TEXT, "idempotency_key": _NULL_TEXT, **_OWN}
SCHEMAS: dict[str, Any] = {
    "Flow": _object({"flow_id": _TEXT, **_SHOWN}, "flow_id", "ts_epoch"),
    "Run": _object(
        {"flow_id": _TEXT, "run_number": _ID, "last_heartbeat_ts": _NULL_NUMBER, "status": _STATUS, **_SHOWN},
        "flow_id", "run_number", "status",
    ),
    "Step": _object(_IN_STEP, "flow_id", "run_number", "step_name"),
    "Task": _object({**_IN_TASK, "last_heartbeat_ts": _NULL_NUMBER, "status": _STATUS}, "run_number", "task_id"),
    "Metadata": _object({**_IN_TASK, "id": _NUMBER, "field_name": _TEXT, "value": {"type": "string"}, "type": _TEXT}),
    "Artifact": _object(
        {
            **_IN_TASK, "name": _TEXT, "location": _TEXT, "ds_type": _TEXT, "sha": _NULL_TEXT, "type": _NULL_TEXT,
            "content_type": _NULL_TEXT, "attempt_id": _NUMBER,
        }
    ),
    "Tasks": _object({"tasks": _list({"$ref": "#/components/schemas/Task"})}, "tasks"),
    "Tags": _object({"tags": _TAGS}, "tags"),
    "Pathspecs": _list({"type": "string"}),
    "MetadataCreated": _object({"metadata_created": _NUMBER}, "metadata_created"),
    "ArtifactsCreated": _object({"artifacts_created": _NUMBER}, "artifacts_created"),
    "Text": {"type": "string"},
    "Nothing": {},
    "JSONText": {"type": "string", "contentMediaType": "application/json"},
    "Schema": _object(
        {
            "is_up_to_date": {"type": "boolean"}, "current_version": {"type": "string"}, "db_schema_versions": _TAGS,
            "migration_in_progress": {"type": "boolean"}, "unapplied_migrations": _TAGS,
        },
        "is_up_to_date",
    ),
    "Health": _object({"status": {"type": "string"}, "database": {"type": "string"}}, "status"),
    "NewObject": _object(_OWN),
    "NewRun": _object({"run_number": _NULL_TEXT, "idempotency_key": _NULL_TEXT, **_OWN}),
    "NewTask": _object(_NEW_TASK),
    "NewTasks": _list(_object({**_NEW_TASK, "step_name": _TEXT, "metadata": _list(_object(_DATUM))}, "step_name")),
    "NewMetadata": _list(_object(_DATUM)),
    "NewArtifacts": _list(
        _object(
            {
                "name": _TEXT, "location": _TEXT, "ds_type": _TEXT, "sha": _NULL_TEXT, "type": _NULL_TEXT,
                "content_type": _NULL_TEXT, "attempt_id": {"type": "integer", "minimum": 0, "maximum": 32767}, **_OWN,
            },
            "name",
        )
    ),
    "TagChange": _object({"tags_to_add": _TAGS, "tags_to_remove": _TAGS}),
    "Error": _object(
        {
            "message": {"type": "string"}, "detail": {"type": "string"}, "status": {"type": "integer"},
            "title": {"type": "string"}, "type": {"type": "string"}, "hint": {"type": "string"},
        },
        "message", "status",
    ),
}  # fmt: skip

_ERRORS = {
    "read": ("400", "401", "403", "404", "429", "503"),
    "admin": ("401", "403", "429"),
    "": ("403", "429", "503"),
}
_ERRORS["write"] = (*_ERRORS["read"], "413")


def document(routes: Sequence[Route] = ROUTES) -> str:
    """The OpenAPI document of these routes as JSON text."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Metadata service", "version": VERSION},
            "paths": paths,
            "components": {"schemas": SCHEMAS, "securitySchemes": schemes},
        }
    )


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}",
        "summary": route.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {**_TEXT, "minLength": 1}}
            for name in re.findall(r"{(\w+)}", route.path)
        ],
        "responses": {"200": _response(route.response)},
    }
    if route.response.endswith("[]"):
        operation["parameters"] += _paging()
    if route.body:
        operation["requestBody"] = {"content": {"application/json": {"schema": _reference(route.body)}}}
    if route.role:
        operation["security"] = [{"key": []}, {"token": []}]
    for status in (*_ERRORS[route.role], *_conflicts(route)):
        free = status == "409" or route.path == "/healthcheck"  # the existing record; JSON encoded as a JSON string
        operation["responses"][status] = _response("" if free else "Error")
    return operation


def _conflicts(route: Route) -> tuple[str, ...]:
    return ("409", "422") if route.method == "PATCH" else ("409",) if route.body.startswith("New") else ()


def _paging() -> list[dict[str, Any]]:
    limit = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    return [
        {
            "name": "_limit",
            "in": "query",
            "schema": limit,
            "description": f"Maximum number of records, at most {MAX_LIMIT}",
        },
        {"name": "_cursor", "in": "query", "schema": {"type": "string"}},
        {"name": "_tags", "in": "query", "schema": {"type": "string"}},
    ]


def _response(schema: str) -> dict[str, Any]:
    kind = "text/plain" if schema == "Text" else "application/json"
    return {"description": schema or "JSON", "content": {kind: {"schema": _reference(schema) if schema else {}}}}


def _reference(schema: str) -> dict[str, Any]:
    name = schema.removesuffix("[]")
    reference = {"$ref": f"#/components/schemas/{name}"}
    return _list(reference) if schema.endswith("[]") else reference
