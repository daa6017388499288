"""Which cluster a stack has: public facts among its outputs. Who may enter is said by a token, which is never kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..render.outputs import StackOutputs


@dataclass(frozen=True)
class Cluster:
    """A cluster by its name in the cloud, the address of its API, and the authority (PEM) that the API is known by."""

    name: str
    host: str
    ca_certificate: str

    @property
    def fingerprint(self) -> str:
        """The same for the same cluster; another one where it was made anew."""
        return hashlib.sha256(f"{self.host}\n{self.ca_certificate}".encode()).hexdigest()[:16]


def of(outputs: StackOutputs) -> Cluster | None:
    """The cluster among a stack's outputs; None for a stack without one, or where it is not whole yet."""
    found = outputs.cluster
    if not found.is_complete:
        return None
    host = found.host.rstrip("/")
    return Cluster(found.name, host if "://" in host else f"https://{host}", found.ca_certificate)
