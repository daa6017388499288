"""The caller's identity in Google Cloud, the project, and whether a stack can be created in it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timezone
from typing import Any
from urllib.parse import quote

from ...errors import CloudError
from .errors import explained

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"]
_TIMEOUT = 30.0
#: The services that must be enabled before Terraform can enable the others.
FIRST_SERVICES = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")
#: The URLs of services, and the environment variables of Terraform's provider that override them.
_HOSTS = {
    "billing": ("https://cloudbilling.googleapis.com/v1/", "GOOGLE_CLOUD_BILLING_CUSTOM_ENDPOINT"),
    "compute": ("https://compute.googleapis.com/compute/v1/", "GOOGLE_COMPUTE_CUSTOM_ENDPOINT"),
    "container": ("https://container.googleapis.com/v1/", "GOOGLE_CONTAINER_CUSTOM_ENDPOINT"),
    "resourcemanager": ("https://cloudresourcemanager.googleapis.com/", "GOOGLE_RESOURCE_MANAGER_V3_CUSTOM_ENDPOINT"),
    "services": ("https://serviceusage.googleapis.com/v1/", "GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT"),
    "sql": ("https://sqladmin.googleapis.com/sql/v1beta4/", "GOOGLE_SQL_CUSTOM_ENDPOINT"),
    "storage": ("https://storage.googleapis.com/storage/v1/", "GOOGLE_STORAGE_CUSTOM_ENDPOINT"),
}


def host(service: str) -> str:
    """The URL of a service, with a trailing slash."""
    address, variable = _HOSTS[service]
    return os.environ.get(variable, address).rstrip("/") + "/"


@dataclass(frozen=True)
class Project:
    """A project: its ID and its number."""

    id: str
    number: str


def credentials() -> tuple[Any, str | None]:
    """Application Default Credentials, and their project. Raises CloudError if they are not found."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        found, project = google.auth.default(scopes=_SCOPES)
    except GoogleAuthError as exc:
        raise explained(exc) from exc
    return found, project


def token(credentials: Any) -> str:
    """An access token. Raises CloudError if it cannot be obtained."""
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        if not credentials.valid:
            credentials.refresh(Request())
    except GoogleAuthError as exc:
        raise explained(exc) from exc
    return str(credentials.token)


def expires_at(credentials: Any) -> float:
    """When the token of credentials expires. `expiry` is UTC without a time zone. If it is unknown: in 5 minutes."""
    expiry = getattr(credentials, "expiry", None)
    return time.time() + 300 if expiry is None else float(expiry.replace(tzinfo=timezone.utc).timestamp())


def project(credentials: Any, wanted: str | None) -> Project:
    """The project. Raises CloudError if it does not exist or is not active."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.resourcemanager_v3 import Project as Found
    from google.cloud.resourcemanager_v3 import ProjectsClient
    from google.cloud.resourcemanager_v3.services.projects.transports.rest import ProjectsRestTransport

    if wanted is None:
        raise CloudError(
            "No project is selected.",
            hint="Set account in the stack file, or run: export GOOGLE_CLOUD_PROJECT=ID",
        )
    scheme, _, address = host("resourcemanager").rstrip("/").partition("://")
    transport = ProjectsRestTransport(host=address, credentials=credentials, url_scheme=scheme)
    try:
        found = ProjectsClient(transport=transport).get_project(name=f"projects/{wanted}", timeout=_TIMEOUT)
    except (GoogleAPICallError, RetryError, GoogleAuthError) as exc:
        raise explained(exc) from exc
    if found.state != Found.State.ACTIVE:
        hint = f"Run: gcloud projects undelete {wanted}"
        raise CloudError(f"Project '{wanted}' is scheduled for deletion.", hint=hint)
    return Project(str(found.project_id), str(found.name).rpartition("/")[2])


class Rest:
    """A client for the REST APIs of services whose client library is not installed."""

    def __init__(self, credentials: Any) -> None:
        from google.auth.transport.requests import AuthorizedSession

        self._session = AuthorizedSession(credentials)

    def get(self, service: str, path: str, **query: str) -> dict[str, Any] | None:
        """The resource at a path, None if it does not exist."""
        return self._call("GET", service, path, None, query)

    def post(self, service: str, path: str, body: Any, **query: str) -> dict[str, Any] | None:
        return self._call("POST", service, path, body, query)

    def delete(self, service: str, path: str, **query: str) -> None:
        """Delete the resource at a path. A resource that does not exist is not an error."""
        self._call("DELETE", service, path, None, query)

    def text(self, service: str, path: str, **query: str) -> str | None:
        """Like get, for content that is not JSON."""
        answer = self._send("GET", host(service) + path, query)
        return None if answer.status_code == 404 else str(answer.text)

    def upload(self, bucket: str, name: str, content: str) -> None:
        """Write a text to an object of a bucket."""
        url = f"{host('storage').removesuffix('storage/v1/')}upload/storage/v1/b/{quote(bucket, safe='')}/o"
        self._send("POST", url, {"uploadType": "media", "name": name}, data=content.encode())

    def _call(self, method: str, service: str, path: str, body: Any, query: dict[str, str]) -> dict[str, Any] | None:
        answer = self._send(method, host(service) + path, query, json=body)
        if answer.status_code == 404:
            return None
        try:
            found = answer.json() if answer.content else {}
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}

    def _send(self, method: str, url: str, query: dict[str, str], **body: Any) -> Any:
        import requests
        from google.auth.exceptions import GoogleAuthError

        try:
            answer = self._session.request(method, url, params=query, timeout=_TIMEOUT, **body)
        except (requests.RequestException, GoogleAuthError) as exc:
            raise explained(exc) from exc
        if answer.status_code >= 400 and answer.status_code != 404:
            error = explained(RuntimeError(f"Error {answer.status_code}: {answer.text[:1000]}"))
            error.code = str(answer.status_code)
            raise error
        return answer


def check_ready(rest: Rest, found: Project) -> None:
    """Raise CloudError if a stack cannot be created in a project: no billing, or FIRST_SERVICES are not enabled."""
    names = "&".join(f"names={quote(f'projects/{found.number}/services/{name}', safe='')}" for name in FIRST_SERVICES)
    services = (rest.get("services", f"projects/{found.number}/services:batchGet?{names}") or {}).get("services", [])
    off = [str(one["config"]["name"]) for one in services if one.get("state") != "ENABLED"]
    if off:
        hint = f"Run: gcloud services enable {' '.join(off)} --project {found.id}"
        raise CloudError(f"Project '{found.id}' has not enabled {', '.join(off)}.", hint=hint)
    billing = _billing(rest, found)
    if billing is not None and not billing.get("billingEnabled"):
        hint = f"Run: gcloud billing projects link {found.id} --billing-account ACCOUNT"
        raise CloudError(f"Project '{found.id}' has no active billing account.", hint=hint)


def _billing(rest: Rest, found: Project) -> dict[str, Any] | None:
    """The billing information of a project; None if access is denied, or the billing service is disabled."""
    try:
        return rest.get("billing", f"projects/{found.id}/billingInfo")
    except CloudError:
        return None


def check_region(rest: Rest, found: Project, region: str) -> None:
    """Raise CloudError if the project does not have a region. Skipped while Compute Engine is disabled."""
    try:
        available = rest.get("compute", f"projects/{found.id}/regions/{quote(region)}")
    except CloudError:
        return
    if available is None:
        hint = f"To list the regions, run: gcloud compute regions list --project {found.id}"
        raise CloudError(f"Project '{found.id}' has no region '{region}'.", hint=hint)
