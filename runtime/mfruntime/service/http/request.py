"""One request and its answer, as handlers see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..auth.auth import Principal
    from ..config import Config
    from ..database.base import Database
    from ..database.keys import Directory
    from ..metrics import Metrics

#: What is said of the version of the interface: with every answer, and by GET /version.
VERSION = "2.5.1"

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


@dataclass(frozen=True)
class Service:
    """What handlers work with; put together by `make_app`."""

    config: Config
    database: Database
    directory: Directory
    metrics: Metrics
    #: The OpenAPI document of the routes that are served, as JSON text; made when it is asked for.
    openapi: Callable[[], str]


@dataclass(slots=True)
class Call:
    """A request: the parts of its path that stand for something, its query string, headers, body and sender."""

    service: Service
    parts: tuple[str, ...]
    query: str
    headers: dict[bytes, bytes]
    body: bytes = b""
    principal: Principal | None = None
    #: Filled by handlers that want to be told apart in the log.
    notes: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def idempotent(self) -> bool:
        """Whether the client says that it may send this request again, and wants it carried out once."""
        return self.headers.get(b"x-idempotent", b"").lower() in (b"true", b"1")


class Answer(NamedTuple):
    """What is sent back. `body` is JSON unless `content_type` says otherwise."""

    body: str
    status: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[str, str], ...] = ()
