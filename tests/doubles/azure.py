"""The Azure APIs that mfinfra calls: tokens of Entra ID, Azure Resource Manager. azurite stores blobs, and accepts such
tokens too."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .server import Answer, Asked

TENANT = "99999999-0000-0000-0000-000000000001"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
OBJECT = "77777777-0000-0000-0000-000000000007"


@dataclass
class Subscription:
    """The subscription of the double. `resources` contains the resources of Azure Resource Manager by path."""

    ids: tuple[str, ...] = (SUBSCRIPTION,)
    state: str = "Enabled"
    regions: tuple[str, ...] = ("westeurope", "eastus2")
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    tagged: list[str] = field(default_factory=list)
    #: Method and the end of a path -> what is answered instead.
    instead: dict[tuple[str, str], Answer] = field(default_factory=dict)
    #: What the place of tokens answers instead.
    token: Answer | None = None


def tokens(subscription: Subscription) -> Callable[[Asked], Answer]:
    """The responses of Entra ID."""

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/.well-known/openid-configuration"):
            base = f"https://{asked.headers['host']}/{TENANT}"
            return 200, {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }
        if subscription.token is not None:
            return subscription.token
        scope = next((part[6:] for part in str(asked.body).split("&") if part.startswith("scope=")), "")
        return 200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token(scope)}

    return answer


def token(scope: str) -> str:
    """A token in the format of Entra ID. Its signature is invalid, because the double does not check it."""
    from urllib.parse import unquote

    now = int(time.time())
    audience = unquote(scope).partition(" ")[0].removesuffix("/.default").rstrip("/")
    claims = {"aud": audience, "iss": f"https://sts.windows.net/{TENANT}/", "iat": now - 10, "nbf": now - 10, "exp": now + 3600,
              "oid": OBJECT, "appid": "deployer", "tid": TENANT}  # fmt: skip
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{text}.c2lnbmF0dXJl"


def manager(subscription: Subscription, made: Callable[[str], None]) -> Callable[[Asked], Answer]:
    """The responses of Azure Resource Manager; `made` is called for each new container."""

    def answer(asked: Asked) -> Answer:
        for (method, end), said in subscription.instead.items():
            if asked.method == method and asked.path.endswith(end):
                return said
        if asked.path == "/subscriptions":
            return 200, {
                "value": [{"subscriptionId": one, "displayName": f"name of {one[:4]}"} for one in subscription.ids]
            }
        return _below(subscription, asked, made)

    return answer


def _below(subscription: Subscription, asked: Asked, made: Callable[[str], None]) -> Answer:
    _, _, id, *rest = asked.path.split("/")
    if id not in subscription.ids:
        return _error(404, "SubscriptionNotFound", f"The subscription '{id}' could not be found.")
    if not rest:
        return 200, {"subscriptionId": id, "state": subscription.state}
    if rest == ["locations"]:
        return 200, {"value": [{"name": region} for region in subscription.regions]}
    if rest == ["resources"]:
        return 200, {"value": [{"id": one} for one in subscription.tagged]}
    if asked.method == "PUT":
        subscription.resources[asked.path] = {**asked.body, "id": asked.path}
        subscription.resources[asked.path].setdefault("properties", {})["provisioningState"] = "Succeeded"
        if "/containers/" in asked.path:
            made(asked.path.rpartition("/")[2])
        return 201, subscription.resources[asked.path]
    found = subscription.resources.get(asked.path)
    return (200, found) if found else _error(404, "ResourceNotFound", f"The Resource '{asked.path}' was not found.")


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"error": {"code": code, "message": message}}
