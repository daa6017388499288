"""The storage account for the states of a subscription, and the state locks."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from typing import Any

from ...errors import CloudError, Locked
from ...render import state_location
from ..base import TAKE_AGAIN, Holder, Report, Unreadable, holder_of
from .blobs import Blobs, Refused
from .identity import Manager

_GROUPS, _STORAGE, _ROLES = "2021-04-01", "2023-05-01", "2022-04-01"
#: The role "Storage Blob Data Contributor", the same in every tenant.
_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
#: Role assignments take up to 5 minutes to become active.
_PATIENCE = 300.0
#: The metadata of the blob in which Terraform's backend stores the lock, as base64 of JSON, in addition to the lease.
_LOCK_KEY = "x-ms-meta-terraformlockid"


def ensure(
    manager: Manager, subscription: str, region: str, principal: str | None, blobs: Blobs, report: Report
) -> None:
    """Create group, storage account, container and the caller's role assignment, or those that are missing. Concurrent
    calls are safe, also in several regions: existing resources are not moved.

    The account is private, TLS only, versioned and without shared keys. Raises CloudError if another subscription has
    an account of this name.
    """
    name, account = state_location.state_account(subscription), _account_path(subscription)
    if not _is_complete(manager, account):
        report(f"Creating storage account {name} for states")
        _create(manager, subscription, account, region)
    if _reaches(blobs):
        return
    if principal is not None:
        _assign(manager, subscription, account, principal)
    report("Waiting for the role assignment of the storage account to become active")
    _wait(lambda: _reaches(blobs), "The role assignment of the storage account for states is not active")


class States:
    """The container as files."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def read(self, key: str) -> str | None:
        try:
            found = self._blobs.get(key)
        except Refused as exc:
            hint = 'Ask an owner for the role "Storage Blob Data Reader"; it takes up to 5 minutes to become active'
            raise Unreadable.of(exc, hint) from exc
        return None if found is None else found.decode("utf-8", "replace")

    def write(self, key: str, text: str) -> None:
        self._blobs.put(key, text.encode())

    def remove(self, key: str) -> None:
        self._blobs.delete(key)


def is_there(manager: Manager, subscription: str) -> bool:
    """Whether the subscription has a state container. An account of that name in another subscription is ignored."""
    return _is_complete(manager, _account_path(subscription))


def _create(manager: Manager, subscription: str, account: str, region: str) -> None:
    group = manager.get(_group(subscription), _GROUPS)
    if group is None:
        group = manager.put(_group(subscription), _GROUPS, {"location": region, "tags": _TAGS})
    if manager.get(account, _STORAGE) is None:
        manager.put(account, _STORAGE, _account(str(group.get("location", region))))
    _wait(lambda: _is_provisioned(manager, account), "The storage account for states is not ready")
    manager.put(f"{account}/blobServices/default", _STORAGE, {"properties": _PROTECTION})
    manager.put(f"{account}/blobServices/default/containers/{state_location.CONTAINER}", _STORAGE, {"properties": {}})


def _group(subscription: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{state_location.GROUP}"


def _account_path(subscription: str) -> str:
    name = state_location.state_account(subscription)
    return f"{_group(subscription)}/providers/Microsoft.Storage/storageAccounts/{name}"


def _account(region: str) -> dict[str, Any]:
    properties = {
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "defaultToOAuthAuthentication": True,
    }
    sku = {"name": "Standard_LRS"}  # every region has it
    return {"location": region, "kind": "StorageV2", "sku": sku, "properties": properties, "tags": _TAGS}


_TAGS = {"mfinfra:managed-by": "mfinfra"}
_PROTECTION = {
    "isVersioningEnabled": True,
    "deleteRetentionPolicy": {"enabled": True, "days": 30},
    "containerDeleteRetentionPolicy": {"enabled": True, "days": 30},
}


def _is_provisioned(manager: Manager, account: str) -> bool:
    found = manager.get(account, _STORAGE)
    return found is not None and found.get("properties", {}).get("provisioningState") == "Succeeded"


def _is_complete(manager: Manager, account: str) -> bool:
    """Whether the container exists. It is created after versioning is enabled, so everything else exists too."""
    return manager.get(f"{account}/blobServices/default/containers/{state_location.CONTAINER}", _STORAGE) is not None


def _reaches(blobs: Blobs) -> bool:
    try:
        blobs.probe()
    except Refused:
        return False
    return True


def _assign(manager: Manager, subscription: str, account: str, principal: str) -> None:
    """Grant the caller read and write access to states. Raises CloudError if the caller is not allowed to grant it."""
    role = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{_CONTRIBUTOR}"
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{principal}")
    body = {"properties": {"roleDefinitionId": role, "principalId": principal}}
    try:
        manager.put(f"{account}/providers/Microsoft.Authorization/roleAssignments/{name}", _ROLES, body)
    except CloudError as exc:
        if "already exists" not in exc.message:  # the same role was assigned before, under another name
            raise


def _wait(is_there: Callable[[], bool], problem: str) -> None:
    deadline, pause = time.monotonic() + _PATIENCE, 0.5
    while not is_there():
        if time.monotonic() > deadline:
            raise CloudError(f"{problem} after {_PATIENCE / 60:.0f} minutes.", hint="Run the command again")
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)


def lock(blobs: Blobs, stack: str) -> Holder | None:
    """The holder of a state lock, which is a lease on the blob of the state; None if it is free."""
    found = blobs.head(state_location.state_key(stack))
    if found is None or found.get("x-ms-lease-state") != "leased":
        return None
    return holder_of(base64.b64decode(found.get(_LOCK_KEY, "") + "==", validate=False))


def unlock(blobs: Blobs, stack: str, held: Holder) -> None:
    """Break the lease if it is still the same one. Raises Locked if another holder has acquired it since."""
    now = lock(blobs, stack)
    if now is not None and now.id != held.id:
        raise Locked(f"The lock was acquired by {now.who} at {now.since}.", hint=TAKE_AGAIN)
    blobs.break_lease(state_location.state_key(stack))
    blobs.set_metadata(state_location.state_key(stack))
