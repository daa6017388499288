"""The cluster of a stack, from its outputs, which are public. Access needs a token, which is never stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..render.outputs import StackOutputs


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


def of(outputs: StackOutputs) -> Cluster | None:
    """The cluster in the outputs of a stack; None if it has none, or if it is incomplete."""
    found = outputs.cluster
    if not found.is_complete:
        return None
    host = found.host.rstrip("/")
    return Cluster(found.name, host if "://" in host else f"https://{host}", found.ca_certificate)
