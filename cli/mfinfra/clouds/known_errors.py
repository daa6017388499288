"""How a known error of a cloud is found in a message. The tables of errors and hints are in `CLOUD/errors.py`.

The message of a cloud decides, not its status: Google Cloud answers 403 to a used-up quota, to a disabled service and to a
missing permission. Each cloud has two tables: what its message says about quotas, accounts and services, which comes before
denied permissions, and everything else, which comes after them.
"""

# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass

from ..errors import CloudError


@dataclass(frozen=True)
class Known:
    """A known error: its kind, texts that identify it (without regard to case), its meaning (`{detail}` is the message of
    the cloud), and a hint."""

    kind: str
    signs: tuple[str, ...]
    meaning: str
    hint: str


def first(known: tuple[Known, ...], text: str, detail: str) -> CloudError | None:
    """The first known error that a text contains, None if it contains none."""
    lower = " ".join(text.lower().split())
    for one in known:
        if any(sign.lower() in lower for sign in one.signs):
            return of_kind(one.kind, one.meaning.format(detail=detail), one.hint)
    return None


def after_message(rest: tuple[Known, ...], text: str, detail: str, is_denied: bool) -> CloudError | None:
    """The known error of the second table, unless only a status says something: then a failure inside the cloud, or
    nothing, is all that a text about denied access can match."""
    found = first(rest, text, detail)
    return None if is_denied and found is not None and found.kind in ("timing", "unreachable") else found


def of_kind(kind: str, message: str, hint: str) -> CloudError:
    error = CloudError(message, hint=hint)
    error.kind = kind
    return error


def short(text: str, most: int = 240) -> str:
    """A text on one line, truncated if it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 3] + "..."


#: The messages of HTTP libraries for a server that cannot be reached.
NETWORK = (
    "no such host", "connection refused", "Connection refused", "i/o timeout", "network is unreachable", "Network is unreachable",
    "Name or service not known", "Temporary failure in name resolution", "Failed to resolve", "Failed to establish a new connection",
    "Max retries exceeded", "connection reset", "Connection reset", "Connection aborted", "unexpected EOF", "TLS handshake timeout",
    "context deadline exceeded", "Read timed out",
)  # fmt: skip
