"""A proxy in front of a service that injects the faults of networks and load balancers."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What may happen to a request. The service has carried it out, or has not, or does so later; the client cannot tell.
FAULTS = (
    "delay", "lose", "lose the answer", "truncate", "reset", "hang", "twice", "late",
    "429", "500", "502", "503", "page", "lost page", "half a page",
)  # fmt: skip
_PAGE = b"<html><body>Bad gateway</body></html>"


class Proxy:
    """Forwards requests to `port`; each request gets the next of `faults`, if any is left."""

    def __init__(self, port: int):
        self.target = port
        self.faults: deque[str] = deque()
        self._late: list[threading.Timer] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str | None, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("METADATA_SERVICE_VERSION"), answer.read()
        finally:
            connection.close()

    def forward_later(self, *request: Any) -> None:
        """Deliver a request after those that follow it."""

        def deliver() -> None:
            try:
                self.forward(*request)
            except OSError:
                return

        timer = threading.Timer(0.1, deliver)
        self._late.append(timer)
        timer.start()

    def settle(self) -> None:
        """Remove all faults, and deliver delayed requests."""
        self.faults.clear()
        for timer in self._late:
            timer.join()
        self._late.clear()

    def close(self) -> None:
        self.settle()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "content-length")}
        request = (self.command, self.path, body, headers)
        fault = self.proxy.faults.popleft() if self.proxy.faults else "pass"
        if fault in ("lose", "late"):
            if fault == "late":
                self.proxy.forward_later(*request)
            self.close_connection = True
        elif fault == "hang":
            time.sleep(1.5)  # longer than the client waits
            self.close_connection = True
        elif fault in ("page", "lost page", "half a page") or fault.isdigit():
            self._say(fault)
        else:
            self._pass(fault, *request)

    do_GET = do_POST = do_PATCH = _handle

    def _pass(self, fault: str, *request: Any) -> None:
        if fault == "delay":
            time.sleep(0.05)
        try:
            answer = self.proxy.forward(*request)
            if fault == "twice":
                answer = self.proxy.forward(*request)
        except (OSError, http.client.HTTPException):
            self._say("502")
            return
        if fault == "lose the answer":
            self.close_connection = True
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            self._answer(*answer, cut=fault == "truncate")

    def _say(self, fault: str) -> None:
        """A response of a component in front of the service, which did not receive the request."""
        status = {"page": 200, "lost page": 404, "half a page": 502}.get(fault) or int(fault)
        self._answer(status, None, b'{"message": null}' if fault == "429" else _PAGE, cut=fault == "half a page")

    def _answer(self, status: int, version: str | None, body: bytes, cut: bool) -> None:
        self.send_response(status)
        if version is not None:
            self.send_header("METADATA_SERVICE_VERSION", version)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_: Any) -> None:
        return
