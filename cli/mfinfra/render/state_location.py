"""The location of state in each cloud: one bucket for each account, versioned, encrypted and locked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig

#: In Azure: the resource group and the container for the states of a subscription.
GROUP, CONTAINER = "mfinfra-state", "states"


def state_bucket(account: str, region: str) -> str:
    """AWS: the state bucket of an account in a region."""
    return f"mfinfra-state-{account}-{region}"


def state_account(subscription: str) -> str:
    """Azure: the storage account for the states of a subscription. Its name has at most 24 letters and digits, and must
    be globally unique."""
    return f"mfinfra{hashlib.sha256(subscription.encode()).hexdigest()[:17]}"


def project_bucket(project: str) -> str:
    """Google Cloud: the state bucket of a project."""
    return f"mfinfra-state-{project}"


def state_key(name: str) -> str:
    """The key of a stack's state in the state bucket."""
    return f"stacks/{name}/terraform.tfstate"


def state_prefix(name: str) -> str:
    """Like state_key, for a backend that appends the name of the workspace."""
    return f"stacks/{name}"


def state_object(cloud: str, name: str) -> str:
    """The full object name of a stack's state in each cloud."""
    return f"{state_prefix(name)}/default.tfstate" if cloud == "gcp" else state_key(name)


def manifest_key(name: str) -> str:
    """The key of a stack's manifest in the state bucket."""
    return f"stacks/{name}/stack.json"


def backend(config: StackConfig, account: str) -> dict[str, Any]:
    """The backend configuration of a root module, in the JSON syntax of Terraform."""
    return {"terraform": {"backend": _BACKENDS[config.cloud](config, account)}}


def _s3(config: StackConfig, account: str) -> dict[str, Any]:
    """S3 in the region of the stack, with S3 native locking."""
    s3 = {
        "bucket": state_bucket(account, str(config.region)),
        "key": state_key(config.name),
        "region": config.region,
        "encrypt": True,
        "use_lockfile": True,
    }
    return {"s3": s3}


def _azurerm(config: StackConfig, account: str) -> dict[str, Any]:
    """Azure Blob Storage with Entra ID instead of account keys; the lock is a lease on the blob."""
    azurerm = {
        "subscription_id": account,
        "resource_group_name": GROUP,
        "storage_account_name": state_account(account),
        "container_name": CONTAINER,
        "key": state_key(config.name),
        "use_azuread_auth": True,
    }
    return {"azurerm": azurerm}


def _gcs(config: StackConfig, account: str) -> dict[str, Any]:
    """Google Cloud Storage; the lock is a second object."""
    return {"gcs": {"bucket": project_bucket(account), "prefix": state_prefix(config.name)}}


_BACKENDS = {"aws": _s3, "azure": _azurerm, "gcp": _gcs}
