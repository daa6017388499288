"""Azure, for the commands."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import MfinfraError
from ...render import state_location
from ..base import ClusterToken, Holder, Report
from . import identity, state
from .blobs import Blobs, account_url
from .errors import explain_text

if TYPE_CHECKING:
    from ...render.outputs import StackOutputs
    from ...stackfile.schema import StackConfig
    from ..base import States

#: Environment variables of Terraform, and their names in the Azure SDK.
_TERRAFORM = {
    "ARM_TENANT_ID": "AZURE_TENANT_ID",
    "ARM_CLIENT_ID": "AZURE_CLIENT_ID",
    "ARM_CLIENT_SECRET": "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_CERTIFICATE_PATH": "AZURE_CLIENT_CERTIFICATE_PATH",
    "ARM_OIDC_TOKEN_FILE_PATH": "AZURE_FEDERATED_TOKEN_FILE",
}


def sign_in(config: StackConfig) -> Azure:
    """Find the caller's identity. Raises CloudError without credentials, or for an unknown subscription or region."""
    where = identity.environment()
    credential = identity.credential(where)
    claims = identity.claims(identity.token(credential, where.scope))
    manager = identity.Manager(where, credential)
    subscription = identity.subscription(manager, config.account)
    identity.check_region(manager, subscription, str(config.region))
    return Azure(config, where, credential, manager, subscription, claims)


def clusters(config: StackConfig) -> Clusters:
    """The credentials for the cluster of a stack."""
    where = identity.environment()
    return Clusters(identity.credential(where))


class Clusters:
    """Tokens for clusters: all clusters with Entra ID accept the same token."""

    def __init__(self, credential: Any) -> None:
        self._credential = credential

    def cluster_token(self, cluster: str) -> ClusterToken:
        found = identity.access(self._credential, f"{identity.AKS_SERVER}/.default")
        return ClusterToken(str(found.token), float(found.expires_on))


class Azure:
    """A subscription of Azure, for a stack."""

    requirements = ("azure-identity>=1.19,<2", "obstore>=0.12,<0.13")
    data_kinds = (
        "azurerm_storage_account",
        "azurerm_storage_container",
        "azurerm_storage_management_policy",
        "azurerm_key_vault_key",
    )

    def __init__(
        self,
        config: StackConfig,
        where: identity.Environment,
        credential: Any,
        manager: identity.Manager,
        subscription: str,
        claims: Mapping[str, Any],
    ) -> None:
        self.config, self.account = config, subscription
        self.who = str(claims.get("upn") or claims.get("unique_name") or claims.get("appid") or claims.get("oid", ""))
        self._where, self._credential, self._manager = where, credential, manager
        self._principal = claims.get("oid")
        url = account_url(state_location.state_account(subscription), where)
        self._states = Blobs(url, state_location.CONTAINER, credential)

    def ensure_state(self, report: Report) -> None:
        principal = str(self._principal) if self._principal else None
        state.ensure(self._manager, self.account, str(self.config.region), principal, self._states, report)

    def states(self) -> States | None:
        return state.States(self._states) if state.is_there(self._manager, self.account) else None

    def state_place(self, stack: str) -> str:
        account = account_url(state_location.state_account(self.account), self._where)
        return f"{account}/{state_location.CONTAINER}/{state_location.state_key(stack)}"

    def lock(self, stack: str) -> Holder | None:
        return state.lock(self._states, stack)

    def unlock(self, stack: str, holder: Holder) -> None:
        state.unlock(self._states, stack, holder)

    def explain(self, text: str) -> MfinfraError | None:
        return explain_text(text)

    def as_running(self) -> StackConfig:
        return self.config

    def environment(self) -> dict[str, str]:
        """The credentials under the names that Terraform reads, and a token for the cluster. The token is in no file.
        It is valid for an hour, and requested again each time, because an apply can take as long."""
        found = {arm: os.environ[sdk] for arm, sdk in _TERRAFORM.items() if sdk in os.environ and arm not in os.environ}
        if "ARM_OIDC_TOKEN_FILE_PATH" in found:
            found["ARM_USE_OIDC"] = "true"
        fresh = clusters(self.config).cluster_token(self.config.name)
        return {**found, "ARM_SUBSCRIPTION_ID": self.account, "TF_VAR_kubernetes_token": fresh.text}

    def has_cluster(self, outputs: StackOutputs) -> bool:
        name, group = outputs.cluster.name, outputs.resource_group or self.config.name
        path = f"/subscriptions/{self.account}/resourceGroups/{group}/providers/Microsoft.ContainerService"
        return self._manager.get(f"{path}/managedClusters/{name}", "2025-01-01") is not None

    def settings(self, outputs: StackOutputs) -> dict[str, str]:
        return {}

    def check_access(self, settings: Mapping[str, str]) -> list[str]:
        """Write a blob to the container, read it, delete it."""
        container, _, prefix = settings.get("METAFLOW_DATASTORE_SYSROOT_AZURE", "").partition("/")
        endpoint = settings.get("METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT", "")
        blobs, content = Blobs(endpoint, container, self._credential), uuid.uuid4().hex.encode()
        name = f"{prefix}/mfinfra-trial/{content.decode()}".lstrip("/")
        try:
            blobs.put(name, content)
            read = blobs.get(name)
            blobs.delete(name)
        except MfinfraError as exc:
            return [f"Container '{container}' cannot be used: {exc.message}"]
        return [] if read == content else [f"Container '{container}' did not return the blob that was written to it."]

    def drain(self, outputs: StackOutputs, keep_data: bool, report: Report) -> tuple[str, ...]:
        """A storage account is deleted together with its blobs; nothing must be emptied."""
        return ()

    def leftovers(self, engine: str, keep_data: bool, report: Report) -> tuple[str, ...]:
        """The resources that still have the tag of the stack."""
        filter = f"tagName eq 'mfinfra:stack' and tagValue eq '{self.config.name}'"
        found = self._manager.every(f"/subscriptions/{self.account}/resources", "2021-04-01", **{"$filter": filter})
        return tuple(str(one["id"]) for one in found)

    def queues(self, outputs: StackOutputs) -> list[dict[str, Any]]:
        return []
