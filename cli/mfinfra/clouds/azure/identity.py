"""The caller's identity in Azure, and a client for Azure Resource Manager."""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...errors import CloudError
from .errors import explained

#: The environments of Azure by their names in Terraform: Resource Manager, authority, suffix of blob hosts.
_ENVIRONMENTS = {
    "public": ("https://management.azure.com", "login.microsoftonline.com", "blob.core.windows.net"),
    "usgovernment": ("https://management.usgovcloudapi.net", "login.microsoftonline.us", "blob.core.usgovcloudapi.net"),
    "china": ("https://management.chinacloudapi.cn", "login.chinacloudapi.cn", "blob.core.chinacloudapi.cn"),
}
#: The application ID of the AKS Entra server, the same for every cluster.
AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
STORAGE_SCOPE = "https://storage.azure.com/.default"


@dataclass(frozen=True)
class Environment:
    """The endpoints of an Azure environment: Resource Manager, authority, suffix of storage account hosts."""

    manager: str
    authority: str
    blob: str

    @property
    def scope(self) -> str:
        return f"{self.manager}/.default"


def environment() -> Environment:
    """The environment that ARM_ENVIRONMENT names, as in Terraform; MFINFRA_AZURE_ENDPOINT overrides its URL."""
    name = os.environ.get("ARM_ENVIRONMENT", "public")
    if name not in _ENVIRONMENTS:
        raise CloudError(
            f"ARM_ENVIRONMENT has the invalid value {name!r}.", hint=f"Valid values: {', '.join(_ENVIRONMENTS)}"
        )
    manager, authority, blob = _ENVIRONMENTS[name]
    authority = os.environ.get("AZURE_AUTHORITY_HOST", authority)
    return Environment(os.environ.get("MFINFRA_AZURE_ENDPOINT", manager).rstrip("/"), authority, blob)


