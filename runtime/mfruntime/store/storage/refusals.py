"""What an object store's refusal means, in one line: what happened to which object, why, and what to type."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from ...errors import StorageError

_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>|\"code\":\s*\"([A-Za-z]+)\"")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>|expecting '([a-z0-9-]+)'|x-amz-bucket-region[\"': ]+([a-z0-9-]+)")
_MISSING_CONTAINER = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")

#: The permission that each action needs (AWS service authorization reference; Azure built-in roles; GCP IAM).
_PERMISSIONS = {
    "s3": {"read": "s3:GetObject", "write": "s3:PutObject", "look for": "s3:GetObject", "list": "s3:ListBucket",
           "delete": "s3:DeleteObject"},
    "azure": dict.fromkeys(("read", "look for", "list"), "Storage Blob Data Reader")
    | dict.fromkeys(("write", "delete"), "Storage Blob Data Contributor"),
    "gs": {"read": "storage.objects.get", "write": "storage.objects.create", "look for": "storage.objects.get",
           "list": "storage.objects.list", "delete": "storage.objects.delete"},
}  # fmt: skip

#: How new credentials are got.
_LOGIN = {"s3": "aws sso login", "azure": "az login", "gs": "gcloud auth application-default login"}

#: Codes of S3 (and its servers) and Azure that mean one thing. RefreshError is a class of google-auth.
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "InvalidAuthenticationInfo",
    "RefreshError",
)
_NOT_VALID = (
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthenticationFailed",
    "NoAuthenticationInformation",
)  # fmt: skip
_CLASH = (
    "ExistingObjectIsDirectory", "ExistingObjectIsFile", "ResourceTypeMismatch", "PathConflict", "InvalidBlobType",
)  # fmt: skip


class Place(Protocol):
    """The store that refused."""

    @property
    def type(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def identity(self) -> str: ...


class StorageDenied(StorageError):
    """The store knows who asks, and says no."""

    headline = "Access denied"


class StorageUnreachable(StorageError):
    """No answer, or none that helps, until the deadline."""

    headline = "Storage does not answer"


class StorageClash(StorageError):
    """A store that keeps folders has one where an object is to be, or the other way round."""

    headline = "Names clash"


class _Meaning(NamedTuple):
    why: str
    hint: str
    kind: type[StorageError] = StorageError


def is_missing_container(text: str) -> bool:
    """Whether a not-found answer is about the bucket or container itself."""
    return any(word in text for word in _MISSING_CONTAINER)


def is_missing_range(text: str) -> bool:
    """Whether a refusal is about a part that the object does not have."""
    words = ("InvalidRange", "Range started at", "Requested range", '"bytes 0--1/0"')  # the last is azurite's
    return _status(text) == "416" or any(word in text for word in words)


def translated(exc: Exception, place: Place, path: str, action: str) -> StorageError:
    """The error for a request that `place` refused. `action` is read, write, look for, list or delete."""
    text = str(exc)
    found = _meaning(exc, text, place, action)
    where = f"{place.root}/{path}" if path else place.root
    return found.kind(f"Cannot {action} {where}: {found.why}.", hint=found.hint)


def _meaning(exc: Exception, text: str, place: Place, action: str) -> _Meaning:
    code = next((a or b for a, b in _CODE.findall(text)), "")
    setting = f"METAFLOW_DATASTORE_SYSROOT_{place.type.upper()}"
    if is_missing_container(text):
        return _Meaning("the bucket does not exist", f"Check {setting}, or --datastore-root.")
    if code == "RequestTimeTooSkewed":
        return _Meaning("the clock of this machine is wrong", "Set it: timedatectl set-ntp true")
    is_elsewhere = code in ("PermanentRedirect", "AuthorizationHeaderMalformed")
    if is_elsewhere or _status(text) == "301" or "Received redirect" in text:
        return _other_region(text)
    name = type(exc).__name__
    if code in _EXPIRED or name in _EXPIRED:
        why = f"the credentials ({place.identity}) have expired"
        return _Meaning(why, f"Type: {_LOGIN[place.type]}", StorageDenied)
    if code == "KeyBasedAuthenticationNotPermitted":
        hint = "Type: unset AZURE_STORAGE_KEY; az login"
        return _Meaning("the account takes logins only, no keys", hint, StorageDenied)
    if code in _CLASH:
        return _clash(place)
    if code == "InvalidResourceName":
        hint = "Names of containers have 3 to 63 small letters, digits and single hyphens."
        return _Meaning("no container can have that name", hint)
    if code in _NOT_VALID:
        why = f"the credentials ({place.identity}) are not valid there"
        return _Meaning(why, "Check them, and the endpoint they are for.", StorageDenied)
    if name in ("PermissionDeniedError", "UnauthenticatedError", "Forbidden", "Unauthorized") or code == "AccessDenied":
        return _denied(place, action)
    return _no_answer(name, code, text)


def _status(text: str) -> str | None:
    """The HTTP status in an error's text, as obstore (`status code: 403`) and Google's client (`403 GET`) write it."""
    found = re.search(r"(?:status code: |last exception: |^)(\d{3})\b", text)
    return found.group(1) if found else None


def _other_region(text: str) -> _Meaning:
    region = next((a or b or c for a, b, c in _REGION.findall(text)), None)
    hint = f"Type: export AWS_REGION={region}" if region else "Set AWS_REGION to the bucket's region."
    return _Meaning("the bucket lies in another region", hint)


def _clash(place: Place) -> _Meaning:
    why = "a folder, or an object of another kind, is there"
    return _Meaning(why, "Name the object otherwise: this store keeps no two of one name.", StorageClash)


def _denied(place: Place, action: str) -> _Meaning:
    permission = _PERMISSIONS[place.type][action]
    why = f"access denied; {place.identity} may not {permission} there"
    return _Meaning(why, f"Grant {permission} on {place.root}/*, or use other credentials.", StorageDenied)


def _no_answer(name: str, code: str, text: str) -> _Meaning:
    short = " ".join(text.split())
    if "credential" in short.lower() and ("169.254" in short or "metadata" in short.lower()):
        hint = "Type: aws configure, aws sso login, or run where a role is attached."
        return _Meaning("there are no credentials", hint, StorageDenied)
    if "scheme is not allowed" in short:
        return _Meaning("the endpoint has no TLS", "Use an https:// endpoint.")
    status = _status(text)
    if status and status.startswith("4") and status not in ("408", "429"):
        said = re.search(r"<Message>([^<]{1,200})</Message>", text)
        why = f"the store refuses the request ({code or status}{': ' + said.group(1) if said else ''})"
        return _Meaning(why.rstrip("."), "Check the settings of the datastore.")
    if status:
        why = f"the store answered {status} until the deadline"
        return _Meaning(why, "Try again; what was saved is kept.", StorageUnreachable)
    if any(word in short for word in ("error sending request", "connect", "timed out", "timeout", "dns")):
        why = "the store cannot be reached"
        return _Meaning(why, "Check the network, the proxy and the endpoint, then try again.", StorageUnreachable)
    return _Meaning(f"{name}: {short[:200]}", "Try again; what was saved is kept.")
