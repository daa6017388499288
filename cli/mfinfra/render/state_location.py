"""Where the state of a stack lies in each cloud: in one bucket for each account, versioned, encrypted and locked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig

#: In Azure, the resource group and the container of the states of a subscription.
GROUP, CONTAINER = "mfinfra-state", "states"


def state_bucket(account: str, region: str) -> str:
    """AWS: the bucket of the states of an account's region."""
    return f"mfinfra-state-{account}-{region}"


def state_account(subscription: str) -> str:
    """Azure: the storage account of the states of a subscription. Its name has 24 letters and digits at most, and there
    is no second one in the world."""
    return f"mfinfra{hashlib.sha256(subscription.encode()).hexdigest()[:17]}"


def project_bucket(project: str) -> str:
    """Google Cloud: the bucket of the states of a project."""
    return f"mfinfra-state-{project}"


def state_key(name: str) -> str:
    """Where in it the state of a stack lies."""
    return f"stacks/{name}/terraform.tfstate"


def state_prefix(name: str) -> str:
    """As state_key, for a backend that puts the name of the workspace behind it."""
    return f"stacks/{name}"


def state_object(cloud: str, name: str) -> str:
    """Where the state of a stack really lies in its bucket."""
    return f"{state_prefix(name)}/default.tfstate" if cloud == "gcp" else state_key(name)


def description_key(name: str) -> str:
    """Where beside the state lies what the stack was deployed from."""
    return f"stacks/{name}/stack.json"


def backend(config: StackConfig, account: str) -> dict[str, Any]:
    """The backend of a root in the JSON syntax of Terraform."""
    return {"terraform": {"backend": _BACKENDS[config.cloud](config, account)}}


def _s3(config: StackConfig, account: str) -> dict[str, Any]:
    """Locked by S3 itself, in the stack's own region."""
    s3 = {
        "bucket": state_bucket(account, str(config.region)),
        "key": state_key(config.name),
        "region": config.region,
        "encrypt": True,
        "use_lockfile": True,
    }
    return {"s3": s3}


def _azurerm(config: StackConfig, account: str) -> dict[str, Any]:
    """Locked by a lease on the blob; reached by who we are, not by a key of the account."""
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
    """Locked by an object beside it."""
    return {"gcs": {"bucket": project_bucket(account), "prefix": state_prefix(config.name)}}


_BACKENDS = {"aws": _s3, "azure": _azurerm, "gcp": _gcs}
