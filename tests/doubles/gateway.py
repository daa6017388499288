"""A proxy between a laptop and the metadata service of a stack on AWS, in the role of API Gateway.

It accepts CONNECT for any host of `*.execute-api.*.amazonaws.com` with TLS of its own CA, requires the API key that
the stack created, removes the stage from the path, and forwards the request to a service on loopback.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOSTS = ".execute-api.us-east-1.amazonaws.com"


@dataclass
class Gateway:
    """A running gateway; `environment` routes programs through it, `known` contains the keys that it accepts."""

    environment: dict[str, str]
    known: Callable[[], set[str]] = set


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        if not host.endswith(HOSTS):
            self.send_error(403, "this gateway has one API")
            return
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.server.tls(host).wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):  # the server only closes the socket that it accepted
            self.connection.close()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("x-api-key") not in self.server.gateway.known():
            self._answer(403, b'{"message":"Forbidden"}', {})
            return
        stage, _, rest = self.path.lstrip("/").partition("/")
        assert stage == "api", self.path
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.service, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "x-api-key")}
        try:
            upstream.request(self.command, f"/{rest}", body or None, headers)
            found = upstream.getresponse()
            self._answer(found.status, found.read(), dict(found.getheaders()))
        except OSError:
            self._answer(504, b'{"message":"Endpoint request timed out"}', {})
        finally:
            upstream.close()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _pass_on

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: Gateway

    def __init__(self, authority: Any, service: int):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service, self._authority = service, authority

    def tls(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context

    def handle_error(self, *_: Any) -> None:
        return


@contextmanager
def gateway(folder: Path, service: int) -> Iterator[Gateway]:
    """A gateway in front of the service on this port of loopback."""
    import trustme

    authority = trustme.CA()
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    server = _Server(authority, service)
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")
    proxy = {"https_proxy": f"http://127.0.0.1:{server.server_address[1]}", "no_proxy": "127.0.0.1,localhost"}
    server.gateway = Gateway({**proxy, **dict.fromkeys(names, str(trusted))})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.gateway
    finally:
        server.shutdown()
        server.server_close()


def port_of(url: str) -> int:
    return urlsplit(url).port or 80
