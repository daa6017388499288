"""From the record of a stack to the API of its cluster."""

from __future__ import annotations

from typing import Any

from ..clouds.base import Clusters
from ..errors import NotFound
from ..machine.record import Record
from ..render import outputs
from . import cluster
from .api import Api
from .cluster import Cluster
from .tokens import Tokens


def cluster_of(stack: Record) -> Cluster:
    """The cluster of a stack after the last `up`. Raises NotFound if it has none."""
    found = cluster.of(outputs.parsed(stack.outputs))
    if found is None:
        raise NotFound(f"Stack '{stack.name}' has no cluster.", hint=f"Run: mfinfra status {stack.name}")
    return found


def api_of(stack: Record, clouds: Clusters, **options: Any) -> Api:
    """A client for the API server of a stack's cluster. Sends no request yet."""
    return api(cluster_of(stack), clouds, **options)


def api(found: Cluster, clouds: Clusters, **options: Any) -> Api:
    return Api(found, Tokens(lambda: clouds.cluster_token(found.name)), **options)
