"""A client for the API server of a cluster, on top of the official client. Errors are one line.

Responses are plain JSON, so that custom resources are read like built-in ones.
"""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ..errors import CloudError
from .cluster import Cluster
from .tokens import Tokens

Object = dict[str, Any]
_TIMEOUT = (6.0, 30.0)
_PAGE = 500
#: Status codes after which a request is retried, as it is when there is no response, and the number of retries.
_PASSING = (429, 500, 502, 503, 504)
_REPEATS = 4
_LONGEST_PAUSE = 5.0


class Unreachable(CloudError):
    """The API server does not respond, or another server responds at its address."""


class NotAllowed(CloudError):
    """The API server responds, but denies access or this action."""


class Api:
    """Requests to one cluster. Thread-safe."""

    def __init__(self, cluster: Cluster, tokens: Tokens, repeats: int = _REPEATS) -> None:
        self.cluster, self.tokens = cluster, tokens
        self._repeats = repeats
        self._client: Any = None

    @property
    def tls(self) -> ssl.SSLContext:
        """A TLS context that trusts only the certificate authority of the cluster."""
        try:
            return ssl.create_default_context(cadata=self.cluster.ca_certificate)
        except (ssl.SSLError, ValueError) as exc:
            name = self.cluster.name
            raise Unreachable(f"The CA certificate of cluster '{name}' is invalid: {exc}.") from exc

    def version(self) -> str:
        """The version of the cluster; the cheapest request."""
        return str(self.get("/version").get("gitVersion", ""))

    def get(self, path: str, **query: str | int) -> Object:
        """The object at a path. Raises CloudError, also if it does not exist."""
        return self._request("GET", path, query)

    def find(self, path: str, **query: str | int) -> Object | None:
        """Like get, but None if the object, or its kind, does not exist in the cluster."""
        return self._request("GET", path, query, missing=True) or None

    def every(self, path: str, **query: str | int) -> list[Object]:
        """All objects that are listed at a path, from all pages; empty if the kind does not exist in the cluster."""
        found: list[Object] = []
        more = ""
        while True:
            page = self.find(path, limit=_PAGE, **query, **({"continue": more} if more else {})) or {}
            found += page.get("items") or []
            more = str((page.get("metadata") or {}).get("continue") or "")
            if not more:
                return found

    def post(self, path: str, body: Object) -> Object:
        return self._request("POST", path, {}, body)

    def delete(self, path: str, **query: str | int) -> None:
        """Delete an object, and its dependents in the background. An object that does not exist is not an error."""
        self._request("DELETE", path, {"propagationPolicy": "Background", **query}, missing=True)

    def _request(
        self, method: str, path: str, query: dict[str, Any], body: Object | None = None, missing: bool = False
    ) -> Object:
        tried, token_again = 0, True
        while True:
            token = self.tokens.current()
            status, text, wait = self._once(method, path, query, body, token)
            if status == 401 and token_again:
                self.tokens.refused(token)
                token_again = False
                continue
            again = status in _PASSING or (status == 0 and method != "POST")
            if not again or tried >= self._repeats:
                return self._result(status, text, method, path, missing)
            tried += 1
            time.sleep(wait or random.uniform(0.5, 1.0) * min(_LONGEST_PAUSE, 0.2 * 2**tried))

    def _once(
        self, method: str, path: str, query: dict[str, Any], body: Object | None, token: str
    ) -> tuple[int, str, float]:
        """Status, body, and the seconds of Retry-After; status 0 and the reason if there is no response."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._opened().call_api(
                path, method, query_params=list(query.items()), header_params=headers, body=body,
                _preload_content=False, _return_http_data_only=True, _request_timeout=_TIMEOUT,
            )  # fmt: skip
            return int(answer.status), answer.data.decode("utf-8", "replace"), 0.0
        except ApiException as exc:
            wait = str((exc.headers or {}).get("Retry-After", ""))
            if not exc.status:
                return 0, _reason(exc), 0.0
            text = exc.body.decode("utf-8", "replace") if isinstance(exc.body, bytes) else str(exc.body or exc.reason)
            return int(exc.status), text, min(float(wait), _LONGEST_PAUSE) if wait.isdigit() else 0.0
        except (HTTPError, OSError) as exc:
            return 0, _reason(exc), 0.0

    def _opened(self) -> Any:
        """The client, which keeps connections open. It does not retry: only `_request` knows what is idempotent."""
        if self._client is None:
            from kubernetes.client import ApiClient, Configuration

            configuration = Configuration(host=self.cluster.host)
            configuration.retries = False
            configuration.proxy = _proxy(self.cluster.host)
            client = ApiClient(configuration)
            client.rest_client.pool_manager.connection_pool_kw |= {"ssl_context": self.tls, "ca_certs": None}
            self._client = client
        return self._client

    def _result(self, status: int, text: str, method: str, path: str, missing: bool) -> Object:
        if 200 <= status < 300:
            try:
                found = json.loads(text)
            except ValueError:
                found = {"text": text}
            return found if isinstance(found, dict) else {"items": found}
        if status == 404 and missing:
            return {}
        raise self._failure(status, _message(text), f"{method} {path}")

    def _failure(self, status: int, said: str, what: str) -> CloudError:
        name = self.cluster.name
        if status == 0:
            return Unreachable(f"Cluster '{name}' does not respond: {said}.", hint=REACH)
        if status == 401:
            return NotAllowed(f"Cluster '{name}' rejected the credentials.", hint=KNOWN)
        if status == 403:
            return NotAllowed(f"Cluster '{name}' denied access: {said}", hint=KNOWN)
        if status in _PASSING:
            return Unreachable(f"Cluster '{name}' is unhealthy: it returned {status} {said}", hint=REACH)
        return CloudError(f"Cluster '{name}' refused {what}: {status} {said}")


REACH = (
    "Check that your IP address is in kubernetes.allow of the stack file or, if the endpoint is private, that the VPN"
    " is connected"
)
KNOWN = "Access is granted to the user who created the stack, and to the principals under people: in the stack file"


def _proxy(url: str) -> str | None:
    """The proxy of this machine for a URL, which respects NO_PROXY. The client by itself reads NO_PROXY, but ignores
    it."""
    from urllib.request import getproxies, proxy_bypass

    return None if proxy_bypass(urlsplit(url).netloc) else getproxies().get("https")


def _message(text: str) -> str:
    """The message of a Kubernetes Status object, on one line."""
    try:
        found = json.loads(text)
        text = str(found.get("message") or found.get("reason") or text) if isinstance(found, dict) else text
    except ValueError:
        pass
    return " ".join(text.split())[:240]


def _reason(exc: BaseException) -> str:
    """The innermost cause of a failed connection: the outer ones repeat it at length."""
    from ssl import SSLCertVerificationError

    seen = exc
    while (inner := _inner(seen)) is not None:
        seen = inner
    if isinstance(seen, SSLCertVerificationError):
        return "another server responds at its address"
    if isinstance(seen, OSError) and seen.strerror:
        return str(seen.strerror)
    return " ".join(str(seen).split("> ")[-1].split())[:160] or type(seen).__name__


def _inner(exc: BaseException) -> BaseException | None:
    candidates = (getattr(exc, "reason", None), exc.__cause__, exc.__context__)
    return next((one for one in candidates if isinstance(one, BaseException)), None)


def address(api: Api) -> tuple[str, int]:
    """Host and port of the API server."""
    parts = urlsplit(api.cluster.host)
    return str(parts.hostname), parts.port or 443


Report = Callable[[str], None]
