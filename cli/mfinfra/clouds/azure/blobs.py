"""The blobs of a storage account, by the REST API and with Entra ID: stacks disable shared keys in every account.

Source: "Blob service REST API", version 2024-08-04.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import CloudError
from .errors import explain_text, explained
from .identity import STORAGE_SCOPE, token

if TYPE_CHECKING:
    from .identity import Environment

_VERSION = "2024-08-04"
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Response:
    """A response of the service."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Refused(CloudError):
    """Access was denied. A role assignment can change that within minutes."""


class Blobs:
    """The blobs of one container."""

    def __init__(self, account_url: str, container: str, credential: Any) -> None:
        self._url, self._container, self._credential = account_url.rstrip("/"), container, credential

    def put(self, name: str, content: bytes) -> None:
        self._call("PUT", name, content, {"x-ms-blob-type": "BlockBlob"})

    def get(self, name: str) -> bytes | None:
        """The content of a blob, None if it does not exist."""
        answer = self._call("GET", name)
        return None if answer.status == 404 else answer.content

    def head(self, name: str) -> Mapping[str, str] | None:
        """The properties and metadata of a blob, None if it does not exist."""
        answer = self._call("HEAD", name)
        return None if answer.status == 404 else answer.headers

    def delete(self, name: str) -> None:
        self._call("DELETE", name)

    def break_lease(self, name: str) -> None:
        self._call("PUT", f"{name}?comp=lease", b"", {"x-ms-lease-action": "break", "x-ms-lease-break-period": "0"})

    def set_metadata(self, name: str, **metadata: str) -> None:
        """Replace the metadata of a blob."""
        self._call("PUT", f"{name}?comp=metadata", b"", {f"x-ms-meta-{key}": value for key, value in metadata.items()})

    def probe(self) -> None:
        """Raise Refused if the caller has no access to the container, for example until a role becomes active."""
        self._call("GET", "?restype=container&comp=list&maxresults=1")

    def _call(
        self, method: str, name: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        import requests

        url = f"{self._url}/{self._container}" + (name if name.startswith("?") else f"/{name}")
        standard = {"Authorization": f"Bearer {token(self._credential, STORAGE_SCOPE)}", "x-ms-version": _VERSION}
        try:
            answer = requests.request(method, url, data=body, headers={**standard, **(headers or {})}, timeout=_TIMEOUT)
        except requests.RequestException as exc:
            raise explained(exc) from exc
        if answer.status_code in (401, 403):
            raise Refused(
                f"Access to container '{self._container}' in {self._url} was denied: {_code(answer)}.",
                hint="A new role assignment takes up to 5 minutes to become active; then run the command again",
            )
        if answer.status_code >= 400 and answer.status_code != 404:
            place = url.partition("?")[0]
            known = explain_text(f"{_code(answer)}: {answer.text[:500]}")
            raise known or CloudError(f"Azure refused {method} {place}: {_code(answer)}.")
        return Response(answer.status_code, answer.headers, answer.content)


def _code(answer: Any) -> str:
    return str(answer.headers.get("x-ms-error-code") or answer.status_code)


def account_url(name: str, where: Environment) -> str:
    """The URL of a storage account. MFINFRA_AZURE_BLOB_ENDPOINT overrides it; `{account}` in it is replaced by the name
    of the account."""
    return os.environ.get("MFINFRA_AZURE_BLOB_ENDPOINT", f"https://{{account}}.{where.blob}").format(account=name)
