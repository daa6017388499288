"""The ways a cloud says no: what its texts mean, in one line each with what to do about it."""

# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass

from ..errors import CloudError


@dataclass(frozen=True)
class Known:
    """A refusal: the signs it is known by, what it means (`{detail}` is what the cloud said), what to do."""

    signs: tuple[str, ...]
    meaning: str
    hint: str


def first(known: tuple[Known, ...], text: str, detail: str) -> CloudError | None:
    """The first refusal whose sign is in a text; None where none is."""
    for one in known:
        if any(sign in text for sign in one.signs):
            return CloudError(one.meaning.format(detail=detail), hint=one.hint)
    return None


def short(text: str, most: int = 240) -> str:
    """A text on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 3] + "..."


#: How every HTTP library says that nobody answers.
NETWORK = (
    "no such host", "connection refused", "Connection refused", "i/o timeout", "network is unreachable", "Network is unreachable",
    "Name or service not known", "Temporary failure in name resolution", "Failed to resolve", "Failed to establish a new connection",
    "Max retries exceeded", "connection reset", "Connection reset", "Connection aborted", "unexpected EOF", "TLS handshake timeout",
    "context deadline exceeded", "Read timed out",
)  # fmt: skip
