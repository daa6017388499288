"""Azure Blob Storage, through obstore."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from ...errors import CommandException
from ...printable import shown_url
from ...settings import Settings
from .object_store import ObjectStorage, ObstoreClient
from .retries import Retries, limit_of

#: Blob metadata names are C# identifiers, so Metaflow uses underscores here.
_META_KEY = "metaflow_user_attributes"
_ROOT = "METAFLOW_DATASTORE_SYSROOT_AZURE"
_ENDPOINT = "METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT"


class AzureStorage(ObjectStorage):
    """Blobs below `container/prefix` in the storage account of the endpoint."""

    @classmethod
    def from_settings(cls, settings: Settings, root: str | None) -> AzureStorage:
        """Raises CommandException if root or endpoint are missing or invalid."""
        root = (root or settings.get(_ROOT) or "").strip("/")
        container, _, prefix = root.partition("/")
        if not container or "://" in root:
            hint = f"Run: export {_ROOT}=CONTAINER/metaflow, or use the profile that mfinfra up wrote."
            raise CommandException(f"The datastore 'azure' needs a root CONTAINER/PREFIX, not {root!r}.", hint=hint)
        client, identity = make_client(settings, container)
        return cls("azure", root, prefix, client, _META_KEY, identity, Retries.from_settings(settings, root))


def make_client(settings: Settings, container: str) -> tuple[ObstoreClient, str]:
    """The obstore clients of a container, and a description of its credentials for messages."""
    from obstore.store import AzureStore

    endpoint = settings.get(_ENDPOINT)
    if not endpoint:
        hint = f"Run: export {_ENDPOINT}=https://ACCOUNT.blob.core.windows.net/"
        raise CommandException(f"The datastore 'azure' needs an endpoint: {_ENDPOINT} is not set.", hint=hint)
    config, emulated = _address(endpoint)
    credentials, identity = _credentials(config)
    options: Any = {"timeout": "120s", "connect_timeout": "10s", **({"allow_http": True} if emulated else {})}

    def connect(retries: Any) -> Any:
        return AzureStore(container, config=config, client_options=options, retry_config=retries, **credentials)

    return ObstoreClient(connect, limit_of(settings)), identity


def _address(endpoint: str) -> tuple[dict[str, Any], bool]:
    """Account and endpoint. Servers on loopback have the account in the path, Azure in the host name."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandException(f"The setting {_ENDPOINT} must be an https:// URL, not {shown_url(endpoint)!r}.")
    in_path = parts.path.strip("/")
    account = in_path or parts.hostname.partition(".")[0]
    return {"account_name": account, "endpoint": endpoint.rstrip("/")}, parts.scheme == "http"


def _credentials(config: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A key, SAS token, service principal or workload identity from the environment; else from azure-identity."""
    environ = os.environ
    if environ.get("AZURE_STORAGE_KEY") or environ.get("AZURE_STORAGE_ACCOUNT_KEY"):
        config["account_key"] = environ.get("AZURE_STORAGE_KEY") or environ["AZURE_STORAGE_ACCOUNT_KEY"]
        return {}, f"the key of the account {config['account_name']}"
    if environ.get("AZURE_STORAGE_SAS_TOKEN"):
        config["sas_token"] = environ["AZURE_STORAGE_SAS_TOKEN"]
        return {}, "a shared access signature"
    client = environ.get("AZURE_CLIENT_ID")
    if client and (environ.get("AZURE_CLIENT_SECRET") or environ.get("AZURE_FEDERATED_TOKEN_FILE")):
        return {}, f"the application {client}"
    try:
        from azure.identity import DefaultAzureCredential
        from obstore.auth.azure import AzureCredentialProvider
    except ModuleNotFoundError:
        config["use_azure_cli"] = True
        return {}, "the login of the Azure CLI"
    return {"credential_provider": AzureCredentialProvider(DefaultAzureCredential())}, "the identity of this machine"
