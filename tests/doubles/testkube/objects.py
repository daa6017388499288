"""Objects that tests create in a cluster, in the form of the stacks' modules."""

from __future__ import annotations

import sys
from typing import Any

from .server import TestKube
from .store import Object

#: An HTTP server that answers with its own name, what it was sent, or as many bytes as the path says.
WEB = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        words = self.path.strip("/").split("/")
        body = bytes(int(words[1])) if words[0] == "bytes" else (os.environ.get("NAME", "") + self.path).encode()
        self.answer(body)
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def container(port: int, *argv: str, path: str | None = None, **env: str) -> Object:
    """A container that listens on a port."""
    probe: dict[str, Any] = {"httpGet": {"path": path, "port": port}} if path else {"tcpSocket": {"port": port}}
    return {
        "name": "main", "image": "here", "command": list(argv), "ports": [{"containerPort": port}], "readinessProbe": probe,
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }  # fmt: skip


def web(port: int) -> Object:
    return container(port, sys.executable, "-c", WEB, f"$(PORT_{port})")


def serve(kube: TestKube, namespace: str, name: str, port: int, what: Object, replicas: int = 1) -> None:
    """A Deployment with its service."""
    labels = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [what]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    kube.add("deployments", {"metadata": {"name": name, "labels": labels}, "spec": spec}, namespace, "apps")
    service = {"selector": labels, "ports": [{"name": "http", "port": port, "targetPort": port}]}
    kube.add("services", {"metadata": {"name": name}, "spec": service}, namespace)
