"""The API server: HTTP/1.1 over TLS with asyncio, tokens, injected faults, and the objects of store.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import trustme

from .machines import Machines
from .portforward import forward
from .rest import Answer, Rest
from .store import Object, Store


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Faults:
    """Faults of the next requests. `statuses` are returned instead, one each; `drops` are disconnected before a
    response; `cut_after` disconnects a port-forward after so many bytes from its pod."""

    statuses: list[int] = field(default_factory=list)
    drops: int = 0
    cut_after: int | None = None
    only: str = ""

    def concern(self, path: str) -> bool:
        return self.only in path


class TestKube:
    """A cluster in a thread of this process. `requests` contains all requests to it."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.tokens: set[str] = {"good"}
        self.powerless: set[str] = set()
        #: Further tokens, as those of an emulated cloud are.
        self.knows: Callable[[str], bool] = lambda token: False
        self.faults = Faults()
        self.requests: list[tuple[str, str]] = []
        self.store = Store()
        self.machines = Machines(self.store, folder)
        self._rest = Rest(self.store, self.machines)
        self._port = 0
        self._connections: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    # For tests, from their thread

    @property
    def ca(self) -> str:
        return self.authority.cert_pem.bytes().decode()

    @property
    def host(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on the previous port if there was one."""
        self._call(self._started())

    def stop(self) -> None:
        """Stop listening, and close all connections; the objects of the cluster are kept."""
        self._call(self._stopped())

    def restart(self) -> None:
        self.stop()
        self.start()

    def cut(self) -> None:
        """Close all connections."""
        self._call(self._cut())

    def close(self) -> None:
        """Stop the server and all pods."""
        self.stop()
        self._call(self.machines.end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def do(self, change: Callable[[Store], Any]) -> Any:
        """Read or change the objects of the cluster between two requests."""

        async def inner() -> Any:
            return change(self.store)

        return self._call(inner())

    def add(self, plural: str, body: Object, namespace: str = "", group: str = "") -> Object:
        found: Object = self.do(lambda store: store.add(group, plural, namespace, body))
        return found

    def _call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    # In the server's thread

    async def _started(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, ssl=context, limit=1 << 20, reuse_address=True
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self.machines.start()

    async def _stopped(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._connections):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                if not await self._handled(request, reader, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _handled(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle a request; returns whether the connection can be used again."""
        self.requests.append((request.method, request.path))
        refusal = self._refusal(request)
        if refusal == 0:
            writer.transport.abort()
            return False
        if refusal is not None:
            await _send(writer, refusal, _status(refusal))
            return True
        if request.headers.get("upgrade", "").lower() == "websocket":
            await forward(request, reader, writer, self.machines, self.faults)
            return False
        if request.query.get("watch") in ("1", "true") or request.query.get("follow") == "true":
            await self._streamed(request, writer)
            return False
        answer = self._rest.answer(request.method, request.path, request.query, request.body)
        await _send(writer, answer.status, answer.body)
        return True

    def _refusal(self, request: Request) -> int | None:
        """A status to return immediately; 0 closes the connection without a response."""
        if self.faults.concern(request.path):
            if self.faults.drops:
                self.faults.drops -= 1
                return 0
            if self.faults.statuses:
                return self.faults.statuses.pop(0)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.powerless:
            return 403
        return None if token in self.tokens or self.knows(token) else 401

    async def _streamed(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        async for line in self._rest.stream(request.path, request.query):
            writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.lower().strip(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    parts = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, unquote(parts.path), query, headers, body)


async def _send(writer: asyncio.StreamWriter, status: int, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/plain" if isinstance(body, bytes) else "application/json"
    more = "Retry-After: 0\r\n" if status == 429 else ""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    writer.write(head.encode() + content)
    await writer.drain()


def _status(code: int) -> Object:
    reasons = {401: "Unauthorized", 403: "Forbidden", 429: "TooManyRequests", 500: "InternalError"}
    reason = reasons.get(code, "Failure")
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": reason,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__ = ["Answer", "TestKube", "free_port"]
