"""Google Cloud as a stack on loopback meets it: tokens for a service account, the project with its services, the list of
clusters, and fake-gcs-server for buckets. What the tests do not ask for is not here."""

from __future__ import annotations

import json
import re
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import servers

PROJECT, NUMBER = "demo-project", "0"  # the number that fake-gcs-server gives to all
ADMIN = "admin@demo-project.iam.gserviceaccount.com"


@dataclass
class Google:
    """A running cloud. `tokens` are those it gave out, `clusters` those it has."""

    environment: dict[str, str]
    storage: str
    tokens: list[str] = field(default_factory=list)
    clusters: set[str] = field(default_factory=set)
    gives_tokens: bool = True

    def objects(self, bucket: str) -> list[str]:
        with urllib.request.urlopen(f"{self.storage}/storage/v1/b/{bucket}/o") as answer:
            return [one["name"] for one in json.load(answer).get("items", [])]

    def make_bucket(self, name: str) -> None:
        body = json.dumps({"name": name}).encode()
        url = f"{self.storage}/storage/v1/b?project={PROJECT}"
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        google: Google = self.server.google
        if not google.gives_tokens:
            return self._answer(400, {"error": "invalid_grant", "error_description": "Account disabled"})
        google.tokens.append(f"ya29.{secrets.token_hex(20)}")
        return self._answer(200, {"access_token": google.tokens[-1], "expires_in": 3600, "token_type": "Bearer"})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.server.google.tokens:
            return self._answer(
                401, {"error": {"code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED"}}
            )
        found = self._found(parts.path, parse_qs(parts.query))
        return self._answer(404 if found is None else 200, found or {"error": {"code": 404, "message": "not found"}})

    def _found(self, path: str, query: dict[str, list[str]]) -> dict[str, Any] | None:
        if path.startswith("/v3/projects/"):
            return {"name": f"projects/{NUMBER}", "projectId": PROJECT, "state": "ACTIVE", "displayName": "Demo"}
        if path.endswith("services:batchGet"):
            names = [name.rpartition("/")[2] for name in query["names"]]
            return {"services": [{"config": {"name": name}, "state": "ENABLED"} for name in names]}
        if path.endswith("/billingInfo"):
            return {"billingEnabled": True}
        cluster = re.fullmatch(r"/container/projects/[^/]+/locations/[^/]+/clusters/([^/]+)", path)
        if cluster:
            return {"name": cluster[1]} if cluster[1] in self.server.google.clusters else None
        return {"items": []} if path.endswith("/instances") else {"items": {}, "clusters": []}

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def google(folder: Path) -> Iterator[Google]:
    """A cloud without anything in it."""
    with servers.fake_gcs(folder) as storage:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        url, store = f"http://127.0.0.1:{server.server_port}", storage.environment["STORAGE_EMULATOR_HOST"]
        found = Google(_environment(url, store, folder), store)
        server.google = found  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _environment(url: str, store: str, folder: Path) -> dict[str, str]:
    return {
        "GOOGLE_APPLICATION_CREDENTIALS": str(_key(folder, url)),
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_RESOURCE_MANAGER_V3_CUSTOM_ENDPOINT": f"{url}/",
        "GOOGLE_CLOUD_BILLING_CUSTOM_ENDPOINT": f"{url}/billing/",
        "GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT": f"{url}/services/",
        "GOOGLE_COMPUTE_CUSTOM_ENDPOINT": f"{url}/compute/",
        "GOOGLE_CONTAINER_CUSTOM_ENDPOINT": f"{url}/container/",
        "GOOGLE_SQL_CUSTOM_ENDPOINT": f"{url}/sql/",
        "GOOGLE_STORAGE_CUSTOM_ENDPOINT": f"{store}/storage/v1/",
        "STORAGE_EMULATOR_HOST": store,
    }


def _key(folder: Path, url: str) -> Path:
    """The file of a service account whose tokens come from here."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    content = {"type": "service_account", "project_id": PROJECT, "client_email": ADMIN, "private_key_id": "k", "private_key": pem,
               "client_id": "1", "token_uri": f"{url}/token"}  # fmt: skip
    path = folder / "service-account.json"
    path.write_text(json.dumps(content))
    return path
