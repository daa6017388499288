"""The caller's identity: GetCallerIdentity returns the identity that the test set, except for session keys."""

from __future__ import annotations

from typing import Any

from ministack.services import sts

from . import control


def install() -> None:
    original = sts._caller_identity

    def identity(headers: dict[str, str], query_params: Any = None) -> Any:
        found = original(headers, query_params)
        if not isinstance(found, dict) or found["principalType"] != "Root":
            return found
        arn = control.state.caller()
        return {**found, "userArn": arn, "userId": "AIDATESTER", "accountId": arn.split(":")[4]}

    sts._caller_identity = identity
