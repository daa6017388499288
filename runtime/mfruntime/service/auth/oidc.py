"""Bearer tokens of an OpenID Connect provider, verified by PyJWT with the provider's public keys.

The role is read from a claim (default `roles`: one name or a list), patterns of flows from the claim `flows`.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from typing import Any

from ...errors import CommandException, MissingExtra
from ...printable import shown_url
from ...registry import packages
from ..http_errors import HttpError
from .auth import ROLES, Principal, Role

#: Only asymmetric algorithms: otherwise a token could choose HMAC with the public key as the secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEYS_KEPT_SECONDS = 600
#: Minimum time between two downloads of the keys because of a token with an unknown key.
REFRESH_SECONDS = 30
LEEWAY_SECONDS = 30
_TIMEOUT = 5
_LARGEST = 1 << 20
#: Seconds between two failed downloads, so that waiting requests do not repeat it one after another.
_PAUSE = 1.0
#: Errors of PyJWT for values of an unexpected type, size or depth.
_ODD = (TypeError, ValueError, OverflowError, RecursionError)


class OIDC:
    """Verifies signature, issuer, audience and expiry of tokens. Tokens without a role claim get `default_role`."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        jwks_url: str | None = None,
        role_claim: str = "roles",
        default_role: Role | None = None,
    ):
        try:
            import jwt
        except ImportError as exc:
            raise MissingExtra(
                "Tokens of an identity provider need PyJWT.", hint=f"Run: pip install {packages('service')}"
            ) from exc
        for url in (issuer, jwks_url or issuer):
            if not url.startswith(("https://", "http://")):
                raise CommandException(
                    f"The URL {shown_url(url)} of the identity provider must start with http or https."
                )
        self._jwt: Any = jwt
        self._issuer, self._audience, self._url = issuer, audience, jwks_url
        self._role_claim, self._default_role = role_claim, default_role
        self._keys: dict[str | None, Any] = {}
        self._fetched = float("-inf")
        self._failed = float("-inf")
        self._lock = asyncio.Lock()
        self._task: asyncio.Future[None] | None = None

    async def verify(self, token: str) -> Principal:
        try:
            header = self._jwt.get_unverified_header(token)
        except (self._jwt.PyJWTError, *_ODD):
            raise _refused("it is not a JSON Web Token") from None
        key = await self._key(header.get("kid"))
        if key is None:
            raise _refused("it is signed with a key that the provider does not publish")
        try:
            claims = self._jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except self._jwt.ExpiredSignatureError:
            raise _refused("it has expired") from None
        except self._jwt.InvalidAudienceError:
            raise _refused("it is for another audience") from None
        except self._jwt.InvalidIssuerError:
            raise _refused("it is from another issuer") from None
        except (self._jwt.PyJWTError, *_ODD):
            raise _refused("its signature or claims are invalid") from None
        return self._principal(claims)

    def _principal(self, claims: dict[str, Any]) -> Principal:
        name = str(claims.get("email") or claims.get("preferred_username") or claims.get("sub") or "token")[:255]
        claimed = _texts(claims.get(self._role_claim))
        roles = [role for role in ROLES if role in (claimed or ())]
        role = roles[-1] if roles else self._default_role
        if role is None or claimed is None:
            raise HttpError(403, f"Access denied: the token of {name} has none of the roles {', '.join(ROLES)}.")
        flows = _texts(claims.get("flows", ["*"]))
        if flows is None:
            raise HttpError(403, f"Access denied: the claim 'flows' in the token of {name} is not a list of patterns.")
        return Principal(name, role, tuple(flows))

    async def _key(self, kid: str | None) -> Any:
        """The key of a token. Only tokens with unknown keys wait for a download."""
        known = self._known(kid)
        if known is None:
            async with self._lock:
                if self._known(kid) is None and time.monotonic() - self._fetched > REFRESH_SECONDS:
                    await self._refresh()
        elif time.monotonic() - self._fetched > KEYS_KEPT_SECONDS and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._refresh())
        return self._known(kid)

    def _known(self, kid: str | None) -> Any:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        if time.monotonic() - self._failed < _PAUSE:
            raise _unavailable("the last attempt failed")
        try:
            fetched = asyncio.get_running_loop().run_in_executor(None, self._fetch)
            self._keys, self._fetched = await asyncio.wait_for(fetched, 3 * _TIMEOUT), time.monotonic()
        except Exception as exc:
            if self._keys:  # use the old keys, so that valid tokens still work
                self._fetched = time.monotonic() - KEYS_KEPT_SECONDS + REFRESH_SECONDS
                return
            self._failed = time.monotonic()
            raise _unavailable(type(exc).__name__) from exc

    def _fetch(self) -> dict[str | None, Any]:
        url = self._url or _json(self._issuer.rstrip("/") + "/.well-known/openid-configuration")["jwks_uri"]
        keys = {}
        for entry in _json(url)["keys"]:
            try:
                keys[entry.get("kid")] = self._jwt.PyJWK(entry).key
            except self._jwt.PyJWTError:  # a key type for another purpose
                continue
        return keys


def _json(url: str) -> Any:
    if not url.startswith(("https://", "http://")):
        raise ValueError("the URL does not start with http or https")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            return json.loads(response.read(_LARGEST))
    except urllib.error.HTTPError as exc:
        exc.close()  # it holds the connection
        raise


def _texts(value: Any) -> list[str] | None:
    """The strings of a claim: none, one, or a list. None for any other value."""
    values = [] if value is None else [value] if isinstance(value, str) else value
    is_list = isinstance(values, list) and all(isinstance(item, str) for item in values)
    return values if is_list else None


def _unavailable(reason: str) -> HttpError:
    return HttpError(
        503,
        f"Cannot download the keys of the identity provider: {reason}.",
        "Try again later.",
        (("Retry-After", "1"),),
    )


def _refused(reason: str) -> HttpError:
    return HttpError(
        401, f"The bearer token is invalid: {reason}.", headers=(("WWW-Authenticate", 'Bearer error="invalid_token"'),)
    )
