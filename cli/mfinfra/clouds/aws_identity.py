"""Who we are in AWS, and the clients to ask it anything with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import CloudError
from .aws_errors import explained


@dataclass(frozen=True)
class Identity:
    """The account that credentials belong to, and the user or role they are of."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


#: Partitions that stacks go to; AWS has more, which nobody outside of them can use.
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


def session(region: str) -> Any:
    """A boto3 session in a region. Raises CloudError for a profile that does not exist."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        found = boto3.Session(region_name=region)
        partitions = {p: found.get_available_regions("ec2", p) for p in found.get_available_partitions()}
    except BotoCoreError as exc:
        raise explained(exc) from exc
    if not any(region in regions for regions in partitions.values()):
        offered = [r for p in _PARTITIONS for r in partitions.get(p, []) if r.split("-")[0] == region.split("-")[0]]
        close = ", ".join(sorted(offered)[:6])
        raise CloudError(
            f"AWS has no region '{region}' that this boto3 knows.", hint=f"Regions near it: {close or 'none'}"
        )
    return found


def client(session: Any, service: str) -> Any:
    """A client that tries again where AWS asks it to."""
    from botocore.config import Config

    return session.client(service, config=Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10))


def identity(session: Any) -> Identity:
    """Who we are. Raises CloudError where there are no credentials, or none that are valid."""
    found = call(client(session, "sts").get_caller_identity)
    return Identity(str(found["Account"]), str(found["Arn"]))


def call(method: Any, **arguments: Any) -> Any:
    """Call AWS; what goes wrong is one line."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return method(**arguments)
    except (BotoCoreError, ClientError) as exc:
        raise explained(exc) from exc


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Everything that an operation lists."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(key, [])]
    except (BotoCoreError, ClientError) as exc:
        raise explained(exc) from exc


def api_key(session: Any, key_id: str) -> str:
    """The key of the metadata service. It goes into the profile and nowhere else."""
    return str(call(client(session, "apigateway").get_api_key, apiKey=key_id, includeValue=True)["value"])
