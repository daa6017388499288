"""EKS clusters: whether one exists, and tokens for its API server.

The token is a request to STS, signed for one cluster and one minute. The cluster sends it to identify the caller:
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
#: A cluster accepts a token for 15 minutes after its date; one minute is a margin for clocks that differ.
_TOKEN_SECONDS = 14 * 60


def token(session: Any, cluster: str) -> ClusterToken:
    """A token for a cluster. Sends no request to AWS, except to get temporary credentials."""
    from botocore.exceptions import BotoCoreError

    # The cluster sends the request, and only to the public endpoints of STS: it would reject an endpoint that this
    # machine uses, such as AWS_ENDPOINT_URL.
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
    """Include the name of the cluster in the signature, so that no other cluster accepts the token."""

    def sign(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = cluster

    return sign


def is_there(session: Any, cluster: str) -> bool:
    """Whether a cluster exists in AWS, in any state."""
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
