"""Clusters of EKS: whether one is there, and what it lets us in with.

The token is a request to STS, signed for one cluster and a minute, which the cluster sends to learn who we are:
https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from ..base import ClusterToken
from .errors import explained
from .identity import client

_PREFIX = "k8s-aws-v1."
_URL_SECONDS = 60
#: A cluster takes a token for fifteen minutes after its date; the last one is for clocks that differ.
_TOKEN_SECONDS = 14 * 60


def token(session: Any, cluster: str) -> ClusterToken:
    """What a cluster lets us in with. Nothing is asked of AWS, except for credentials that it lends."""
    from botocore.exceptions import BotoCoreError

    # It is the cluster that asks, and it asks no address but those of STS itself: an endpoint that leads us to AWS from
    # here, as AWS_ENDPOINT_URL does, would be refused there.
    sts = client(session, "sts", ignore_configured_endpoint_urls=True)
    sts.meta.events.register("before-sign.sts.GetCallerIdentity", _for_cluster(cluster))
    expires_at = time.time() + _TOKEN_SECONDS
    try:
        url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=_URL_SECONDS, HttpMethod="GET")
    except BotoCoreError as exc:
        raise explained(exc) from exc
    text = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return ClusterToken(_PREFIX + text, expires_at)


def _for_cluster(cluster: str) -> Callable[..., None]:
    """Has the name of the cluster signed too, so that no other takes the token."""

    def sign(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = cluster

    return sign


def is_there(session: Any, cluster: str) -> bool:
    """Whether AWS has a cluster, in whatever state."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client(session, "eks").describe_cluster(name=cluster)
    except ClientError as exc:
        if exc.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise explained(exc) from exc
    except BotoCoreError as exc:
        raise explained(exc) from exc
    return True
