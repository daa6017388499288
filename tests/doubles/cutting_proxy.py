"""A proxy in front of an object store that cuts connections: before a request arrives, before its response, or inside of
the response's body. Bytes pass unchanged, so that signatures stay valid."""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.object_stores import Server

#: `request`: half of it is read, nothing arrives. `answer`: it arrives, the response is lost. `body`: half of the response
#: arrives. `503`: it is refused before it arrives.
CUTS = ("request", "answer", "body")
_ENDPOINTS = {"METAFLOW_S3_ENDPOINT_URL", "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT", "STORAGE_EMULATOR_HOST"}
_REFUSED = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>m</Message></Error>"


class Cutter:
    """Selects the fault of each request: the next of `plan` whose text is in the request line, else one of `kinds` with
    the probability `rate`. `cuts` counts what was done."""

    def __init__(self, rate: float = 0.0, seed: int = 0, kinds: tuple[str, ...] = CUTS):
        self.rate = rate
        self.kinds = kinds
        self.plan: deque[tuple[str, str]] = deque()
        self.requests: list[tuple[str, str]] = []
        self.cuts: list[tuple[str, str, str]] = []
        self._dice = Random(seed)
        self._lock = threading.Lock()

    def restart(self, rate: float = 0.0, seed: int = 0, kinds: tuple[str, ...] = CUTS) -> None:
        self.rate, self.kinds, self._dice = rate, kinds, Random(seed)
        for past in (self.plan, self.requests, self.cuts):
            past.clear()

    def next(self, method: str, path: str) -> tuple[str, bool]:
        """The fault, "" for none, and whether the connection is reset instead of closed."""
        with self._lock:
            self.requests.append((method, path))
            fault = self._planned(f"{method} {path}")
            if not fault and self._dice.random() < self.rate:
                fault = self._dice.choice(self.kinds)
            if fault:
                self.cuts.append((fault, method, path))
            return fault, self._dice.random() < 0.5

    def _planned(self, line: str) -> str:
        return self.plan.popleft()[1] if self.plan and self.plan[0][0] in line else ""


@contextmanager
def cutting(url: str, cutter: Cutter, port: int = 0) -> Iterator[str]:
    """The URL of a proxy in front of the server at `url`, which must be HTTP on loopback."""
    upstream = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    threading.Thread(target=_accept, args=(listener, upstream.port, cutter), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{upstream.path}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def in_front(server: Server, cutter: Cutter, port: int = 0) -> Iterator[Server]:
    """An object store whose clients use the proxy."""
    (name,) = _ENDPOINTS & server.environment.keys()
    with cutting(server.environment[name], cutter, port) as url:
        yield server._replace(environment={**server.environment, name: url})


def _accept(listener: socket.socket, upstream: int, cutter: Cutter) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, upstream, cutter), daemon=True).start()


def _serve(client: socket.socket, upstream: int, cutter: Cutter) -> None:
    with suppress(OSError, ValueError), client, socket.create_connection(("127.0.0.1", upstream)) as far:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client.makefile("rb") as requests, far.makefile("rb") as responses:
            while _exchange(client, requests, far, responses, cutter):
                continue


def _exchange(client: socket.socket, requests: Any, far: socket.socket, responses: Any, cutter: Cutter) -> bool:
    """Pass one request and its response on; False at the end of the connection."""
    head = _head(requests)
    if not head:
        return False
    size = int(_header(head, b"content-length") or 0)
    method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    fault, is_reset = cutter.next(method, path)
    body = requests.read(size // 2 if fault == "request" else size)
    if fault == "request":
        return _cut(client, is_reset)
    if fault == "503":
        client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(_REFUSED) + _REFUSED)
        return True
    far.sendall(head + body)
    answer, content, is_last = _response(responses, method)
    if fault == "answer":
        return _cut(client, is_reset)
    if fault == "body":
        client.sendall(answer + content[: len(content) // 2] if content else answer[: len(answer) // 2])
        return _cut(client, is_reset)
    client.sendall(answer + content)
    return not is_last


def _cut(client: socket.socket, is_reset: bool) -> bool:
    if is_reset:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
    return False


def _response(responses: Any, method: str) -> tuple[bytes, bytes, bool]:
    """Head and body of a response as they are on the wire, and whether the connection ends after it."""
    head = _head(responses)
    while head.startswith(b"HTTP/1.1 100"):
        head = _head(responses)
    if not head:
        raise OSError("the server closed the connection")
    is_last = (_header(head, b"connection") or b"").lower() == b"close"
    if method == "HEAD" or head.split(b" ", 2)[1] in (b"204", b"304"):
        return head, b"", is_last
    length = _header(head, b"content-length")
    if length is not None:
        return head, responses.read(int(length)), is_last
    if (_header(head, b"transfer-encoding") or b"").lower() == b"chunked":
        return head, b"".join(_chunks(responses)), is_last
    return head, responses.read(), True


def _chunks(stream: Any) -> Iterator[bytes]:
    while True:
        line = stream.readline()
        size = int(line.split(b";")[0], 16)
        yield line + stream.read(size) + stream.readline()
        if size == 0:
            return


def _head(stream: Any) -> bytes:
    lines = []
    while line := stream.readline():
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None
