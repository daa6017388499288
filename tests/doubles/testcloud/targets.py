"""Services that ministack lacks, by the prefix of their X-Amz-Target header."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ministack.app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response

Document = dict[str, Any]
Calls = dict[str, Callable[[Document], Document]]


class Refusal(Exception):
    """An error of such a service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def add(service: str, target: str, scope: str, calls: Calls) -> None:
    """Route a service to its calls; requests name them `<target>.<call>`."""

    async def handle(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Document) -> Any:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        if name not in calls:
            return error_response_json("UnknownOperationException", f"Unknown call: {name}", 400)
        try:
            return json_response(calls[name](json.loads(body or b"{}")))
        except Refusal as exc:
            return error_response_json(exc.code, str(exc), 400)

    router.SERVICE_PATTERNS[service] = {
        "host_patterns": [rf"^{scope}\."],
        "target_prefixes": [target],
        "credential_scope": scope,
    }
    ministack.app.SERVICE_HANDLERS[service] = handle
    iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = scope