def credential(where: Environment) -> Any:
    """Credentials from Terraform's environment variables, else those that the Azure SDK finds: environment, workload
    identity, managed identity, az login."""
    from azure.identity import ClientSecretCredential, DefaultAzureCredential

    # Instance discovery fails for an authority that Microsoft does not list, so it is used unchecked.
    known = {authority for _, authority, _ in _ENVIRONMENTS.values()}
    options = {"authority": where.authority, "disable_instance_discovery": where.authority not in known}
    named = {name: os.environ.get(f"ARM_{name}") for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    try:
        if all(named.values()):
            return ClientSecretCredential(*map(str, named.values()), **options)
        return DefaultAzureCredential(exclude_interactive_browser_credential=True, **options)
    except ValueError as exc:
        hint = "Check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, or unset them and run: az login"
        raise CloudError(
            f"The Azure credentials in the environment variables are incomplete: {exc}.", hint=hint
        ) from exc


def token(credential: Any, scope: str) -> str:
    """An access token as text. Raises CloudError if there are no credentials."""
    return str(access(credential, scope).token)


def access(credential: Any, scope: str) -> Any:
    """An access token. Raises CloudError if there are no credentials."""
    from azure.core.exceptions import AzureError

    logging.getLogger("azure").setLevel(logging.CRITICAL)  # its errors are printed as one line
    try:
        return credential.get_token(scope)
    except AzureError as exc:
        raise explained(exc) from exc


def claims(token: str) -> dict[str, Any]:
    """The claims of a token. Its signature is not checked; Azure does that."""
    try:
        body = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class Manager:
    """A client for the REST API of Azure Resource Manager."""

    def __init__(self, where: Environment, credential: Any) -> None:
        from azure.core import PipelineClient
        from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy, UserAgentPolicy

        policies = [
            UserAgentPolicy("mfinfra"),
            RetryPolicy(retry_total=5),
            BearerTokenCredentialPolicy(credential, where.scope),
        ]
        self._client = PipelineClient(where.manager, policies=policies)

    def get(self, path: str, version: str, **query: str) -> dict[str, Any] | None:
        """A resource, None if it does not exist."""
        return self._call("GET", path, version, None, query, missing=True)

    def put(self, path: str, version: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create or update a resource."""
        return self._call("PUT", path, version, body, {}) or {}

    def post(self, path: str, version: str, body: dict[str, Any]) -> dict[str, Any]:
        """Run an action of a resource."""
        return self._call("POST", path, version, body, {}) or {}

    def delete(self, path: str, version: str) -> None:
        """Delete a resource. A resource that does not exist is not an error."""
        self._call("DELETE", path, version, None, {}, missing=True)

    def every(self, path: str, version: str, **query: str) -> list[dict[str, Any]]:
        """All items that are listed at a path, from all pages."""
        page, found = self.get(path, version, **query) or {}, []
        while True:
            found += page.get("value", [])
            following = page.get("nextLink")
            if not following:
                return found
            page = self._send("GET", str(following), None) or {}

    def _call(
        self, method: str, path: str, version: str, body: Any, query: dict[str, str], missing: bool = False
    ) -> dict[str, Any] | None:
        words = "".join(f"&{key}={quote(value)}" for key, value in query.items())
        return self._send(method, f"{path}?api-version={version}{words}", body, missing)

    def _send(self, method: str, url: str, body: Any, missing: bool = False) -> dict[str, Any] | None:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, self._client.format_url(url), json=body)
        try:
            answer = self._client.send_request(request)
            if answer.status_code == 404 and missing:
                return None
            content = answer.json() if answer.text().strip() else {}
        except ValueError:
            content = {}
        except AzureError as exc:
            raise explained(exc) from exc
        if answer.status_code >= 400:
            error = content.get("error", {}) if isinstance(content, dict) else {}
            raise explained(
                RuntimeError(f'{error.get("code", answer.status_code)}: Message: "{error.get("message", "")}"')
            )
        return content if isinstance(content, dict) else {}


def subscription(manager: Manager, wanted: str | None) -> str:
    """The subscription ID: from the stack file, else the environment, else az, else the only subscription."""
    named = wanted or os.environ.get("ARM_SUBSCRIPTION_ID") or os.environ.get("AZURE_SUBSCRIPTION_ID") or _of_az()
    if named is None:
        available = manager.every("/subscriptions", "2022-12-01")
        if len(available) != 1:
            names = ", ".join(f"{one.get('displayName')} ({one['subscriptionId']})" for one in available[:5]) or "none"
            hint = "Set account in the stack file, or run: export ARM_SUBSCRIPTION_ID=ID"
            raise CloudError(f"No subscription is selected. Available subscriptions: {names}.", hint=hint)
        named = str(available[0]["subscriptionId"])
    found = manager.get(f"/subscriptions/{quote(named)}", "2022-12-01")
    if found is None or found.get("state") not in ("Enabled", "Warned", None):
        state = "does not exist" if found is None else f"is {str(found['state']).lower()}"
        hint = "To list the subscriptions, run: az account list --output table"
        raise CloudError(f"Subscription '{named}' {state}.", hint=hint)
    return str(found["subscriptionId"])


def _of_az() -> str | None:
    """The default subscription of the Azure CLI."""
    folder = Path(os.environ.get("AZURE_CONFIG_DIR", "~/.azure")).expanduser()
    try:
        content = json.loads((folder / "azureProfile.json").read_text(encoding="utf-8-sig"))
        return next((str(one["id"]) for one in content["subscriptions"] if one.get("isDefault")), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_region(manager: Manager, subscription: str, region: str) -> None:
    """Raise CloudError if the subscription does not have a region. The hint lists regions with similar names."""
    found = [str(one["name"]) for one in manager.every(f"/subscriptions/{subscription}/locations", "2022-12-01")]
    if found and region not in found:
        from difflib import get_close_matches

        near = get_close_matches(region, found, n=5, cutoff=0.4) or found[:5]
        raise CloudError(f"The subscription has no region '{region}'.", hint=f"Similar regions: {', '.join(near)}")
