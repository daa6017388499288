"""Authenticates requests and checks permissions: API keys, tokens of a file, tokens of an identity provider.

Keys and tokens are compared by their SHA-256 digest, and never stored, printed or logged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from ...errors import CommandException
from ..http_errors import HttpError

Role = Literal["read", "write", "admin"]
#: Each role includes the permissions of the roles before it.
ROLES: tuple[Role, ...] = ("read", "write", "admin")


class Principal(NamedTuple):
    """An authenticated caller: name (for logs and limits), role, and patterns of the flows that the role covers."""

    name: str
    role: Role
    flows: tuple[str, ...] = ("*",)

    @property
    def sees_all(self) -> bool:
        return "*" in self.flows

    def sees(self, flow: str) -> bool:
        return self.sees_all or any(fnmatchcase(flow, pattern) for pattern in self.flows)


class Verifier(Protocol):
    """Authenticates a bearer token."""

    async def verify(self, token: str) -> Principal:
        """The principal of a token. Raises HttpError 401 with the reason."""
        ...


class Auth:
    """Authenticates every request. Without keys, tokens and verifier, authentication is off and all is permitted."""

    def __init__(
        self,
        keys: Mapping[bytes, Principal] | None = None,
        tokens: Mapping[bytes, Principal] | None = None,
        verifier: Verifier | None = None,
    ):
        self._keys, self._tokens, self._verifier = keys or {}, tokens or {}, verifier
        self.required = bool(self._keys or self._tokens or verifier)

    async def principal(self, headers: Mapping[bytes, bytes]) -> Principal | None:
        """The caller; None if authentication is off. Raises HttpError 401."""
        if not self.required:
            return None
        key = headers.get(b"x-api-key")
        if key is not None:
            found = self._keys.get(_digest(key)) or self._tokens.get(_digest(key))
            if found is None:
                raise _unknown("The API key is invalid.")
            return found
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise _unknown("The request has no credentials.", "Send the header x-api-key or Authorization: Bearer.")
        found = self._tokens.get(_digest(token.strip()))
        if found is not None:
            return found
        if self._verifier is None:
            raise _unknown("The bearer token is invalid.")
        return await self._verifier.verify(token.strip().decode("latin-1"))


def check_permission(principal: Principal | None, role: str, flow: str | None) -> None:
    """Raise HttpError 403 unless the caller has the role and, for a path of a flow, may use the flow."""
    if principal is None or not role:
        return
    if ROLES.index(principal.role) < ROLES.index(role):
        raise HttpError(
            403, f"Access denied: {principal.name} has the role {principal.role}, but the request needs {role}."
        )
    if flow is not None and not principal.sees(flow):
        raise HttpError(403, f"Access denied: {principal.name} has no permission for the flow {flow[:60]}.")


def _unknown(message: str, hint: str = "") -> HttpError:
    return HttpError(401, message, hint, (("WWW-Authenticate", 'Bearer realm="metadata"'),))


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def read_keys(path: str) -> dict[bytes, Principal]:
    """The API keys in a file: one per line, `name:key` or only the key, all with role admin. `#` starts a comment."""
    principals = {}
    for number, line in enumerate(_read(path).splitlines(), 1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            name, _, key = entry.rpartition(":")
            principals[_digest(key.strip().encode())] = Principal(name.strip() or f"key-{number}", "admin")
    if not principals:
        raise CommandException(f"The file of API keys {path} contains no key.", hint="Write one key per line.")
    return principals


def read_tokens(path: str) -> dict[bytes, Principal]:
    """The tokens in a file: {"tokens": [{"token" or "sha256", "name", "role", "flows": ["Train*"]}, ...]}."""
    try:
        entries = json.loads(_read(path))["tokens"]
        principals = {_token_digest(entry): _token_principal(entry) for entry in entries}
    except (ValueError, KeyError, TypeError) as exc:
        reason = f"{type(exc).__name__}: {exc}" if isinstance(exc, KeyError) else "its format is invalid"
        raise CommandException(
            f"The file of tokens {path} is invalid: {reason}.",
            hint='Write {"tokens": [{"token": "...", "name": "ci", "role": "write", "flows": ["*"]}]}',
        ) from None
    if not principals:
        raise CommandException(f"The file of tokens {path} contains no token.")
    return principals


def _token_digest(entry: Mapping[str, Any]) -> bytes:
    if "sha256" in entry:
        digest = bytes.fromhex(entry["sha256"])
        if len(digest) != 32:
            raise ValueError("sha256")
        return digest
    return _digest(entry["token"].encode())


def _token_principal(entry: Mapping[str, Any]) -> Principal:
    role, flows = entry["role"], entry.get("flows", ["*"])
    if role not in ROLES or not isinstance(flows, list) or not all(isinstance(flow, str) for flow in flows):
        raise ValueError("role or flows")
    return Principal(str(entry["name"]), role, tuple(flows))


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise CommandException(f"The file {path} cannot be read: {type(exc).__name__}.") from exc
