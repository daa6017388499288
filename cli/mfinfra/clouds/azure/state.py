"""The storage account where the states of a subscription lie, and the lock of each."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from typing import Any

from ...errors import CloudError, Locked
from ...render import state_location
from ..base import Holder, Report, Unreadable, holder_of
from .blobs import Blobs, Refused
from .identity import Manager

_GROUPS, _STORAGE, _ROLES = "2021-04-01", "2023-05-01", "2022-04-01"
#: The role "Storage Blob Data Contributor", the same in every tenant.
_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
#: Roles take some minutes to work.
_PATIENCE = 300.0
#: How Terraform's backend keeps the lock beside the lease: metadata of the blob, base64 of JSON.
_LOCK_KEY = "x-ms-meta-terraformlockid"


def ensure(
    manager: Manager, subscription: str, region: str, principal: str | None, blobs: Blobs, report: Report
) -> None:
    """Make group, storage account, container and our own role in it, or finish what was begun. May be called by several
    at once, in several regions: what is there stays where it is.

    No public access, TLS only, no shared keys, with versions. Raises CloudError where the name belongs to others.
    """
    name, account = state_location.state_account(subscription), _account_path(subscription)
    if not _is_whole(manager, account):
        report(f"Making the storage account {name} for states")
        _make(manager, subscription, account, region)
    if _reaches(blobs):
        return
    if principal is not None:
        _assign(manager, subscription, account, principal)
    report("Waiting for the role in the storage account to work")
    _wait(lambda: _reaches(blobs), "The role in the storage account for states does not work")


class States:
    """The container as files."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def read(self, key: str) -> str | None:
        try:
            found = self._blobs.get(key)
        except Refused as exc:
            hint = 'Ask for the role "Storage Blob Data Reader" there; one that is new takes some minutes to work'
            raise Unreadable.of(exc, hint) from exc
        return None if found is None else found.decode("utf-8", "replace")

    def write(self, key: str, text: str) -> None:
        self._blobs.put(key, text.encode())

    def remove(self, key: str) -> None:
        self._blobs.delete(key)


def is_there(manager: Manager, subscription: str) -> bool:
    """Whether the subscription has a place for states: an account of that name elsewhere is none of ours."""
    return _is_whole(manager, _account_path(subscription))


def _make(manager: Manager, subscription: str, account: str, region: str) -> None:
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


def _is_whole(manager: Manager, account: str) -> bool:
    """Versions come before the container: where that is, everything is."""
    return manager.get(f"{account}/blobServices/default/containers/{state_location.CONTAINER}", _STORAGE) is not None


def _reaches(blobs: Blobs) -> bool:
    try:
        blobs.probe()
    except Refused:
        return False
    return True


def _assign(manager: Manager, subscription: str, account: str, principal: str) -> None:
    """Give us the right to read and write states. Who may not give it is told by the wait after it."""
    role = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{_CONTRIBUTOR}"
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{principal}")
    body = {"properties": {"roleDefinitionId": role, "principalId": principal}}
    try:
        manager.put(f"{account}/providers/Microsoft.Authorization/roleAssignments/{name}", _ROLES, body)
    except CloudError as exc:
        if "exists already" not in exc.message:  # somebody gave it to us before, under another name
            raise


def _wait(is_there: Callable[[], bool], problem: str) -> None:
    deadline, pause = time.monotonic() + _PATIENCE, 0.5
    while not is_there():
        if time.monotonic() > deadline:
            raise CloudError(f"{problem} after {_PATIENCE / 60:.0f} minutes.", hint="Type the same command again")
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)


def lock(blobs: Blobs, stack: str) -> Holder | None:
    """Who holds the lock of a state: the lease on its blob."""
    found = blobs.head(state_location.state_key(stack))
    if found is None or found.get("x-ms-lease-state") != "leased":
        return None
    return holder_of(base64.b64decode(found.get(_LOCK_KEY, "") + "==", validate=False))


def unlock(blobs: Blobs, stack: str, held: Holder) -> None:
    """Break the lease if it is still the same one. Raises Locked where somebody else has it by now."""
    now = lock(blobs, stack)
    if now is not None and now.id != held.id:
        raise Locked(f"The lock went to {now.who} at {now.since}.", hint="Type the same again to take it from them")
    blobs.break_lease(state_location.state_key(stack))
    blobs.set_metadata(state_location.state_key(stack))
