"""Queries to the metadata service of a local stack, over HTTP with the API key of the stack."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ...machine.record import Record
from ...machine.supervisor import spec
from . import servers
from .secrets import secrets_in

_SECONDS = 10.0
_PAGE = 1000


def has_run(stack: Record, run: str) -> bool:
    """Whether a run, given as Flow/run, is registered."""
    flow, _, number = run.partition("/")
    found = _ask(stack, f"/flows/{quote(flow, safe='')}/runs/{quote(number, safe='')}")
    return found is not None


def runs(stack: Record) -> dict[str, int] | None:
    """The number of runs of each flow, None if the service does not respond."""
    flows = _ask(stack, "/flows")
    if flows is None:
        return None
    names = sorted(str(flow["flow_id"]) for flow in flows[0])
    return {name: _count(stack, name) for name in names}


def _count(stack: Record, flow: str) -> int:
    total, cursor = 0, ""
    while True:
        answer = _ask(stack, f"/flows/{quote(flow, safe='')}/runs?_limit={_PAGE}{cursor}")
        if answer is None:
            return total
        total += len(answer[0])
        if not answer[1]:
            return total
        cursor = f"&_cursor={quote(answer[1], safe='')}"


def _ask(stack: Record, path: str) -> tuple[Any, str | None] | None:
    """The body of a response and its cursor; None without a response or with a status other than 200."""
    import http.client  # takes longer than most commands
    from pathlib import Path

    server = next((s for s in spec.load(servers.folder_of(stack)) if s.name == "metadata"), None)
    if server is None:
        return None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_SECONDS)
    key = secrets_in(Path(stack.data_folder)).api_key
    try:
        connection.request("GET", path, headers={"x-api-key": key})
        response = connection.getresponse()
        content = response.read()
        return (json.loads(content), response.getheader("X-Next-Cursor")) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
