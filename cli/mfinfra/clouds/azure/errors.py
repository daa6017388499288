"""Known Azure errors, one line for each, and a hint. The REST API and Terraform's diagnostics contain the same codes.

The tables are in known.py. The message decides: quotas, policies and firewalls before denied permissions.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from ..known_errors import after_message, first, of_kind, short
from . import known

#: A statement about a permission, and codes that can also mean something else.
_STATED = re.compile(
    r"does not have authorization|AuthorizationFailed|AuthorizationPermissionMismatch|ForbiddenByRbac|does not have .{0,60}permission"
)
_DENIED = re.compile(
    r"AuthorizationFailure|Authorization_RequestDenied|InsufficientPrivileges|Insufficient privileges|403 Forbidden|\(403\)|StatusCode=403|Forbidden"
)
_WHAT = re.compile(r"perform action '(?P<action>[^']+)'.*?over scope '(?P<scope>[^']+)'", re.S)
_CLIENT = re.compile(r"client '(?P<who>[^']+)'(?: with object id '(?P<id>[^']+)')?")
_DETAIL = re.compile(r"(?:Message|message)[\"']?\s*[=:]\s*[\"'](.+?)[\"'](?:\s|,|\}|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """An error of the Azure SDK as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(
        f"Azure refused the request: {short(str(exc))}", hint="Run the command again"
    )


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of Azure contains, None if it contains none."""
    found = _DETAIL.search(text)
    detail = short(found.group(1) if found else text)
    if _STATED.search(text):
        return _denied(text)
    is_denied = _DENIED.search(text) is not None
    message = first(known.FIRST, text, detail) or after_message(known.REST, text, detail, is_denied)
    return message or (_denied(text) if is_denied else None)


def _denied(text: str) -> CloudError:
    """The denied action, its scope and the principal, and the role assignment that grants it."""
    what, client = _WHAT.search(text), _CLIENT.search(text)
    who = client.group("who") if client else "The caller"
    if what is None:
        hint = "A stack needs the role Owner, or Contributor with Role Based Access Control Administrator"
        return of_kind("permission", f"Azure denied access: {short(text)}", hint)
    assignee = (client and (client.group("id") or client.group("who"))) or "OBJECT_ID"
    return of_kind(
        "permission",
        f"{who} is not allowed to perform {what.group('action')} on {what.group('scope')}.",
        f"Ask an owner to run: az role assignment create --assignee {assignee} --role Owner --scope {what.group('scope')}",
    )
