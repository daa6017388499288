"""The behavior that a provider adds to its schemas; the defaults suit any provider."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, ClassVar

Values = dict[str, Any]

#: A certificate of an authority that is real and whose key nobody has: what clusters and databases show.
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBJjCBzqADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3RmY2xvdWQw
IBcNMjYwMTAxMDAwMDAwWhgPMjA5OTAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB3Rm
Y2xvdWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR+S3My+3NW8XPreegmZVuw
1Xadz/KGwmFTQaezuLK1W7CL2Rjxf1EmhCNzOhCICTyv4ej+pxfHLvikx7fDhecI
oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIEzExahufhY1
FawJP3wPrtvYn71sRTdell3r1Sj4WQpPAiBKdHfgVvaFyuJbehlMJ68FuLKfVsn2
LWynKbb5qL7GIw==
-----END CERTIFICATE-----
"""


class Refusal(Exception):
    """A request that the cloud or the provider rejects."""


class Overlay:
    """The overlay of one provider; `settings` is its latest configuration."""

    #: Type (data.TYPE for a data source) -> paths of secret attributes: "password", "settings.password".
    sensitive: ClassVar[dict[str, set[str]]] = {}
    #: Whether the real one is built on the old SDK, whose plans terraform takes with tolerance.
    legacy: ClassVar[bool] = False
    #: Type -> blocks that appear by themselves; None: those with something that only the provider decides.
    appearing: ClassVar[dict[str, set[str]] | None] = None
    #: Type -> what the provider assumes for an argument that is left out.
    defaults: ClassVar[dict[str, Values]] = {}
    #: Type -> what cannot be changed in place, beside `always_new`; a type with "*" has nothing that can.
    force_new: ClassVar[dict[str, set[str]]] = {}
    always_new: ClassVar[set[str]] = {"name"}
    #: Types whose attributes of `always_new` can be changed.
    renamed: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.settings: Values = {}
        self.secrets: dict[str, Any] = {}
        self.cloud = ""

    def provider_refusals(self, config: Values) -> list[str]:
        """Errors in the provider's configuration that `validate` reports."""
        return []

    def configure(self, config: Values) -> list[str]:
        """Set the configuration; raises errors that `plan` reports."""
        self.settings = config
        return []

    def exec_plugin(self, config: Values) -> list[str]:
        """The command with which a provider gets tokens; empty if it has none."""
        return []

    def refusals(self, kind: str, config: Values) -> list[str]:
        """Configurations that the real provider rejects before it calls its cloud."""
        return []

    def forces_new(self, kind: str, attribute: str) -> bool:
        own = self.force_new.get(kind, ())
        if attribute in self.always_new and kind not in self.renamed:
            return True
        return attribute in own or "*" in own

    def impossible(self, kind: str, prior: Values, planned: Values) -> str | None:
        """The error of the cloud for an update that the provider plans, but the cloud cannot make; None for none."""
        return None

    def plan(self, kind: str, prior: Values | None, planned: Values, config: Values) -> None:
        """Set planned values that the provider knows before it calls its cloud."""

    def made(self, kind: str, values: Values, config: Values) -> Values:
        """Values that the cloud computes for a new resource, in the correct format where the format matters."""
        return {"id": digest(kind, values, length=20)}

    def changed(self, kind: str, values: Values, config: Values) -> Values:
        """Computed values that an update changes in addition to its arguments."""
        return {}

    def done(self, kind: str, state: Values, config: Values) -> None:
        """Effects of a creation or an update: a file, a stored secret."""

    def gone(self, kind: str, state: Values) -> None:
        """Effects of a deletion; an error keeps the resource."""

    def still(self, kind: str, state: Values) -> bool:
        """Whether a resource still exists, according to the provider itself."""
        return True

    def refreshed(self, kind: str, state: Values) -> Values:
        """The resource as the cloud has changed it since."""
        return state

    def identity(self, kind: str, state: Values) -> str | None:
        """The unique name of a resource in the cloud."""
        found = state.get("id")
        return found if isinstance(found, str) else None

    def taken(self, kind: str, identity: str) -> str | None:
        """The error of the cloud for a name that is already used; None if names can be duplicate."""
        return None

    def family(self, kind: str) -> str:
        """The name that all spellings of a type have in common."""
        return kind

    def data(self, kind: str, config: Values) -> Values:
        """Computed values of a data source, other than its arguments and values of existing resources."""
        return {}

    def ephemeral(self, kind: str, config: Values) -> Values:
        """The values of an ephemeral resource."""
        return {}


def digest(*parts: Any, length: int = 17) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def guid(*parts: Any) -> str:
    """A UUID that is derived from its arguments."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(parts, sort_keys=True, default=str)))


def exec_command(plugin: Any) -> list[str]:
    """The words of the exec plugin of a provider."""
    return [plugin["command"], *(plugin.get("args") or [])] if isinstance(plugin, dict) else []


def token_refusals(token: Any) -> list[str]:
    """A fixed token of EKS expires after 15 minutes, while the provider still uses it."""
    is_short = isinstance(token, str) and token.startswith("k8s-aws-v1.")
    return ["Unauthorized: a token of EKS expires after 15 minutes and cannot be renewed; use exec"] if is_short else []


def text(values: Values, name: str, default: str = "") -> str:
    """An argument that is a string and known."""
    found = values.get(name)
    return found if isinstance(found, str) else default


def blocks(values: Values, name: str) -> list[Values]:
    """The blocks of a name that are known."""
    found = values.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def plain(values: Values) -> Values:
    """The known arguments of primitive types, from which generated values are derived."""
    return {key: value for key, value in values.items() if isinstance(value, (str, int, bool)) or value is None}


def merged(*maps: Any) -> dict[str, Any]:
    """Merged maps of labels or tags; unknown and missing maps are empty."""
    found: dict[str, Any] = {}
    for one in maps:
        found |= one if isinstance(one, dict) else {}
    return found
