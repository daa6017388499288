"""The health of the metadata service, checked over its HTTP API: the same on every cloud."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Health:
    """The health of a metadata service. `schema` is the status of its database schema, if the service returns it."""

    ok: bool
    version: str | None = None
    schema: str | None = None
    seconds: float = 0.0
    problem: str | None = None


def service(settings: Mapping[str, str], timeout: float = 10.0) -> Health:
    """Check the metadata service in the settings, with the API key in them."""
    url = settings.get("METAFLOW_SERVICE_URL", "")
    if urlsplit(url).scheme not in ("http", "https"):
        return Health(False, problem="the profile has no METAFLOW_SERVICE_URL")
    headers = {"x-api-key": key} if (key := settings.get("METAFLOW_SERVICE_AUTH_KEY")) else {}
    began = time.monotonic()
    try:
        version, _ = _get(f"{url.rstrip('/')}/ping", headers, timeout)
    except (OSError, HTTPException) as exc:
        return Health(False, problem=f"{urlsplit(url).netloc.rpartition('@')[2]} does not respond: {_reason(exc)}")
    seconds = time.monotonic() - began
    return Health(True, version, _schema(url, headers, timeout), seconds)


def _get(url: str, headers: Mapping[str, str], timeout: float) -> tuple[str | None, str]:
    from urllib.request import Request, urlopen

    with urlopen(Request(url, headers=dict(headers)), timeout=timeout) as answer:
        return answer.headers.get("METADATA_SERVICE_VERSION"), answer.read(65536).decode("utf-8", "replace")


def _schema(url: str, headers: Mapping[str, str], timeout: float) -> str | None:
    try:
        found = json.loads(_get(f"{url.rstrip('/')}/db_schema_status", headers, timeout)[1])
        return "up to date" if found["is_up_to_date"] else f"{len(found['unapplied_migrations'])} migrations behind"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def problem(url: str, timeout: float) -> str | None:
    """Why a page is not available; None if it is, or if it requires sign-in."""
    from urllib.error import HTTPError

    try:
        _get(url, {}, timeout)
    except HTTPError as exc:
        return None if exc.code < 500 else _reason(exc)
    except (OSError, HTTPException) as exc:
        return _reason(exc)
    return None


def _reason(exc: OSError | HTTPException) -> str:
    status = getattr(exc, "code", None)
    if status == 503 and (reason := _reason_in_body(exc)):
        return reason
    if status in (401, 403):
        return f"the service refused the API key (status {status})"
    return f"status {status}" if status else str(getattr(exc, "reason", exc) or exc)


def _reason_in_body(exc: Any) -> str:
    """The reason in the response of a tunnel or a load balancer, if it is a line of text."""
    try:
        kind, text = str(exc.headers.get("Content-Type", "")), exc.read(500).decode("utf-8", "replace")
    except (OSError, HTTPException):
        return ""
    return " ".join(text.split()).rstrip(".") if kind.startswith("text/plain") else ""


def document(settings: Mapping[str, str]) -> dict[str, Any]:
    """The health of the service, for documents."""
    return asdict(service(settings))
