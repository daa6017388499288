"""Behavior that schemas do not contain, one file per provider: secrets, formats of ids, validation, real effects."""

from __future__ import annotations

from .archive import Archive
from .aws import Aws
from .azuread import AzureAd
from .azurerm import AzureRm
from .base import Overlay
from .google import Google
from .helm import Helm
from .http import Http
from .kubernetes import Kubernetes
from .local import Local
from .null import Null
from .random import Random
from .time import Time
from .tls import Tls

_KNOWN: dict[str, type[Overlay]] = {
    "archive": Archive,
    "aws": Aws,
    "azuread": AzureAd,
    "azurerm": AzureRm,
    "google": Google,
    "google-beta": Google,
    "helm": Helm,
    "http": Http,
    "kubernetes": Kubernetes,
    "local": Local,
    "null": Null,
    "random": Random,
    "time": Time,
    "tls": Tls,
}


def of(provider: str) -> Overlay:
    """The overlay of a provider, for one running instance."""
    return _KNOWN[provider]()
