"""The cluster of a stack, from its outputs, which are public. Access needs a token, which is never stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cluster:
    """The name of a cluster in the cloud, the URL of its API server, and the CA certificate (PEM) of the server."""

    name: str
    host: str
    ca_certificate: str

    @property
    def fingerprint(self) -> str:
        """Identifies a cluster: it changes if the cluster is replaced."""
        return hashlib.sha256(f"{self.host}\n{self.ca_certificate}".encode()).hexdigest()[:16]


def of(outputs: Mapping[str, Any]) -> Cluster | None:
    """The cluster among a stack's outputs; None for a stack without one, or where it is not whole yet."""
    found = outputs.get("cluster")
    if not isinstance(found, dict) or not all(found.get(key) for key in ("name", "host", "ca_certificate")):
        return None
    host = str(found["host"]).rstrip("/")
    return Cluster(str(found["name"]), host if "://" in host else f"https://{host}", str(found["ca_certificate"]))
