"""Calls that AWS rejects: expired credentials, missing permissions, too many requests. Messages are those of AWS.

Every call to a service passes through this module, so it also records the list of calls.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import ministack.app
from ministack.core.iam_actions import _DENIED_CODES, access_denied_response, extract_iam_action, extract_resource_arn
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import detect_service

from . import control

Answer = tuple[int, dict[str, str], bytes]

EXPIRED = "The security token included in the request is expired"
#: service -> (code, status, message) where it is not ThrottlingException.
THROTTLED = {
    "apigateway": ("TooManyRequestsException", 429, "Too Many Requests"),
    "cloudformation": ("Throttling", 400, "Rate exceeded"),
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "elasticloadbalancing": ("Throttling", 400, "Rate exceeded"),
    "iam": ("Throttling", 400, "Rate exceeded"),
    "rds": ("Throttling", 400, "Rate exceeded"),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "sts": ("Throttling", 400, "Rate exceeded"),
}


def install() -> None:
    dispatch = ministack.app._dispatch_service_request

    async def guarded(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], request_id: str
    ) -> Any:
        control.look()
        merged = ministack.app._routing_params(method, path, headers, body, query_params)
        service = detect_service(method, path, headers, merged)
        action = _action(service, method, path, headers, body, merged)
        resource = _resource(service, method, path, headers, body, merged)
        control.calls.append({"service": service, "action": action, "resource": resource, "method": method})
        refused = _refusal(service, action, resource, request_id, headers)
        return refused or await dispatch(method, path, headers, body, query_params, request_id)

    ministack.app._dispatch_service_request = guarded


def _action(service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> str:
    """The IAM action that the call requires, as policies spell it."""
    known = extract_iam_action(service, method, path, headers, body, query)
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    return known or f"{service}:{target or method}"


def _resource(service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> str:
    try:
        return extract_resource_arn(service, method, path, headers, body, query, get_region(), get_account_id()) or "*"
    except (ValueError, KeyError, TypeError, AttributeError):  # a call that the service itself will refuse
        return "*"


def _refusal(service: str, action: str, resource: str, request: str, headers: dict[str, str]) -> Answer | None:
    if control.state.expired:
        return _error(service, action, request, headers, "ExpiredTokenException", EXPIRED)
    return _denied(service, action, resource, request, headers) or _throttled(service, action, request, headers)


def _denied(service: str, action: str, resource: str, request: str, headers: dict[str, str]) -> Answer | None:
    for pattern, wanted in control.state.deny.items():
        where = wanted.get("on", "*") if isinstance(wanted, dict) else "*"
        if fnmatchcase(action.lower(), pattern.lower()) and fnmatchcase(resource, where):
            return _error(service, action, request, headers, _code(service), _denial(service, action, resource, wanted))
    return None


def _code(service: str) -> str:
    return str(_DENIED_CODES.get(service, "AccessDenied"))


def _denial(service: str, action: str, resource: str, wanted: Any) -> str:
    """The message of AWS. `wanted` is the resource to name, or {"resource": ..., "because": ..., "on": what it is
    refused for}; none is needed."""
    chosen = wanted if isinstance(wanted, dict) else {"resource": wanted} if isinstance(wanted, str) else {}
    named = chosen.get("resource", resource)
    named = f'"{named}"' if service == "s3" and named != "*" else named
    because = chosen.get("because", f"because no identity-based policy allows the {action} action")
    text = f"User: {control.state.caller()} is not authorized to perform: {action} on resource: {named} {because}"
    return f"You are not authorized to perform this operation. {text}" if service == "ec2" else text


def _throttled(service: str, action: str, request: str, headers: dict[str, str]) -> Answer | None:
    for pattern, left in control.state.throttle.items():
        if left > 0 and fnmatchcase(action.lower(), pattern.lower()):
            control.state.throttle[pattern] = left - 1
            code, status, message = THROTTLED.get(service, ("ThrottlingException", 400, "Rate exceeded"))
            return status, *_error(service, action, request, headers, code, message)[1:]
    return None


def _error(service: str, action: str, request: str, headers: dict[str, str], code: str, message: str) -> Answer:
    """An error in the service's protocol."""
    answer: Answer = access_denied_response(
        service, action, control.state.caller(), request, error_code=code, message=message, headers=headers
    )
    return answer
