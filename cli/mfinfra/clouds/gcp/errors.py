"""Known Google Cloud errors, one line for each, and a hint.

The tables are in known.py. The message decides: the status 403 alone means a denied permission only if nothing else is known.
"""

# ruff: noqa: E501
from __future__ import annotations

import re

from ...errors import CloudError
from ..known_errors import after_message, first, of_kind, short
from . import known

#: A statement about a permission, and the status of all refusals.
_STATED = re.compile(
    r"[Pp]ermission '?[a-z][A-Za-z]+\.[A-Za-z.]+'?\s+(?:is )?denied|[Rr]equired '?\"?[a-z][A-Za-z]+\.[A-Za-z.]+|does not have [a-z][A-Za-z]+\.\S+ access|IAM_PERMISSION_DENIED"
)
_DENIED = re.compile(
    r"PERMISSION_DENIED|PermissionDenied|Error 403|403 |does not have \S+ access|The caller does not have permission|not authorized",
    re.S,
)
_PERMISSION = re.compile(
    r"(?:[Pp]ermission|[Rr]equired|does not have)\s+[\"'`]?(?P<what>[a-z][A-Za-z]+\.[A-Za-z]+\.[A-Za-z]+)"
)
_RESOURCE = re.compile(
    r"(?:denied on resource|permission for|access to(?: the Google Cloud Storage)?|on resource)\s+[\"'`]?(?P<where>(?!the\b)[\w./:@-]+)"
)
_DETAIL = re.compile(r"Error \d{3}: (.+?)(?:\n|$)|(?:message|Details)[\"']?\s*[=:]\s*[\"'](.+?)[\"'](?:\n|,|$)", re.S)


def explained(exc: Exception) -> CloudError:
    """An error of a client library as one line."""
    text = f"{type(exc).__name__}: {exc}"
    return explain_text(text) or CloudError(
        f"Google Cloud refused the request: {short(str(exc))}", hint="Run the command again"
    )


def explain_text(text: str) -> CloudError | None:
    """The known error that a text of Google Cloud contains, None if it contains none."""
    found = _DETAIL.search(text)
    detail = short(next((group for group in found.groups() if group), text) if found else text)
    if _STATED.search(text):
        return _denied(text, detail)
    is_denied = _DENIED.search(text) is not None
    message = first(known.FIRST, text, detail) or after_message(known.REST, text, detail, is_denied)
    return message or (_denied(text, detail) if is_denied else None)


def _denied(text: str, detail: str) -> CloudError:
    """The missing permission and its resource, and the command that grants it."""
    what, where = _PERMISSION.search(text), _RESOURCE.search(text)
    if what is None:
        hint = "A stack needs the role Owner, or Editor with Project IAM Admin"
        return of_kind("permission", f"Google Cloud denied access: {detail}", hint)
    on = f" on {where.group('where').rstrip('.')}" if where else ""
    return of_kind(
        "permission",
        f"These credentials lack the permission {what.group('what')}{on}.",
        "Ask an owner to run: gcloud projects add-iam-policy-binding PROJECT --member MEMBER --role ROLE, with a"
        f" role that contains {what.group('what')}",
    )
