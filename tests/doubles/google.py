"""The Google Cloud APIs that mfinfra calls: the caller's identity, the project, its services, billing and regions, and the
remaining resources of a stack. Buckets are stored in fake-gcs-server, which the real terraform uses too."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.doubles import object_stores

from .server import Answer, Asked, Double

NUMBER = "424242424242"
DEPLOYER = "deployer@demo-project.iam.gserviceaccount.com"
_SERVICES = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")


@dataclass
class Project:
    """The project that the double returns."""

    id: str = "demo-project"
    state: str = "ACTIVE"
    billing: bool = True
    off: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("europe-west1", "us-central1")
    clusters: list[dict[str, Any]] = field(default_factory=list)
    databases: list[dict[str, Any]] = field(default_factory=list)
    disks: list[dict[str, Any]] = field(default_factory=list)
    #: The names of clusters that are there when asked for one by one.
    names: set[str] = field(default_factory=set)
    #: The tokens that were given out.
    tokens: list[str] = field(default_factory=list)
    gives_tokens: bool = True
    #: Asked path -> what is answered instead.
    instead: dict[str, Answer] = field(default_factory=dict)


def answers(project: Project) -> Callable[[Asked], Answer]:
    """The responses of the APIs for a project."""

    def answer(asked: Asked) -> Answer:
        for path, said in project.instead.items():
            if asked.path.startswith(path):
                return said
        if asked.path == "/token":
            return _token(project)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in project.tokens and token.count(".") != 2:  # some libraries sign a token themselves
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        return _of_project(project, asked)

    return answer


def _token(project: Project) -> Answer:
    if not project.gives_tokens:
        return 400, {"error": "invalid_grant", "error_description": "Account disabled"}
    project.tokens.append(f"ya29-{secrets.token_hex(20)}")
    return 200, {"access_token": project.tokens[-1], "expires_in": 3600, "token_type": "Bearer"}


def _of_project(project: Project, asked: Asked) -> Answer:
    path = asked.path
    if path == f"/v3/projects/{project.id}":
        return 200, {"name": f"projects/{NUMBER}", "projectId": project.id, "state": project.state}
    if path == f"/services/projects/{NUMBER}/services:batchGet":
        states = (
            {"config": {"name": name}, "state": "DISABLED" if name in project.off else "ENABLED"} for name in _SERVICES
        )
        return 200, {"services": list(states)}
    if path == f"/billing/projects/{project.id}/billingInfo":
        return 200, {"projectId": project.id, "billingEnabled": project.billing}
    if path.startswith(f"/compute/projects/{project.id}/regions/"):
        region = path.rpartition("/")[2]
        return (200, {"name": region}) if region in project.regions else _error(404, "notFound", "no such region")
    if path == f"/container/projects/{project.id}/locations/-/clusters":
        return 200, {"clusters": project.clusters}
    if path.startswith(f"/container/projects/{project.id}/locations/"):
        name = path.rpartition("/")[2]
        return (200, {"name": name}) if name in project.names else _error(404, "NOT_FOUND", f"no cluster {name}")
    if path == f"/sql/projects/{project.id}/instances":
        return 200, {"items": project.databases}
    if path == f"/compute/projects/{project.id}/aggregated/disks":
        return 200, {"items": {"zones/europe-west1-b": {"disks": project.disks}}}
    if path == f"/compute/projects/{project.id}/aggregated/addresses":
        return 200, {"items": {}}
    return _error(403, "PERMISSION_DENIED", f"Permission 'resourcemanager.projects.get' denied on resource '{path}'")


def _error(code: int, status: str, message: str) -> Answer:
    return code, {"error": {"code": code, "status": status, "message": message}}


def environment(double: Double, storage: str, folder: Path) -> dict[str, str]:
    """Environment variables that direct mfinfra and terraform's backend to the doubles."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {
        "type": "service_account",
        "project_id": "demo-project",
        "private_key_id": "1",
        "private_key": key.private_bytes(*form).decode(),
        "client_email": DEPLOYER,
        "client_id": "1",
        "token_uri": f"{double.url}/token",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    endpoints = {
        "CLOUD_BILLING": f"{double.url}/billing/",
        "COMPUTE": f"{double.url}/compute/",
        "CONTAINER": f"{double.url}/container/",
        "RESOURCE_MANAGER_V3": f"{double.url}/",
        "SERVICE_USAGE": f"{double.url}/services/",
        "SQL": f"{double.url}/sql/",
        "STORAGE": f"{storage}/storage/v1/",
    }
    found = {f"GOOGLE_{name}_CUSTOM_ENDPOINT": url for name, url in endpoints.items()}
    return {
        **found,
        "GOOGLE_APPLICATION_CREDENTIALS": str(path),
        "STORAGE_EMULATOR_HOST": storage,
        "NO_GCE_CHECK": "true",
    }


@dataclass
class Google:
    """A running cloud: its project and its object store."""

    project: Project
    environment: dict[str, str]
    storage: str
    asked: list[Asked] = field(default_factory=list)

    def objects(self, bucket: str) -> list[str]:
        with urllib.request.urlopen(f"{self.storage}/storage/v1/b/{bucket}/o") as answer:
            return [one["name"] for one in json.load(answer).get("items", [])]

    def make_bucket(self, name: str) -> None:
        body = json.dumps({"name": name}).encode()
        url = f"{self.storage}/storage/v1/b?project={self.project.id}"
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).close()


@contextmanager
def running(folder: Path) -> Iterator[Google]:
    """An empty cloud."""
    project = Project()
    double = Double(answers(project))
    with object_stores.fake_gcs(folder) as server:
        end, store = double.start(), server.environment["STORAGE_EMULATOR_HOST"]
        try:
            yield Google(project, environment(double, store, folder), store, double.asked)
        finally:
            end()
