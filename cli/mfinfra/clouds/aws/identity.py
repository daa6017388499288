"""The caller's identity in AWS, and clients for its services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import CloudError
from .errors import explained


@dataclass(frozen=True)
class Identity:
    """The account, and the user or role, that credentials belong to."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


#: Partitions that stacks can be created in; the other partitions of AWS are closed to the public.
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
            f"The installed boto3 lists no AWS region '{region}'.", hint=f"Similar regions: {close or 'none'}"
        )
    return found


def client(session: Any, service: str, **options: Any) -> Any:
    """A client that retries throttled requests. Creating it already searches for credentials."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, **options)
    try:
        return session.client(service, config=config)
    except (BotoCoreError, ValueError, OSError) as exc:
        raise explained(exc) from exc


def identity(session: Any) -> Identity:
    """The caller's identity. Raises CloudError if there are no valid credentials."""
    found = call(client(session, "sts").get_caller_identity)
    return Identity(str(found["Account"]), str(found["Arn"]))


def call(method: Any, **arguments: Any) -> Any:
    """Call AWS. An error is raised as one line, with the error code of AWS as `code`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return method(**arguments)
    except ClientError as exc:
        raise explained(exc, _called(method.__self__, exc.operation_name, arguments)) from exc
    except (BotoCoreError, OSError) as exc:
        raise explained(exc) from exc
    except EOFError:
        raise explained(EOFError("no MFA code")) from None


def _called(client: Any, operation: str, arguments: dict[str, Any]) -> str:
    """The operation and its resource, for errors in which AWS names neither; only for buckets is the ARN known."""
    text = f"operation error {client.meta.service_model.service_id}: {operation}"
    if "Bucket" not in arguments:
        return text
    key = f"/{arguments['Key']}" if "Key" in arguments else ""
    return f"{text} on arn:{client.meta.partition}:s3:::{arguments['Bucket']}{key}"


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """All items that an operation lists, from all pages."""
    return [item for page in each_page(client, operation, **arguments) for item in page.get(key, [])]


def each_page(client: Any, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """The pages of a list operation, one at a time."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from client.get_paginator(operation).paginate(**arguments)
    except ClientError as exc:
        raise explained(exc, _called(client, exc.operation_name, arguments)) from exc
    except (BotoCoreError, OSError) as exc:
        raise explained(exc) from exc


def api_key(session: Any, key_id: str) -> str:
    """The API key of the metadata service. It is written to the profile only."""
    return str(call(client(session, "apigateway").get_api_key, apiKey=key_id, includeValue=True)["value"])
