"""Requests of the API server of an EKS cluster to AWS: the principal of a token, and whether it has access.

The signature is checked with the signer's secret, for this cluster and this time. An unknown key, another cluster, an
expired token, a principal without an access entry, or a deleted cluster: access is denied.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eks

from . import control

PATH = f"{control.PREFIX}/token-review"


def review(body: bytes) -> tuple[int, dict[str, Any]]:
    """The response to {"cluster": NAME, "token": TOKEN}: the ARN of the authenticated principal, or ""."""
    asked = json.loads(body)
    return 200, {"arn": _allowed(str(asked["cluster"]), str(asked["token"]))}


def _allowed(name: str, token: str) -> str:
    # ministack's own webhook lets everybody in unless all of it is run with IAM enforced; these are the parts of it.
    found, credential = eks._cluster_for_auth(name), eks._verify_eks_token(token, name)
    if found is None or credential is None:
        return ""
    account, region, _ = found
    entry = eks._access_entry_for_principal(name, account, region, credential.principal_arn)
    return str(credential.principal_arn) if entry else ""
