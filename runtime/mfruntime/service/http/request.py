"""A request and its response, as handlers use them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..auth.auth import Principal
    from ..config import Config
    from ..database.base import Database
    from ..database.keys import KeyLookup
    from ..lists.batches import Reader
    from ..metrics import Metrics

#: The version of the API, in a header of every response and from GET /version.
VERSION = "2.5.1"

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


@dataclass(frozen=True)
class Service:
    """The shared objects that handlers use; created by `make_app`."""

    config: Config
    database: Database
    keys: KeyLookup
    lists: Reader
    metrics: Metrics
    #: Generates the OpenAPI document of the served routes, as JSON.
    openapi: Callable[[], str]


@dataclass(slots=True)
class Request:
    """A request: its path parameters, query string, headers, body and caller."""

    service: Service
    parts: tuple[str, ...]
    query: str
    headers: dict[bytes, bytes]
    body: bytes = b""
    principal: Principal | None = None
    #: Additional log fields, set by handlers.
    notes: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """A header; `name` is in lower case."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def idempotent(self) -> bool:
        """Whether the client sent `X-Idempotent`: it can retry the request, which must then take effect only once."""
        return self.headers.get(b"x-idempotent", b"").lower() in (b"true", b"1")


class Response(NamedTuple):
    """A response. `body` is JSON unless `content_type` is something else. With `parts`, the body is these bytes, which
    are sent one after the other."""

    body: str | bytes
    status: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[str, str], ...] = ()
    parts: AsyncIterator[bytes] | None = None
