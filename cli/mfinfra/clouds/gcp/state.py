"""The state bucket of a project, and the state locks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ...errors import CloudError, Locked
from ...render import state_location
from ..base import TAKE_AGAIN, Holder, Report, Unreadable, holder_of
from .identity import Project, Rest


def ensure_bucket(rest: Rest, project: Project, region: str, report: Report) -> None:
    """Create the bucket if it does not exist. Concurrent calls are safe.

    One request creates it completely: uniform access, no public access, versions for one year. Raises CloudError if
    the name belongs to another project.
    """
    name = state_location.project_bucket(project.id)
    found = rest.get("storage", f"b/{name}", projection="noAcl")
    if found is None:
        report(f"Creating state bucket {name}")
        found = _made(rest, name, project, region)
    _check_owner(found, name, project)


def is_there(rest: Rest, project: Project) -> bool:
    """Whether the state bucket exists. Raises CloudError if a bucket of this name belongs to another project."""
    name = state_location.project_bucket(project.id)
    found = rest.get("storage", f"b/{name}", projection="noAcl")
    if found is not None:
        _check_owner(found, name, project)
    return found is not None


def _check_owner(found: dict[str, Any], name: str, project: Project) -> None:
    if str(found.get("projectNumber") or "0") not in ("0", project.number):  # emulators of GCS return 0
        raise CloudError(f"The state bucket '{name}' belongs to another project.", hint="Choose another project")


class States:
    """The bucket as files."""

    def __init__(self, rest: Rest, bucket: str) -> None:
        self._rest, self._bucket = rest, bucket

    def read(self, key: str) -> str | None:
        try:
            return self._rest.text("storage", self._path(key), alt="media")
        except CloudError as exc:
            if exc.code == "403":
                raise Unreadable.of(exc) from exc
            raise

    def write(self, key: str, text: str) -> None:
        self._rest.upload(self._bucket, key, text)

    def remove(self, key: str) -> None:
        self._rest.delete("storage", self._path(key))

    def _path(self, key: str) -> str:
        return f"b/{self._bucket}/o/{quote(key, safe='')}"


def _made(rest: Rest, name: str, project: Project, region: str) -> dict[str, Any]:
    try:
        return rest.post("storage", "b", {"name": name, "location": region, **_BUCKET}, project=project.id) or {}
    except CloudError:
        found = rest.get("storage", f"b/{name}", projection="noAcl")  # another mfinfra created it first
        if found is None:
            raise
        return found


_BUCKET = {
    "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
    "versioning": {"enabled": True},
    "labels": {"mfinfra_managed-by": "mfinfra"},
    "lifecycle": {
        "rule": [
            {
                "action": {"type": "Delete"},
                "condition": {"isLive": False, "daysSinceNoncurrentTime": 365, "numNewerVersions": 50},
            }
        ]
    },
}


def _lock_path(project: Project, stack: str) -> str:
    name = quote(f"{state_location.state_prefix(stack)}/default.tflock", safe="")
    return f"b/{state_location.project_bucket(project.id)}/o/{name}"


def lock(rest: Rest, project: Project, stack: str) -> Holder | None:
    """The holder of a state lock, None if it is free. Its ID is the generation of the lock object."""
    path = _lock_path(project, stack)
    found = rest.get("storage", path)
    if found is None:
        return None
    return holder_of(rest.text("storage", path, alt="media") or "", str(found["generation"]))


def unlock(rest: Rest, project: Project, stack: str, held: Holder) -> None:
    """Remove the lock if it is still the same one. Raises Locked if another holder has acquired it since."""
    now = lock(rest, project, stack)
    if now is None:
        return
    if now.id != held.id:
        raise Locked(f"The lock was acquired by {now.who} at {now.since}.", hint=TAKE_AGAIN)
    rest.delete("storage", _lock_path(project, stack), ifGenerationMatch=held.id)
