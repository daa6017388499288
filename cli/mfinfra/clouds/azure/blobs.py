"""A storage account by its REST interface, reached by who we are: shared keys are off in every account of a stack.

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
class Answer:
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Refused(CloudError):
    """The service does not let us, now; after an assignment of a role that may change."""


class Blobs:
    """The blobs of one container."""

    def __init__(self, account_url: str, container: str, credential: Any) -> None:
        self._url, self._container, self._credential = account_url.rstrip("/"), container, credential

    def put(self, name: str, content: bytes) -> None:
        self._call("PUT", name, content, {"x-ms-blob-type": "BlockBlob"})

    def get(self, name: str) -> bytes | None:
        """A blob, None where it is not there."""
        answer = self._call("GET", name)
        return None if answer.status == 404 else answer.content

    def head(self, name: str) -> Mapping[str, str] | None:
        """The properties and metadata of a blob, None where it is not there."""
        answer = self._call("HEAD", name)
        return None if answer.status == 404 else answer.headers

    def delete(self, name: str) -> None:
        self._call("DELETE", name)

    def break_lease(self, name: str) -> None:
        self._call("PUT", f"{name}?comp=lease", b"", {"x-ms-lease-action": "break", "x-ms-lease-break-period": "0"})

    def set_metadata(self, name: str, **metadata: str) -> None:
        """The metadata of a blob, all of it."""
        self._call("PUT", f"{name}?comp=metadata", b"", {f"x-ms-meta-{key}": value for key, value in metadata.items()})

    def probe(self) -> None:
        """Raise Refused where our role does not reach the container yet."""
        self._call("GET", "?restype=container&comp=list&maxresults=1")

    def _call(
        self, method: str, name: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        import requests

        url = f"{self._url}/{self._container}" + (name if name.startswith("?") else f"/{name}")
        said = {"Authorization": f"Bearer {token(self._credential, STORAGE_SCOPE)}", "x-ms-version": _VERSION}
        try:
            answer = requests.request(method, url, data=body, headers={**said, **(headers or {})}, timeout=_TIMEOUT)
        except requests.RequestException as exc:
            raise explained(exc) from exc
        if answer.status_code in (401, 403):
            raise Refused(
                f"The container {self._container} of {self._url} does not let us in: {_code(answer)}.",
                hint="A role that is new takes some minutes to work; type the same command again",
            )
        if answer.status_code >= 400 and answer.status_code != 404:
            place = url.partition("?")[0]
            said_of_it = explain_text(f"{_code(answer)}: {answer.text[:500]}")
            raise said_of_it or CloudError(f"Azure refused {method} in {place}: {_code(answer)}.")
        return Answer(answer.status_code, answer.headers, answer.content)


def _code(answer: Any) -> str:
    return str(answer.headers.get("x-ms-error-code") or answer.status_code)


def account_url(name: str, where: Environment) -> str:
    """The address of a storage account; MFINFRA_AZURE_BLOB_ENDPOINT stands for those of another place, with `{account}`
    where the name of the account goes."""
    return os.environ.get("MFINFRA_AZURE_BLOB_ENDPOINT", f"https://{{account}}.{where.blob}").format(account=name)
