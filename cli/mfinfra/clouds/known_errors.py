"""How a known error of a cloud is found in a message. The tables of errors and hints are in `CLOUD/errors.py`."""

# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass

from ..errors import CloudError


@dataclass(frozen=True)
class Known:
    """A known error: texts that identify it, its meaning (`{detail}` is the message of the cloud), and a hint."""

    signs: tuple[str, ...]
    meaning: str
    hint: str


def first(known: tuple[Known, ...], text: str, detail: str) -> CloudError | None:
    """The first known error that a text contains, None if it contains none."""
    for one in known:
        if any(sign in text for sign in one.signs):
            return CloudError(one.meaning.format(detail=detail), hint=one.hint)
    return None


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
