"""Install the plugin into ministack. Only this module imports all of its parts."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import ministack.app

from . import (
    batch,
    buckets,
    capabilities,
    clusters,
    control,
    delays,
    drift,
    events,
    faults,
    identity,
    jobs,
    protection,
    quotas,
    resource_names,
    resources,
    scaling,
    stepfunctions,
    tagging,
    vpclinks,
)

PARTS = (
    batch,
    buckets,
    capabilities,
    drift,
    identity,
    quotas,
    resources,
    resource_names,
    scaling,
    stepfunctions,
    tagging,
    vpclinks,
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

RESET = f"{control.PREFIX}/reset"


def install(url: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Change ministack in place and return the application to serve."""
    for part in PARTS:
        part.install()
    protection.install()
    events.install()
    delays.install()
    faults.install()
    jobs.install(url)
    return _application


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http" or not scope["path"].startswith(control.PREFIX):
        await ministack.app.app(scope, receive, send)
        return
    body = await _body(receive)
    if scope["path"] == RESET:
        await _reset()
        status, document = 200, {}
    elif scope["path"] == clusters.PATH:
        status, document = clusters.review(body)
    else:
        status, document = control.answer(scope["path"], body)
    await _send(send, status, document)


async def _reset() -> None:
    jobs.end_all()
    control.reset()
    await ministack.app._handle_admin_reset("/_ministack/reset", "POST", {})
    events.forget()
    stepfunctions.forget()


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, status: int, document: dict[str, Any]) -> None:
    content = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
