"""Converts errors of object stores to one-line messages: the action, the object, the cause, and the next command."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from ...errors import StorageError

_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>|\"code\":\s*\"([A-Za-z]+)\"")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>|expecting '([a-z0-9-]+)'|x-amz-bucket-region[\"': ]+([a-z0-9-]+)")
_MISSING_CONTAINER = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")

#: The permission that each action needs (AWS service authorization reference; Azure built-in roles; GCP IAM).
_PERMISSIONS = {
    "s3": {"read": "s3:GetObject", "write": "s3:PutObject", "check": "s3:GetObject", "list": "s3:ListBucket",
           "delete": "s3:DeleteObject"},
    "azure": dict.fromkeys(("read", "check", "list"), "Storage Blob Data Reader")
    | dict.fromkeys(("write", "delete"), "Storage Blob Data Contributor"),
    "gs": {"read": "storage.objects.get", "write": "storage.objects.create", "check": "storage.objects.get",
           "list": "storage.objects.list", "delete": "storage.objects.delete"},
}  # fmt: skip

#: The commands that get new credentials.
_LOGIN = {"s3": "aws sso login", "azure": "az login", "gs": "gcloud auth application-default login"}

#: Error codes of S3 (and compatible servers) and Azure with the same meaning. RefreshError is a class of google-auth.
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


class Store(Protocol):
    """The store that rejected a request."""

    @property
    def type(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def identity(self) -> str: ...


class StorageDenied(StorageError):
    """The credentials have no permission for the request."""

    headline = "Access denied"


class StorageUnreachable(StorageError):
    """The store did not respond, or responded with errors, until the deadline."""

    headline = "Storage does not respond"


class StorageClash(StorageError):
    """A store with directories has a directory of the object's name, or the reverse."""

    headline = "Names clash"


class _Explanation(NamedTuple):
    why: str
    hint: str
    kind: type[StorageError] = StorageError


def is_missing_container(text: str) -> bool:
    """Whether a not-found error is about the bucket or container itself."""
    return any(word in text for word in _MISSING_CONTAINER)


def is_missing_range(text: str) -> bool:
    """Whether an error is about a range outside of the object."""
    words = ("InvalidRange", "Range started at", "Requested range", '"bytes 0--1/0"')  # the last is azurite's
    return http_status(text) == "416" or any(word in text for word in words)


def storage_error(exc: Exception, store: Store, path: str, action: str) -> StorageError:
    """The error for a request that `store` rejected. `action` is read, write, check, list or delete."""
    text = str(exc)
    found = _explanation(exc, text, store, action)
    where = f"{store.root}/{path}" if path else store.root
    return found.kind(f"Cannot {action} {where}: {found.why}.", hint=found.hint)


def _explanation(exc: Exception, text: str, store: Store, action: str) -> _Explanation:
    code = next((a or b for a, b in _CODE.findall(text)), "")
    setting = f"METAFLOW_DATASTORE_SYSROOT_{store.type.upper()}"
    if is_missing_container(text):
        return _Explanation("the bucket does not exist", f"Check {setting}, or --datastore-root.")
    if code == "RequestTimeTooSkewed":
        return _Explanation("the clock of this machine is wrong", "Run: timedatectl set-ntp true")
    is_elsewhere = code in ("PermanentRedirect", "AuthorizationHeaderMalformed")
    if is_elsewhere or http_status(text) == "301" or "Received redirect" in text:
        return _other_region(text)
    name = type(exc).__name__
    if code in _EXPIRED or name in _EXPIRED:
        why = f"the credentials ({store.identity}) have expired"
        return _Explanation(why, f"Run: {_LOGIN[store.type]}", StorageDenied)
    if code == "KeyBasedAuthenticationNotPermitted":
        hint = "Run: unset AZURE_STORAGE_KEY; az login"
        return _Explanation("the account does not allow access keys", hint, StorageDenied)
    if code in _CLASH:
        return _clash(store)
    if code == "InvalidResourceName":
        hint = "Use 3 to 63 lowercase letters, digits and single hyphens for the container name."
        return _Explanation("the container name is invalid", hint)
    if code in _NOT_VALID:
        why = f"the credentials ({store.identity}) are invalid"
        return _Explanation(why, "Check the credentials, and that they belong to this endpoint.", StorageDenied)
    if name in ("PermissionDeniedError", "UnauthenticatedError", "Forbidden", "Unauthorized") or code == "AccessDenied":
        return _denied(store, action)
    return _other_explanation(name, code, text)


def error_codes(text: str) -> set[str]:
    """The error codes in a response of a store."""
    return {a or b for a, b in _CODE.findall(text)}


def http_status(text: str) -> str | None:
    """The HTTP status in an error's text, as obstore (`status code: 403`) and Google's client (`403 GET`) write it."""
    found = re.search(r"(?:status code: |last exception: |^)(\d{3})\b", text)
    return found.group(1) if found else None


def _other_region(text: str) -> _Explanation:
    region = next((a or b or c for a, b, c in _REGION.findall(text)), None)
    hint = f"Run: export AWS_REGION={region}" if region else "Set AWS_REGION to the bucket's region."
    return _Explanation("the bucket is in another region", hint)


def _clash(store: Store) -> _Explanation:
    why = "a directory, or an object of another type, has the same name"
    return _Explanation(why, "Use another object name.", StorageClash)


def _denied(store: Store, action: str) -> _Explanation:
    permission = _PERMISSIONS[store.type][action]
    why = f"access denied; {store.identity} lacks {permission}"
    return _Explanation(why, f"Grant {permission} on {store.root}/*, or use other credentials.", StorageDenied)


def _other_explanation(name: str, code: str, text: str) -> _Explanation:
    short = " ".join(text.split())
    if "credential" in short.lower() and ("169.254" in short or "metadata" in short.lower()):
        hint = "Run: aws configure, or aws sso login, or use a machine with an attached role."
        return _Explanation("no credentials were found", hint, StorageDenied)
    if "scheme is not allowed" in short:
        return _Explanation("the endpoint does not use TLS", "Use an https:// endpoint.")
    status = http_status(text)
    if status and status.startswith("4") and status not in ("408", "429"):
        message = re.search(r"<Message>([^<]{1,200})</Message>", text)
        why = f"the store rejected the request ({code or status}{': ' + message.group(1) if message else ''})"
        return _Explanation(why.rstrip("."), "Check the settings of the datastore.")
    if status:
        why = f"the store responded with status {status} to all retries"
        return _Explanation(why, "Try again later. Saved data is not lost.", StorageUnreachable)
    if any(word in short for word in ("response body error", "invalid list response", "IncompleteRead", "interrupted")):
        why = "the store interrupted the connection at all retries"
        return _Explanation(why, "Check the network and the proxy, then try again.", StorageUnreachable)
    if any(word in short for word in ("error sending request", "connect", "timed out", "timeout", "dns")):
        why = "the store cannot be reached"
        return _Explanation(why, "Check the network, the proxy and the endpoint, then try again.", StorageUnreachable)
    return _Explanation(f"{name}: {short[:200]}", "Try again later. Saved data is not lost.")
