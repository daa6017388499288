"""Clusters of EKS: whether one is there, and what it lets us in with.

The token is a request to STS, signed for one cluster and a minute, which the cluster sends to learn who we are:
https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
"""

from __future__ import annotations

import base64
import time
from typing import Any

from .aws_errors import explained
from .aws_identity import client
from .base import ClusterToken

_PREFIX = "k8s-aws-v1."
_URL_SECONDS = 60
#: A cluster takes a token for fifteen minutes after its date; the last one is for clocks that differ.
_TOKEN_SECONDS = 14 * 60


def token(session: Any, cluster: str) -> ClusterToken:
    """What a cluster lets us in with. Nothing is asked of AWS, except for credentials that it lends."""
    from botocore.exceptions import BotoCoreError
    from botocore.signers import RequestSigner

    try:
        sts = client(session, "sts")
        signer = RequestSigner(
            sts.meta.service_model.service_id,
            session.region_name,
            "sts",
            "v4",
            session.get_credentials(),
            session.events,
        )
        request = {
            "method": "GET",
            "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": cluster},
            "context": {},
        }
        expires_at = time.time() + _TOKEN_SECONDS
        url = signer.generate_presigned_url(
            request, region_name=session.region_name, expires_in=_URL_SECONDS, operation_name=""
        )
    except BotoCoreError as exc:
        raise explained(exc) from exc
    text = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return ClusterToken(_PREFIX + text, expires_at)


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
