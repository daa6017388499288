"""Known AWS errors, one line for each, and a hint.

The tables (known.py) are searched in the text, so that they serve boto3, the AWS SDK for Go and CloudFormation. The message
decides: a statement that an action is not authorized, then quotas and accounts, then a status such as 403, then the rest.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from ..known_errors import first, of_kind
from . import known, permissions

#: The message of the SDK for Go after several retries. It contains "exceeded", but means no quota.
_TRIES = "exceeded maximum number of attempts, "

#: The part of a text that describes the case at hand, in the formats of the SDK for Go, CloudFormation and boto3.
_DETAIL = re.compile(
    r'api error [\w.]+: (.+?)(?:\n|$)|RequestID: [\w-]+, \w+: (.+?)(?:\n|$)|returned message: "(.+?)(?: \(Service: |" \(RequestToken)|operation: (.+?)(?:\n|$)',
    re.S,
)


def explained(exc: Exception, called: str = "") -> CloudError:
    """An error of boto3 as one line; `called` names the operation, as in `operation error S3: PutObject`."""
    text = f"{type(exc).__name__}: {exc}"
    error = explain_text(f"{text}\n{called}") or CloudError(
        f"AWS refused the request: {_short(str(exc))}", hint="Run the command again"
    )
    response = getattr(exc, "response", None) or {}
    error.code = str(response.get("Error", {}).get("Code", "")).removesuffix("Exception")
    return error


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of AWS contains, None if it contains none."""
    plain = text.replace(_TRIES, "")
    if permissions.STATED.search(text):
        return _denied(text)
    found = first(known.FIRST, plain, _detail(plain))
    if found is not None:
        return found
    if permissions.DENIED.search(text):
        return _denied(text)
    return first(known.REST, plain, _detail(plain))


def _denied(text: str) -> CloudError:
    """A denied permission, with as much detail as AWS gives."""
    error = permissions.denied(text) or of_kind(
        "permission", f"AWS denied access: {_detail(text)}", "Ask an administrator of the account for access"
    )
    error.kind = "permission"
    return error


def _detail(text: str) -> str:
    found = _DETAIL.search(text)
    return _short(next((group for group in found.groups() if group), text) if found else text)


def _short(text: str, most: int = 240) -> str:
    flat = re.sub(r"^\w+(?:Error|Exception): ", "", " ".join(text.split()))
    return flat if len(flat) <= most else flat[: most - 3] + "..."
