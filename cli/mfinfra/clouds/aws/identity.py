"""Who we are in AWS, and the clients to ask it anything with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import CloudError
from .errors import explained


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


def client(session: Any, service: str, **options: Any) -> Any:
    """A client that tries again where AWS asks it to. Credentials are looked for here already."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, **options)
    try:
        return session.client(service, config=config)
    except (BotoCoreError, ValueError, OSError) as exc:
        raise explained(exc) from exc


def identity(session: Any) -> Identity:
    """Who we are. Raises CloudError where there are no credentials, or none that are valid."""
    found = call(client(session, "sts").get_caller_identity)
    return Identity(str(found["Account"]), str(found["Arn"]))


def call(method: Any, **arguments: Any) -> Any:
    """Call AWS; what goes wrong is one line, with AWS's own word for it as `code`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return method(**arguments)
    except ClientError as exc:
        raise explained(exc, _asked(method.__self__, exc.operation_name, arguments)) from exc
    except (BotoCoreError, OSError) as exc:
        raise explained(exc) from exc
    except EOFError:
        raise explained(EOFError("no MFA code")) from None


def _asked(client: Any, operation: str, arguments: dict[str, Any]) -> str:
    """What was called on what, for where AWS refuses it without a word; only buckets have an ARN known here."""
    text = f"operation error {client.meta.service_model.service_id}: {operation}"
    if "Bucket" not in arguments:
        return text
    key = f"/{arguments['Key']}" if "Key" in arguments else ""
    return f"{text} on arn:{client.meta.partition}:s3:::{arguments['Bucket']}{key}"


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Everything that an operation lists."""
    return [item for page in each_page(client, operation, **arguments) for item in page.get(key, [])]


def each_page(client: Any, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """The pages of what an operation lists, one by one."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from client.get_paginator(operation).paginate(**arguments)
    except ClientError as exc:
        raise explained(exc, _asked(client, exc.operation_name, arguments)) from exc
    except (BotoCoreError, OSError) as exc:
        raise explained(exc) from exc


def api_key(session: Any, key_id: str) -> str:
    """The key of the metadata service. It goes into the profile and nowhere else."""
    return str(call(client(session, "apigateway").get_api_key, apiKey=key_id, includeValue=True)["value"])
